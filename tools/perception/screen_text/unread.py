"""Writing that was found and not read: what is to be told of it."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from ...geometry import Box, Span, clock
from ...records import TextLine
from ...weights import catalogue as weights
from .lines import network_of
from .scripts import Script

STANDS = 1.5
"""Seconds for which writing in one script must be seen to be told of: more than one look at one frame a second."""
SIGN = 0.8
"""Width of a box by its height, in fractions of the frame, up to which it holds one sign: 1.4 in pixels of 16:9."""
APART = 5.0
"""Seconds between two sights of a script after which they are told of apart."""
TOLD = 3
"""Stretches that a note names at most."""


def notes(observations: Iterable[tuple[Span, Sequence[TextLine]]]) -> list[str]:
    """A line for each script that could not be read: when and where it stands, and what would read it.

    Args:
        observations: of one video in order of time: how long a frame's picture stood, and the lines found on it.
    """
    seen = [(line.script, span, line.box) for span, lines in observations for line in lines if _is_told(line)]
    told = []
    for code, group in groupby(sorted(seen, key=lambda one: (one[0], one[1])), key=lambda one: one[0]):
        stretches = [one for one in _stretches((span, box) for _, span, box in group) if one[0].duration >= STANDS]
        if not stretches:
            continue
        script = Script(code)
        places = [f"{clock(span.start)}–{clock(span.end)} ({_place(box)})" for span, box in stretches[:TOLD]]
        more = " and later" if len(stretches) > TOLD else ""
        there = f"{script.title} writing at {', '.join(places)}{more}"
        if weights.present(network_of(script)):
            told.append(f"{there} could not be read")
            continue
        mend = f"run `vidscout models pull {network_of(script)}`, then read the video again with --stage screen_text"
        told.append(f"{there} was not read: {mend} --again")
    return told


def _is_told(line: TextLine) -> bool:
    """Whether it was not read and is more than one sign, whose script is told by chance: in a test picture, say."""
    return not line.text and line.box.right - line.box.left >= SIGN * (line.box.bottom - line.box.top)


def _stretches(seen: Iterable[tuple[Span, Box]]) -> list[tuple[Span, Box]]:
    """Sights of a script that follow each other, as one: when, and the place around all of them."""
    joined: list[tuple[Span, Box]] = []
    for span, box in seen:
        if joined and span.start - joined[-1][0].end <= APART:
            last, around = joined[-1]
            joined[-1] = Span(last.start, max(last.end, span.end)), around.around(box)
        else:
            joined.append((span, box))
    return joined


def _place(box: Box) -> str:
    """Where on the picture a box is, in words."""
    across, down = box.centre
    height = ("top", "middle", "bottom")[min(int(down * 3), 2)]
    side = ("left", "", "right")[min(int(across * 3), 2)]
    return f"{height} {side}".strip()
