"""Chapters tile the video, from the file's own or from its topics."""

from itertools import pairwise

import numpy as np
import pytest
from vidscout.graphs.describe.material import Material, Slide, joined
from vidscout.graphs.describe.topics.chapters import file_chapters, topics
from vidscout.graphs.describe.topics.segments import (
    FEATURES,
    SAID,
    SHOWN,
    Gap,
    Weights,
    chosen,
    closeness,
    features,
    most_chapters,
    title_changes,
)
from vidscout.graphs.describe.topics.titles import titled
from vidscout.tools.payloads import Chapter, Spoken, TextLines
from vidscout.tools.records import Record, Span

LONG = 60.0


def said(start: float, text: str, seconds: float = 4.0) -> Record:
    return Record.of("v", Span(start, start + seconds), Spoken(text), 0.9, "demo/1")


def slide(start: float, end: float, title: str) -> Slide:
    return Slide(Record.of("v", Span(start, end), TextLines((title,)), 0.9, "demo/1"), title)


def material(records: list[Record], vectors: np.ndarray, end: float, **more) -> Material:
    found = {"slides": (), "shots": (), "given": (), "names": (), "language": "en"} | more
    return Material("v", Span(0.0, end), tuple(joined(records)), vectors, **found)


def two_topics() -> tuple[list[Record], np.ndarray]:
    """Six sentences about one thing, and six about another, five seconds each."""
    records = [said(5.0 * at, f"Sentence {'bread' if at < 6 else 'engine'} {at}.") for at in range(12)]
    rng = np.random.default_rng(0)
    base = np.where(np.arange(12)[:, None] < 6, [[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]])
    return records, base + 0.05 * rng.standard_normal((12, 3))


def embed(texts):
    return [np.array([float("bread" in text), float("engine" in text), 0.1]) for text in texts]


NO_FRAMES = (np.zeros(0), np.zeros((0, 0)))


def tiles(chapters, start: float, end: float) -> bool:
    edges = [chapter.start for chapter in chapters] + [chapters[-1].end]
    return edges[0] == start and edges[-1] == end and all(
        one.end == other.start for one, other in pairwise(chapters)
    )  # fmt: skip


def test_the_files_own_chapters_are_used_and_tile_the_video():
    given = tuple(
        (Record.of("v", Span(start, end), payload := Chapter(title, number, 2), 1.0, "given/chapters"), payload)
        for number, (start, end, title) in enumerate([(5.0, 20.0, "One"), (25.0, 40.0, "")], start=1)
    )
    found = file_chapters(material([], np.zeros((0, 0)), 60.0, given=given))
    assert [(one.start, one.end, one.title) for one in found] == [(0.0, 5.0, ""), (5.0, 25.0, "One"), (25.0, 60.0, "2")]
    assert tiles(found, 0.0, 60.0)


def test_two_topics_become_two_chapters_where_the_topic_changes():
    records, vectors = two_topics()
    only_depth = Weights(np.array([2.0, 0.0, 0.0, 0.0, 0.0, 0.0]), -3.0, 0.5)
    found = topics(
        material(records, vectors, 60.0), np.zeros(12), NO_FRAMES, embed, {SAID: only_depth, SHOWN: only_depth}
    )
    assert len(found) == 2
    assert tiles(found, 0.0, 60.0)
    assert abs(found[0].end - 29.5) < 1.0
    assert found[0].evidence
    assert found[0].evidence[0].modality == "speech"


def test_a_slide_gives_its_chapter_the_title():
    records, vectors = two_topics()
    shown = (slide(0, 30, "Bread"), slide(30, 60, "Engines"))
    only_slides = Weights(np.array([0.0, 0.0, 0.0, 4.0, 0.0, 0.0]), -2.0, 0.5)
    found = topics(
        material(records, vectors, 60.0, slides=shown), np.zeros(12), NO_FRAMES, embed,
        {SAID: only_slides, SHOWN: only_slides},
    )  # fmt: skip
    assert [(one.title, one.start) for one in found] == [("Bread", 0.0), ("Engines", 30.0)]
    assert {one.origin for one in found} == {"screen_text"}


