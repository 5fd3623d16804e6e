"""More frames than a fixed encoder takes: it is given interleaved groups, and what it gives is put in order again.

Source: the video token rearrangement of INTP-Video-LLMs (Shang et al., 2024, arXiv 2409.12963): each group spans the
whole video, as what the encoder was trained on did.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from torch import Tensor

T = TypeVar("T")


def groups(frames: int, at_once: int) -> list[list[int]]:
    """Frames by group, each exactly `at_once` of them and spread over the video; a last one is repeated where they do
    not divide evenly.

    >>> groups(6, 3), groups(5, 3)
    ([[0, 2, 4], [1, 3, 5]], [[0, 2, 4], [1, 3, 3]])
    """
    number = -(-frames // at_once)
    own = [list(range(first, frames, number)) for first in range(number)]
    return [[*group, *[group[-1]] * (at_once - len(group))] for group in own]


def in_order(made: "Sequence[Sequence[T]]", members: Sequence[Sequence[int]], frames: int) -> list[T]:
    """What was made of each group's frames, by frame.

    Args:
        made: for each group, what was made of each of its frames.
        members: the groups, as `groups` gives them.
        frames: how many there are.
    """
    found: dict[int, T] = {}
    for group, parts in zip(members, made, strict=True):
        for frame, part in zip(group, parts, strict=True):
            found.setdefault(frame, part)
    return [found[frame] for frame in range(frames)]


def by_frame(rows: "Tensor", frames: int) -> "list[Tensor] | None":
    """Rows of a video, (tokens, width), by frame; a last one that closes the video stays out. None where they do not
    divide."""
    if len(rows) % frames == 1 and len(rows) > frames:
        rows = rows[:-1]
    return list(rows.split(len(rows) // frames)) if len(rows) % frames == 0 else None
