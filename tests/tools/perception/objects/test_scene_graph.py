import pytest
from hypothesis import given
from hypothesis import strategies as st
from vidscout.tools.perception.objects.nanodet import COCO_LABELS
from vidscout.tools.perception.objects.scene_graph import (
    counted,
    counts,
    object_records,
    place,
    plural,
    relations,
    sentence,
)
from vidscout.tools.records import Box, Detection, Modality, Span


def thing(label: str, left: float = 0.4, top: float = 0.4, score: float = 0.8, size: float = 0.2) -> Detection:
    return Detection(label, score, Box(left, top, round(left + size, 4), round(top + size, 4)))


def seconds(*frames: list[Detection]) -> list[tuple[Span, list[Detection]]]:
    return [(Span(at, at + 1), found) for at, found in enumerate(frames)]


def stretches(*frames: list[Detection]) -> list[tuple[float, float, dict[str, int]]]:
    found = object_records("v", seconds(*frames), "d/1")
    return [(record.span.start, record.span.end, counts(record.text)) for record in found]


def test_a_sentence_says_how_many_and_where():
    words = sentence([thing("person", 0.0), thing("person", 0.05), thing("bicycle", 0.8)])
    assert words.startswith("2 people, 1 bicycle: 2 people at the left, a bicycle at the right")


@pytest.mark.parametrize(
    ("left", "top", "where"),
    [
        (0.0, 0.4, "at the left"),
        (0.8, 0.0, "at the top right"),
        (0.4, 0.8, "at the bottom"),
        (0.4, 0.4, "in the middle"),
    ],
)
def test_places_are_thirds_of_the_frame(left: float, top: float, where: str):
    assert place(thing("dog", left, top).box) == where


@pytest.mark.parametrize(
    ("left", "top", "relation"),
    [
        (0.0, 0.4, "left of"),
        (0.8, 0.4, "right of"),
        (0.4, 0.0, "above"),
        (0.4, 0.8, "below"),
        (0.42, 0.42, "overlapping"),
    ],
)
def test_relations_are_read_off_the_boxes(left: float, top: float, relation: str):
    assert relations([thing("person", left, top, 0.9), thing("dog")]) == [f"a person {relation} a dog"]


def test_relations_are_few_and_between_different_kinds():
    crowd = [thing(label, 0.2 * n, 0.4, 0.9 - 0.01 * n, 0.1) for n, label in enumerate(["person", "dog", "cat", "car"])]
    assert len(relations(crowd)) == 3
    assert relations([thing("person", 0.0), thing("person", 0.8)]) == []


@given(st.dictionaries(st.sampled_from(COCO_LABELS), st.integers(1, 9), min_size=1, max_size=6))
def test_every_count_can_be_read_back_from_its_sentence(numbers: dict[str, int]):
    objects = [thing(label, 0.09 * n) for label, number in numbers.items() for n in range(number)]
    assert counts(sentence(objects)) == numbers
    assert counts(counted(numbers)) == numbers


def test_plurals_are_english():
    assert [plural(label) for label in ("person", "bus", "bench", "knife", "sheep", "wine glass", "dog")] == [
        "people",
        "buses",
        "benches",
        "knives",
        "sheep",
        "wine glasses",
        "dogs",
    ]


def test_one_record_lasts_while_the_numbers_stay_the_same():
    person, dog = thing("person", 0.1), thing("dog", 0.6)
    assert stretches([person], [person], [person, dog], [person, dog], [dog]) == [
        (0, 2, {"person": 1}),
        (2, 4, {"person": 1, "dog": 1}),
        (4, 5, {"dog": 1}),
    ]


def test_an_object_that_is_missed_on_one_frame_is_still_there():
    person, dog = thing("person", 0.1), thing("dog", 0.6)
    assert stretches([person, dog], [person], [person, dog]) == [(0, 3, {"person": 1, "dog": 1})]


def test_a_number_that_flickers_for_one_frame_never_changed():
    one, two = thing("person", 0.1), thing("person", 0.6)
    assert stretches([one], [one, two], [one]) == [(0, 3, {"person": 1})]


def test_a_dog_that_runs_past_is_told():
    person, dog = thing("person", 0.1), thing("dog", 0.6)
    assert (1, 2, {"person": 1, "dog": 1}) in stretches([person], [person, dog], [person])


def test_a_slip_of_the_detector_is_left_out_but_a_standing_picture_counts():
    unsure = thing("toilet", score=0.46)
    assert stretches([unsure]) == []
    [record] = object_records("v", [(Span(0, 30), [unsure])], "d/1")
    assert counts(record.text) == {"toilet": 1}


def test_the_record_shows_the_frame_on_which_the_objects_were_seen_most_surely():
    [record] = object_records("v", seconds([thing("dog", 0.1, score=0.6)], [thing("dog", 0.15, score=0.9)]), "d/1")
    assert record.modality is Modality.OBJECT
    assert record.boxes == (thing("dog", 0.15).box,)
    assert record.score == 0.9
    assert record.span == Span(0, 2)


def test_frames_without_objects_are_no_records():
    assert stretches([], []) == []
    assert object_records("v", [], "d/1") == []
