"""Florence-2 reads text and finds objects: what the model says is made up, what parses it is the real processor."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
import torch
from vidscout.tools.perception.florence import FlorenceObjects, FlorenceOCR, FlorenceTask
from vidscout.tools.runtime.backend import backend

Make = Callable[[str], Path]
Task = TypeVar("Task", bound=FlorenceTask)
OCR = {"ocr": {"area_threshold": 0.0}}
"""As in the published `preprocessor_config.json`, which leaves the pattern to the class."""


def saying(tool: Task, *texts: str) -> Task:
    """Have the model say these, one a frame, whatever it is shown."""
    tool.ready()
    tool._processor.post_processor.parse_task_config |= OCR
    words = tool._processor.tokenizer
    told = iter(texts)

    def generate(pixel_values: torch.Tensor, **options: Any) -> torch.Tensor:
        assert options["max_new_tokens"] == tool.max_tokens
        rows = [words(f"</s><s>{next(told)}</s>", add_special_tokens=False)["input_ids"] for _ in pixel_values]
        longest = max(map(len, rows))
        return torch.tensor([[*row, *[words.pad_token_id] * (longest - len(row))] for row in rows])

    tool._model.generate = generate
    return tool


def place(*numbers: int) -> str:
    return "".join(f"<loc_{number}>" for number in numbers)


@pytest.fixture
def frames() -> list[np.ndarray]:
    return [np.zeros((100, 200, 3), np.uint8), np.zeros((50, 50, 3), np.uint8)]


def test_lines_have_their_text_and_place(checkpoint: Make, frames: list[np.ndarray]):
    said = f"Risks{place(100, 100, 500, 100, 500, 200, 100, 200)}"
    said += f"Dust: low{place(100, 300, 900, 300, 900, 400, 100, 400)}"
    tool = saying(FlorenceOCR(checkpoint("florence-2"), device="cpu", batch_size=2), said, "")
    lines, none = tool.run(frames)
    assert [(line.text, line.score) for line in lines] == [("Risks", 1.0), ("Dust: low", 1.0)]
    box = lines[0].box
    assert (box.left, box.top, box.right, box.bottom) == pytest.approx((0.1, 0.1, 0.5, 0.2), abs=0.002)
    assert none == []


def test_objects_have_their_names_and_boxes(checkpoint: Make, frames: list[np.ndarray]):
    said = f"Car{place(0, 250, 500, 750)}{place(500, 250, 999, 750)}traffic light{place(10, 20, 30, 40)}"
    tool = saying(FlorenceObjects(checkpoint("florence-2"), device="cpu", batch_size=1), said, "nothing")
    found, none = tool.run(frames)
    assert [seen.label for seen in found] == ["car", "car", "traffic light"]
    assert found[0].box.right == pytest.approx(0.5, abs=0.002)
    assert found[1].box.left == pytest.approx(0.5, abs=0.002)
    assert none == []
    assert tool.detect(frames[:1], []) == [[]]


@pytest.mark.parametrize("kind", [FlorenceOCR, FlorenceObjects])
def test_the_real_model_runs_a_batch(kind: type[FlorenceTask], checkpoint: Make, frames: list[np.ndarray]):
    tool: Any = kind(checkpoint("florence-2"), device="cpu", batch_size=2, max_tokens=12)
    tool.ready()
    tool._processor.post_processor.parse_task_config |= OCR
    assert len(tool.run([frames[0], frames[0]])) == 2
    assert tool.source.endswith(kind.task)


def test_they_are_found_by_name():
    assert backend("screen_text", "florence-2") is FlorenceOCR
    assert backend("objects", "florence-2") is FlorenceObjects
