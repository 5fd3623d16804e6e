"""Many videos are searched together: exactly, without opening a graph a video, and as they are now."""

import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from vidscout.tools.index.together import MANY
from vidscout.tools.index.vectors.chroma import Vectors, unit
from vidscout.tools.index.vectors.code_files import SUFFIX
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.records import Modality, Record, Span
from vidscout.tools.runtime.notes import noting

SIZE, LOOKS = 24, 16
ROWS, FRAMES = 20, 10
KINDS = [Modality.SPEECH, Modality.SCREEN_TEXT, Modality.OBJECT, Modality.CAPTION]
VIDEOS = [f"v{number:02}" for number in range(MANY + 1)]


def records(video: str, first: int = 0, rows: int = ROWS) -> list[Record]:
    return [
        Record(video, Span(at, at + at % 3), KINDS[at % 4], f"word{at} of {video}", 0.9, "t/1")
        for at in range(first, first + rows)
    ]


def noise(rows: int, size: int, seed: int) -> np.ndarray:
    return unit(np.random.default_rng(seed).standard_normal((rows, size)))


def fill(index: VideoIndex, video: str) -> None:
    number = VIDEOS.index(video)
    index.add(records(video), noise(ROWS, SIZE, number))
    index.add_frames(video, [at + 0.5 for at in range(FRAMES)], noise(FRAMES, LOOKS, 100 + number), [b"jpeg"] * FRAMES)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("made") / "home"
    with VideoIndex(home) as index:
        for video in VIDEOS:
            fill(index, video)
    return home


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    """A copy of the library that a test may change; made by another process, which has none of SQLite's locks."""
    subprocess.run(["cp", "-r", made, tmp_path / "home"], check=True)
    return tmp_path / "home"


@pytest.fixture
def index(home: Path) -> Iterator[VideoIndex]:
    with VideoIndex(home) as opened:
        yield opened


def nearest(query: np.ndarray, k: int, kept: "list[Record] | None" = None) -> list[str]:
    """The ids of the records that are truly nearest, among these or all."""
    rows = [(record, vector) for number, video in enumerate(VIDEOS)
            for record, vector in zip(records(video), noise(ROWS, SIZE, number), strict=True)]  # fmt: skip
    if kept is not None:
        chosen = {record.id for record in kept}
        rows = [row for row in rows if row[0].id in chosen]
    rows.sort(key=lambda row: -float(row[1].astype(np.float16).astype(np.float32) @ query))
    return [record.id for record, _ in rows[:k]]


def found(index: VideoIndex, query: np.ndarray, k: int = 9, **only: object) -> list[str]:
    with noting() as notes:
        hits = index.search(vector=query, k=k, **only)  # type: ignore[arg-type]
    assert notes == []
    return [hit.record.id for hit in hits]


@pytest.fixture
def without_graphs(monkeypatch: pytest.MonkeyPatch) -> None:
    """No graph of Chroma's may be asked."""

    def asked(*_: object, **__: object) -> None:
        raise AssertionError("a graph was opened")

    for name in ("nearest", "fetch"):
        monkeypatch.setattr(Vectors, name, asked)


def test_all_videos_are_searched_exactly_and_without_a_graph(index: VideoIndex, without_graphs: None):
    everything = [record for video in VIDEOS for record in records(video)]
    within = Span(5, 6)
    overlapping = [record for record in everything if record.span.start < 6 and (record.span.end > 5 or record.span.start >= 5)]  # fmt: skip  # noqa: E501
    for query in noise(8, SIZE, 999):
        assert found(index, query) == nearest(query, 9)
        captions = [record for record in everything if record.modality is Modality.CAPTION]
        assert found(index, query, modalities=[Modality.CAPTION]) == nearest(query, 9, captions)
        assert found(index, query, within=within) == nearest(query, 9, overlapping)
        assert found(index, query, k=1000) == nearest(query, 1000), "all of them, in order"
        assert found(index, query, videos=VIDEOS[1:]) == nearest(query, 9, [r for r in everything if r.video != "v00"])
    assert found(index, noise(1, SIZE, 5)[0], modalities=[Modality.SOUND]) == []


def test_frames_of_all_videos_are_searched_exactly_and_without_a_graph(index: VideoIndex, without_graphs: None):
    looks = {
        (video, at + 0.5): vector
        for number, video in enumerate(VIDEOS)
        for at, vector in enumerate(noise(FRAMES, LOOKS, 100 + number).astype(np.float16).astype(np.float32))
    }
    for query in noise(8, LOOKS, 998):
        best = sorted(looks, key=lambda key: -float(looks[key] @ query))
        frames = index.search_frames(query, k=7)
        assert [(frame.video, frame.time) for frame in frames] == best[:7]
        assert frames[0].score == pytest.approx(float(looks[best[0]] @ query), abs=1e-5)
        inside = [key for key in best if 2 <= key[1] < 4]
        some = index.search_frames(query, within=Span(2, 4), k=7)
        assert [(frame.video, frame.time) for frame in some] == inside[:7]
        [by_one] = index.frames_by_each(query, VIDEOS, 7)
        assert [(frame.video, frame.time) for frame in by_one] == best[:7]


