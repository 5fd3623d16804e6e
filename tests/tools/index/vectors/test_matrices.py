"""Frame vectors as matrices: kept per collection, across processes, and gone with their video."""

import random
import stat
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from vidscout.tools.index.vectors.chroma import Vectors
from vidscout.tools.index.vectors.matrices import Matrices
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.records import Modality, Record, Span

SIZE, FRAMES = 64, 300


def vectors(seed: int, rows: int = FRAMES) -> np.ndarray:
    made = np.random.default_rng(seed).standard_normal((rows, SIZE)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def fill(index: VideoIndex, video: str, seed: int, first: int = 0) -> None:
    index.add_frames(video, [float(first + at) for at in range(FRAMES)], vectors(seed), [b"jpeg"] * FRAMES)


def files(home: Path) -> list[Path]:
    return sorted(part for part in (home / "matrices").rglob("*") if part.is_file())


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with VideoIndex(tmp_path / "home") as index:
        fill(index, "film", 1)
        index.frame_similarities(vectors(9)[0], "film")
    return tmp_path / "home"


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The collections of which vectors were read from Chroma."""
    names: list[str] = []
    fetch = Vectors.fetch

    def counted(self: Vectors, name: str, *ids: object) -> object:
        names.append(name)
        return fetch(self, name, *ids)  # type: ignore[arg-type]

    monkeypatch.setattr(Vectors, "fetch", counted)
    return names


def test_writing_another_video_leaves_a_videos_matrix_where_it_is(home: Path, fetched: list[str]):
    with VideoIndex(home) as index:
        query = vectors(9)[0]
        before = index.frame_similarities(query, "film")[1]
        for batch in range(5):
            index.add([Record("other", Span(batch, batch + 1), Modality.SPEECH, "word", 0.9, "t/1")], vectors(3, 1))
            index.add_frames("other", [float(batch)], vectors(batch, 1), [b"jpeg"])
            assert (index.frame_similarities(query, "film")[1] == before).all()
        assert fetched == []
        index.add_frames("film", [1000.0], query[None], [b"jpeg"])
        assert index.frame_similarities(query, "film")[1][-1] == pytest.approx(1.0, abs=1e-3)
        assert fetched == ["frames-film"]


def test_what_another_process_writes_elsewhere_costs_a_video_nothing(home: Path, fetched: list[str]):
    code = """
        import sys, numpy as np
        from pathlib import Path
        from vidscout.tools.index.video_index import VideoIndex
        with VideoIndex(Path(sys.argv[1])) as index:
            index.add_frames(sys.argv[2], [2000.0], np.eye(64)[:1], [b"jpeg"])
        """
    with VideoIndex(home) as index:
        index.frame_similarities(vectors(9)[0], "film")
        for video, read in (("other", []), ("film", ["frames-film"])):
            subprocess.run([sys.executable, "-c", textwrap.dedent(code), home, video], check=True, timeout=120)
            times, curve = index.frame_similarities(np.eye(SIZE)[0], "film")
            assert fetched == read
        assert (times[-1], curve[-1]) == (2000.0, pytest.approx(1.0, abs=1e-3))


def test_a_prepared_video_is_asked_without_reading_its_vectors(home: Path, fetched: list[str]):
    with VideoIndex(home) as index:
        fill(index, "other", 2)
        index.add([Record("words", Span(0, 1), Modality.SPEECH, "word", 0.9, "t/1")], None)
        for video in ("other", "words", "nobody"):
            index.prepare(video)
        assert fetched == ["frames-other"]
    with VideoIndex(home) as index:
        assert len(index.frame_similarities(vectors(9)[0], "other")[1]) == FRAMES
        assert fetched == ["frames-other"]


def test_a_new_process_finds_the_matrix_in_its_file_and_needs_no_chroma(home: Path):
    [file] = files(home)
    assert file.stat().st_size < 2.2 * FRAMES * SIZE + 8 * FRAMES + 512, "two bytes a number"
    (home / "chroma").rename(home.parent / "away")
    with VideoIndex(home, read_only=True) as index:
        query = vectors(9)[0]
        times, curve = index.frame_similarities(query, "film")
        assert times.tolist() == list(range(FRAMES))
        np.testing.assert_allclose(curve, vectors(1) @ query, atol=1e-3)
        best = index.search_frames(query, k=3)
        assert [frame.time for frame in best] == np.argsort(-(vectors(1) @ query))[:3].tolist()


def test_cosines_of_float16_are_those_of_float32_within_a_thousandth(tmp_path: Path):
    matrices = Matrices(tmp_path)
    for size in (8, 384, 1152):
        rows = np.random.default_rng(size).standard_normal((200, size))
        rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
        _, kept = matrices.put("v", f"frames-{size}", 1, np.arange(200.0), rows)
        assert np.abs(kept @ rows.T - rows @ rows.T).max() < 1e-3
        again = Matrices(tmp_path).get("v", f"frames-{size}", 1)
        assert again is not None
        assert (again[1] == kept).all(), "in memory as it comes back from the file"


def test_a_version_is_never_answered_by_another_and_only_the_last_stays(tmp_path: Path):
    matrices = Matrices(tmp_path)
    for version in (1, 2, 3):
        matrices.put("v", "frames-v", version, np.arange(4.0), np.full((4, 2), version))
    matrices.put("v", "frames.ab-v", 1, np.arange(4.0), np.ones((4, 2)))
    for known in (matrices, Matrices(tmp_path)):
        assert known.get("v", "frames-v", 2) is None
        assert known.get("v", "frames-v", 3) is not None
        assert known.get("v", "frames.ab-v", 1) is not None
    assert len(files(tmp_path)) == 2


@pytest.mark.parametrize("left", [0, 40, 130, 1000])
def test_a_damaged_file_is_none_and_is_replaced(home: Path, left: int):
    [file] = files(home)
    whole = file.read_bytes()
    file.write_bytes(whole[:left])
    with VideoIndex(home) as index:
        assert len(index.frame_similarities(vectors(9)[0], "film")[1]) == FRAMES
    assert files(home)[0].read_bytes() == whole


def test_what_is_found_does_not_hang_on_whether_the_matrix_can_be_written(home: Path):
    for part in (*files(home), home / "matrices" / "film", home / "matrices"):
        part.unlink() if part.is_file() else part.rmdir()
    (home / "matrices").write_bytes(b"a file where a folder should be")
    with VideoIndex(home) as index:
        assert len(index.frame_similarities(vectors(9)[0], "film")[1]) == FRAMES


def test_the_files_that_were_used_longest_ago_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("vidscout.tools.index.vectors.matrices.ON_DISK", 4000)
    matrices = Matrices(tmp_path)
    for video in ("a", "b", "c"):
        matrices.put(video, f"frames-{video}", 1, np.arange(8.0), np.ones((8, 64)))
        time.sleep(0.02)  # longer than the file system's clock takes for a tick
        if video == "b":
            Matrices(tmp_path).get("a", "frames-a", 1)
    assert {file.parent.name for file in files(tmp_path)} == {"a", "c"}


def test_threads_that_want_one_matrix_all_get_it(tmp_path: Path):
    rows = vectors(5)
    wrong: list[object] = []

    def work(seed: int) -> None:
        mine, order = Matrices(tmp_path), random.Random(seed)
        for _ in range(40):
            video = order.choice("ab")
            if order.random() < 0.3:
                mine.put(video, f"frames-{video}", 1, np.arange(float(FRAMES)), rows)
            elif order.random() < 0.2:
                mine.drop(video)
            elif (kept := mine.get(video, f"frames-{video}", 1)) and not np.allclose(kept[1], rows, atol=1e-3):
                wrong.append(kept)

    threads = [threading.Thread(target=work, args=[seed]) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert not [file for file in files(tmp_path) if file.suffix == ".part"]


def test_the_files_of_a_removed_video_are_gone_and_are_their_owners_alone(home: Path):
    with VideoIndex(home) as index:
        fill(index, "other", 2)
        index.frame_similarities(vectors(9)[0], "other")
        assert {stat.S_IMODE(file.stat().st_mode) for file in files(home)} == {0o600}
        index.delete("film")
        assert {file.parent.name for file in files(home)} == {"other"}
