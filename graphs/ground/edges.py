"""Finer edges of what stands on the picture: a video is looked at once a second, and an edge lies between two looks.

The file is decoded there, and the edge is where the picture, or the place on it where the text stands, turns from one
look's to the other's. Where the file has gone, or nothing there tells, the middle is taken.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...tools.errors import VidscoutError
from ...tools.media.video import Frame, frames
from ...tools.records import Box, Modality, Span
from .state import Piece, Stretch

RATE = 12.0
"""Looks a second, between two of those that were kept."""
SIDE = 480
"""Pixels of the longer side."""
TELLS = 8.0
"""Mean difference of two looks, of 255, from which an edge is to be seen between them."""
MOST = 60
"""Stretches that are looked at again; of more the surest."""
LOOKED_AT = (Modality.SCREEN_TEXT, Modality.FRAME, Modality.OBJECT)


def refined(found: Sequence[Stretch], path: Path | None, every: float, duration: float) -> list[Stretch]:
    """Stretches with finer edges; those that were heard are left as they are.

    Args:
        found: of one video, in order of time.
        path: its file; None where that has gone.
        every: seconds between two looks when the video was read.
        duration: of the video.
    """
    surest = sorted(range(len(found)), key=lambda n: -found[n].score)[:MOST]
    again = {n for n in surest if all(piece.modality in LOOKED_AT for piece in found[n].pieces)}
    finer = []
    for number, one in enumerate(found):
        if number in again:
            start = _edge(path, one.span.start - every, one.span.start, _box(one.pieces, first=True), begins=True)
            end = _edge(path, one.span.end - every, one.span.end, _box(one.pieces, first=False), begins=False)
            if one.span.start <= 0.0:
                start = 0.0
            if one.span.end >= duration:
                end = duration
            if start < end:
                one = replace(one, span=Span(max(start, 0.0), min(end, duration)))
        finer.append(one)
    return finer


def _box(pieces: Sequence[Piece], first: bool) -> Box | None:
    """Where the text stands by which a stretch begins or ends; None: the whole picture."""
    told = min(pieces, key=lambda p: p.span.start) if first else max(pieces, key=lambda p: p.span.end)
    if told.modality is not Modality.SCREEN_TEXT or told.record is None or not told.record.boxes:
        return None
    whole = told.record.boxes[0]
    for box in told.record.boxes[1:]:
        whole = whole.around(box)
    return whole


def _edge(path: Path | None, early: float, late: float, box: Box | None, begins: bool) -> float:
    """When the picture turns from what stands at `early` to what stands at `late`."""
    middle = max((early + late) / 2, 0.0)
    if path is None:
        return middle
    try:
        looks = list(frames(path, RATE, SIDE, max(early - 0.05, 0.0), late + 0.15))
    except VidscoutError:
        return middle
    if len(looks) < 3:
        return middle
    patches = [_patch(look, box) for look in looks]
    before, after = patches[0], patches[-1]
    if float(np.abs(before - after).mean()) < TELLS:
        return middle
    turned = [float(np.abs(p - after).mean()) < float(np.abs(p - before).mean()) for p in patches]
    at = turned.index(True)
    return looks[at].time if begins or at else middle


def _patch(look: Frame, box: Box | None) -> np.ndarray:
    image = look.image.astype(np.float32).mean(axis=2)
    if box is None:
        return image[::4, ::4]
    high, wide = image.shape
    top, bottom = int(box.top * high), max(int(np.ceil(box.bottom * high)), int(box.top * high) + 2)
    left, right = int(box.left * wide), max(int(np.ceil(box.right * wide)), int(box.left * wide) + 2)
    return image[top:bottom, left:right]
