from vidscout.tools.payloads import ObjectCounts
from vidscout.tools.perception.objects.counts_over_time import object_records
from vidscout.tools.records import Box, Detection, Modality, Record, Span


def thing(label: str, left: float = 0.4, top: float = 0.4, score: float = 0.8, size: float = 0.2) -> Detection:
    return Detection(label, score, Box(left, top, round(left + size, 4), round(top + size, 4)))


def seconds(*frames: list[Detection]) -> list[tuple[Span, list[Detection]]]:
    return [(Span(at, at + 1), found) for at, found in enumerate(frames)]


def numbers(record: Record) -> dict[str, int]:
    assert isinstance(record.payload, ObjectCounts)
    return record.payload.counts


def stretches(*frames: list[Detection]) -> list[tuple[float, float, dict[str, int]]]:
    found = object_records("v", seconds(*frames), "d/1")
    return [(record.span.start, record.span.end, numbers(record)) for record in found]


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
    assert numbers(record) == {"toilet": 1}


def test_the_record_shows_the_frame_on_which_the_objects_were_seen_most_surely():
    [record] = object_records("v", seconds([thing("dog", 0.1, score=0.6)], [thing("dog", 0.15, score=0.9)]), "d/1")
    assert record.modality is Modality.OBJECT
    assert record.boxes == (thing("dog", 0.15).box,)
    assert record.payload == ObjectCounts((("dog", 1),), (thing("dog", 0.15, score=0.9),))
    assert record.score == 0.9
    assert record.span == Span(0, 2)


def test_frames_without_objects_are_no_records():
    assert stretches([], []) == []
    assert object_records("v", [], "d/1") == []
