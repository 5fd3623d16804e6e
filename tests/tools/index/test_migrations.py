"""An index of an earlier version. `version_1.tar.xz` was made by version 1: ten seconds of a street with bicycles, and
24 seconds with two titles and two spoken sentences; its thumbnails were made smaller afterwards."""

import contextlib
import hashlib
import sqlite3
import subprocess
import sys
import tarfile
import textwrap
from pathlib import Path

import pytest
from vidscout import VideoScout
from vidscout.tools.index import migrations
from vidscout.tools.index.migrations import step_2_payloads as step_2
from vidscout.tools.index.rows.sqlite import DATABASE
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.payloads import Caption, Labels, ObjectCounts, Shot, Spoken, TextLines, Track
from vidscout.tools.records import Record, of_kind
from vidscout.tools.rendering import render

BIKES, BRIDGE = "af1ab9bad8938ec8156f77f78c438843", "a7441622a3f050643f481d16d297290a"
SENTENCE = "The bridge was opened in 1937 after four years of work."
SEEN = {"caption": 5, "frame": 5, "frames": 10, "object": 2, "screen_text": 1, "shot": 5, "track": 2}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The folder of an index of version 1, which each test may change."""
    home = tmp_path / "old"
    with tarfile.open(Path(__file__).with_name("version_1.tar.xz")) as packed:
        packed.extractall(home, filter="data")
    return home


def stored(home: Path) -> list[tuple[str, str]]:
    """Id and text of every record, as they are in the file."""
    with contextlib.closing(sqlite3.connect(home / DATABASE)) as db:
        return db.execute("select id, text from records order by id").fetchall()


def at(home: Path) -> int:
    with contextlib.closing(sqlite3.connect(home / DATABASE)) as db:
        return migrations.version(db)


def timeline(home: Path, read_only: bool = False) -> list[Record]:
    with VideoIndex(home, read_only=read_only) as index:
        return [record for video in (BIKES, BRIDGE) for record in index.timeline(video)]


def opened_elsewhere(home: Path, first: str = "") -> subprocess.Popen[str]:
    code = f"""
    import os, sys
    from pathlib import Path
    from vidscout.tools.index import migrations
    from vidscout.tools.index.videos import Library
    {first}
    print(len(Library(Path(sys.argv[1])).all()))
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(home)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_an_index_of_version_1_opens_with_the_same_videos_and_records(old: Path):
    before = stored(old)
    assert at(old) == 1
    with VideoIndex(old) as index:
        assert [(video.name, video.status) for video in index.library.all()] == [
            ("bikes.mp4", "ready"),
            ("bridge.mp4", "ready"),
        ]
        assert index.stats(BIKES) == SEEN
        [found, *_] = index.search("opened in 1937")
        assert found.record.text == SENTENCE
    assert at(old) == migrations.NEWEST
    assert stored(old) == before
    assert sorted(record.id for record in timeline(old)) == [key for key, _ in before]


def test_every_record_of_version_1_says_in_its_payload_what_its_text_says(old: Path):
    records = timeline(old)
    assert [record for record in records if record.payload is None or render(record.payload) != record.text] == []
    assert {type(record.payload) for record in records} == {
        Caption,
        Labels,
        ObjectCounts,
        Shot,
        Spoken,
        TextLines,
        Track,
    }
    for record, found in of_kind(records, ObjectCounts):
        assert tuple(thing.box for thing in found.objects) == record.boxes
    for record, written in of_kind(records, TextLines):
        assert len(record.boxes) == len(written.lines)


def test_opening_it_twice_changes_nothing_more(old: Path):
    first = timeline(old)
    assert timeline(old) == first


def test_a_process_that_is_killed_in_a_step_leaves_an_index_that_opens(old: Path):
    killed = opened_elsewhere(
        old,
        "*steps, last = migrations.STEPS; migrations.STEPS = (*steps, lambda db: (last(db), os.kill(os.getpid(), 9)))",
    )
    assert killed.wait(60) == -9
    assert at(old) == migrations.NEWEST - 1
    assert len(timeline(old)) == 30
    assert at(old) == migrations.NEWEST


