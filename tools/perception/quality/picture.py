"""What one picture tells of its quality. Each function takes luma, (H, W) float32 in 0..255, at its own size."""

from itertools import pairwise

import numpy as np

FLATTEST = 0.1
"""Share of the blocks of a picture from which its noise is estimated: those with least in them."""
BLOCK = 8
"""Pixels of a side of a coder's block (JPEG, MPEG-2, MPEG-4; H.264 and later filter what they leave)."""
CRUSHED, BLOWN = 12.0, 243.0
"""Luma below and above which nothing can be told apart."""
SLOPE = 24
"""Pixels over which luma must rise or fall for a surface to count as a slope."""
GENTLE = (2.0, 16.0)
"""Grey levels by which it may do so."""
SMOOTH = 1 / 16
"""Ratio of the two energies where luma only curves: differences of Gaussians grow with the square of their widths."""
RUN = 5
"""Steps from pixel to pixel on which luma must stand still."""
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
    """How much finer detail there is than coarse: the energy of differences of Gaussians at 0.7–1.4 against 1.4–2.8
    pixels, less what noise of the estimated strength brings into each, and less the sixteenth that smooth shapes keep.
    Falls with every blur, towards 0.

    Args:
        grey: luma.
        sigma: strength of the noise in grey levels; estimated where it is not given.
    """
    import cv2

    sigma = noise(grey) if sigma is None else sigma
    levels = [cv2.GaussianBlur(grey, (0, 0), width) for width in (0.7, 1.4, 2.8)]
    told = _told_apart(levels[-1])
    fine, coarse = (float(np.mean((one - two)[told] ** 2)) for one, two in pairwise(levels))
    share_fine, share_coarse = _noise_shares()
    fine, coarse = max(fine - share_fine * sigma**2, 0.0), max(coarse - share_coarse * sigma**2, 1e-6)
    return max(fine / coarse - SMOOTH, 0.0)


def blockiness(grey: np.ndarray) -> float:
    """Grey levels by which luma steps more at the borders of 8-pixel blocks than elsewhere, wherever the grid lies
    (after Wang, Bovik and Evans, 2000); a step that belongs to the picture is as frequent off the grid."""
    steps = []
    for direction in (0, 1):
        rise = np.abs(np.diff(grey, axis=direction)).mean(axis=1 - direction)
        usable = rise[: len(rise) // BLOCK * BLOCK].reshape(-1, BLOCK)
        if not len(usable):
            continue
        phases = np.median(usable, axis=0)
        steps.append(float(phases.max() - np.sort(phases)[-2]))
    return float(np.mean(steps)) if steps else 0.0


def exposure(grey: np.ndarray) -> float:
    """Share of the picture that is black or white, so that nothing can be told apart in it; none of a drawn one."""
    clipped = (grey < CRUSHED) | (grey > BLOWN)
    return 0.0 if _abrupt(grey) >= ABRUPT else float(np.mean(clipped))


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
    """Share of the gently sloping surface on which luma stands still: there the slope is drawn in steps. Of a
    drawn picture what lies beside its lines is left out, where a level surface would seem to slope."""
    import cv2

    wide = cv2.GaussianBlur(grey, (0, 0), SLOPE / 2)
    over = np.abs(wide[:, SLOPE:] - wide[:, :-SLOPE])
    half = SLOPE // 2
    sloping = (over > GENTLE[0]) & (over < GENTLE[1]) & _told_apart(grey)[:, half:-half]
    if drawn(grey):
        lines = (np.abs(grey - wide) > GENTLE[1] / 2).astype(np.uint8)
        sloping &= cv2.dilate(lines, np.ones((4 * SLOPE + 1,) * 2, np.uint8))[:, half:-half] == 0
    if not sloping.any():
        return 0.0
    still = np.abs(np.diff(grey, axis=1)) < 0.5
    run = np.asarray(np.lib.stride_tricks.sliding_window_view(still, RUN, axis=1).all(axis=2))
    begin = (SLOPE - RUN) // 2
    return float(run[:, begin : begin + sloping.shape[1]][sloping].mean())


def _told_apart(grey: np.ndarray) -> np.ndarray:
    """Where luma is neither black nor white; everywhere where it is nothing else."""
    told = (grey >= CRUSHED) & (grey <= BLOWN)
    return told if told.any() else np.ones_like(told)


def _blocks(grey: np.ndarray, side: int = 16) -> np.ndarray:
    """(blocks, side²): the picture in squares; all of it as one where it is smaller."""
    height, width = (size // side * side for size in grey.shape)
    if not height or not width:
        return grey.reshape(1, -1)
    return grey[:height, :width].reshape(height // side, side, -1, side).swapaxes(1, 2).reshape(-1, side * side)


def _noise_shares() -> tuple[float, float]:
    """The share of white noise's variance that each difference of Gaussians lets through."""
    import cv2

    impulse = np.zeros((65, 65), np.float32)
    impulse[32, 32] = 1
    levels = [cv2.GaussianBlur(impulse, (0, 0), width) for width in (0.7, 1.4, 2.8)]
    fine, coarse = (float(np.sum((one - two) ** 2)) for one, two in pairwise(levels))
    return fine, coarse