def test_what_is_written_replaced_or_forgotten_counts_at_once(index: VideoIndex, home: Path, without_graphs: None):
    [query] = noise(1, SIZE, 997)
    before = found(index, query)
    with VideoIndex(home) as another:
        another.add(records("v03", 500, 1), query[None])
        assert found(index, query) == [records("v03", 500, 1)[0].id, *before[:8]]
        another.forget("v03")
    kept = [record for video in VIDEOS if video != "v03" for record in records(video)]
    assert found(index, query) == nearest(query, 9, kept)
    assert not list((home / "matrices").glob("v03*"))
    fill(index, "v03")
    assert found(index, query) == nearest(query, 9)


@pytest.mark.parametrize("damage", ["cut", "one bit", "of another format", "gone"])
def test_a_file_of_codes_that_is_not_whole_is_made_again(home: Path, damage: str):
    [query] = noise(1, SIZE, 996)
    with VideoIndex(home) as index:
        expected = found(index, query)
    files = sorted((home / "matrices").glob(f"*/records*{SUFFIX}"))
    assert len(files) == len(VIDEOS)
    for file in files:
        whole = bytearray(file.read_bytes())
        if damage == "gone":
            file.unlink()
            continue
        if damage == "cut":
            del whole[len(whole) // 2 :]
        whole[3 if damage == "of another format" else len(whole) // 2 - 1] ^= 16
        file.write_bytes(whole)
    with VideoIndex(home) as index:
        assert found(index, query) == expected
    assert sorted((home / "matrices").glob(f"*/records*{SUFFIX}")) == files


def test_a_home_that_is_only_read_is_searched_and_left_as_it_is(home: Path):
    [query] = noise(1, SIZE, 995)
    before = sorted(home.rglob("*"))
    with VideoIndex(home, read_only=True) as index:
        assert found(index, query) == nearest(query, 9)
    assert [path for path in sorted(home.rglob("*")) if not path.name.endswith(("-wal", "-shm"))] == before


def of_an_earlier_version(home: Path) -> None:
    """Take the vectors from SQLite, and the codes: Chroma alone has them, as before vectors were kept."""
    with closing(sqlite3.connect(home / "vidscout.sqlite")) as db, db:
        db.execute("delete from vectors")
    for file in (home / "matrices").rglob("*"):
        if file.is_file():
            file.unlink()


KILLED = """
    import os, sys
    from pathlib import Path
    import numpy as np
    from vidscout.tools.index.repairing import repair
    from vidscout.tools.index.video_index import VideoIndex
    left, rounded = int(sys.argv[2]), repair.rounded
    def counted(vector):
        global left
        left -= 1
        if not left:
            os._exit(9)
        return rounded(vector)
    repair.rounded = counted
    with VideoIndex(Path(sys.argv[1])) as index:
        index.search(vector=np.ones(24, np.float32))
"""


def test_a_home_of_an_earlier_version_is_taken_over_as_a_whole_also_after_a_kill(
    home: Path, request: pytest.FixtureRequest
):
    of_an_earlier_version(home)
    command = [sys.executable, "-c", textwrap.dedent(KILLED), home, str(2 * ROWS + 7)]
    assert subprocess.run(command, check=False, timeout=60).returncode == 9

    def kept() -> dict[str, int]:
        with closing(sqlite3.connect(home / "vidscout.sqlite")) as db:
            return dict(db.execute("select collection, count(*) from vectors group by 1"))

    assert kept() == {"records-v00": ROWS, "records-v01": ROWS}, "whole collections, or nothing of them"
    [query] = noise(1, SIZE, 994)
    with VideoIndex(home, read_only=True) as index:
        assert found(index, query) == nearest(query, 9), "before it has been taken over"
    with VideoIndex(home) as index:
        assert found(index, query) == nearest(query, 9)
        assert index.search_frames(noise(1, LOOKS, 993)[0], k=3)
        assert index.repair() == []
    assert kept() == {f"records-{video}": ROWS for video in VIDEOS} | {f"frames-{video}": FRAMES for video in VIDEOS}
    request.getfixturevalue("without_graphs")
    with VideoIndex(home) as index:
        assert found(index, query) == nearest(query, 9)
