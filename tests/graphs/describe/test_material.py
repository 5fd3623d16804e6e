"""What a description is made of."""

from pathlib import Path

import numpy as np
import pytest
from vidscout.graphs.describe.material import gather, joined, slides, title_of
from vidscout.tools.geometry import Box
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.payloads import Chapter, Spoken, TextLines
from vidscout.tools.records import Record, Span


def said(start: float, end: float, text: str, **more) -> Record:
    return Record.of("v", Span(start, end), Spoken(text, language="en", **more), 0.9, "demo/1")


def test_an_utterance_without_an_end_goes_on_in_the_next_one_but_not_in_another_speakers():
    passages = joined(
        [
            said(0, 2, "We will ask the carpenter, Mr", speaker="Ann"),
            said(2.2, 3, "Dolan.", speaker="Ann"),
            said(3.5, 5, "What a thick door", speaker="Ann"),
            said(5.2, 6, "costs is unknown.", speaker="Ben"),
        ]
    )
    assert [passage.text for passage in passages] == [
        "We will ask the carpenter, Mr Dolan.", "What a thick door", "costs is unknown.",
    ]  # fmt: skip
    assert passages[0].span == Span(0, 3)
    assert len(passages[0].records) == 2


def test_a_pause_ends_a_passage():
    assert len(joined([said(0, 2, "and then we"), said(9, 10, "went home.")])) == 2


def test_where_ends_are_not_marked_their_lack_joins_nothing():
    told = ["我们的图书馆有三千本书", "我们决定买五百本新书", "运动会在五月十二日举行", "我把名单发给大家"]
    assert len(joined([said(3.0 * at, 3.0 * at + 2, text) for at, text in enumerate(told)])) == 4
    assert len(joined([said(2.1 * at, 2.1 * at + 2, text) for at, text in enumerate(told)])) == 1


def test_the_tallest_line_in_the_upper_part_is_the_title():
    boxes = (Box(0.1, 0.1, 0.5, 0.15), Box(0.1, 0.2, 0.9, 0.3), Box(0.1, 0.8, 0.9, 0.95))
    text = TextLines(("Chapter two", "The lift", "Ann Hill, chair"))
    record = Record.of("v", Span(0, 9), text, 0.9, "demo/1", boxes)
    assert title_of(record, text) == "The lift"


def test_a_text_that_is_only_low_on_the_picture_is_no_slide():
    low = Record.of("v", Span(0, 9), TextLines(("Ann Hill, chair",)), 0.9, "demo/1", (Box(0.1, 0.8, 0.9, 0.95),))
    assert slides([low]) == []


@pytest.fixture
def index(tmp_path: Path):
    with VideoIndex(tmp_path) as index:
        yield index


def test_stored_vectors_are_used_and_only_missing_ones_are_made(index: VideoIndex):
    known, missing = said(0, 2, "The first one."), said(3, 4, "The second one.")
    index.add([known], np.array([[3.0, 4.0]]))
    index.add([missing], None)
    asked: list[str] = []

    def embed(texts):
        asked.extend(texts)
        return [np.array([0.0, 1.0]) for _ in texts]

    material = gather(index, "v", Span(0, 10), embed)
    assert asked == ["The second one."]
    assert material.vectors == pytest.approx(np.array([[0.6, 0.8], [0.0, 1.0]]), abs=1e-6)
    assert "1 passages had no vector" in material.remarks[0]
    assert material.language == "en"


def test_a_stretch_takes_only_what_lies_in_it(index: VideoIndex):
    index.add([said(0, 2, "Early."), said(50, 52, "Late.")], None)
    index.add([Record.of("v", Span(0, 60), Chapter("All", 1, 1), 1.0, "given/chapters")], None)
    material = gather(index, "v", Span(40, 60), lambda texts: [np.ones(2) for _ in texts])
    assert [passage.text for passage in material.passages] == ["Late."]
    assert len(material.given) == 1
