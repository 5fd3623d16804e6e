"""How many: read off the numbers of a finding, never off its words."""

from pathlib import Path

import pytest
from vidscout import Record, Span
from vidscout.graphs.answer.nodes.gather import held
from vidscout.graphs.answer.records.by_finding.counting import most_at_once
from vidscout.graphs.answer.records.sentences import alike
from vidscout.graphs.answer.state import AnswerState, Candidate
from vidscout.tools.geometry import Box
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.payloads import ObjectCounts, TextLines, Track


def counted(*numbers: tuple[str, int], start: float = 0.0) -> Record:
    return Record.of("v1", Span(start, start + 2), ObjectCounts(numbers), 0.9, "test/1")


def test_things_of_any_label_are_counted():
    found = [counted(("fire truck", 2), ("red car", 1)), counted(("fire truck", 3), start=8)]
    state = AnswerState("How many fire trucks are there?", ranked=[Candidate(r, 1.0, 1.0, 1.0) for r in found])
    told = most_at_once("fire truck", state)
    assert told is not None
    assert told.number == 3
    assert told.cited[0].record.span.start == 8
    assert most_at_once("bus", state) is None


def test_a_number_in_a_text_on_screen_is_no_count():
    written = Record.of("v1", Span(0, 2), TextLines(("2 fire trucks",)), 0.9, "test/1")
    state = AnswerState("How many fire trucks are there?", ranked=[Candidate(written, 1.0, 1.0, 1.0)])
    assert most_at_once("fire truck", state) is None
    assert written.labels == ()


def test_records_name_the_labels_of_their_payload():
    truck = counted(("fire truck", 1))
    followed = Record.of("v1", Span(0, 2), Track("bus", (0.0,), (Box(0, 0, 1, 1),)), 0.9, "test/1")
    assert truck.labels == ("fire truck",)
    assert followed.labels == ("bus",)
    assert held(["lorry"], ("fire truck", "bus"), truck) == pytest.approx(0.5)
    assert alike(truck, counted(("fire truck", 4), ("dog", 1)))
    assert not alike(truck, counted(("truck", 1)))


def test_the_index_knows_the_labels_that_were_found_in_a_video(tmp_path: Path):
    with VideoIndex(tmp_path) as index:
        index.add([counted(("fire truck", 2), ("red car", 1)), counted(("red car", 2), start=4)], None)
        assert index.labels(["v1"]) == ["fire truck", "red car"]
        assert index.labels(["v2"]) == []
        index.add([counted(("dog", 1), start=9)], None)
        assert index.labels(["v1"]) == ["dog", "fire truck", "red car"]
