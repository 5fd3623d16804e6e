import numpy as np
import pytest
from photos import photo
from vidscout.tools.perception.frames.tags import FEATURES, EfficientNetLite0, Tags, frame_records
from vidscout.tools.records import Modality, Span, Tag


@pytest.fixture(scope="module")
def classifier() -> EfficientNetLite0:
    return EfficientNetLite0()


@pytest.mark.models
def test_a_cat_and_a_coffee_are_recognised(classifier: EfficientNetLite0):
    cat, coffee = classifier.run([photo("cat"), photo("coffee")])
    assert "cat" in cat.labels[0].label
    assert cat.labels[0].score > 0.5
    assert any("espresso" in tag.label or "cup" in tag.label for tag in coffee.labels[:2])


@pytest.mark.models
def test_labels_are_ten_probabilities_best_first(classifier: EfficientNetLite0):
    [tags] = classifier.run([photo("rocket")])
    scores = [tag.score for tag in tags.labels]
    assert len(scores) == 10
    assert scores == sorted(scores, reverse=True)
    assert 0 < sum(scores) <= 1


@pytest.mark.models
def test_features_are_unit_vectors_in_which_like_pictures_are_near(classifier: EfficientNetLite0):
    cat = photo("cat")
    darker, other = (cat * 0.8).astype(np.uint8), photo("rocket")
    one, two, three = (tags.features for tags in classifier.run([cat, darker, other]))
    assert one.shape == (FEATURES,)
    assert one.dtype == np.float32
    assert np.linalg.norm(one) == pytest.approx(1, abs=1e-5)
    assert one @ two > 0.9 > 0.3 > one @ three


@pytest.mark.models
def test_a_frame_is_the_same_in_any_batch(classifier: EfficientNetLite0):
    images = [photo(name) for name in ("cat", "coffee", "rocket", "astronaut")] * 3
    together = classifier.run(images)
    [alone] = classifier.run([images[1]])
    assert alone.labels == together[1].labels == together[5].labels
    assert np.allclose(alone.features, together[1].features, atol=1e-4)


def test_a_frame_that_could_not_be_looked_at_has_no_labels_and_no_direction():
    nothing = Tags.none()
    assert nothing.labels == ()
    assert not nothing.features.any()


def looks(*frames: tuple[float, float, list[tuple[str, float]]]) -> list[tuple[Span, list[Tag]]]:
    return [(Span(start, end), [Tag(*tag) for tag in tags]) for start, end, tags in frames]


def test_frames_that_look_alike_are_one_record():
    lake = [("lakeside, lakeshore", 0.6), ("valley, vale", 0.2), ("dam", 0.05)]
    [record] = frame_records("v", looks((0, 1, lake), (1, 4, lake)), "c/1")
    assert record.text == "lakeside, valley"
    assert record.span == Span(0, 4)
    assert record.modality is Modality.FRAME
    assert record.score == pytest.approx(0.6)


def test_another_best_label_begins_another_record():
    found = frame_records("v", looks((0, 1, [("lakeside", 0.6)]), (1, 2, [("castle", 0.5)])), "c/1")
    assert [(record.text, record.span.start) for record in found] == [("lakeside", 0), ("castle", 1)]


def test_frames_without_a_plausible_label_say_nothing():
    assert frame_records("v", looks((0, 1, [("nematode", 0.02)]), (1, 2, [])), "c/1") == []


def test_a_look_that_comes_back_is_a_record_again():
    lake = [("lakeside", 0.6)]
    found = frame_records("v", looks((0, 1, lake), (1, 2, [("nematode", 0.02)]), (2, 3, lake)), "c/1")
    assert [record.span for record in found] == [Span(0, 1), Span(2, 3)]
