"""What one picture tells of its quality. Each function takes luma, (H, W) float32 in 0..255, at its own size."""

from functools import cache

import numpy as np

from .blocks import BLOCK, levelled

FLATTEST = 0.1
"""Share of the blocks of a picture from which its noise is estimated: those with least in them."""
CRUSHED, BLOWN = 12.0, 243.0
"""Luma below and above which nothing can be told apart."""
NARROW, WIDE = 0.7, 2.0
"""Standard deviations in pixels of the two Gaussians whose gradients are compared at edges."""
EDGES = 0.1
"""Share of the blocks of a picture at whose edges its sharpness is measured: those with the strongest."""
BESIDE = 3
"""Side in pixels of the square around what is cut off, at 0 or 255, in which no edge is measured. With 15, overexposure
leaves so few edges that it moves sharpness by 22 to 49 % on three of four clips, instead of 9 to 17 % (on one by 14 %,
instead of 20 %)."""
ROUNDING = 0.12
"""Variance, in squared grey levels, of what is lost where three colours are rounded, and luma once more."""
PLAIN = 0.05
"""Squared grey levels a pixel of gradient up to which a picture has no edge at all."""
STEP = (2.0, 20.0)
"""Grey levels of a band's step; a surface in eight bits has steps of 1."""
RUN = 3
"""Pixels on either side of a band's step between which luma stands still."""
ABRUPT = 80.0
"""Grey levels by which the pixels around black or white areas differ from them, in the median, from which these are
drawn, as a page is: of film that is over- or underexposed, areas end softly. Of three drawn clips it is 134 and more,
of ten films 67 and less."""
DRAWN, PAGE = 0.9, 0.3
"""Share of a picture without any change from pixel to pixel from which it is drawn (slides have 0.94 and more, films
and an animation 0.87 and less); and the share that is black or white of one whose areas end abruptly."""


def luma(image: np.ndarray) -> np.ndarray:
    """RGB, (H, W, 3) uint8, as luma of BT.601 in 0..255, float32."""
    import cv2

    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)


def noise(grey: np.ndarray) -> float:
    """Standard deviation of the noise in grey levels (Immerkær, 1996), in the flattest tenth of the blocks.

    Blocks of one colour all over count as flat only where there is nothing else: compression makes them.
    """
    import cv2

    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    response = np.abs(cv2.filter2D(grey, -1, kernel))
    blocks, contrast = _blocks(response), _blocks(cv2.GaussianBlur(grey, (0, 0), 2)).std(axis=1)
    flattest = np.argsort(contrast, kind="stable")[: max(round(FLATTEST * len(contrast)), 1)]
    return float(np.median(blocks[flattest].mean(axis=1)) * np.sqrt(np.pi / 2) / 6)


def sharpness(grey: np.ndarray, sigma: float | None = None) -> float:
    """How wide edges are: the standard deviation, in pixels, of the blur that they show together with the measure's own
    0.7 pixels. Grows with every blur.

    At an edge the energy of the gradient at two scales tells its width (as the ratio of gradients does in Zhuo and
    Sim, 2011), whatever its height. Told is the median of the tenth of the blocks with the strongest edges, each by
    the energy of its edges, since weak ones are noise for the most part. What noise of the estimated strength and
    rounding bring in is taken off first, and so are steps at the borders of a coder's blocks; what a camera's picture
    has cut off at black or white is left out.

    Args:
        grey: luma.
        sigma: strength of the noise in grey levels; estimated where it is not given.

    Returns:
        Pixels; 0 where there is no edge.
    """
    import cv2

    variance = (noise(grey) if sigma is None else sigma) ** 2 + ROUNDING
    cut_off = ((grey <= 0) | (grey >= 255)).astype(np.uint8)
    told = (cv2.dilate(cut_off, np.ones((BESIDE, BESIDE), np.uint8)) == 0).astype(np.float32)
    if not told.any() or drawn(grey):
        told = np.ones_like(told)
    share = _means(told)
    usable = share >= min(0.25, float(share.max()))
    level = levelled(grey)
    narrow, wide = (
        (_means(_gradient(level, width) * told)[usable] / share[usable] - let_through * variance)
        for width, let_through in zip((NARROW, WIDE), _noise_shares(), strict=True)
    )
    strongest = np.argsort(wide)[-max(int(EDGES * len(wide)), 1) :]
    if wide[strongest].max() <= PLAIN:
        return 0.0
    energy = np.maximum(wide[strongest], 1e-6)
    ratio = _weighted_median(narrow[strongest] / energy, energy)
    return float(np.sqrt((WIDE**2 - NARROW**2) / max(ratio**2 - 1, 0.02)))


def overexposure(grey: np.ndarray) -> float:
    """Share of the picture that is white, so that nothing can be told apart in it; none of a drawn one."""
    return 0.0 if _abrupt(grey) >= ABRUPT else float(np.mean(grey > BLOWN))


def underexposure(grey: np.ndarray) -> float:
    """Share of the picture that is black, likewise."""
    return 0.0 if _abrupt(grey) >= ABRUPT else float(np.mean(grey < CRUSHED))


