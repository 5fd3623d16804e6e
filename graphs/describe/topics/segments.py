"""Where one topic ends and the next begins.

Each gap between two passages is weighed by what speaks for a boundary there:

- how much what is said after it differs from what is said before it: TextTiling's depth scores (Hearst, 1997) over
  embeddings, as SceneTilling takes them over pictures (VideoLLaMB, 2024), at two scales;
- whether the passage after it is said as one that opens a topic (`roles.py`);
- another slide title, and a cut;
- how long nobody speaks, against the other pauses of the video: of what is heard beside the words, pauses tell topics
  best (Shriberg, Stolcke, Hakkani-Tür and Tür, 2000).

`boundaries.toml` holds the weights, one set for videos that show titles and one for those that do not, fitted by
logistic regression on recordings that are used for nothing else (`python -m vidscout.bench.measure.answering.chapters
fit`). In those recordings the pause between two scenes is nearly always the longer one, which no real video keeps to:
when the weights are fitted, pauses are therefore blurred by noise as large as their own spread.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from ....tools.media.shots import depths
from ..material import Material, Passage, Slide

WEIGHTS = Path(__file__).with_name("boundaries.toml")
NEAR, FAR = 10.0, 30.0
"""Seconds of speech that are compared on each side of a gap, at the two scales."""
BESIDE = 4.0
"""Seconds from a gap within which a slide or a cut belongs to it."""
SHORTEST = 12.0
"""Seconds that a chapter lasts at least: of 8 to 20 what the recordings to work with are told best with."""
SAME_TITLE = 80
"""rapidfuzz ratio from which two titles are one, read twice."""
FEATURES = ("near", "far", "opening", "slide", "cut", "pause")
SAME = 1e-6
"""Standard deviation below which values are all the same."""
SHORT_PAUSE = 0.1
"""Seconds that are added to each pause before its logarithm is taken."""
FAR_OFF = 2.0
"""Standard deviations from the mean beyond which a pause is no longer or shorter."""
SAID, SHOWN = "said", "shown"
"""The sets of weights: for videos without titles on the picture, where only what is said counts, and with such."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A place at which a chapter may end."""

    time: float
    """Seconds."""
    probability: float
    """That it ends there, 0..1."""
    passage: int
    """The number of the passage that follows."""


@dataclass(frozen=True)
class Weights:
    """What each feature counts, and what is left over."""

    weights: np.ndarray
    bias: float
    least: float = 0.5
    """Probability from which a chapter ends at a gap. Where boundaries are told badly, F1 is best at a lower one than
    0.5 (Lipton, Elkan and Naryanaswamy, 2014)."""

    def probabilities(self, features: np.ndarray) -> np.ndarray:
        """Of a boundary at each gap, from (gaps, features)."""
        return 1.0 / (1.0 + np.exp(-(features @ self.weights + self.bias)))


@cache
def weights() -> dict[str, Weights]:
    """The sets of weights that come with vidscout."""
    stored = tomllib.loads(WEIGHTS.read_text(encoding="utf-8"))
    return {
        name: Weights(np.array([one.get(feature, 0.0) for feature in FEATURES]), one["bias"], one["least"])
        for name, one in stored.items()
    }


def gaps(material: Material, opening: np.ndarray, known: Mapping[str, Weights] | None = None) -> list[Gap]:
    """The gaps between two passages at which a chapter may end, in order of time, with their probabilities.

    Args:
        material: the findings.
        opening: how much each passage opens a topic, (passages,), −1 to 1.
        known: the sets of weights; by default those that come with vidscout.
    """
    if len(material.passages) < 2:
        return []
    shown = len(title_changes(material.slides)) > 1
    fitting = (known or weights())[SHOWN if shown else SAID]
    chances = fitting.probabilities(features(material, opening))
    return [
        Gap(time, float(chance), number)
        for number, (time, chance) in enumerate(zip(gap_times(material), chances, strict=True), start=1)
        if chance >= fitting.least
    ]


