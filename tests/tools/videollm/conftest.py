"""Frames for tests of video-LLMs, which run on one thread: many small products are slower on several."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from PIL import Image
from vidscout.tools.videollm import FramePart


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="package")
def frames(tmp_path_factory: pytest.TempPathFactory) -> list[FramePart]:
    """Eight pictures of noise that grow brighter, three seconds apart."""
    folder = tmp_path_factory.mktemp("frames")
    for number in range(8):
        noise = np.random.default_rng(number).normal(30 * number, 40, (90, 160, 3))
        Image.fromarray(np.clip(noise, 0, 255).astype("uint8")).save(folder / f"{number}.png")
    return [FramePart(folder / f"{number}.png", 3.0 * number) for number in range(8)]
