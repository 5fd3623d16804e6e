"""Frames for tests of memories."""

import numpy as np
import pytest
from PIL import Image
from vidscout.tools.videollm import FramePart


@pytest.fixture(scope="package")
def frames(tmp_path_factory: pytest.TempPathFactory) -> list[FramePart]:
    """Eight pictures of noise that grow brighter, three seconds apart."""
    folder = tmp_path_factory.mktemp("frames")
    for number in range(8):
        noise = np.random.default_rng(number).normal(30 * number, 40, (90, 160, 3))
        Image.fromarray(np.clip(noise, 0, 255).astype("uint8")).save(folder / f"{number}.png")
    return [FramePart(folder / f"{number}.png", 3.0 * number) for number in range(8)]
