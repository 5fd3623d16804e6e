"""Packings in which some frames are given by fewer visual tokens than others, for answerers that compress.

Which frames these are is told to the answerer with each frame (`FramePart.compress`), so that the tokens of a prompt
are counted exactly. An answerer that takes whole frames only gets smaller copies of them, or fewer frames.
"""

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ....tools.errors import VidscoutError
from ....tools.index.home import COMPOSITES, write_private
from ....tools.records import FrameRef
from ....tools.videollm.interface import FramePart, Message
from ..state import Answering, AnswerState, Candidate
from .base import FRAMES_SHARE, Packed, packed_with, packer

LOW = "pool:0.1"
"""How context frames are given: about a third of each side. A choice of ours; Giraffe names no one ratio."""
SMALL_COPY = 3
"""By what each side of a picture is divided where an answerer takes whole frames only."""
MOST_CONTEXT = 64
"""Context frames at most; the budget usually ends before."""

Shown = Callable[[Sequence[Message]], list[Message]]
"""A prompt as it is really given."""


@dataclass(frozen=True)
class _Counting:
    """An answerer to which prompts are shown in another way, as far as packing asks it."""

    model: Any
    shown: Shown

    @property
    def accepts_frames(self) -> bool:
        return self.model.accepts_frames

    @property
    def most_frames(self) -> int | None:
        return self.model.most_frames

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return self.model.count_tokens(self.shown(messages))


def packed_as(
    answering: Answering,
    state: AnswerState,
    frames: Sequence[FrameRef],
    shown: Shown,
    candidates: Sequence[Candidate] | None = None,
) -> Packed:
    """As `packed_with`, for a prompt that is given otherwise than it is written."""
    counting: Any = _Counting(answering.answerer, shown)
    packed = packed_with(replace(answering, answerer=counting), state, frames, candidates)
    return replace(packed, messages=shown(packed.messages))


def in_brief(how: Mapping[Path, str]) -> Shown:
    """Frames with these pictures are given by fewer tokens."""

    def shown(messages: Sequence[Message]) -> list[Message]:
        return [
            replace(
                message,
                parts=tuple(
                    replace(part, compress=how.get(part.path)) if isinstance(part, FramePart) else part
                    for part in message.parts
                ),
            )
            for message in messages
        ]

    return shown


def sampled(answering: Answering, state: AnswerState, sheet: Sequence[FrameRef], others: Sequence[FrameRef]) -> Packed:
    """A composite in full, and evenly spaced patches of all other frames within half of the frames' tokens."""
    most = max(1, int(answering.token_budget * FRAMES_SHARE / 2))
    how = {frame.thumbnail: f"sample:{most}" for frame in others if frame.thumbnail is not None}
    return packed_as(answering, state, [*sheet, *others], in_brief(how))


@packer
def hybrid_res(answering: Answering, state: AnswerState) -> Packed:
    """The selected frames in full, and frames from all over the video at low resolution (Giraffe, Li et al., 2024).

    An answerer that compresses is given a tenth of a context frame's tokens, another one a picture of a third of its
    sides. Selected frames come first where the budget is short.
    """
    context = surroundings(answering, state)
    if answering.answerer.compresses:
        how = {frame.thumbnail: LOW for frame in context if frame.thumbnail is not None}
        return packed_as(answering, state, [*state.frames, *context], in_brief(how))
    if not answering.answerer.accepts_frames:
        return packed_with(answering, state, state.frames)
    return packed_with(answering, state, [*state.frames, *(_smaller(answering, frame) for frame in context)])


def in_and_around(answering: Answering, state: AnswerState, start: float, end: float, video: str) -> Packed:
    """Frames of a stretch in full, and all others, selected or not, by a tenth of their tokens."""
    selected = [frame for frame in state.frames if frame.video == video and start <= frame.time <= end]
    outside = [frame for frame in state.frames if frame not in selected]
    low = [*outside, *surroundings(answering, state)]
    how = {frame.thumbnail: LOW for frame in low if frame.thumbnail is not None}
    best = max((frame.score for frame in state.frames), default=0.0)
    first = [replace(frame, score=best + 1 + frame.score) for frame in selected]
    return packed_as(answering, state, [*first, *low], in_brief(how))


def surroundings(answering: Answering, state: AnswerState) -> list[FrameRef]:
    """Kept frames evenly over the asked videos that are not selected; each worth less than any that is."""
    taken = {(frame.video, round(frame.time, 3)) for frame in state.frames}
    least = min((frame.score for frame in state.frames), default=0.0)
    found: list[FrameRef] = []
    for video in state.durations:
        times = [float(time) for time in answering.index.frame_times(video)]
        if state.plan is not None and (within := state.plan.within) is not None:
            times = [time for time in times if within.start <= time <= within.end]
        most = max(1, MOST_CONTEXT // max(len(state.durations), 1))
        for time in spaced(times, most):
            if (video, round(time, 3)) in taken:
                continue
            try:
                found.append(FrameRef(video, time, least - 1, answering.index.thumbnail(video, time)))
            except (VidscoutError, OSError):
                continue  # a thumbnail that is gone costs its frame only
    return [replace(frame, score=frame.score - rank) for rank, frame in enumerate(from_all_over(found))]


def spaced(items: Sequence[float], most: int) -> list[float]:
    """At most so many of some items, evenly spaced.

    >>> spaced([1.0, 2.0, 3.0, 4.0], 2)
    [2.0, 4.0]
    """
    if len(items) <= most:
        return list(items)
    return [items[(2 * place + 1) * len(items) // (2 * most)] for place in range(most)]


def from_all_over(frames: Sequence[FrameRef]) -> Iterable[FrameRef]:
    """Frames in an order of which every beginning is spread over all: the middle, the quarters, and so on."""
    order: list[int] = []
    step = len(frames)
    while step >= 1:
        order += range(step // 2, len(frames), step)
        step //= 2
    return [frames[n] for n in dict.fromkeys(order)]


def _smaller(answering: Answering, frame: FrameRef) -> FrameRef:
    """The frame with a smaller copy of its picture, drawn once."""
    from PIL import Image

    if frame.thumbnail is None:
        return frame
    path = answering.index.home / COMPOSITES / frame.video / f"{frame.thumbnail.stem}-1in{SMALL_COPY}.jpg"
    if not path.exists():
        with Image.open(frame.thumbnail) as picture:
            picture.thumbnail((max(1, picture.width // SMALL_COPY), max(1, picture.height // SMALL_COPY)))
            drawn = io.BytesIO()
            picture.convert("RGB").save(drawn, "JPEG", quality=85)
        write_private(path, drawn.getvalue())
    return replace(frame, thumbnail=path)
