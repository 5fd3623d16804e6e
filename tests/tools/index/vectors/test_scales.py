"""Windows of several lengths around each frame, and frames that stand for others."""

from pathlib import Path

import numpy as np
from vidscout.tools.index.vectors.compacting import representatives
from vidscout.tools.index.vectors.scales import windowed
from vidscout.tools.index.video_index import VideoIndex


def test_a_window_of_scale_1_is_the_frame_and_a_longer_one_the_mean_of_what_stands_in_it():
    times, vectors = np.arange(8.0), np.eye(8, dtype=np.float32)
    assert windowed(times, vectors, 1) is vectors
    four = windowed(times, vectors, 4)
    expected = np.array([0, 0.5, 1, 1, 1, 0.5, 0, 0])
    assert np.allclose(four[3], expected / np.linalg.norm(expected), atol=1e-6)
    assert np.allclose(np.linalg.norm(four, axis=1), 1)


def test_a_frame_that_stands_long_counts_for_as_long():
    times, vectors = np.array([0.0, 10.0, 11.0]), np.eye(3, dtype=np.float32)
    last = windowed(times, vectors, 4)[1]
    assert last[0] > last[2] > 0
    assert np.allclose(windowed(times, vectors, 4)[0], [1, 0, 0])


def test_what_lasts_outranks_what_flashes_where_longer_windows_are_searched(tmp_path: Path):
    wanted, other = np.eye(2, dtype=np.float32)
    near = (0.95 * wanted + 0.3 * other) / np.linalg.norm(0.95 * wanted + 0.3 * other)
    rows = np.stack([other] * 10 + [wanted] + [other] * 10 + [near] * 10 + [other] * 9)
    with VideoIndex(tmp_path / "home") as index:
        index.add_frames("v", [float(at) for at in range(40)], {"clip/a": rows}, [b"jpeg"] * 40)
        query = {"clip/a": wanted}
        assert index.search_frames(query, k=1)[0].time == 10
        best = index.search_frames(query, k=8, scales=(1, 4, 16))
        assert {frame.time for frame in best} < {10.0, *map(float, range(21, 31))}
        assert best[0].time in range(21, 31)
        times, cosines = index.frame_cosines(query, "v", (1, 4, 16))
        assert cosines.shape == (3, len(times))


def test_one_frame_stands_for_each_group_of_like_ones():
    chance = np.random.default_rng(0)
    scenes = np.linalg.qr(chance.standard_normal((16, 16)))[0][:5]
    rows = np.concatenate([scene + 0.05 * chance.standard_normal((8, 16)) for scene in scenes]).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    kept = representatives(rows, 5 / 40)
    assert [at // 8 for at in kept] == [0, 1, 2, 3, 4]
    assert len(representatives(rows, 1.0)) == 40
    assert len(representatives(np.repeat(rows[:1], 6, axis=0), 0.5)) >= 1  # all alike: no cluster is empty
