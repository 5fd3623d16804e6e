"""From pieces to stretches: what adjoins is one, and of all of them those that are wanted."""

from collections.abc import Sequence

from ...tools.records import Span
from .asks import Which
from .state import Piece, Stretch

ADJOINS = 2.0
"""Seconds between two pieces that follow each other up to which they are one stretch: a pause between sentences."""
TOO_SHORT = 1.0
"""Seconds below which the time between two stretches is no stretch in which something does not hold."""


def adjoining(video: str, pieces: Sequence[Piece], holds: Sequence[bool]) -> list[Stretch]:
    """Stretches of pieces that hold, of one group in order of time; a piece between that does not hold parts them."""
    found: list[list[Piece]] = []
    open_ = False
    for piece, held in zip(pieces, holds, strict=True):
        if held:
            if open_ and piece.span.start - max(one.span.end for one in found[-1]) <= ADJOINS:
                found[-1].append(piece)
            else:
                found.append([piece])
        open_ = held or (open_ and piece.span.end <= max(one.span.end for one in found[-1]))
    return [_stretch(video, group) for group in found]


def together(stretches: Sequence[Stretch]) -> list[Stretch]:
    """Stretches of one video by several senses, in order of time; those that overlap are one."""
    whole: list[Stretch] = []
    for one in sorted(stretches, key=lambda stretch: stretch.span):
        if whole and one.span.start < whole[-1].span.end:
            whole[-1] = _stretch(one.video, [*whole[-1].pieces, *one.pieces])
        else:
            whole.append(one)
    return whole


def _stretch(video: str, pieces: Sequence[Piece]) -> Stretch:
    span = Span(min(piece.span.start for piece in pieces), max(piece.span.end for piece in pieces))
    best = sorted(pieces, key=lambda piece: (-piece.probability, piece.span))
    return Stretch(video, span, best[0].probability, tuple(best))


def wanted(which: Which, found: Sequence[Stretch], video: str, whole: Span) -> list[Stretch]:
    """Of the stretches of one video, in order of time, those that are asked for.

    Args:
        whole: the video, or the part of it that is asked about.
    """
    match which:
        case Which.FIRST:
            return list(found[:1])
        case Which.LAST:
            return list(found[-1:])
        case Which.UNTIL:
            before = [one for one in found[:1] if one.span.start > whole.start]
            return [Stretch(video, Span(whole.start, one.span.start), one.score, one.pieces) for one in before]
        case Which.NEVER:
            edges = [whole.start, *(edge for one in found for edge in (one.span.start, one.span.end)), whole.end]
            between = zip(edges[::2], edges[1::2], strict=True)
            score = 1.0 - max((one.score for one in found), default=0.0) if not found else min(s.score for s in found)
            return [Stretch(video, Span(a, b), score, ()) for a, b in between if b - a >= TOO_SHORT]
        case _:
            return list(found)
