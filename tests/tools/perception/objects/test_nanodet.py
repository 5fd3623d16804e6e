import numpy as np
import pytest
from photos import photo
from vidscout.tools.media.video import frames
from vidscout.tools.perception.objects.coco import COCO_LABELS
from vidscout.tools.perception.objects.nanodet import NanoDet, tracks
from vidscout.tools.records import Box, Detection, Span


@pytest.fixture(scope="module")
def detector() -> NanoDet:
    return NanoDet()


def labels(found: list[Detection]) -> set[str]:
    return {detection.label for detection in found}


@pytest.mark.models
def test_persons_cats_and_cars_are_detected(detector: NanoDet, bikes):
    astronaut, cat = detector.run([photo("astronaut"), photo("cat")])
    assert labels(astronaut) == {"person"}
    assert labels(cat) == {"cat"}
    street = [frame.image for frame in frames(bikes, 1.0)]
    found = detector.run(street)
    assert "person" in labels(found[5])
    assert any("car" in labels(objects) for objects in found)


@pytest.mark.models
def test_boxes_lie_on_the_object_whatever_the_shape_of_the_frame(detector: NanoDet):
    astronaut = photo("astronaut")
    [plain] = detector.run([astronaut])
    beside = np.full((512, 1024, 3), 255, np.uint8)
    beside[:, 512:] = astronaut
    [[person]] = detector.run([beside])
    assert person.label == "person"
    moved = Box(0.5 + plain[0].box.left / 2, plain[0].box.top, 0.5 + plain[0].box.right / 2, plain[0].box.bottom)
    assert person.box.overlap(moved) > 0.7


@pytest.mark.models
def test_a_lower_threshold_finds_more_and_is_another_source(detector: NanoDet):
    eager = NanoDet(threshold=0.2)
    [few], [many] = detector.run([photo("coffee")]), eager.run([photo("coffee")])
    assert len(many) > len(few)
    assert all(found.score > 0.2 for found in many)
    assert eager.source != detector.source


@pytest.mark.models
def test_an_object_is_found_once(detector: NanoDet):
    for objects in detector.run([photo("astronaut"), photo("cat"), photo("rocket"), photo("coffee")]):
        for number, one in enumerate(objects):
            assert all(one.box.overlap(other.box) <= 0.5 for other in objects[:number] if other.label == one.label)


@pytest.mark.models
def test_objects_come_surest_first_and_are_the_same_in_any_batch(detector: NanoDet):
    images = [photo("astronaut"), photo("cat"), photo("coffee")]
    together = detector.run(images * 3)
    for image, found in zip(images, together, strict=False):
        assert [item.score for item in found] == sorted((item.score for item in found), reverse=True)
        [alone] = detector.run([image])
        assert [item.label for item in alone] == [item.label for item in found]


@pytest.mark.models
def test_an_empty_picture_has_no_objects(detector: NanoDet):
    assert detector.run([np.zeros((720, 1280, 3), np.uint8)]) == [[]]


def test_there_are_eighty_labels():
    assert len(COCO_LABELS) == len(set(COCO_LABELS)) == 80


def person(left: float, score: float = 0.8, label: str = "person") -> Detection:
    return Detection(label, score, Box(left, 0.2, left + 0.2, 0.8))


def seconds(*frames_: list[Detection]) -> list[tuple[Span, list[Detection]]]:
    return [(Span(at, at + 1), found) for at, found in enumerate(frames_)]


def test_two_persons_who_walk_are_two_tracks():
    found = tracks(seconds([person(0.1), person(0.6)], [person(0.65), person(0.15)], [person(0.2), person(0.7)]))
    assert [(track.span, [round(seen.box.left, 2) for seen in track.seen]) for track in found] == [
        (Span(0, 3), [0.1, 0.15, 0.2]),
        (Span(0, 3), [0.6, 0.65, 0.7]),
    ]


def test_an_object_that_is_missed_once_is_the_same():
    [track] = tracks(seconds([person(0.1)], [], [person(0.12)]))
    assert track.span == Span(0, 3)


def test_an_object_that_returns_after_long_is_another():
    first, second = tracks(seconds([person(0.1)], [], [], [], [person(0.1)]))
    assert (first.span, second.span) == (Span(0, 1), Span(4, 5))


def test_a_dog_where_a_person_was_is_not_that_person():
    assert [track.label for track in tracks(seconds([person(0.1)], [person(0.1, label="dog")]))] == ["person", "dog"]


def test_the_nearest_box_is_the_same_object():
    [first, *_] = tracks(seconds([person(0.3)], [person(0.4), person(0.31)]))
    assert [seen.box.left for seen in first.seen] == [0.3, 0.31]
