"""A contact sheet: pictures of stretches side by side, each with its time."""

import math
from collections.abc import Sequence
from pathlib import Path

from ..errors import UsageError
from ..geometry import Span, clock
from ..media.video import Frame, frames

PICTURES = 16
WIDE = 320
"""Pixels of one picture."""
GAP = 6
ANY_RATE = 1000.0


def write(source: Path, spans: Sequence[Span], landing: Path) -> None:
    """Write `PICTURES` pictures, evenly over all stretches together, in rows.

    Raises:
        UsageError: there is no picture in them.
    """
    from PIL import Image, ImageDraw, ImageFont

    shown = _spread(source, spans)
    if not shown:
        raise UsageError("there is no picture in that stretch")
    columns = math.ceil(math.sqrt(len(shown)))
    high = round(WIDE * shown[0].image.shape[0] / shown[0].image.shape[1])
    font = ImageFont.load_default(16)
    cell = WIDE + GAP, high + GAP + 20
    whole = Image.new("RGB", (columns * cell[0] + GAP, math.ceil(len(shown) / columns) * cell[1] + GAP), "white")
    pen = ImageDraw.Draw(whole)
    for number, frame in enumerate(shown):
        left, top = GAP + number % columns * cell[0], GAP + number // columns * cell[1]
        whole.paste(Image.fromarray(frame.image).resize((WIDE, high)), (left, top))
        pen.text((left, top + high + 1), clock(frame.time), font=font, fill="black")
    whole.save(landing)


def _spread(source: Path, spans: Sequence[Span]) -> list[Frame]:
    """Frames in the middle of equal parts of the stretches; none twice."""
    total = sum(span.duration for span in spans)
    found: dict[float, Frame] = {}
    for number in range(PICTURES):
        at, end = _place(spans, (number + 0.5) * total / PICTURES)
        frame = next(frames(source, ANY_RATE, WIDE * 2, at, end), None)
        if frame is not None:
            found[frame.time] = frame
    return list(found.values())


def _place(spans: Sequence[Span], since: float) -> tuple[float, float]:
    """The time that lies so many seconds into all stretches together, and the end of its stretch."""
    for span in spans:
        if since < span.duration:
            return span.start + since, span.end
        since -= span.duration
    return spans[-1].end, spans[-1].end
