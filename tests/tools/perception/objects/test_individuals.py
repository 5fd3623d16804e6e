"""Individuals that come and go, followed over frames that are a second apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vidscout.tools.payloads import Track
from vidscout.tools.perception.objects.individuals import individuals, passage_records
from vidscout.tools.records import Box, Detection, Modality, Span


def person(x: float, y: float = 0.5, label: str = "person", score: float = 0.8) -> Detection:
    return Detection(label, score, Box(x - 0.04, y - 0.15, x + 0.04, y + 0.15))


def frames(*seen: list[Detection]) -> list[tuple[Span, list[Detection]]]:
    return [(Span(float(second), second + 1.0), found) for second, found in enumerate(seen)]


def directions(observations: list[tuple[Span, list[Detection]]]) -> list[str]:
    tracks = [record.payload for record in passage_records("v", observations, "nanodet/1")]
    return [track.direction for track in tracks if isinstance(track, Track)]


def test_one_that_crosses_faster_than_its_own_width_is_one():
    crossing = frames(*([person(0.1 + 0.15 * second)] for second in range(6)))
    [one] = individuals(crossing)
    assert one.span == Span(0.0, 6.0)
    assert directions(crossing) == ["right"]


def test_two_that_meet_and_go_on_are_two():
    meeting = frames(*([person(0.1 + 0.16 * s), person(0.9 - 0.16 * s, 0.45)] for s in range(6)))
    assert sorted(directions(meeting)) == ["left", "right"]


def test_three_that_come_one_after_the_other_are_three_with_their_times():
    nothing: list[Detection] = []
    one = [[person(0.2)], [person(0.3)], nothing, nothing, nothing]
    records = passage_records("v", frames(*(one * 3)), "nanodet/1")
    assert [record.span.start for record in records] == [0.0, 5.0, 10.0]
    assert {record.modality for record in records} == {Modality.TRACK}
    assert records[0].text == "1 person: staying in place"
    assert records[0].payload == Track("person", (0.0, 1.0), (person(0.2).box, person(0.3).box))


def test_one_that_is_missed_for_a_moment_is_the_same():
    assert len(individuals(frames([person(0.3)], [], [person(0.34)], [person(0.36)]))) == 1


def test_a_dog_is_not_the_person_that_stood_there():
    assert len(individuals(frames([person(0.3)], [person(0.3, label="dog")], [person(0.3)]))) == 2


def test_an_unsure_single_sighting_is_a_slip():
    assert individuals(frames([person(0.3, score=0.5)])) == []
    assert len(individuals(frames([person(0.3, score=0.7)]))) == 1


@pytest.mark.parametrize("grown", [2.2, 0.4])
def test_another_size_is_another_individual(grown: float):
    far = Detection("person", 0.8, Box(0.4, 0.4, 0.5, 0.6))
    near = Detection("person", 0.8, Box(0.4, 0.5 - 0.1 * grown, 0.5, 0.5 + 0.1 * grown))
    assert len(individuals(frames([far], [far], [near], [near]))) == 2


@given(st.lists(st.lists(st.floats(0.1, 0.9), max_size=4), max_size=8))
def test_every_sure_sighting_belongs_to_exactly_one(places: list[list[float]]):
    seen = [[person(x) for x in some] for some in places]
    found = individuals(frames(*seen))
    assert sum(len(one.seen) for one in found) == sum(len(some) for some in seen)
    for one in found:
        assert len(set(one.spans)) == len(one.spans)