def drawn(grey: np.ndarray) -> bool:
    """Whether a picture is a slide, a page or a screen, not a camera's: it is flat, or ends at black or white."""
    import cv2

    around = np.ones((3, 3), np.uint8)
    flat = float(np.mean(cv2.dilate(grey, around) - cv2.erode(grey, around) <= 1.0))
    return flat >= DRAWN or (float(np.mean((grey < CRUSHED) | (grey > BLOWN))) >= PAGE and _abrupt(grey) >= ABRUPT)


def _abrupt(grey: np.ndarray) -> float:
    """Grey levels by which the two pixels around black or white areas differ from these, in the median."""
    import cv2

    around = np.ones((5, 5), np.uint8)
    beside = [
        np.abs(grey[(cv2.dilate(area.astype(np.uint8), around) > 0) & ~area] - edge)
        for area, edge in ((grey < CRUSHED, CRUSHED), (grey > BLOWN, BLOWN))
    ]
    found = np.concatenate(beside)
    return float(np.median(found)) if found.size else 0.0


def banding(grey: np.ndarray) -> float:
    """How much of the picture is in steps: the squared grey levels of all steps between two surfaces that stand still,
    a hundred pixels.

    Steps at the borders of 8-pixel blocks are blockiness: of the eight places at which such a border can lie, the one
    with most counts no more than the one with second most. Of a drawn picture only steps that go on count.
    """
    stairs = drawn(grey)
    return 100 * sum(_steps(np.ascontiguousarray(way), stairs) for way in (grey, grey.T)) / grey.size


def _steps(grey: np.ndarray, stairs: bool) -> float:
    """The sum of the squared steps of bands along rows; with `stairs` only of those that go on on both sides."""
    rise = np.diff(grey, axis=1)
    inner = np.abs(rise[:, RUN:-RUN])
    rows, at = np.nonzero((inner >= STEP[0]) & (inner <= STEP[1]))
    at += RUN
    keep = (np.minimum(grey[rows, at], grey[rows, at + 1]) >= CRUSHED) & (
        np.maximum(grey[rows, at], grey[rows, at + 1]) <= BLOWN
    )
    for away in range(1, RUN + 1):
        keep &= (np.abs(rise[rows, at - away]) < 0.5) & (np.abs(rise[rows, at + away]) < 0.5)
    rows, at = rows[keep], at[keep]
    if stairs:
        goes_on = _going_on(rise)[rows, at]
        rows, at = rows[goes_on], at[goes_on]
    height = rise[rows, at]
    places = np.sort(np.bincount(at % BLOCK, weights=height**2, minlength=BLOCK))
    return float(places[:-1].sum() + places[-2])


def _blocks(grey: np.ndarray, side: int = 16) -> np.ndarray:
    """(blocks, side²): the picture in squares; all of it as one where it is smaller."""
    height, width = (size // side * side for size in grey.shape)
    if not height or not width:
        return grey.reshape(1, -1)
    return grey[:height, :width].reshape(height // side, side, -1, side).swapaxes(1, 2).reshape(-1, side * side)


def _going_on(rise: np.ndarray) -> np.ndarray:
    """Where the step before or after in its row leads the same way, and none of them is an edge: (H, W − 1) bool."""
    rows, at = np.nonzero(np.abs(rise) >= 0.5)
    steps = rise[rows, at]
    follows = (np.diff(rows) == 0) & (steps[1:] * steps[:-1] > 0)
    edge = np.abs(steps) > STEP[1]
    follows &= ~(edge[1:] | edge[:-1])
    found = np.zeros(rise.shape, bool)
    found[rows, at] = np.concatenate([follows, [False]])[: len(rows)] | np.concatenate([[False], follows])[: len(rows)]
    return found


def _weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    """The value below which lies half of the weight."""
    order = np.argsort(values)
    up_to = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(up_to, up_to[-1] / 2)])


def _gradient(grey: np.ndarray, width: float) -> np.ndarray:
    """(H, W): the squared gradient after a Gaussian of so many pixels, in squared grey levels a pixel."""
    import cv2

    smooth = cv2.GaussianBlur(grey, (0, 0), width)
    across, down = (cv2.Sobel(smooth, cv2.CV_32F, *order, ksize=1, scale=0.5) for order in ((1, 0), (0, 1)))
    return across**2 + down**2


def _means(values: np.ndarray) -> np.ndarray:
    """The means of squares of eight pixels; of a picture that is smaller, of all of it."""
    import cv2

    height, width = (max(size // BLOCK, 1) for size in values.shape)
    return cv2.resize(values[: height * BLOCK, : width * BLOCK], (width, height), interpolation=cv2.INTER_AREA)


@cache
def _noise_shares() -> tuple[float, float]:
    """The squared gradient that white noise of a variance of 1 has at each of the two scales."""
    impulse = np.zeros((65, 65), np.float32)
    impulse[32, 32] = 1
    return float(_gradient(impulse, NARROW).sum()), float(_gradient(impulse, WIDE).sum())
