"""The people in a video: listed, named, merged and forgotten, in Python and on the command line."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from vidscout import VideoScout
from vidscout.tools.errors import UnknownVideoError, UsageError
from vidscout.tools.geometry import Box
from vidscout.tools.index.videos import Video
from vidscout.tools.payloads import Appearance, Modality, Person, Spoken, Track, Voice
from vidscout.tools.records import Record, Span, of_kind

VIDEO = "d4" * 16
TURNS = (("Speaker 1", 0.0, 8.0), ("Speaker 2", 9.0, 16.0), ("Speaker 3", 17.0, 20.0), ("Speaker 1", 21.0, 25.5))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with one video in which three people speak."""
    with VideoScout("embedded", tmp_path / "home") as scout:
        index = scout.index
        index.library.put(Video(VIDEO, "talk.mp4", tmp_path / "talk.mp4", duration=60.0, status="ready"))
        index.library.put(Video("e5" * 16, "mute.mp4", tmp_path / "mute.mp4", duration=60.0, status="ready"))
        spoken = [
            Record.of(VIDEO, Span(start, end), Spoken(f"Sentence {at}.", speaker=label), 0.9, "made/1")
            for at, (label, start, end) in enumerate(TURNS)
        ]
        index.replace(VIDEO, "speech", spoken, np.eye(4, 8))
        voices = [Record.of(VIDEO, Span(start, end), Voice(label), 1.0, "made/1") for label, start, end in TURNS]
        index.library.journal.begin(VIDEO, "speakers", "made/1")
        index.replace(VIDEO, "speakers", voices, None)
        index.library.journal.done(VIDEO, "speakers", "")
    return tmp_path / "home"


@pytest.fixture
def scout(home: Path) -> Iterator[VideoScout]:
    with VideoScout("embedded", home) as made:
        yield made


def said_by(scout: VideoScout) -> list[str]:
    return [spoken.speaker for _, spoken in of_kind(scout.index.timeline(VIDEO, [Modality.SPEECH]), Spoken)]


def listed(scout: VideoScout) -> dict[str, float]:
    return {speaker.name: speaker.seconds for speaker in scout.people.list("talk.mp4").speakers}


def test_who_speaks_is_listed_with_seconds_and_stretches(scout: VideoScout):
    assert listed(scout) == {"Speaker 1": 12.5, "Speaker 2": 7.0, "Speaker 3": 3.0}
    assert scout.people.list(VIDEO).speakers[0].spans == [(0.0, 8.0), (21.0, 25.5)]
    [first, *_] = scout.people.list().speakers
    assert (first.name, first.video) == ("Speaker 1", VIDEO)


def test_a_name_is_told_to_every_utterance_and_taken_back(scout: VideoScout):
    scout.people.name("speaker 1", "  Maria  Lopez ", VIDEO)
    assert said_by(scout) == ["Maria Lopez", "Speaker 2", "Speaker 3", "Maria Lopez"]
    assert list(listed(scout)) == ["Maria Lopez", "Speaker 2", "Speaker 3"]
    scout.people.forget("Maria Lopez", VIDEO)
    assert said_by(scout) == ["Speaker 1", "Speaker 2", "Speaker 3", "Speaker 1"]


def test_two_with_one_name_are_one_person_until_that_is_forgotten(scout: VideoScout):
    scout.people.merge("Speaker 3", "Speaker 1", VIDEO)
    assert listed(scout) == {"Speaker 1": 15.5, "Speaker 2": 7.0}
    scout.people.name("Speaker 1", "Maria", VIDEO)
    assert said_by(scout) == ["Maria", "Speaker 2", "Maria", "Maria"]
    scout.people.forget("Maria", VIDEO)
    assert list(listed(scout)) == ["Speaker 1", "Speaker 2", "Speaker 3"]
    assert said_by(scout) == ["Speaker 1", "Speaker 2", "Speaker 3", "Speaker 1"]


