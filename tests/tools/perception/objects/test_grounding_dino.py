"""Open-vocabulary detection with a tiny Grounding DINO of the real class."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from vidscout.tools.errors import UsageError
from vidscout.tools.perception.objects.coco import COCO_LABELS
from vidscout.tools.perception.objects.grounding_dino import MOST_TOKENS, GroundingDINO
from vidscout.tools.perception.objects.nanodet import SAME_OBJECT, NanoDet
from vidscout.tools.runtime.counters import counting

Make = Callable[[str], Path]
LABELS = ["a person", "red car", "dog"]


@pytest.fixture(scope="module")
def frames() -> list[np.ndarray]:
    return list(np.random.default_rng(0).integers(0, 255, (3, 48, 64, 3), dtype=np.uint8))


@pytest.fixture(scope="module")
def tool(checkpoint: Make) -> GroundingDINO:
    return GroundingDINO(checkpoint("grounding-dino"), labels=LABELS, threshold=0.2, device="cpu", batch_size=2)


def test_what_is_found_goes_by_the_names_it_was_asked_for(tool: GroundingDINO, frames: list[np.ndarray]):
    found = tool.detect(frames, ["  Red   CAR", "dog."])
    assert len(found) == 3
    assert {seen.label for of_one in found for seen in of_one} <= {"red car", "dog"}
    assert sum(map(len, found)) > 0
    for of_one in found:
        assert [seen.score for seen in of_one] == sorted((seen.score for seen in of_one), reverse=True)
        for seen in of_one:
            assert 0.2 <= seen.score <= 1
            assert 0 <= seen.box.left <= seen.box.right <= 1
            assert 0 <= seen.box.top <= seen.box.bottom <= 1


def test_scores_and_boxes_are_those_that_transformers_makes_of_them(checkpoint: Make, frames: list[np.ndarray]):
    import torch
    from transformers import AutoModelForZeroShotObjectDetection, AutoProcessor

    folder = checkpoint("grounding-dino")
    model = AutoModelForZeroShotObjectDetection.from_pretrained(folder).eval()
    processor = AutoProcessor.from_pretrained(folder)
    inputs = processor(images=frames[:1], text=[["a person", "red car"]], return_tensors="pt")
    with torch.inference_mode():
        [theirs] = processor.post_process_grounded_object_detection(
            model(**inputs), inputs["input_ids"], threshold=0.2, text_threshold=0.2, target_sizes=[(1, 1)]
        )
    boxes = np.clip(theirs["boxes"].numpy(), 0, 1)
    tool = GroundingDINO(folder, threshold=0.2, device="cpu")
    [ours] = tool.detect(frames[:1], ["a person", "red car"])
    assert ours
    for seen in ours:
        box = np.array([seen.box.left, seen.box.top, seen.box.right, seen.box.bottom])
        nearest = int(np.abs(boxes - box).max(axis=1).argmin())
        assert np.abs(boxes[nearest] - box).max() < 2e-4
        # theirs may be the score of a full stop, which is no word of any label
        assert seen.score <= float(theirs["scores"][nearest]) + 2e-4


def test_frames_of_one_batch_do_not_change_each_other(tool: GroundingDINO, frames: list[np.ndarray]):
    small = frames[0][:32, :40]
    mixed = [*frames, small]
    assert tool.run(mixed) == [tool.run([frame])[0] for frame in mixed]


def test_no_box_is_told_twice_under_one_label(tool: GroundingDINO, frames: list[np.ndarray]):
    for found in tool.run(frames):
        for at, seen in enumerate(found):
            same = [other for other in found[:at] if other.label == seen.label]
            assert all(other.box.overlap(seen.box) <= SAME_OBJECT for other in same)


def test_more_labels_than_one_text_holds_are_looked_for_in_passes(tool: GroundingDINO, frames: list[np.ndarray]):
    tool.ready()
    labels = [*COCO_LABELS, *(f"{colour} {label}" for colour in ("red", "pale") for label in COCO_LABELS)]
    passes = list(tool._passes(labels))
    assert len(passes) > 1
    assert [label for part in passes for label in part] == labels
    for part in passes:
        tokens, places = tool._prompt(part)
        assert tokens["input_ids"].shape[1] <= MOST_TOKENS
        assert places.any(axis=1).all()  # every phrase has tokens of its own
        assert places.sum(axis=0).max() == 1  # and shares none
    [found] = tool.detect(frames[:1], labels)
    assert {seen.label for seen in found} <= set(labels)


def test_an_empty_name_cannot_be_looked_for(tool: GroundingDINO, frames: list[np.ndarray]):
    with pytest.raises(UsageError, match="empty label"):
        tool.detect(frames[:1], ["dog", " . "])


def test_looking_for_nothing_costs_nothing(frames: list[np.ndarray]):
    never_loaded = GroundingDINO("/no/such/checkpoint")
    with counting() as counters:
        assert never_loaded.detect(frames, []) == [[], [], []]
        assert never_loaded.detect([], ["dog"]) == []
    assert counters["detector_calls"] == 0


def test_other_labels_are_another_source(checkpoint: Make):
    plain, own = (
        GroundingDINO(checkpoint("grounding-dino")),
        GroundingDINO(checkpoint("grounding-dino"), labels=["cup"]),
    )
    assert plain.source.startswith("grounding-dino/grounding-dino@")
    assert own.source != plain.source


@pytest.mark.models
def test_a_detector_with_a_fixed_vocabulary_finds_what_it_knows_of_the_names():
    from photos import photo

    cat = photo("cat")
    tool = NanoDet()
    everything = tool.run([cat])[0]
    assert any(seen.label == "cat" for seen in everything)
    with counting() as counters:
        [asked] = tool.detect([cat], [" Cat ", "unicorn"])
    assert asked == [seen for seen in everything if seen.label == "cat"]
    assert counters["detector_calls"] == 1
    assert tool.detect([cat], ["unicorn"]) == [[]]
