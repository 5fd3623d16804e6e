"""How near an utterance comes to a question together with what is said around it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from vidscout import Record, Span
from vidscout.graphs.answer.records.context import AFTER, BEFORE, in_context
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.payloads import Spoken, TextLines

CITY, SALT, WEATHER = np.eye(3, dtype=np.float32)
"""Directions of an embedding in which every sentence is about one matter."""


def spoken(start: float, text: str) -> Record:
    return Record.of("a1", Span(start, start + 2), Spoken(text, language="en"), 0.9, "test/1")


SALTY, CITIES, LATER = spoken(0, "Salt was dear."), spoken(3, "Venice knew."), spoken(30, "It rained.")
SLIDE = Record.of("a1", Span(3, 5), TextLines(("Venice",)), 0.9, "test/1")


@pytest.fixture
def index(tmp_path: Path) -> Iterator[VideoIndex]:
    with VideoIndex(tmp_path) as opened:
        opened.add([SALTY, CITIES, LATER, SLIDE], np.stack([SALT, CITY, WEATHER, CITY]))
        yield opened


def similarities(index: VideoIndex, query: np.ndarray | None, *records: Record) -> list[float]:
    plain = [
        (record, float(index.similarities(query, [record])[record.id]) if query is not None else 0.0)
        for record in records
    ]
    return [similarity for _, similarity in in_context(index, plain, query)]


def test_a_question_about_both_sentences_comes_nearer_to_what_stands_beside(index: VideoIndex):
    both = (CITY + SALT) / np.sqrt(2)
    alone = float(CITY @ both)
    [together] = similarities(index, both, CITIES)
    assert together == pytest.approx((1 + BEFORE) / np.sqrt(2) / np.hypot(1, BEFORE), abs=1e-3)
    assert together > alone + 0.1
    [first] = similarities(index, both, SALTY)
    assert first == pytest.approx((1 + AFTER) / np.sqrt(2) / np.hypot(1, AFTER), abs=1e-3)


def test_a_sentence_that_fits_by_itself_loses_nothing(index: VideoIndex):
    assert similarities(index, CITY, CITIES) == pytest.approx([1.0], abs=1e-3)


def test_a_pause_parts_and_writing_stands_alone(index: VideoIndex):
    mixed = (WEATHER + CITY) / np.sqrt(2)
    assert similarities(index, mixed, LATER, SLIDE) == pytest.approx([1 / np.sqrt(2)] * 2, abs=1e-3)


def test_without_a_vector_nothing_changes(index: VideoIndex):
    assert in_context(index, [(CITIES, 0.25)], None) == [(CITIES, 0.25)]
