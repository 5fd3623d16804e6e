import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vidscout.graphs.answer.selectors import SELECTORS, Curve
from vidscout.graphs.answer.selectors.similarity import BVLLM_MERGE

NAMES = {
    "uniform", "segment_uniform", "topk", "aks", "bvllm", "tstar", "scenetilling", "prompt_roi", "core_frames",
    "stream_memory",
}  # fmt: skip


def made(similar: list[float], relevant: list[float] | None = None, vectors: np.ndarray | None = None) -> Curve:
    count = len(similar)
    looks = np.random.default_rng(0).normal(size=(count, 8)) if vectors is None else vectors
    looks = looks / np.maximum(np.linalg.norm(looks, axis=1, keepdims=True), 1e-9)
    times = np.arange(count, dtype=float)
    return Curve(["v"] * count, times, np.array(similar), np.array(relevant or [0.0] * count), looks)


def times(name: str, curve: Curve, k: int) -> list[float]:
    return [frame.time for frame in SELECTORS[name](curve, k)]


def test_every_strategy_is_registered_by_its_name():
    assert set(SELECTORS) == NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
@given(st.lists(st.floats(-1, 1), min_size=0, max_size=80), st.integers(1, 40))
def test_frames_are_unique_in_order_at_most_k_and_never_none(name: str, similar: list[float], k: int):
    curve = made(similar)
    chosen = times(name, curve, k)
    assert chosen == sorted(set(chosen))
    assert len(chosen) <= k
    assert bool(chosen) == bool(similar)
    assert chosen == times(name, curve, k)


@pytest.mark.parametrize("name", sorted(NAMES - {"uniform", "segment_uniform", "bvllm", "core_frames", "tstar"}))
def test_one_outstanding_frame_is_found(name: str):
    similar = [0.1] * 60
    similar[37] = 0.9
    assert 37 in times(name, made(similar), 8)


def test_uniform_spreads_by_number_and_segments_by_time():
    curve = Curve(["v"] * 8, np.array([0, 1, 2, 3, 4, 5, 6, 100.0]), np.zeros(8), np.zeros(8), np.eye(8))
    assert times("uniform", curve, 2) == [2, 6]
    assert times("segment_uniform", curve, 2) == [6, 100]


def test_topk_takes_one_frame_of_a_finding_that_stands_long():
    relevant = [0.0] * 20
    relevant[4:10] = [0.8] * 6
    relevant[15] = 0.5
    assert times("topk", made([0.0] * 20, relevant), 2) == [7, 15]


def test_aks_covers_where_nothing_stands_out():
    chosen = times("aks", made([0.5, 0.51] * 32), 8)
    assert min(chosen) < 16
    assert max(chosen) >= 48


def test_aks_shares_frames_out_whole():
    assert len(times("aks", made([0.5, 0.6] * 50), 7)) == 7


def test_bvllm_merges_neighbours_that_look_alike():
    vectors = np.eye(6)
    vectors[3] = vectors[2] * 0.9 + vectors[3] * 0.1
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert float(vectors[2] @ vectors[3]) > BVLLM_MERGE
    chosen = times("bvllm", made([0, 0, 0.9, 0.8, 0, 0.7], vectors=vectors), 2)
    assert chosen == [2, 5]


def test_scenetilling_takes_one_frame_a_scene():
    vectors = np.repeat(np.eye(3), 5, axis=0)
    similar = [0.1] * 15
    similar[2], similar[8], similar[11] = 0.5, 0.6, 0.7
    assert times("scenetilling", made(similar, vectors=vectors), 3) == [2, 8, 11]


def test_scenetilling_cuts_at_dips_and_not_where_everything_moves():
    """The first four pairs of frames are the least alike, and no cuts; those that stand out come after them."""
    angles = np.cumsum([0, 75, 72, 75, 72, 0, 0, 60, 0, 0, 60, 0, 0])
    vectors = np.stack([np.cos(np.radians(angles)), np.sin(np.radians(angles))], axis=1)
    similar = np.zeros(13)
    similar[[3, 8, 12]] = 0.3, 0.2, 0.9
    assert times("scenetilling", made(similar.tolist(), vectors=vectors), 3) == [3, 8, 12]


def test_core_frames_never_repeat_what_is_shown():
    vectors = np.repeat(np.eye(3), 5, axis=0)
    assert len(times("core_frames", made([0.9] * 15, vectors=vectors), 8)) == 3


def test_tstar_finds_a_broad_peak_while_looking_at_a_tenth():
    similar = np.exp(-0.5 * ((np.arange(1000) - 640) / 40) ** 2)
    chosen = times("tstar", made(similar.tolist()), 8)
    assert sum(560 <= time <= 720 for time in chosen) >= 6


def test_stream_memory_keeps_k_however_long_the_video():
    for length in (40, 400):
        assert len(times("stream_memory", made(np.random.default_rng(1).random(length).tolist()), 8)) == 8