def features(material: Material, opening: np.ndarray) -> np.ndarray:
    """What speaks for a boundary at each gap, (gaps, features), in the order of `FEATURES`."""
    passages = material.passages
    centred = material.vectors - material.vectors.mean(axis=0)
    shown = title_changes(material.slides)
    cuts = np.array([shot.start for shot in material.shots])
    rows = np.zeros((len(passages) - 1, len(FEATURES)))
    rows[:, 0] = standard(depths(similarities(passages, centred, NEAR)))
    rows[:, 1] = standard(depths(similarities(passages, centred, FAR)))
    rows[:, 2] = opening[1:]
    for at, (before, after) in enumerate(pairwise(passages)):
        low, high = min(before.span.end, after.span.start), max(before.span.end, after.span.start)
        rows[at, 3] = closeness(shown, low, high)
        rows[at, 4] = closeness(cuts, low, high)
    silent = np.array([max(after.span.start - before.span.end, 0.0) for before, after in pairwise(passages)])
    rows[:, 5] = np.clip(standard(np.log(SHORT_PAUSE + silent)), -FAR_OFF, FAR_OFF)
    return rows


def standard(values: np.ndarray) -> np.ndarray:
    """Values with mean 0 and standard deviation 1; zeros where all are the same."""
    spread = values.std()
    return (values - values.mean()) / spread if spread > SAME else np.zeros_like(values)


def closeness(times: np.ndarray, low: float, high: float) -> float:
    """1 where one of the times lies in a gap, less the farther off it is, 0 from `BESIDE` seconds on."""
    if not len(times):
        return 0.0
    off = float(np.maximum(np.maximum(low - times, times - high), 0.0).min())
    return max(1.0 - off / BESIDE, 0.0)


def similarities(passages: Sequence[Passage], vectors: np.ndarray, seconds: float) -> np.ndarray:
    """Cosine of what is said before and after each gap, within so many seconds of speech on each side, (gaps,)."""
    long = np.array([max(passage.span.duration, 0.1) for passage in passages])
    ends = np.concatenate([[0.0], np.cumsum(long)])
    sums = np.concatenate([np.zeros((1, vectors.shape[1])), np.cumsum(vectors * long[:, None], axis=0)])
    found = np.zeros(len(passages) - 1)
    for gap in range(1, len(passages)):
        first = min(int(np.searchsorted(ends, ends[gap] - seconds)), gap - 1)
        last = max(int(np.searchsorted(ends, ends[gap] + seconds, side="right")) - 1, gap + 1)
        before, after = sums[gap] - sums[first], sums[last] - sums[gap]
        lengths = np.linalg.norm(before) * np.linalg.norm(after)
        found[gap - 1] = before @ after / lengths if lengths > 0 else 0.0
    return found


def title_changes(slides: Sequence[Slide]) -> np.ndarray:
    """When a slide with another title than the one before it comes up, in seconds."""
    from rapidfuzz.fuzz import ratio

    times, before = [], None
    for slide in slides:
        if before is None or ratio(slide.title.casefold(), before.casefold()) < SAME_TITLE:
            times.append(slide.span.start)
        before = slide.title
    return np.array(times)


def gap_times(material: Material) -> list[float]:
    """When a chapter would end at each gap: at the cut or slide that lies in it or right beside, else in its middle."""
    shown = title_changes(material.slides)
    cuts = np.array([shot.start for shot in material.shots])
    times = []
    for before, after in pairwise(material.passages):
        low, high = sorted((before.span.end, after.span.start))
        time = (low + high) / 2
        for there in (cuts, shown):
            near = there[(there >= low - BESIDE / 2) & (there <= high + BESIDE / 2)] if len(there) else there
            if len(near):
                time = float(near[np.abs(near - time).argmin()])
                break
        times.append(time)
    return times


def chosen(found: Sequence[Gap], start: float, end: float, most: int) -> list[Gap]:
    """The gaps at which chapters end, in order of time: the most probable first, none too near another or an end.

    Args:
        found: gaps with their probabilities.
        start: of the video or stretch, in seconds.
        end: likewise.
        most: chapters at most.
    """
    kept: list[Gap] = []
    for gap in sorted(found, key=lambda gap: (-gap.probability, gap.time)):
        edges = [start, end, *(other.time for other in kept)]
        if len(kept) < most - 1 and all(abs(gap.time - edge) >= SHORTEST for edge in edges):
            kept.append(gap)
    return sorted(kept, key=lambda gap: gap.time)


def most_chapters(seconds: float) -> int:
    """How many chapters a video has at most: 8 of a short one, 23 of an hour, 66 of eight hours.

    >>> most_chapters(170), most_chapters(3600), most_chapters(8 * 3600)
    (8, 23, 66)
    """
    return max(8, round(3 * (seconds / 60) ** 0.5))
