"""An ordered list of everything that happens, rather than only what fits the question."""

from collections.abc import Sequence
from typing import TypeVar

from ....tools.records import Modality
from ..state import Answering, AnswerState, Candidate
from .base import Packed, packed_with, packer, worth_packing

EVENTS = (
    Modality.SPEECH, Modality.SCREEN_TEXT, Modality.CAPTION, Modality.CHAPTER, Modality.SOUND, Modality.TRACK,
    Modality.OBJECT,
)  # fmt: skip
"""What happens at a time and has words for it."""
MOST_EVENTS = 256
"""Events of which a prompt takes those that fit: more than any budget here holds."""

Item = TypeVar("Item")


@packer
def timeline(answering: Answering, state: AnswerState) -> Packed:
    """The best candidates, and then events from all over the asked time, in order of time (T3, Li et al., 2025).

    What is left of the budget is filled evenly: however small it is, beginning, middle and end are told of.
    """
    best = worth_packing(state)
    packed = {candidate.record.id for candidate in best}
    within = state.plan.within if state.plan is not None else None
    records = [record for video in state.videos for record in answering.index.timeline(video, EVENTS, within)]
    events = [Candidate(record, 0.0, 0.0, 1.0) for record in records if record.id not in packed]
    step = -(-len(events) // MOST_EVENTS) or 1
    return packed_with(answering, state, state.frames, [*best, *evenly(events[::step])])


def evenly(items: Sequence[Item]) -> list[Item]:
    """The same items in such an order that every beginning of it is spread over all of them.

    >>> evenly("abcdefg")
    ['d', 'b', 'f', 'a', 'c', 'e', 'g']
    """
    chosen: list[Item] = []
    stretches = [(0, len(items))]
    while stretches:
        halves: list[tuple[int, int]] = []
        for first, last in stretches:
            if first < last:
                middle = (first + last) // 2
                chosen.append(items[middle])
                halves += [(first, middle), (middle + 1, last)]
        stretches = halves
    return chosen
