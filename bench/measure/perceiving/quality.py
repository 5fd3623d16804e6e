"""Whether each measure of quality tells its own defect and no other.

    python -m vidscout.bench.measure.perceiving.quality
    python -m vidscout.bench.measure.perceiving.quality --development    the clips that the measures were made with

Every defect is put on clips in four strengths. A measure is monotone on a clip when it moves one way from the clip as
it is to the strongest. How far another defect, at its strongest, moves it is given as a share of what its own strongest
defect does. Calibration (`tools/perception/quality/score.py`) is of other clips: `--calibrate`.
"""

import argparse
from collections.abc import Callable, Sequence

import numpy as np

from ....tools.media.audio import SAMPLE_RATE, AudioChunk, audio
from ....tools.media.video import Frame, frames
from ....tools.perception.quality import sound
from ....tools.perception.quality.examine import of_frames
from ...data.fetched import fetch

CLIPS = ("bikes", "carphone", "vtest", "woman", "cup")
DEVELOPMENT = ("man", "box", "caminandes")
CALIBRATING = ("man", "caminandes", "tree")
SECONDS = 3.0
SIDE = 640
"""Pixels of the longest side to which clips are scaled before a defect is put on them."""
FPS = 25.0
MOVED = 0.1
"""Share of its own movement by which another defect may move a measure."""

Pictures = np.ndarray
"""(N, H, W, 3) uint8."""
Defect = Callable[[Pictures, int, np.random.Generator], Pictures]
"""At a strength of 1 to 4."""


def blurred(clip: Pictures, strength: int, random: np.random.Generator) -> Pictures:
    """Gaussian blur."""
    import cv2

    sigma = (0.8, 1.4, 2.2, 3.5)[strength - 1]
    return np.stack([cv2.GaussianBlur(image, (0, 0), sigma) for image in clip])


