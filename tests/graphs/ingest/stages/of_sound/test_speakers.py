"""Who says each utterance: the stage `speakers` over what was written down of voices, without a model."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from vidscout.graphs.ingest.stage import Found
from vidscout.graphs.ingest.stages.of_sound.speakers import Speakers, Stretch
from vidscout.tools.index.rows.people import How, Named
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.index.videos import Video
from vidscout.tools.payloads import Modality, Spoken, TextLines, Voice
from vidscout.tools.perception.voices.turns import windows
from vidscout.tools.records import Record, Span, of_kind
from vidscout.tools.runtime.backend import Tool

VIDEO = "c3" * 16
ANNA, BEN = np.eye(2, 8)


class Silent(Tool[np.ndarray, np.ndarray]):
    """An encoder that is never asked: what it would have found has been written down."""

    role = "voices"
    name = "silent-for-a-test"
    same = 0.7

    def setup(self) -> None: ...

    def perceive(self, batch: Sequence[np.ndarray]) -> list[np.ndarray]:
        raise AssertionError("nothing is to be heard again")


def stretch(start: float, end: float, voice: np.ndarray, track: str = "") -> Stretch:
    vectors = np.array([] if track else [voice for _ in windows(end - start)], np.float16)
    return Stretch(Span(start, end), track, vectors)


def said(start: float, end: float, text: str, speaker: str = "", given: bool = False) -> Record:
    return Record.of(VIDEO, Span(start, end), Spoken(text, speaker=speaker, given=given), 0.9, "made/1")


@pytest.fixture
def index(tmp_path: Path) -> Iterator[VideoIndex]:
    with VideoIndex(tmp_path / "home") as made:
        made.library.put(Video(VIDEO, "talk.mp4", tmp_path / "talk.mp4", duration=60.0, status="ready"))
        yield made


@pytest.fixture
def settle(index: VideoIndex) -> Callable[..., list[Record]]:
    """Makes the stage's records from stretches of voice, and puts them where they belong."""

    def settle(*stretches: Stretch, number: int | None = None) -> list[Record]:
        journal = index.library.journal
        stage = Speakers(Silent(), number, ("speech", "subtitles", "screen_text"))
        journal.begin(VIDEO, stage.name, stage.fingerprint, stage.after)
        rows = [(one.span.start + n * 1e-6, one.packed()) for n, one in enumerate(stretches)]
        journal.append(VIDEO, stage.name, rows, 60.0)
        found = Found(VIDEO, 60.0, index, lambda of: journal.observations(VIDEO, of))
        records = stage.records(found)
        index.replace(VIDEO, stage.name, records, None)
        return records

    return settle


def speech(index: VideoIndex, *records: Record, stage: str = "speech") -> None:
    index.replace(VIDEO, stage, records, np.eye(len(records), 8))


def speakers(index: VideoIndex) -> list[str]:
    return [spoken.speaker for _, spoken in of_kind(index.timeline(VIDEO, [Modality.SPEECH]), Spoken)]


TALK = stretch(0, 8, ANNA), stretch(9, 16, BEN), stretch(17, 25, ANNA)


def test_utterances_are_told_who_says_them_and_keep_id_text_and_vector(
    index: VideoIndex, settle: Callable[..., list[Record]]
):
    speech(index, said(0, 7, "The bridge is old."), said(9.5, 15, "It is new."), said(17, 24, "It is not."))
    before = [record.id for record in index.timeline(VIDEO, [Modality.SPEECH])]
    found = settle(*TALK)
    assert [voice.label for _, voice in of_kind(found, Voice)] == ["Speaker 1", "Speaker 2", "Speaker 1"]
    assert speakers(index) == ["Speaker 1", "Speaker 2", "Speaker 1"]
    after = index.timeline(VIDEO, [Modality.SPEECH])
    assert [record.id for record in after] == before
    assert index.search("new", np.eye(3, 8)[1], videos=[VIDEO])[0].similarity == pytest.approx(1.0)


def test_an_introduction_and_a_lower_third_name_who_speaks(index: VideoIndex, settle: Callable[..., list[Record]]):
    speech(index, said(0, 7, "Good morning, I'm Anna."), said(9.5, 15, "It is new."))
    shown = Record.of(VIDEO, Span(10, 15), TextLines(("Ben Okoro, builder",)), 0.9, "made/1")
    speech(index, shown, stage="screen_text")
    settle(*TALK)
    assert speakers(index) == ["Anna", "Ben Okoro"]
    assert index.people.names(VIDEO)["Speaker 1"] == Named("Anna", How.VIDEO)


def test_what_somebody_said_stays_and_follows_the_voice(index: VideoIndex, settle: Callable[..., list[Record]]):
    speech(index, said(1, 7, "I'm Anna."), said(9.5, 15, "It is new."))
    settle(*TALK)
    index.people.rename(VIDEO, {"Speaker 2": Named("Benjamin", How.USER)})
    settle(stretch(9, 16, BEN), stretch(17, 25, ANNA))  # now it is he who is heard first
    assert index.people.names(VIDEO)["Speaker 1"] == Named("Benjamin", How.USER)
    assert speakers(index)[1] == "Benjamin"


def test_nobody_says_what_two_say_half_each_or_what_nobody_is_heard_at(
    index: VideoIndex, settle: Callable[..., list[Record]]
):
    speech(index, said(6, 11, "Half and half."), said(40, 42, "From nowhere."))
    settle(*TALK)
    assert speakers(index) == ["", ""]


def test_subtitles_keep_the_speaker_that_they_name_and_name_the_voice(
    index: VideoIndex, settle: Callable[..., list[Record]]
):
    given = said(0, 4, "The bridge is old.", "ANNA", given=True)
    speech(index, given, stage="subtitles")
    speech(index, said(18, 24, "It is not."))
    settle(*TALK)
    assert speakers(index) == ["ANNA", "ANNA"]


def test_a_track_of_ones_own_is_a_speaker(index: VideoIndex, settle: Callable[..., list[Record]]):
    speech(index, said(0, 5, "Hello.", "track 0"), said(1, 5, "Hello too.", "track 1"))
    found = settle(stretch(0, 5, ANNA, "track 0"), stretch(1, 5, BEN, "track 1"))
    assert [(voice.label, voice.by_track) for _, voice in of_kind(found, Voice)] == [
        ("track 0", True),
        ("track 1", True),
    ]
    assert speakers(index) == ["track 0", "track 1"]
    index.people.rename(VIDEO, {"track 1": Named("Ben", How.USER)})
    for _ in range(2):
        settle(stretch(0, 5, ANNA, "track 0"), stretch(1, 5, BEN, "track 1"))
        assert speakers(index) == ["track 0", "Ben"]


def test_so_many_speak_as_somebody_says(settle: Callable[..., list[Record]]):
    found = settle(*TALK, number=1)
    assert {voice.label for _, voice in of_kind(found, Voice)} == {"Speaker 1"}


def test_forgetting_the_video_takes_names_and_voices(index: VideoIndex, settle: Callable[..., list[Record]]):
    speech(index, said(0, 7, "Good morning, I'm Anna."))
    settle(*TALK)
    index.forget(VIDEO)
    assert index.people.names(VIDEO) == {}
    assert list(index.library.journal.observations(VIDEO, "speakers")) == []
