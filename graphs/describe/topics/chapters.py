"""The chapters of a video: the file's own, or its topics, with titles, in two levels where it is long."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from ....tools.media.shots import depths
from ....tools.records import Span
from ....tools.words import one_line
from ..material import Embed, Material
from ..results import Chapter, Cited
from .segments import Gap, Weights, chosen, gaps, most_chapters, title_changes
from .titles import titled

LEAST_SPEECH = 0.1
"""Share of a stretch with speech from which its topics are told by what is said."""
LONG = 20 * 60.0
"""Seconds from which chapters may have parts."""
PARTS = 2
"""Parts that there are at most, for each chapter that there may be."""
DEEP = 1.0
"""Standard deviations above the mean from which a depth score of the picture is a boundary, as in SceneTilling."""


def file_chapters(material: Material) -> list[Chapter]:
    """The chapters that the file has, made to tile the stretch; what comes before the first one has no title."""
    if not material.given:
        return []
    start, end = material.span.start, material.span.end
    found = sorted(material.given, key=lambda one: one[0].span)
    starts = [max(record.span.start, start) for record, _ in found]
    edges = [*starts, end]
    made = [
        Chapter(one, other, one_line(chapter.title) or f"{chapter.number}", "file", (Cited.of(record),))
        for (one, other), (record, chapter) in zip(pairwise(edges), found, strict=True)
        if other > one
    ]
    if made and made[0].start > start:
        made.insert(0, Chapter(start, made[0].start, "", ""))
    return made


def topics(
    material: Material,
    opening: np.ndarray,
    frames: tuple[np.ndarray, np.ndarray],
    embed: Embed,
    known: dict[str, Weights] | None = None,
) -> list[Chapter]:
    """The topics of a stretch as chapters that tile it.

    Args:
        material: what was found there.
        opening: how much each passage opens a topic, (passages,).
        frames: times in seconds and unit vectors of the frames that were kept, for videos without speech.
        embed: makes vectors of phrases that may be titles.
        known: the weights of boundaries; by default those that come with vidscout.
    """
    start, end = material.span.start, material.span.end
    spoken = sum(passage.span.duration for passage in material.passages)
    if len(material.passages) > 1 and spoken >= LEAST_SPEECH * (end - start):
        found = gaps(material, opening, known)
    else:
        found = seen(material, *frames)
    most = most_chapters(end - start)
    every = chosen(found, start, end, PARTS * most if end - start >= LONG else most)
    upper = chosen(every, start, end, most)
    spans = spans_between(every, start, end)
    titles = titled(material, spans, embed)
    below = [Chapter(span.start, span.end, *title) for span, title in zip(spans, titles, strict=True)]
    return grouped(below, spans_between(upper, start, end), material, embed)


def spans_between(ends: Sequence[Gap], start: float, end: float) -> list[Span]:
    """The stretches between boundaries."""
    return [Span(one, other) for one, other in pairwise([start, *(gap.time for gap in ends), end])]


def grouped(below: Sequence[Chapter], spans: Sequence[Span], material: Material, embed: Embed) -> list[Chapter]:
    """Chapters in two levels: each that consists of several gets a title of its own, and them as its parts."""
    if len(below) == len(spans):
        return list(below)
    titles = titled(material, spans, embed)
    made = []
    for span, title in zip(spans, titles, strict=True):
        parts = tuple(one for one in below if span.start <= one.start < span.end)
        made.append(Chapter(span.start, span.end, *title, parts=parts if len(parts) > 1 else ()))
    return made


def seen(material: Material, times: np.ndarray, vectors: np.ndarray) -> list[Gap]:
    """Where the picture changes most: slides with another title, and cuts with a large depth score (SceneTilling).

    Args:
        material: what was found in the stretch.
        times: of the frames that were kept, in seconds.
        vectors: their unit vectors, (frames, dimensions).
    """
    shown = title_changes(material.slides)
    if len(shown) > 1:
        return [Gap(float(time), 0.9, 0) for time in shown]
    cuts = [shot.start for shot in material.shots if shot.start > material.span.start]
    inside = (times >= material.span.start) & (times < material.span.end)
    times, vectors = times[inside], vectors[inside] if len(vectors) else vectors
    if len(vectors) < 4:
        return [Gap(cut, 0.5, 0) for cut in cuts]
    scores = depths(np.einsum("nd,nd->n", vectors[:-1], vectors[1:]))
    least = scores.mean() + DEEP * scores.std()
    middle = times[1:]
    return [
        Gap(cut, float(min(score, 1.0)), 0)
        for cut in cuts
        if (score := scores[int(np.abs(middle - cut).argmin())]) > least
    ]
