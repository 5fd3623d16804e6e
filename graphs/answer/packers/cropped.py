"""Frames cut down to the region that the question is about (second half of Free Video-LLM, Han et al., 2024).

The paper finds the region by the similarity of patches and prompt; here it is where a detector or the reader of screen
text found what the question names, for which no further model is needed. A frame on which nothing was found is whole.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ....tools.geometry import Box
from ....tools.index.home import COMPOSITES, write_private
from ....tools.payloads import ObjectCounts, TextLines, Track
from ....tools.records import FrameRef, Modality, Record, of_kind
from ..state import Answering, AnswerState
from .base import BESIDE_THE_BEST_FOR_A_CHOICE, Packed, conversation, in_time, packed_with, packer

MARGIN = 0.1
"""Share of the picture that is shown on every side of a region: what is around a thing tells what it does."""
WORTH_IT = 0.7
"""Share of the picture from which a region is not cut out."""


@packer
def cropped(answering: Answering, state: AnswerState) -> Packed:
    """Records and frames as `interleaved` puts them, each frame cut down to what the question is about."""
    tracks = list(_tracks(answering, state))
    whole = {frame.thumbnail: frame for frame in state.frames}
    cut = [_cut(answering, frame, region(state, frame, tracks)) for frame in state.frames]
    packed = packed_with(answering, state, cut)
    shown = {part.path for message in packed.messages for part in message.frames}
    kept = [frame for frame in cut if frame.thumbnail in shown]
    smaller = sum(frame.thumbnail not in whole for frame in kept)
    if not smaller:
        return packed
    before = [old for old, new in zip(state.frames, cut, strict=True) if new in kept]
    full = conversation(state, in_time(packed.candidates), before)
    saved = answering.answerer.count_tokens(full) - packed.prompt
    note = f"{smaller} of {len(kept)} frames were cut down to what the question is about: {saved} tokens fewer"
    return replace(packed, notes=(note,))


def region(state: AnswerState, frame: FrameRef, tracks: Sequence[tuple[Record, Track]] = ()) -> Box | None:
    """The part of a frame that holds what the question names; `None` where that is not known, or nearly all of it."""
    boxes = [*_found(state, frame)]
    for record, track in tracks:
        if record.video == frame.video and record.span.start <= frame.time <= record.span.end and track.times:
            nearest = min(range(len(track.times)), key=lambda at: abs(track.times[at] - frame.time))
            boxes.append(track.boxes[nearest])
    if not boxes:
        return None
    box = boxes[0]
    for other in boxes[1:]:
        box = box.around(other)
    wide = Box(
        max(box.left - MARGIN, 0.0), max(box.top - MARGIN, 0.0),
        min(box.right + MARGIN, 1.0), min(box.bottom + MARGIN, 1.0),
    )  # fmt: skip
    return wide if 0 < wide.area < WORTH_IT else None


def _named(state: AnswerState) -> set[str]:
    return {name.casefold() for name in (*state.plan.labels, *state.plan.things)} if state.plan is not None else set()


def _found(state: AnswerState, frame: FrameRef) -> Iterator[Box]:
    """Boxes of the findings that fit best and stand when the frame does."""
    named = _named(state)
    least = BESIDE_THE_BEST_FOR_A_CHOICE * state.ranked[0].relevance if state.ranked else 0.0
    for candidate in state.ranked:
        record = candidate.record
        there = record.span.start <= frame.time <= record.span.end and record.video == frame.video
        if not there or candidate.relevance < least:
            continue
        if isinstance(record.payload, ObjectCounts):
            yield from (one.box for one in record.payload.objects if one.label.casefold() in named)
        elif isinstance(record.payload, TextLines):
            yield from record.boxes


def _tracks(answering: Answering, state: AnswerState) -> Iterator[tuple[Record, Track]]:
    named = _named(state)
    for video in {frame.video for frame in state.frames} if named else ():
        for record, track in of_kind(answering.index.timeline(video, [Modality.TRACK]), Track):
            if track.label.casefold() in named:
                yield record, track


def _cut(answering: Answering, frame: FrameRef, box: Box | None) -> FrameRef:
    """The frame with the part of its picture, cut once."""
    from PIL import Image

    if box is None or frame.thumbnail is None:
        return frame
    sides = "-".join(str(round(1000 * side)) for side in (box.left, box.top, box.right, box.bottom))
    path = answering.index.home / COMPOSITES / frame.video / f"{frame.thumbnail.stem}-{sides}.jpg"
    if not path.exists():
        with Image.open(frame.thumbnail) as picture:
            wide, high = picture.size
            left, top = round(box.left * wide), round(box.top * high)
            right, bottom = max(round(box.right * wide), left + 1), max(round(box.bottom * high), top + 1)
            part = picture.crop((left, top, right, bottom)).convert("RGB")
            drawn = io.BytesIO()
            part.save(drawn, "JPEG", quality=90)
        write_private(path, drawn.getvalue())
    return replace(frame, thumbnail=path)
