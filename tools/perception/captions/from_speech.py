"""Captions of what is shown, written from what is said, and held against the frames.

What people say while they do something tells of the picture, though not always at that moment, and not always of the
picture at all. A language model rewrites the lines of a stretch as captions; each is moved to the frame near its line
that is most like it, and left out where that frame is no more like it than the video's frames are on the whole.

Source: HowToCaption (Shvetsova et al., ECCV 2024, arXiv 2310.04900), whose pairs are aligned and filtered by a dual
encoder within ten seconds of their line. The encoder here is the profile's; its threshold is of ours, and not tuned.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...records import Span

if TYPE_CHECKING:
    import numpy as np

    from ...videollm.interface import VideoLLM

PROMPT = Path(__file__).with_name("caption_speech.md")
MOST_LINES, MOST_SECONDS = 12, 90.0
"""Of a stretch that is rewritten at once."""
MOST_TOKENS = 300
NEAR = 10.0
"""Seconds before and after a line in which its picture is looked for, the paper's."""
STANDS_OUT = 1.0
"""Standard deviations above the mean over the video's frames, from which a frame shows what a caption says."""

SAME = 1e-6
"""Spread of cosines below which all frames are alike, but for rounding."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is said without a break."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Told:
    """A caption and the line it was written from."""

    line: Line
    text: str


def windows(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Stretches of lines in order, each short enough to be rewritten at once."""
    held: list[Line] = []
    for line in lines:
        if held and (len(held) == MOST_LINES or line.span.end - held[0].span.start > MOST_SECONDS):
            yield held
            held = []
        held.append(line)
    if held:
        yield held


def rewritten(answerer: "VideoLLM", lines: Sequence[Line]) -> list[Told]:
    """Captions of a stretch, in order of their lines; what is not in the form that was asked for is left out.

    Args:
        answerer: any that writes.
        lines: of one of `windows`.
    """
    from ...videollm.interface import Message, defused

    numbered = "\n".join(f"{n}: {' '.join(defused(line.text).split())}" for n, line in enumerate(lines, start=1))
    prompt = PROMPT.read_text(encoding="utf-8").replace("{lines}", numbered)
    reply = "".join(answerer.generate([Message("user", (prompt,))], max_tokens=MOST_TOKENS))
    found: dict[int, str] = {}
    for number, text in re.findall(r"^\s*(\d+)\s*[:.)]\s*(\S.*?)\s*$", reply, re.MULTILINE):
        if 1 <= int(number) <= len(lines):
            found.setdefault(int(number), text)
    return [Told(lines[number - 1], text) for number, text in sorted(found.items())]


def shown(times: "np.ndarray", cosines: "np.ndarray", span: Span) -> float | None:
    """When a caption is shown: the time of the frame near its line that is most like it, or None where none stands out.

    Args:
        times: of the video's frames, in seconds, rising.
        cosines: how alike each is to the caption.
        span: of the line.
    """
    near = (times >= span.start - NEAR) & (times <= span.end + NEAR)
    if not near.any() or (spread := float(cosines.std())) < SAME:
        return None
    best = int(cosines[near].argmax())
    if float(cosines[near][best]) < float(cosines.mean()) + STANDS_OUT * spread:
        return None
    return float(times[near][best])


def scene_of(time: float, scenes: Sequence[Span], line: Span) -> Span:
    """The stretch that a caption tells of: as long as its line, around a time, within the shot that is then seen."""
    half = (line.end - line.start) / 2
    scene = next((scene for scene in scenes if scene.start <= time < scene.end), None)
    start, end = max(time - half, 0.0), time + half
    if scene is not None:
        start, end = max(start, scene.start), min(end, scene.end)
    return Span(min(start, time), max(end, time))


def aligned(
    told: Sequence[Told],
    similar: "Callable[[str], tuple[np.ndarray, np.ndarray]]",
    scenes: Sequence[Span],
) -> list[tuple[Span, str, float]]:
    """Captions that the frames bear out: stretch, text, and how alike the best frame is.

    Args:
        told: captions with their lines.
        similar: times and cosines of a video's frames for a text.
        scenes: its shots.
    """
    found: list[tuple[Span, str, float]] = []
    for one in told:
        times, cosines = similar(one.text)
        if (time := shown(times, cosines, one.line.span)) is not None:
            alike: Any = cosines[times == time].max()
            found.append((scene_of(time, scenes, one.line.span), one.text, float(alike)))
    return sorted(found, key=lambda one: (one[0].start, one[0].end))
