"""A question about many videos is put to those that fit it best."""

from pathlib import Path

import numpy as np
import pytest
from small_scout import ANSWER, QUESTION, raising, small_scout
from vidscout import VideoScout
from vidscout.agent.asking.narrowing import MOST_VIDEOS
from vidscout.tools.index.videos import Video
from vidscout.tools.payloads import Spoken
from vidscout.tools.records import Record, Span

VIDEOS = [f"{number:02x}" * 16 for number in range(MOST_VIDEOS + 4)]
HOLDS, LOOKS_SO = VIDEOS[-2], VIDEOS[-1]
PLACES = ["harbour", "kitchen", "library", "meadow", "station"]


@pytest.fixture(scope="module")
def scout(tmp_path_factory: pytest.TempPathFactory):
    with small_scout(tmp_path_factory.mktemp("narrowing") / "home") as scout:
        records = [
            Record.of(video, Span(at, at + 4), Spoken(f"The {PLACES[(number + at) % 5]} opens at {at}."), 0.9, "test/1")
            for number, video in enumerate(VIDEOS)
            for at in range(1, 4)
        ]
        records.append(Record.of(HOLDS, Span(20, 24), Spoken(ANSWER), 0.9, "test/1"))
        scout.index.add(records, np.stack(scout.role("text_embedding").run([record.text for record in records])))
        for video, look in ((HOLDS, "a telescope"), (LOOKS_SO, "a wooden boat")):
            scout.index.add_frames(video, [1.0], np.stack(scout.role("label_embedding").run([look])), [b"\xff\xd8jpeg"])
        for number, video in enumerate(VIDEOS):
            scout.library.put(Video(video, f"{number}.mp4", Path(f"/nowhere/{number}.mp4"), 60.0, status="ready"))
        yield scout


def told(notes: list[str]) -> bool:
    return any(f"of {len(VIDEOS)} videos the {MOST_VIDEOS} that fit" in note for note in notes)


def test_of_many_videos_the_one_that_holds_the_answer_is_looked_into(scout: VideoScout):
    answer = scout.ask(VIDEOS, QUESTION)
    assert "silicon" in answer.text
    assert answer.evidence[0].video == HOLDS
    assert len(answer.videos) == MOST_VIDEOS
    assert answer.videos == [video for video in VIDEOS if video in answer.videos], "in the order in which they came"
    assert told(answer.notes)


def test_a_video_that_only_looks_like_the_question_is_among_them(scout: VideoScout):
    assert LOOKS_SO in scout.ask(VIDEOS, "Where is a wooden boat?").videos


def test_few_videos_are_all_looked_into(scout: VideoScout):
    answer = scout.ask(VIDEOS[:MOST_VIDEOS], QUESTION)
    assert answer.videos == VIDEOS[:MOST_VIDEOS]
    assert not told(answer.notes)


def test_what_a_conversation_is_about_is_looked_into_again(scout: VideoScout):
    first = scout.ask(HOLDS, QUESTION)
    again = scout.ask(VIDEOS, "And what opens at 2 in the meadow?", earlier=[first])
    assert HOLDS in again.videos
    scout.ask(HOLDS, QUESTION, conversation="talk")
    assert HOLDS in scout.ask(VIDEOS, "And what opens at 3 in the meadow?", conversation="talk").videos


def test_without_an_embedding_words_tell_which(scout: VideoScout, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(type(scout.role("text_embedding")), "fault", raising(RuntimeError("no such kernel")))
    answer = scout.ask(VIDEOS, QUESTION)
    assert HOLDS in answer.videos
    assert any("by words only" in note for note in answer.notes)