def blocky(clip: Pictures, strength: int, random: np.random.Generator) -> Pictures:
    """Each block of 8 × 8 pixels brighter or darker than it should be."""
    amplitude = (2, 4, 8, 16)[strength - 1]
    _, height, width, _ = clip.shape
    offsets = random.normal(0, amplitude, (-(-height // 8), -(-width // 8)))
    whole = np.kron(offsets, np.ones((8, 8)))[:height, :width, None]
    return _bytes(clip + whole)


def noisy(clip: Pictures, strength: int, random: np.random.Generator) -> Pictures:
    """White noise, the same in all colours."""
    sigma = (2, 4, 8, 16)[strength - 1]
    return _bytes(clip + random.normal(0, sigma, clip.shape[:3]).astype(np.float32)[..., None])


def overexposed(clip: Pictures, strength: int, random: np.random.Generator) -> Pictures:
    """Brighter by 0.4 to 1.6 stops, and cut off at white."""
    return _bytes(clip * np.float32(2 ** (0.4 * strength)))


def underexposed(clip: Pictures, strength: int, random: np.random.Generator) -> Pictures:
    """Darker by 1 to 4 stops."""
    return _bytes(clip * np.float32(2.0**-strength))


def banded(clip: Pictures, strength: int, random: np.random.Generator) -> Pictures:
    """Fewer levels."""
    step = (4, 8, 12, 16)[strength - 1]
    return _bytes(np.round(clip.astype(np.float32) / step) * step)


def flickering(clip: Pictures, strength: int, random: np.random.Generator) -> Pictures:
    """Each picture brighter or darker than the one before."""
    amplitude = (2, 5, 10, 20)[strength - 1]
    return _bytes(clip + random.normal(0, amplitude, len(clip))[:, None, None, None])


def shaken(clip: Pictures, strength: int, random: np.random.Generator) -> Pictures:
    """Each picture shifted on its own."""
    import cv2

    amplitude = (0.003, 0.008, 0.016, 0.03)[strength - 1] * clip.shape[2]
    out = []
    for image in clip:
        across, down = random.normal(0, amplitude, 2)
        matrix = np.array([[1, 0, across], [0, 1, down]], np.float32)
        size = image.shape[1], image.shape[0]
        out.append(cv2.warpAffine(image, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT))
    return np.stack(out)


def frozen(clip: Pictures, strength: int, random: np.random.Generator) -> Pictures:
    """One picture for a fifth to four fifths of the time."""
    length = round(len(clip) * 0.2 * strength)
    return np.concatenate([clip[: len(clip) - length], np.repeat(clip[len(clip) - length - 1][None], length, 0)])


def duplicated(clip: Pictures, strength: int, random: np.random.Generator) -> Pictures:
    """Every sixth, fourth, third or second picture is the one before it."""
    out = clip.copy()
    every = (6, 4, 3, 2)[strength - 1]
    out[every - 1 :: every] = out[every - 2 :: every][: len(out[every - 1 :: every])]
    return out


PICTURE: dict[str, tuple[str, Defect]] = {
    "sharpness": ("blur", blurred),
    "blockiness": ("blocks", blocky),
    "noise": ("noise", noisy),
    "overexposure": ("overexposure", overexposed),
    "underexposure": ("underexposure", underexposed),
    "banding": ("banding", banded),
    "flicker": ("flicker", flickering),
    "shake": ("shake", shaken),
    "frozen": ("freezing", frozen),
    "duplicated": ("duplicates", duplicated),
}
"""Each measure's own defect."""


def measured(clip: Pictures, rate: float = FPS) -> dict[str, float]:
    """The mean of each measure of a clip of so many frames a second."""
    taken = [Frame(number / rate, image) for number, image in enumerate(clip)]
    return {name: float(np.mean([value for _, value in points])) for name, points in of_frames(taken).items()}


def clip_of(name: str) -> tuple[Pictures, float]:
    """The clip's first seconds, and how many frames a second they have."""
    taken = list(frames(fetch(name), FPS, SIDE, end=SECONDS))
    return np.stack([frame.image for frame in taken]), (len(taken) - 1) / (taken[-1].time - taken[0].time)


def rows_of(name: str) -> dict[str, list[dict[str, float]]]:
    """The measures of a clip as it is and in four strengths of each defect, by the measure whose defect it is."""
    clip, rate = clip_of(name)
    clean = measured(clip, rate)

    def spoilt(defect: Defect, strength: int) -> dict[str, float]:
        return measured(defect(clip, strength, np.random.default_rng(strength)), rate)

    return {
        own: [clean, *(spoilt(defect, strength) for strength in (1, 2, 3, 4))] for own, (_, defect) in PICTURE.items()
    }


def monotone(values: Sequence[float]) -> bool:
    """Whether they only rise, or only fall."""
    steps = np.diff(values)
    return bool((steps > 0).all() or (steps < 0).all())


def heard(name: str) -> dict[str, list[tuple[float, float]]]:
    """Clipping and loudness (LUFS) of a clip's sound as it is and in four strengths of clipping and of quietness."""
    samples = np.concatenate([chunk.samples for chunk in audio(fetch(name))])[: 10 * SAMPLE_RATE]
    samples = samples * (0.5 / max(float(np.abs(samples).max()), 1e-6))
    found: dict[str, list[tuple[float, float]]] = {}
    for own, gain in (("clipping", 6.0), ("loudness", -6.0)):
        found[own] = []
        for strength in range(5):
            louder = samples * 10 ** (gain * strength / 20)
            limit = 0.5 if own == "clipping" else 1.0
            found[own].append(_of_sound(np.clip(louder, -limit, limit)))
    return found


def _of_sound(samples: np.ndarray) -> tuple[float, float]:
    whole, _ = sound.loudness([AudioChunk(0.0, samples.astype(np.float32))])
    return sound.clipping(samples.astype(np.float32)), whole if whole is not None else sound.SILENT


def _bytes(values: np.ndarray) -> Pictures:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _calibration() -> None:
    print("| measure | as it is | 1 | 2 | 3 | 4 |\n|" + " --- |" * 6)
    tables = [rows_of(name) for name in CALIBRATING]
    for own in PICTURE:
        values = [np.median([table[own][strength][own] for table in tables]) for strength in range(5)]
        print(f"| {own} | " + " | ".join(f"{value:.3f}" for value in values) + " |")


def _report(clips: Sequence[str], each: bool) -> None:
    tables = [rows_of(name) for name in clips]
    print("| measure | own defect | monotone | moved most by another | by | clips within 10 % |\n|" + " --- |" * 6)
    for own, (defect, _) in PICTURE.items():
        steady = sum(monotone([row[own] for row in table[own]]) for table in tables)
        shares = {other: [_share(table, own, other) for table in tables] for other in PICTURE if other != own}
        worst = max(shares, key=lambda other: float(np.median(shares[other])))
        within = sum(all(shares[other][number] <= MOVED for other in shares) for number in range(len(tables)))
        print(
            f"| {own} | {defect} | {steady} of {len(tables)} | {np.median(shares[worst]):.0%} | {PICTURE[worst][0]} "
            f"| {within} of {len(tables)} |"
        )
        for number, name in enumerate(clips if each else ()):
            further = ", ".join(f"{other} {told[number]:.0%}" for other, told in shares.items() if told[number] > MOVED)
            print(f"  {name}: {[round(row[own], 3) for row in tables[number][own]]} {further}")
    for name in ("trailer", "bigbuckbunny", "world"):
        print(name, {own: [tuple(round(v, 3) for v in row) for row in rows] for own, rows in heard(name).items()})


def _share(table: dict[str, list[dict[str, float]]], own: str, other: str) -> float:
    moved = abs(table[other][4][own] - table[other][0][own])
    return moved / max(abs(table[own][4][own] - table[own][0][own]), 1e-9)


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser()
    options.add_argument("--calibrate", action="store_true", help="the values that score.py's calibration is made from")
    options.add_argument("--development", action="store_true", help="the clips that the measures were made with")
    options.add_argument("--each", action="store_true", help="each clip's figures, too")
    chosen = options.parse_args()
    _calibration() if chosen.calibrate else _report(DEVELOPMENT if chosen.development else CLIPS, chosen.each)


if __name__ == "__main__":
    main()
