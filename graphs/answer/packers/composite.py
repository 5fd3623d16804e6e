"""Several frames as one picture, for answerers that look at one image, or to save tokens."""

import hashlib
import io
import math
from collections.abc import Sequence
from pathlib import Path

from ....tools.index.home import COMPOSITES, SEVERAL, write_private
from ....tools.records import FrameRef, clock
from ..state import Answering, AnswerState
from .base import Packed, packed_with, packer
from .by_tokens import sampled

CELL = (320, 180)
"""Pixels of one frame in a composite."""
MOST_SIDE = 1920
"""Pixels that neither side of a composite exceeds."""
GRID_FRAMES = 16
THUMBNAIL_FRAMES = 6


def tiled(frames: Sequence[FrameRef], folder: Path) -> Path:
    """The frames as one JPEG, row by row in order of time, each with its time written in its corner.

    The file's name is a hash of what it shows, so that it is drawn once and can be looked at later.
    """
    from PIL import Image, ImageDraw, ImageFont

    shown = "|".join(f"{frame.video} {frame.time:.3f}" for frame in frames)
    path = folder / f"{hashlib.blake2b(shown.encode(), digest_size=12).hexdigest()}.jpg"
    if path.exists():
        return path
    columns = math.ceil(math.sqrt(len(frames)))
    rows = math.ceil(len(frames) / columns)
    scale = min(1.0, MOST_SIDE / (columns * CELL[0]), MOST_SIDE / (rows * CELL[1]))
    width, height = round(CELL[0] * scale), round(CELL[1] * scale)
    sheet = Image.new("RGB", (columns * width, rows * height))
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=max(12, height // 9))
    for place, frame in enumerate(frames):
        left, top = place % columns * width, place // columns * height
        if frame.thumbnail is not None:
            with Image.open(frame.thumbnail) as picture:
                picture.thumbnail((width, height))
                sheet.paste(picture, (left + (width - picture.width) // 2, top + (height - picture.height) // 2))
        draw.text((left + 6, top + 4), clock(frame.time), "white", font, stroke_width=2, stroke_fill="black")
    drawn = io.BytesIO()
    sheet.save(drawn, "JPEG", quality=85)
    write_private(path, drawn.getvalue())
    return path


def _composite(answering: Answering, frames: Sequence[FrameRef]) -> list[FrameRef]:
    if not frames:
        return []
    of_one = len({frame.video for frame in frames}) == 1  # its folder goes when the video is forgotten
    sheet = tiled(frames, answering.index.home / COMPOSITES / (frames[0].video if of_one else SEVERAL))
    best = max(frame.score for frame in frames)
    return [FrameRef(frames[0].video, frames[0].time, best, sheet)]


@packer
def grid(answering: Answering, state: AnswerState) -> Packed:
    """All selected frames as one picture, times stamped (IG-VLM, Kim et al., 2024); evidence in words below it."""
    return packed_with(answering, state, _composite(answering, state.frames[:GRID_FRAMES]))


@packer
def thumbnail(answering: Answering, state: AnswerState) -> Packed:
    """A few frames evenly over the selection as one picture, then the best of the others (TS-LLaVA, Qu et al., 2024).

    Of the others, an answerer that compresses is given evenly spaced patches, as in the paper; another one takes
    whole frames.
    """
    frames = state.frames
    if len(frames) > THUMBNAIL_FRAMES:
        frames = [frames[int((place + 0.5) * len(frames) / THUMBNAIL_FRAMES)] for place in range(THUMBNAIL_FRAMES)]
    others = [frame for frame in state.frames if frame not in frames]
    sheet = _composite(answering, frames)
    if answering.answerer.compresses:
        return sampled(answering, state, sheet, others)
    return packed_with(answering, state, [*sheet, *others])
