"""Real photos for tests, as the visual tools take them."""

import cv2
import numpy as np
from vidscout.bench.data.videos import fetch


def photo(name: str) -> np.ndarray:
    """A photo by its name in `vidscout.bench.data.fetched.PHOTOS`: (H, W, 3) uint8, RGB."""
    image = cv2.imread(str(fetch(name)))
    assert image is not None
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
