"""A whole video's quality: the measures of picture, motion and sound, with their curves and worst moments."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...media.audio import AudioChunk, audio
from ...media.video import Frame, MediaInfo, frames, probe
from . import blocks, motion, picture, sound
from .score import MEASURES, Level, level_of, score_of

STRETCH = 4.0
"""Seconds that are looked at in one piece, every frame of them."""
MOST = 120.0
"""Seconds of picture that are looked at, at most: evenly spread stretches of a longer video."""
PICTURES = 2.0
"""Pictures a second whose sharpness, noise and so on are measured."""
NATIVE = 100_000
"""Longest side in pixels, so that no picture is scaled: blocks would no longer be of eight pixels."""
WORST = 3
"""Moments that are named of each measure."""

Curve = tuple[tuple[float, float], ...]
"""Seconds and value, in order of time."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of a video."""

    name: str
    value: float
    """Over all that was looked at."""
    unit: str
    worst: Curve
    """The worst moments, the worst first."""
    curve: Curve


@dataclass(frozen=True, slots=True)
class Quality:
    """How good a video is."""

    level: Level
    score: float
    """1 (bad) to 5 (excellent)."""
    measures: tuple[Measure, ...]
    seconds: float
    """Of picture that were looked at."""


PICTURE: dict[str, Callable[[np.ndarray], float]] = {
    "sharpness": picture.sharpness,
    "blockiness": blocks.blockiness,
    "noise": picture.noise,
    "overexposure": picture.overexposure,
    "underexposure": picture.underexposure,
    "banding": picture.banding,
}
"""What is measured on single pictures, from luma."""


def examine(path: Path, most: float = MOST) -> Quality:
    """Measure a video.

    Args:
        path: a file with picture, sound, or both.
        most: seconds of picture that are looked at; the sound is listened to whole.

    Raises:
        MediaError: it cannot be read.
    """
    info = probe(path)
    curves: dict[str, list[tuple[float, float]]] = {}
    looked = 0.0
    if info.has_video:
        for start, end in stretches(info.duration, most):
            for name, points in of_frames(list(_frames(path, info, start, end))).items():
                curves.setdefault(name, []).extend(points)
            looked += end - start
    whole: float | None = None
    if info.has_audio:
        clipped: list[tuple[float, float]] = []
        whole, curves["loudness"] = sound.loudness(_noting(audio(path, 1.0), clipped))
        curves["clipping"] = clipped
    measures = tuple(
        _measure(name, curves[name], whole if name == "loudness" else None)
        for name in MEASURES
        if curves.get(name) and not (name == "loudness" and whole is None)
    )
    score = score_of({measure.name: measure.value for measure in measures})
    return Quality(level_of(score), score, measures, round(looked, 3))


def stretches(duration: float, most: float = MOST) -> list[tuple[float, float]]:
    """The whole video where it is short enough, in pieces; else pieces evenly spread over it."""
    pieces = max(round(min(duration, most) / STRETCH), 1)
    if duration <= most:
        return [(duration * n / pieces, duration * (n + 1) / pieces) for n in range(pieces)]
    gap = (duration - pieces * STRETCH) / max(pieces - 1, 1)
    return [(n * (STRETCH + gap), n * (STRETCH + gap) + STRETCH) for n in range(pieces)]


def of_frames(taken: Sequence[Frame]) -> dict[str, list[tuple[float, float]]]:
    """What is measured on all frames of one stretch: seconds and value by measure."""
    found: dict[str, list[tuple[float, float]]] = {}
    due, is_drawn = -1.0, False
    drawn: list[bool] = []
    for frame in taken:
        if frame.time >= due:
            due = frame.time + 1 / PICTURES
            grey = picture.luma(frame.image)
            for name, measure in PICTURE.items():
                found.setdefault(name, []).append((frame.time, measure(grey)))
            is_drawn = picture.drawn(grey)
        drawn.append(is_drawn)
    if len(taken) < 3:
        return found
    small = np.stack([_small(frame.image) for frame in taken])
    times = [frame.time for frame in taken]
    step = (times[-1] - times[0]) / (len(times) - 1)
    frozen, duplicated = motion.still(small, step)
    moving = np.flatnonzero(np.concatenate([[True], ~(frozen | duplicated)]))  # a repeated picture moves by jerks
    frozen, duplicated = (repeated & ~np.array(drawn[1:]) for repeated in (frozen, duplicated))  # slides stand still
    if len(moving) < 3:
        moving = np.array([0, len(taken) // 2, len(taken) - 1])
    at = np.array(times)[moving]
    found |= {
        "flicker": list(zip(map(float, at[1:-1]), map(float, motion.flicker(small[moving], at)), strict=True)),
        "shake": list(zip(map(float, at[1:-1]), map(float, motion.shake(small[moving], at)), strict=True)),
        "frozen": list(zip(times[1:], map(float, frozen), strict=True)),
        "duplicated": list(zip(times[1:], map(float, duplicated), strict=True)),
    }
    return found


def skipped_for(grey: np.ndarray) -> dict[str, float]:
    """The measures of one picture for which `--skip-bad` may leave it out, by their names."""
    return {name: measure(grey) for name, measure in PICTURE.items() if MEASURES[name].skips}


def poor(measures: Mapping[str, float]) -> list[str]:
    """Those of the measures that are beyond the worse end of the calibration."""
    return [name for name, value in measures.items() if MEASURES[name].badness(value) >= 1]


def _frames(path: Path, info: MediaInfo, start: float, end: float) -> Iterator[Frame]:
    yield from frames(path, rate=max(info.fps or 25.0, 1.0) * 2, longest_side=NATIVE, start=start, end=end)


def _small(image: np.ndarray) -> np.ndarray:
    import cv2

    height, width = image.shape[:2]
    scale = min(motion.SIDE / max(height, width), 1.0)
    size = max(round(width * scale), 8), max(round(height * scale), 8)
    return picture.luma(cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def _noting(chunks: Iterable[AudioChunk], clipped: list[tuple[float, float]]) -> Iterator[AudioChunk]:
    """The sound as it passes, with the share of clipped samples of each chunk noted."""
    for chunk in chunks:
        clipped.append((chunk.start, sound.clipping(chunk.samples)))
        yield chunk


def _measure(name: str, points: list[tuple[float, float]], whole: float | None) -> Measure:
    value = whole if whole is not None else float(np.mean([value for _, value in points]))
    about = MEASURES[name]
    by_badness = sorted(points, key=lambda point: (-about.badness(point[1]), point[0]))
    worst: list[tuple[float, float]] = []
    for at, one in by_badness:
        if about.badness(one) > 0 and len(worst) < WORST and all(abs(at - other) >= 1 for other, _ in worst):
            worst.append((round(at, 3), round(one, 4)))
    curve = tuple((round(at, 3), round(one, 4)) for at, one in points)
    return Measure(name, round(value, 4), about.unit, tuple(worst), curve)