def test_without_slides_the_words_that_tell_a_chapter_apart_are_its_title():
    lines = [
        "The gingerbread needs flour.",
        "Then the gingerbread rests.",
        "The engine has a piston.",
        "An engine burns oil.",
    ]
    records = [said(10.0 * at, line) for at, line in enumerate(lines)]
    vectors = np.array([[1.0, 0.0, 0.1], [1.0, 0.0, 0.1], [0.0, 1.0, 0.1], [0.0, 1.0, 0.1]])
    both = titled(material(records, vectors, 40.0), [Span(0, 20), Span(20, 40)], embed)
    assert [title.split(", ")[0] for title, _, _ in both] == ["Gingerbread", "Engine"]
    assert [next(cited.text for cited in evidence) for _, _, evidence in both] == [lines[0], lines[2]]
    assert all(origin == "speech" and len(title.split(", ")) == 3 for title, origin, _ in both)
    chinese = [said(0.0, "今天我们讨论预算。"), said(10.0, "预算不够。")]
    [(title, _, _)] = titled(material(chinese, np.eye(2, 3), 20.0, language="zh"), [Span(0, 20)], embed)
    assert title == "今天我们讨论预算"


def test_a_pause_tells_against_the_other_pauses_of_the_video():
    starts = [0.0, 5.0, 10.0, 18.0, 23.0]
    there = material([said(at, f"Sentence {at}.", 4.5) for at in starts], np.eye(5), 30.0)
    column = features(there, np.zeros(5))[:, FEATURES.index("pause")]
    assert column.argmax() == 2
    assert column[2] > 1
    assert column[[0, 1, 3]] == pytest.approx(column[0])
    even = material([said(at, f"Sentence {at}.", 4.5) for at in starts[:3]], np.eye(3), 15.0)
    assert features(even, np.zeros(3))[:, FEATURES.index("pause")].tolist() == [0.0, 0.0]


def test_nothing_said_and_one_shot_is_one_chapter_without_a_title():
    found = topics(material([], np.zeros((0, 0)), 30.0, shots=(Span(0, 30),)), np.zeros(0), NO_FRAMES, embed)
    assert [(one.start, one.end, one.title) for one in found] == [(0.0, 30.0, "")]


def test_a_silent_film_is_cut_where_the_picture_changes_most():
    shots = (Span(0, 20), Span(20, 40), Span(40, 60))
    times = np.arange(0.0, 60.0, 2.0)
    frames = np.where((times < 40)[:, None], [[1.0, 0.0]], [[0.0, 1.0]])
    found = topics(material([], np.zeros((0, 0)), 60.0, shots=shots), np.zeros(0), (times, frames), embed)
    assert [one.start for one in found] == [0.0, 40.0]


def test_boundaries_keep_apart_and_the_most_probable_are_kept():
    found = chosen([Gap(20, 0.9, 1), Gap(23, 0.8, 2), Gap(40, 0.7, 3), Gap(58, 0.95, 4)], 0, 60, most=3)
    assert [gap.time for gap in found] == [20, 40]
    assert [gap.time for gap in chosen([Gap(20, 0.6, 1), Gap(40, 0.7, 3)], 0, 60, most=2)] == [40]


def test_a_title_that_is_read_a_little_otherwise_is_no_new_slide():
    times = title_changes([slide(0, 9, "The heating"), slide(9, 20, "The heatlng"), slide(20, 30, "Money")])
    assert times.tolist() == [0, 20]


def test_closeness_falls_off_within_four_seconds():
    assert closeness(np.array([10.0]), 9.0, 11.0) == 1.0
    assert closeness(np.array([10.0]), 12.0, 13.0) == 0.5
    assert closeness(np.array([10.0]), 20.0, 21.0) == 0.0


def test_eight_hours_have_a_bounded_number_of_chapters():
    rng = np.random.default_rng(1)
    count = 5000
    records = [said(5.7 * at, f"Sentence {at % 97} about thing {at // 50}.", 5.0) for at in range(count)]
    vectors = np.repeat(rng.standard_normal((100, 16)), 50, axis=0) + 0.3 * rng.standard_normal((count, 16))
    found = topics(
        material(records, vectors, 8 * 3600.0), np.zeros(count), NO_FRAMES, lambda texts: [np.ones(16) for _ in texts]
    )
    assert 2 < len(found) <= most_chapters(8 * 3600.0)
    assert tiles(found, 0.0, 8 * 3600.0)
    assert any(one.parts for one in found)
    assert all(tiles(one.parts, one.start, one.end) for one in found if one.parts)
