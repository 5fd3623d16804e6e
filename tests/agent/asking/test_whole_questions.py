"""Questions about the whole of a video are answered from its chapters and the sentences that carry it."""

from pathlib import Path

import numpy as np
import pytest
from vidscout import VideoScout
from vidscout.tools.index.videos import Video
from vidscout.tools.payloads import Spoken, TextLines
from vidscout.tools.records import Record, Span

pytestmark = pytest.mark.models

VIDEO = "a" * 16
TALK = {
    "Baking": [
        "Sourdough bread needs only flour, water and salt.",
        "The dough rests for twelve hours.",
        "A hot stone gives a crisp crust.",
    ],
    "Engines": [
        "A diesel engine lights its fuel by pressure.",
        "The turbo pushes more air into the cylinders.",
        "Diesel is banned in that city from May on.",
    ],
    "Sleep": [
        "Adults sleep for about seven hours.",
        "Dreams come mostly in the second half of the night.",
        "Light in the evening delays sleep.",
    ],
}


@pytest.fixture(scope="module")
def talk(loaded_scout: VideoScout, tmp_path_factory: pytest.TempPathFactory):
    records, at = [], 0.0
    for title, said in TALK.items():
        records.append(Record.of(VIDEO, Span(at, at + 30), TextLines((title,)), 0.9, "demo/1"))
        for text in said:
            records.append(Record.of(VIDEO, Span(at, at + 8), Spoken(text, language="en"), 0.9, "demo/1"))
            at += 10.0
    scout = loaded_scout.at(tmp_path_factory.mktemp("home")).with_settings(fast=True)
    scout.library.put(Video(id=VIDEO, name="talk.mp4", path=Path("talk.mp4"), duration=90.0, status="ready"))
    scout.index.add(records, np.stack(scout.role("text_embedding").run([record.text for record in records])))
    yield scout
    scout.index.close()


def test_the_chapters_are_told_with_their_times(talk: VideoScout):
    answer = talk.ask("talk.mp4", "Give me the chapters with their times.")
    assert answer.text == "0:00 Baking; 0:30 Engines; 1:00 Sleep."
    assert [item.text for item in answer.evidence[:3]] == list(TALK)


def test_an_overview_tells_the_beginning_the_titles_and_what_carries_the_rest(talk: VideoScout):
    answer = talk.ask("talk.mp4", "What is this video about?")
    assert "Sourdough bread needs only flour, water and salt." in answer.text
    assert "Engines (0:30)" in answer.text
    assert any(text in answer.text for text in TALK["Engines"])
    assert not answer.abstained
    assert all(answer.text.count(text) <= 1 for said in TALK.values() for text in said)


@pytest.mark.parametrize(
    ("question", "first", "then"),
    [
        ("What comes first, the sleep of adults or the crust?", "crust", "Adults sleep"),
        ("Was kommt zuerst: der Turbo oder die Träume?", "turbo", "Dreams"),
        ("Which is mentioned first, dreams or the ban of diesel?", "banned", "Dreams"),
    ],
)
def test_of_two_things_the_one_that_comes_first_is_told_first(talk: VideoScout, question: str, first: str, then: str):
    answer = talk.ask("talk.mp4", question)
    assert -1 < answer.text.find(first) < answer.text.find(then), answer.text
