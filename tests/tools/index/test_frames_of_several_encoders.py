"""Frames with vectors of one encoder or several in the index, and questions by another one."""

from pathlib import Path

import numpy as np
import pytest
from vidscout.tools.errors import UsageError
from vidscout.tools.index.rank_fusion import fused
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.records import Span

FRAMES = 12
CLIP, SIGLIP = "clip/a@1.1", "siglip2/b@2.1"


def rows(seed: int, dimensions: int, count: int = FRAMES) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((count, dimensions)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def add(index: VideoIndex, video: str, **encoders: np.ndarray) -> None:
    sources = {"clip": CLIP, "siglip": SIGLIP, "shared": ""}
    vectors = {sources[name]: given for name, given in encoders.items()}
    index.add_frames(video, [float(n) for n in range(FRAMES)], vectors, [b"jpeg"] * FRAMES)


@pytest.fixture
def index(tmp_path: Path):
    with VideoIndex(tmp_path / "home") as opened:
        yield opened


def test_frames_are_found_by_the_encoder_that_embedded_them(index: VideoIndex):
    clip = rows(0, 8)
    add(index, "v", clip=clip)
    assert index.search_frames({CLIP: clip[7]}, k=1)[0].time == 7.0
    assert index.search_frames({CLIP: clip[7]}, within=Span(2, 5), k=3)[0].time in (2.0, 3.0, 4.0)
    assert index.frame_encoders("v") == [CLIP]
    times, vectors = index.frame_vectors("v")
    assert np.allclose(vectors, clip, atol=1e-3)
    assert times.tolist() == [float(n) for n in range(FRAMES)]


def test_a_question_by_another_encoder_is_refused_with_the_remedy(index: VideoIndex):
    add(index, "v", clip=rows(0, 8))
    for query in ({SIGLIP: rows(1, 8)[0]}, rows(1, 8)[0], {}):  # of the same length, so that nothing else would tell
        with pytest.raises(UsageError, match=r"embedded by clip/a@1\.1.*ingest --again"):
            index.search_frames(query)
        with pytest.raises(UsageError, match="ingest --again"):
            index.frame_similarities(query, "v")


def test_frames_of_another_encoder_cannot_be_mixed_in(index: VideoIndex):
    add(index, "v", clip=rows(0, 8))
    with pytest.raises(UsageError, match="ingest --again"):
        index.add_frames("v", [99.0], {SIGLIP: rows(1, 8, 1)}, [b"jpeg"])
    with pytest.raises(UsageError, match="ingest --again"):
        index.add_frames("v", [99.0], rows(1, 8, 1), [b"jpeg"])
    assert len(index.frame_times("v")) == FRAMES


def test_each_video_is_asked_by_the_encoders_that_it_has(index: VideoIndex):
    clip, siglip = rows(0, 8), rows(1, 6)
    add(index, "one", clip=clip)
    add(index, "two", siglip=siglip)
    found = index.search_frames({CLIP: clip[3], SIGLIP: siglip[9]}, k=2)
    assert {(frame.video, frame.time) for frame in found} == {("one", 3.0), ("two", 9.0)}


def test_the_rankings_of_several_encoders_are_fused(index: VideoIndex):
    clip, siglip = rows(0, 8), rows(1, 6)
    add(index, "v", clip=clip, siglip=siglip)
    query = {CLIP: clip[4], SIGLIP: siglip[4]}
    assert index.search_frames(query, k=1)[0].time == 4.0
    assert index.search_frames(query, k=1)[0].score == pytest.approx(1, abs=1e-4)
    within = index.search_frames(query, videos=["v"], within=Span(6, 9), k=9)
    assert sorted(frame.time for frame in within) == [6.0, 7.0, 8.0]


def test_a_frame_that_ranks_well_by_both_comes_before_one_that_only_one_encoder_likes(index: VideoIndex):
    def with_cosines(*cosines: float) -> np.ndarray:
        return np.array([[cosine, np.sqrt(1 - cosine**2)] for cosine in cosines], np.float32)

    rest = [0.1 - n / 100 for n in range(FRAMES - 3)]
    clip, siglip = with_cosines(0.99, 0.2, 0.15, *rest), with_cosines(-0.5, 0.25, 0.3, *rest)
    add(index, "v", clip=clip, siglip=siglip)
    first = np.array([1, 0], np.float32)
    found = index.search_frames({CLIP: first, SIGLIP: first}, k=FRAMES)
    assert {frame.time for frame in found[:2]} == {1.0, 2.0}
    assert found[0].score == pytest.approx(0.225, abs=1e-3)  # the mean cosine, though the first frame's is higher


def test_an_encoder_that_the_question_does_not_have_still_tells_which_frames_look_alike(index: VideoIndex):
    clip, pictures = rows(0, 8), rows(1, 6)
    add(index, "v", clip=clip, siglip=pictures)
    assert index.search_frames({CLIP: clip[4]}, k=1)[0] == index.search_frames({CLIP: clip[4]}, videos=["v"], k=1)[0]
    assert index.search_frames({CLIP: clip[4]}, k=1)[0].time == 4.0
    assert np.allclose(index.frame_similarities({CLIP: clip[4]}, "v")[1], clip @ clip[4], atol=1e-3)
    assert index.frame_vectors("v")[1].shape == (FRAMES, 14)


def test_vectors_of_several_encoders_compare_by_their_mean_cosine(index: VideoIndex):
    clip, siglip = rows(0, 8), rows(1, 6)
    add(index, "v", clip=clip, siglip=siglip)
    _, vectors = index.frame_vectors("v")
    assert np.allclose(vectors @ vectors.T, (clip @ clip.T + siglip @ siglip.T) / 2, atol=1e-3)
    times, cosines = index.frame_cosines({CLIP: clip[0], SIGLIP: siglip[1]}, "v")
    assert cosines.shape == (2, FRAMES)
    assert (cosines[0].argmax(), cosines[1].argmax()) == (0, 1)
    assert np.allclose(index.frame_similarities({CLIP: clip[0], SIGLIP: siglip[1]}, "v")[1], cosines.mean(axis=0))
    assert len(times) == FRAMES


def test_removing_a_video_removes_the_vectors_of_every_encoder(index: VideoIndex):
    clip, siglip = rows(0, 8), rows(1, 6)
    add(index, "v", clip=clip, siglip=siglip)
    add(index, "v-2", clip=clip)
    index.delete("v")
    assert index.frame_encoders("v") == []
    assert {frame.video for frame in index.search_frames({CLIP: clip[0], SIGLIP: siglip[0]})} == {"v-2"}
    add(index, "v", shared=rows(2, 4))  # and it can come back with another
    assert index.search_frames(rows(2, 4)[5], videos=["v"], k=1)[0].time == 5.0


def test_frames_that_no_encoder_could_look_at_are_kept_to_be_shown(index: VideoIndex):
    clip = rows(0, 8)
    index.add_frames("v", [0.0], {}, [b"jpeg"])
    assert index.search_frames({CLIP: clip[0]}) == []
    assert index.frame_times("v").tolist() == [0.0]
    assert len(index.frame_vectors("v")[0]) == 0
    index.add_frames("v", [1.0], {CLIP: clip[:1]}, [b"jpeg"])
    assert index.frame_vectors("v")[0].tolist() == [1.0]
    assert [frame.time for frame in index.search_frames({CLIP: clip[0]})] == [1.0]


def test_what_was_embedded_is_known_when_the_index_is_opened_again(tmp_path: Path):
    clip = rows(0, 8)
    with VideoIndex(tmp_path / "home") as index:
        add(index, "v", clip=clip)
    with VideoIndex(tmp_path / "home", read_only=True) as index:
        assert index.frame_encoders("v") == [CLIP]
        assert index.search_frames({CLIP: clip[2]}, k=1)[0].time == 2.0


def test_fused_scores_keep_the_order_of_ranks_and_the_span_of_the_means():
    scores = np.array([[0.9, 0.5, 0.1, 0.2], [0.11, 0.10, 0.12, 0.01]])
    curve = fused(scores)
    mean = scores.mean(axis=0)
    assert curve.min() == pytest.approx(mean.min())
    assert curve.max() == pytest.approx(mean.max())
    places = np.array([[1, 2, 4, 3], [2, 3, 1, 4]])
    assert np.argsort(-curve).tolist() == np.argsort(-(1 / (60 + places)).sum(axis=0)).tolist()
    assert fused(scores[:1]).tolist() == scores[0].tolist()
    assert fused(np.zeros((2, 0))).shape == (0,)