def test_what_cannot_be_is_said_in_one_line_and_changes_nothing(scout: VideoScout):
    with pytest.raises(
        UsageError, match=r"nobody in talk.mp4 is called 'Zoe'; there are Speaker 1, Speaker 2, Speaker 3"
    ):
        scout.people.name("Zoe", "Maria", VIDEO)
    for name in ("", "  ", "x" * 101, "a\x00b"):
        with pytest.raises(UsageError, match="a name has 1 to 100 characters"):
            scout.people.name("Speaker 1", name, VIDEO)
    with pytest.raises(UsageError, match=r"mute.mp4 was not read for who is in it: .* --stage speakers"):
        scout.people.list("mute.mp4")
    with pytest.raises(UnknownVideoError):
        scout.people.list("another.mp4")
    assert said_by(scout) == ["Speaker 1", "Speaker 2", "Speaker 3", "Speaker 1"]


def test_forgetting_a_video_leaves_no_byte_of_a_name(home: Path):
    with VideoScout("embedded", home) as scout:
        scout.people.name("Speaker 1", "Xanthippe", VIDEO)
    assert any(b"Xanthippe" in file.read_bytes() for file in home.rglob("*") if file.is_file())
    with VideoScout("embedded", home) as scout:
        scout.forget(VIDEO)
    assert [file for file in home.rglob("*") if file.is_file() and b"Xanthippe" in file.read_bytes()] == []


def test_the_command_line_lists_names_merges_and_forgets(home: Path):
    def command(*arguments: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-m", "vidscout.agent.cli", "--home", str(home), "people", *arguments],
            capture_output=True, text=True, check=False, env=dict(os.environ),
        )  # fmt: skip
        assert "Traceback" not in done.stderr
        return done

    found = json.loads(command("talk.mp4", "--json").stdout)
    assert found["people"] == []
    assert found["speakers"][1] == {"name": "Speaker 2", "seconds": 7.0, "spans": [[9.0, 16.0]]}
    assert command("name", "Speaker 2", "Maria", "talk.mp4").returncode == 0
    assert command("merge", "Speaker 3", "Maria", "talk.mp4").returncode == 0
    assert [one["name"] for one in json.loads(command("--json").stdout)["speakers"]] == ["Speaker 1", "Maria"]
    wrong = command("forget", "Zoe", "talk.mp4")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert "Maria" in command("talk.mp4").stdout


def test_whose_face_is_seen_has_the_looks_of_who_is_followed_there(scout: VideoScout):
    face, body, other = Box(0.42, 0.1, 0.48, 0.2), Box(0.35, 0.05, 0.55, 0.9), Box(0.7, 0.1, 0.9, 0.9)
    blue = Appearance("person", upper=(("blue", 0.9),), postures=(("standing", 0.8),))
    red = Appearance("person", upper=(("red", 0.9),))
    index = scout.index
    there = ((Span(2.0, 8.0), body, blue), (Span(2.0, 9.0), other, red))
    tracks = [
        Record.of(VIDEO, span, Track("person", (2.0, 7.0), (box, box)), 0.9, "made/1", (box,)) for span, box, _ in there
    ]
    index.replace(VIDEO, "objects", tracks, None)
    made = [Record.of(VIDEO, span, looks, 0.9, "made/1", (box,)) for span, box, looks in there]
    index.replace(VIDEO, "appearance", made, None)
    seen = Record.of(VIDEO, Span(3.0, 6.0), Person("unknown person 1"), 0.9, "made/1", (face,))
    index.replace(VIDEO, "faces", [seen], None)
    [somebody] = scout.people.list(VIDEO).people
    assert somebody.looks == ["a person: upper body blue, standing"]
    assert scout.people.list(VIDEO).as_dict()["people"][0]["looks"] == somebody.looks
    assert "looks" not in scout.people.list(VIDEO).as_dict()["speakers"][0]
