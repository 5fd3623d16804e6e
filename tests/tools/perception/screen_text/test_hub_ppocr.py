"""PP-OCRv5 with transformers, by tiny checkpoints of the real classes with the published preprocessing.

Random weights find no text, so the map of where text is comes from a hook: bright pixels are text. What finds boxes on
it, cuts them out and reads them is what runs with trained weights.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from vidscout.agent.profiles.profile import GPU, build
from vidscout.tools.perception.screen_text import hub_ppocr
from vidscout.tools.perception.screen_text.hub_ppocr import HubPPOCR
from vidscout.tools.perception.screen_text.ppocr import cut_out

Make = Callable[[str], Path]


def slide(*bars: tuple[int, int, int, int], size: tuple[int, int] = (240, 400)) -> np.ndarray:
    """A dark picture with bars of bright noise: left, top, right, bottom in pixels."""
    image = np.full((*size, 3), 16, np.uint8)
    noise = np.random.default_rng(1)
    for left, top, right, bottom in bars:
        image[top:bottom, left:right] = noise.integers(200, 255, (bottom - top, right - left, 3))
    return image


@pytest.fixture(scope="module")
def tool(checkpoint: Make) -> HubPPOCR:
    made = HubPPOCR(checkpoint("pp-ocr-v5-reads"), finds=checkpoint("pp-ocr-v5-finds"), device="cpu", batch_size=2)
    made.ready()

    def bright_is_text(module: Any, args: Any, options: dict[str, Any], output: Any) -> Any:
        assert output.last_hidden_state.shape[1] == 1
        pixels = options["pixel_values"]
        assert output.last_hidden_state.shape[2:] == pixels.shape[2:], "a probability for each pixel"
        output.last_hidden_state = (pixels.mean(dim=1, keepdim=True) > 0.8).to(pixels.dtype)
        return output

    made._finder.register_forward_hook(bright_is_text, with_kwargs=True)
    return made


@pytest.fixture
def everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readings that are improbable, as all by random weights are, count as text."""
    monkeypatch.setattr(hub_ppocr, "legible", lambda lines: sorted(lines, key=lambda line: line.box.top))


@pytest.mark.usefixtures("everything")
def test_lines_are_found_where_they_are_and_read(tool: HubPPOCR):
    image = slide((40, 30, 240, 54), (60, 120, 360, 150))
    [lines] = tool.run([image])
    assert len(lines) == 2
    for line, (left, top, right, bottom) in zip(lines, ((40, 30, 240, 54), (60, 120, 360, 150)), strict=True):
        box = np.array([line.box.left * 400, line.box.top * 240, line.box.right * 400, line.box.bottom * 240])
        assert (box[:2] <= (left, top)).all()
        assert (box[2:] >= (right - 1, bottom - 1)).all()
        assert np.abs(box - (left, top, right, bottom)).max() < 30, "grown by the published ratio, and no further"


def test_a_line_is_read_as_transformers_reads_it(tool: HubPPOCR):
    image = slide((40, 30, 240, 54))
    [[corners]] = tool._find([image])
    [(text, score)] = tool._read([cut_out(image, corners)])
    inputs = tool._processor(images=[hub_ppocr._scaled(cut_out(image, corners))], return_tensors="pt")
    assert inputs["pixel_values"].shape[2] == 48, "the published height"
    with torch.inference_mode():
        [theirs] = tool._processor.post_process_text_recognition(tool._model(**inputs))
    assert text == theirs["text"]
    assert not text or score == pytest.approx(theirs["score"], abs=1e-5)
    assert set(text) <= set(tool._processor.character_list)


@pytest.mark.usefixtures("everything")
def test_what_is_read_depends_on_nothing_else_in_the_batch(tool: HubPPOCR):
    frames = [
        slide((40, 30, 240, 54)), slide((10, 60, 390, 84), (30, 150, 90, 174)),
        slide((8, 8, 150, 30), size=(96, 160)), slide(),
    ]  # fmt: skip
    together = tool.run(frames)
    alone = [tool.run([frame])[0] for frame in frames]
    assert [[line.text for line in lines] for lines in together] == [[line.text for line in lines] for lines in alone]
    assert [[line.box for line in lines] for lines in together] == [[line.box for line in lines] for lines in alone]
    assert list(map(len, together)) == [1, 2, 1, 0]


def test_large_frames_are_searched_at_the_published_size(tool: HubPPOCR):
    sizes: list[tuple[int, ...]] = []
    seen = tool._finder.register_forward_pre_hook(
        lambda module, args, options: sizes.append(tuple(options["pixel_values"].shape)), with_kwargs=True
    )
    tool.run([slide(size=(1080, 1920))])
    seen.remove()
    assert sizes == [(1, 3, 544, 960)]


def test_both_checkpoints_are_in_its_source_and_among_its_weights(tool: HubPPOCR):
    assert tool.source.startswith("pp-ocr-v5/pp-ocr-v5-finds@")
    assert "+pp-ocr-v5-reads@" in tool.source
    on_gpu = build(GPU, "screen_text")
    assert isinstance(on_gpu, HubPPOCR)
    assert on_gpu.weights == ("pp-ocr-v5-finds", "pp-ocr-v5-reads")
    assert on_gpu.finder.device == "cuda"


def test_it_is_closed_and_opened_again(checkpoint: Make):
    made = HubPPOCR(checkpoint("pp-ocr-v5-reads"), finds=checkpoint("pp-ocr-v5-finds"), device="cpu")
    made.run([slide(size=(64, 96))])
    made.close()
    assert made._finder is None
    assert made.run([slide(size=(64, 96))]) == [[]]
    made.close()
