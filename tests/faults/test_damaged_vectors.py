"""Damaged vectors end nothing: they are found before Chroma reads them, answered around, moved aside and made again."""

import os
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from made_stages import Hashed, Numbers, read
from made_videos import steady, write
from small_scout import FIRST, QUESTION, SECOND, filled, small_scout
from vidscout.tools.index.vectors.graph_files import FILES, SUMS, is_whole
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.records import Modality, Record, Span
from vidscout.tools.runtime.notes import noting

ROWS = 300
"""Records: above 256, from which on Chroma writes a graph."""


def add(index: VideoIndex, video: str = "v", rows: int = ROWS) -> np.ndarray:
    vectors = np.random.default_rng(rows).standard_normal((rows, 16)).astype(np.float32)
    said = [Record(video, Span(at, at + 1), Modality.SPEECH, f"word{at}", 0.9, "t/1") for at in range(rows)]
    index.add(said, vectors)
    return vectors


def found(index: VideoIndex, query: np.ndarray) -> tuple[list[float], list[str]]:
    with noting() as notes:
        hits = index.search(vector=query, k=3)
    return [hit.record.span.start for hit in hits], notes


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray]:
    """A home with three collections, and the vectors of the first."""
    home = tmp_path_factory.mktemp("made") / "home"
    with VideoIndex(home) as index:
        vectors = add(index)
        add(index, "other", 20)
        index.add_frames("v", [1.0, 2.0], vectors[:2], [b"jpeg", b"jpeg"])
        found(index, vectors[0])
    return home, vectors


@pytest.fixture
def vectors(made: tuple[Path, np.ndarray], home: Path) -> np.ndarray:
    """Those of `made`, of which `home` is a copy that a test may damage."""
    subprocess.run(["cp", "-R", made[0], home], check=True)
    return made[1]


def graph(home: Path) -> Path:
    """The folder of the only graph with many rows."""
    [folder] = [one.parent for one in (home / "chroma").glob("*/link_lists.bin") if one.stat().st_size]
    return folder


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def noise(file: Path) -> None:
    file.write_bytes(np.random.default_rng(1).bytes(file.stat().st_size))


def one_bit(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 4
    file.write_bytes(content)


def gone(file: Path) -> None:
    file.unlink()


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", [cut, noise, one_bit, gone])
def test_a_damaged_graph_is_answered_around_and_made_again(
    home: Path, vectors: np.ndarray, name: str, damage: Callable[[Path], None]
):
    damage(graph(home) / name)
    with VideoIndex(home, read_only=True) as index:
        times, notes = found(index, vectors[7])
        assert times[0] == 7, "its vectors are read from SQLite"
        assert len(notes) == 1
        assert "is damaged" in notes[0]
        assert "vidscout repair" in notes[0]
    with VideoIndex(home) as index:
        [repaired] = index.repair()
        assert (repaired.video, repaired.again, repaired.lost) == ("v", ROWS, 0)
        assert found(index, vectors[7]) == (times, [])
        assert index.repair() == []
    assert is_whole(graph(home))
    assert list((home / "damaged" / "v").iterdir())
    with VideoIndex(home) as index:
        assert found(index, vectors[7]) == (times, [])
        index.forget("v")
    assert not list((home / "damaged").glob("*"))


def test_a_graph_without_sums_is_walked(home: Path, vectors: np.ndarray):
    folder = graph(home)
    (folder / SUMS).unlink()
    assert is_whole(folder)
    whole = {name: (folder / name).read_bytes() for name in FILES}
    rows = bytearray(whole["data_level0.bin"])
    rows[4:8] = b"\xff\xff\xff\x7f"
    links = bytearray(whole["link_lists.bin"])
    at = next(n for n in range(0, len(links) - 8, 4) if int.from_bytes(links[n : n + 4], "little") >= 68) + 8
    links[at : at + 4] = b"\xff\xff\xff\x7f"
    header = bytearray(whole["header.bin"])
    header[20:28] = (10**6).to_bytes(8, "little")
    for name, content in {"data_level0.bin": rows, "link_lists.bin": links, "header.bin": header}.items():
        (folder / name).write_bytes(content)
        assert not is_whole(folder), name
        (folder / name).write_bytes(whole[name])
        assert is_whole(folder)


def test_chromas_own_file_may_be_gone_or_damaged(home: Path, vectors: np.ndarray):
    for damage in (noise, gone):
        damage(home / "chroma" / "chroma.sqlite3")
        with VideoIndex(home) as index:
            times, notes = found(index, vectors[7])
            assert times[0] == 7
            assert notes
            assert {one.collection for one in index.repair()} == {"records-v", "records-other", "frames-v"}
            assert found(index, vectors[7]) == (times, [])


def test_the_next_reading_mends_what_a_search_has_met(home: Path, vectors: np.ndarray, tmp_path: Path):
    noise(graph(home) / "data_level0.bin")
    with VideoIndex(home, read_only=True) as index:
        assert found(index, vectors[7])[1]
    film = write(tmp_path / "film.mkv", steady(2, 5))
    with VideoIndex(home) as index:
        read(index, film, Numbers())
        index.delete(index.library.identify(film))
        assert found(index, vectors[7]) == ([7.0, *found(index, vectors[7])[0][1:]], [])


def test_writing_into_a_damaged_collection_mends_it_first(home: Path, vectors: np.ndarray):
    noise(graph(home) / "header.bin")
    with VideoIndex(home) as index:
        more = np.random.default_rng(5).standard_normal((1, 16)).astype(np.float32)
        index.add([Record("v", Span(900, 901), Modality.SPEECH, "more", 0.9, "t/1")], more)
        assert found(index, more[0])[0][0] == 900
        assert found(index, vectors[7])[0][0] == 7


def test_records_of_an_earlier_version_are_found_by_words_and_embedded_anew(home: Path, tmp_path: Path):
    film = write(tmp_path / "film.mkv", steady(60, 5))
    with VideoIndex(home) as index:
        video = read(index, film, Numbers())["video"]
    with closing(sqlite3.connect(home / "vidscout.sqlite")) as db, db:
        db.execute("delete from vectors")
    noise(graph(home) / "data_level0.bin")
    with VideoIndex(home) as index:
        [vector] = Hashed().perceive(["a 7"])
        with noting() as notes:
            hits = index.search("7", vector)
        assert hits[0].record.text == "a 7"
        assert "by its words only" in notes[0]
        [repaired] = index.repair()
        assert repaired.again == 0
        assert repaired.lost == 300
        read(index, film, Numbers())
        with noting() as notes:
            assert index.search(vector=vector)[0].record.text == "a 7"
        assert notes == []
        assert index.repair() == []
        assert index.library.journal.entries(video)["numbers"].embedding == "hashed/8"


def test_a_question_is_answered_and_the_scout_repairs(home: Path):
    with small_scout(home) as scout:
        filled(scout)
    (home / "chroma" / "chroma.sqlite3").write_bytes(b"not a database at all" * 50)
    with small_scout(home) as scout:
        answer = scout.ask(FIRST, QUESTION)
        assert "silicon" in answer.text
        assert any("vidscout repair" in note for note in answer.notes)
        assert {one.video for one in scout.repair()} == {FIRST, SECOND}
        assert scout.ask(FIRST, QUESTION).notes == []
