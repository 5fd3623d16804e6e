import numpy as np
import pytest
from photos import photo
from vidscout.tools.media.video import frames
from vidscout.tools.perception.objects.coco import COCO_LABELS
from vidscout.tools.perception.objects.nanodet import NanoDet
from vidscout.tools.records import Box, Detection


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
