"""Detectors of fixed labels, with tiny checkpoints of the real classes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from vidscout.agent.models import Models
from vidscout.agent.profiles.profile import GPU, LAPTOP, SERVED, build
from vidscout.tools.perception.objects.fixed_labels import DFine, FixedLabels, RTDetr
from vidscout.tools.perception.objects.grounding_dino import GroundingDINO
from vidscout.tools.runtime.backend import backend

Make = Callable[[str], Path]
LABELS = {"person", "bicycle", "traffic light", "dining table"}


@pytest.fixture(scope="module")
def frames() -> list[np.ndarray]:
    noise = np.random.default_rng(0)
    return [noise.integers(0, 255, (*size, 3), dtype=np.uint8) for size in ((48, 64), (90, 40), (48, 64))]


@pytest.fixture(params=[RTDetr, DFine], ids=lambda kind: kind.name)
def tool(request: pytest.FixtureRequest, checkpoint: Make) -> FixedLabels:
    return request.param(checkpoint(request.param.name), threshold=0.05, device="cpu", batch_size=2)


def test_boxes_and_scores_are_those_that_transformers_makes_of_them(tool: FixedLabels, frames: list[np.ndarray]):
    import torch
    from transformers import AutoImageProcessor, AutoModelForObjectDetection

    folder = str(tool.checkpoint.folder)
    model: Any = AutoModelForObjectDetection.from_pretrained(folder)
    processor: Any = AutoImageProcessor.from_pretrained(folder)
    inputs = processor(images=frames[:1], return_tensors="pt")
    assert inputs["pixel_values"].shape == (1, 3, 640, 640), "the published size"
    assert float(inputs["pixel_values"].min()) >= 0, "scaled to 0..1, and not normalised"
    with torch.inference_mode():
        output = model.eval()(**inputs)
    [theirs] = processor.post_process_object_detection(output, threshold=0.05, target_sizes=[frames[0].shape[:2]])
    [ours] = tool.run(frames[:1])
    assert ours
    height, width = frames[0].shape[:2]
    known = [
        (model.config.id2label[int(label)].lower().replace("_", " "), float(score), np.array(box.tolist()))
        for label, score, box in zip(theirs["labels"], theirs["scores"], theirs["boxes"], strict=True)
    ]
    for seen in ours:
        box = np.array([seen.box.left, seen.box.top, seen.box.right, seen.box.bottom])
        assert any(
            label == seen.label
            and abs(score - seen.score) < 1e-3
            and np.abs(np.clip(found / [width, height, width, height], 0, 1) - box).max() < 2e-3
            for label, score, found in known
        )


def test_frames_of_one_batch_do_not_change_each_other(tool: FixedLabels, frames: list[np.ndarray]):
    together = tool.run(frames)
    alone = [tool.run([frame])[0] for frame in frames]
    for of_one, by_itself in zip(together, alone, strict=True):
        assert [seen.label for seen in of_one] == [seen.label for seen in by_itself]
        assert [seen.score for seen in of_one] == pytest.approx([seen.score for seen in by_itself], abs=1e-3)
    assert {seen.label for of_one in together for seen in of_one} <= LABELS
    for of_one in together:
        assert [seen.score for seen in of_one] == sorted((seen.score for seen in of_one), reverse=True)


def test_it_knows_its_own_labels_only(tool: FixedLabels, frames: list[np.ndarray]):
    assert not tool.open_vocabulary
    asked = tool.detect(frames[:1], ["Dining  table", "giraffe"])
    assert {seen.label for seen in asked[0]} <= {"dining table"}


def test_how_sure_it_must_be_is_part_of_the_source(checkpoint: Make):
    tool = RTDetr(checkpoint("rt-detr"))
    assert tool.source.startswith("rt-detr/rt-detr@")
    assert RTDetr(checkpoint("rt-detr"), threshold=0.3).source == f"{tool.source}@0.3"


@pytest.mark.parametrize("profile", [LAPTOP, GPU, SERVED], ids=lambda profile: profile.name)
def test_a_fast_detector_reads_and_a_detector_of_any_name_answers_questions(profile):
    models = Models(profile)
    reads, named = models.role("objects"), models.open_detector()
    assert isinstance(reads, RTDetr)
    assert isinstance(named, GroundingDINO)
    assert named.role == "named_objects"
    assert named is models.open_detector()


def test_a_detector_of_any_name_does_both_where_nobody_else_is_named():
    assert build(LAPTOP, "named_objects").name == "grounding-dino"
    assert backend("objects", "grounding-dino") is GroundingDINO
