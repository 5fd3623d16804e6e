"""Selected frames decoded anew from the video's file, at the size at which the answerer is best given them."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ....tools.errors import VidscoutError
from ....tools.index.home import COMPOSITES, write_private
from ....tools.records import FrameRef, Modality
from ..state import Answering, AnswerState

FRAMES_SHARE = 0.8
"""Share of a budget that frames may take, as packers keep to it."""
KEPT_SIDE = 640
"""Pixels of the longer side of a frame as the index keeps it."""
WORTH_IT = 1.15
"""By how much more pixels a side must have than the kept picture, for a frame to be decoded anew."""
FOR_TEXT = 1280
"""Pixels of the longer side where text is asked for: a line of a slide is then some 20 pixels high."""
MOST_SECONDS = 6.0
"""After so long the frames that are left stay as they were kept."""
AFTER = 1.0
"""Seconds behind a kept frame's time in which it is looked for."""


def sharpened(answering: Answering, state: AnswerState, frames: Sequence[FrameRef]) -> list[FrameRef]:
    """The frames with larger pictures, where the answerer wants them and the file is still there.

    For a question about text those that fit best are kept, as many as the budget takes at `FOR_TEXT` pixels. Pictures
    are kept beside the index by video, time and size.
    """
    model, shown = answering.answerer, list(frames)
    if not shown or not model.accepts_frames or not answering.sources:
        return shown
    most = answering.token_budget * FRAMES_SHARE
    side = model.wanted_side(int(most / len(shown)))
    if side is not None and asks_for_text(state):
        each = model.frame_cost(FOR_TEXT, FOR_TEXT * 9 // 16) or most
        best = sorted(shown, key=lambda frame: -frame.score)[: max(1, int(most / each))]
        shown = [frame for frame in shown if frame in best]
        if model.wanted_side(2 * int(most / len(frames))) != side:  # else the model scales every frame to one size
            side = max(side, FOR_TEXT)
    if side is None or side < KEPT_SIDE * WORTH_IT:
        return shown
    ends = time.monotonic() + MOST_SECONDS
    return [_larger(answering, frame, side) if time.monotonic() < ends else frame for frame in shown]


def asks_for_text(state: AnswerState) -> bool:
    """Whether a question is about what is written on the picture, and not about what is said."""
    weights = {request.modality: request.weight for request in state.plan.requests} if state.plan is not None else {}
    return weights.get(Modality.SCREEN_TEXT, 0.0) >= 1.0 > weights.get(Modality.SPEECH, 1.0)


def _larger(answering: Answering, frame: FrameRef, side: int) -> FrameRef:
    from ....tools.media.video import frames as decoded
    from ....tools.media.video import thumbnail

    source = answering.sources.get(frame.video)
    if source is None or frame.thumbnail is None:
        return frame
    path = Path(answering.index.home) / COMPOSITES / frame.video / f"{round(frame.time * 1000)}-{side}px.jpg"
    if not path.exists():
        try:
            found = decoded(source, rate=1000.0, longest_side=side, start=frame.time, end=frame.time + AFTER)
            picture = next(iter(found), None)
        except (VidscoutError, OSError):
            return frame  # gone, moved or damaged since: the kept picture does
        if picture is None or max(picture.image.shape[:2]) < KEPT_SIDE * WORTH_IT:
            return frame
        write_private(path, thumbnail(picture.image, side))
    return replace(frame, thumbnail=path)
