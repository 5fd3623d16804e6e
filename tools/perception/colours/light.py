"""The light in which a picture was taken, estimated from it and taken out, so that a white shirt by a lamp stays white.

Shades of grey (Finlayson and Trezzi, 2004): the Minkowski mean of the light from everything in the picture is taken for
that of a grey surface. A picture of one colour all over tells nothing of its light, so it is taken out only in part.
"""

import numpy as np

from .naming import encoded, linear

NORM = 6.0
"""Of the Minkowski mean: 1 would be the mean of the whole picture, infinity its brightest point."""
SHARE = 0.75
"""How much of the estimated light's colour is taken out."""
CLIPPED = 250
"""Level from which, in all channels, a pixel tells nothing of the light."""
BRIGHTEST = 98.0
"""Percentile of the picture's luminance that is taken for a white surface, where the picture is dark."""
MOST = 2.0
"""Times by which a dark picture is brightened, at most."""


def balanced(picture: np.ndarray) -> np.ndarray:
    """A picture, (height, width, 3) uint8 sRGB, as it would look in white light."""
    light = linear(np.arange(256) / 255)[picture]
    told = light[(picture.min(axis=-1) < CLIPPED) & (picture.max(axis=-1) > 0)]
    if not len(told):
        return picture
    colour = (told**NORM).mean(axis=0) ** (1 / NORM)
    colour = np.maximum(colour / max(float(colour.mean()), 1e-6), 0.1)
    light = light / colour**SHARE
    brightness = float(np.percentile(light @ np.array([0.2126, 0.7152, 0.0722]), BRIGHTEST))
    light *= min(max(1.0 / max(brightness, 1e-6), 1.0), MOST)
    return np.round(encoded(np.clip(light, 0, 1)) * 255).astype(np.uint8)
