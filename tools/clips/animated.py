"""Moving pictures without sound that chats show by themselves: GIF and WebP."""

from collections.abc import Sequence
from pathlib import Path

from ..errors import UsageError
from ..geometry import Span
from ..media.video import frames
from .encoded import Burn

RATE = 10.0
"""Pictures a second."""
SIDE = 480
"""Pixels of the longer side."""
LONGEST = 60.0
"""Seconds: all pictures are held in memory, 0.4 MB each at 16 : 9."""


def write(source: Path, spans: Sequence[Span], landing: Path, burn: Burn | None) -> None:
    """Write stretches one after the other.

    Raises:
        UsageError: they are longer than `LONGEST` together, or have no picture.
    """
    from PIL import Image

    if sum(span.duration for span in spans) > LONGEST:
        raise UsageError(f"a {landing.suffix} holds {LONGEST:.0f} s at most: choose a shorter stretch, or .mp4")
    pictures: list[Image.Image] = []
    lasts: list[int] = []
    for span in spans:
        shown = list(frames(source, RATE, SIDE, span.start, span.end))
        ends = [*(frame.time for frame in shown[1:]), span.end]
        for frame, end in zip(shown, ends, strict=True):
            pictures.append(Image.fromarray(burn(frame.image, frame.time) if burn else frame.image))
            lasts.append(max(round((end - frame.time) * 1000), 20))
    if not pictures:
        raise UsageError("there is no picture in that stretch")
    pictures[0].save(landing, save_all=True, append_images=pictures[1:], duration=lasts, loop=0)