def test_several_processes_open_an_old_index_at_once(old: Path):
    several = [opened_elsewhere(old) for _ in range(4)]
    said = [process.communicate(timeout=120) for process in several]
    assert [out for out, _ in said] == ["2\n"] * 4, said
    assert len(timeline(old)) == 30


def test_an_old_index_that_is_only_read_is_read_and_not_touched(old: Path):
    def digest() -> str:
        return hashlib.sha256((old / DATABASE).read_bytes()).hexdigest()

    before = digest()
    records = timeline(old, read_only=True)
    assert all(record.payload is not None for record in records)
    assert (digest(), at(old)) == (before, 1)
    assert records == timeline(old)


def test_a_step_that_fails_leaves_the_index_as_it_was(old: Path, monkeypatch: pytest.MonkeyPatch):
    def fails(db: sqlite3.Connection) -> None:
        db.execute("drop table records")
        raise ValueError("a fault in a step")

    with contextlib.closing(sqlite3.connect(old / DATABASE, isolation_level=None)) as db:
        monkeypatch.setattr(migrations, "STEPS", (migrations.STEPS[0], fails))
        with pytest.raises(ValueError, match="a fault"):
            migrations.migrate(db)
    assert at(old) == 1
    assert len(stored(old)) == 30


@pytest.mark.models
def test_a_question_is_answered_from_an_old_index_as_before(old: Path):
    with VideoScout(home=old) as scout:
        [said, *_] = scout.ask("bridge.mp4", "When was the bridge opened?").evidence
        assert (said.start, said.text) == (4.064, SENTENCE)
        counted = scout.ask("bikes.mp4", "How many people are there at once?")
        assert counted.text.startswith("2 at once at most")
        assert counted.evidence[0].start == 5.0


@pytest.mark.models
def test_a_video_of_an_old_index_is_read_by_those_stages_only_that_are_new(old: Path, bikes: Path):
    with VideoScout(home=old) as scout:
        [read] = [again] if not isinstance(again := scout.ingest(bikes), list) else again
    assert {"faces", "sounds", "speakers"} <= set(read.stages)
    assert not {"screen_text", "objects", "tags", "captions", "shots"} & set(read.stages)
    assert read.counters.get("ocr_calls", 0) == read.counters.get("detector_calls", 0) == 0


BOX, NEXT = (0.1, 0.1, 0.3, 0.2), (0.4, 0.1, 0.6, 0.2)


def seen_lines(**texts: tuple[float, float, float, float]) -> step_2.Seen:
    seen = step_2.Seen()
    for text, box in texts.items():
        seen.texts[box].add(text.replace("_", " "))
    return seen


def test_lines_of_version_1_are_those_that_were_read_even_where_one_holds_a_slash():
    seen = seen_lines(**{"either / or": BOX, "both": NEXT})
    lines, boxes = step_2.lines("either / or / both", [BOX, NEXT], seen)
    assert (lines["lines"], boxes) == (["either / or", "both"], [BOX, NEXT])


def test_pieces_of_one_line_get_one_box():
    lines, boxes = step_2.lines("Quarterly report", [BOX, NEXT], seen_lines(Quarterly=BOX, report=NEXT))
    assert (lines["lines"], boxes) == (["Quarterly report"], [(0.1, 0.1, 0.6, 0.2)])


def test_without_observations_lines_are_told_by_their_mark():
    lines, boxes = step_2.lines("Agenda / Budget", [BOX, NEXT], step_2.Seen())
    assert (lines["lines"], boxes) == (["Agenda", "Budget"], [BOX, NEXT])


def test_numbers_of_version_1_have_the_detector_s_labels():
    text = "2 horses, 2 buses, 2 people, 2 skises, 1 wine glass: 2 people at the left"
    assert step_2.counts(text) == {"horse": 2, "bus": 2, "person": 2, "skis": 2, "wine glass": 1}


@pytest.mark.parametrize("modality", ["object", "track", "frame", "caption", "shot", "speech"])
def test_a_text_that_no_tool_of_version_1_wrote_is_migrated_too(modality: str):
    payload = step_2.payload_of(modality, "anything, at: all", 0.0, 1.0, 0.5, "composed/1", [], step_2.Seen())
    assert payload["kind"]
