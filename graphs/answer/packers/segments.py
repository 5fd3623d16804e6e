"""Evidence arranged by stretches of the video: every part heard of, or the whole in brief and one part in full."""

from collections.abc import Sequence
from dataclasses import replace

from ....tools.records import Modality, Span, clock
from ....tools.videollm.interface import Message
from ....tools.words import one_line
from ..state import Answering, AnswerState, Candidate
from .base import Packed, packed_with, packer, worth_packing
from .by_tokens import Shown, in_and_around, in_brief, packed_as

SEGMENTS = 8
LOCAL = 30.0
"""Seconds on either side of the best candidate that are told in full."""
GLOBAL_SHARE = 0.4
"""Share of the budget for the whole video in brief."""
MERGED = f"tome:0.5x{SEGMENTS}"
"""How frames are given to an answerer that compresses: merged within each stretch, also across its frames."""
OVERVIEW_WORDS = 60
"""Characters of each stretch in the line on the whole video."""


def whole(state: AnswerState) -> Span:
    """The stretch that the question is about: what it names, or everything."""
    if state.plan is not None and state.plan.within is not None:
        return state.plan.within
    return Span(0.0, max(state.durations.values(), default=0.0))


@packer
def segments(answering: Answering, state: AnswerState) -> Packed:
    """The best candidate of every one of eight equal stretches first, then the second best, and so on (LongVLM).

    A question about a whole video should not be answered from its most eloquent minute. An answerer that compresses
    is given half the tokens of each stretch's frames, merged, and before all others a line on the whole video.
    """
    stretch = whole(state)
    length = max(stretch.duration / SEGMENTS, 1e-6)
    queues: list[list[Candidate]] = [[] for _ in range(SEGMENTS)]
    for candidate in worth_packing(state):
        place = int((candidate.record.span.start - stretch.start) / length)
        queues[min(max(place, 0), SEGMENTS - 1)].append(candidate)
    turns = max((len(queue) for queue in queues), default=0)
    in_turn = [queue[turn] for turn in range(turns) for queue in queues if turn < len(queue)]
    if answering.answerer.compresses:
        how = {frame.thumbnail: MERGED for frame in state.frames if frame.thumbnail is not None}
        return packed_as(answering, state, state.frames, overviewed(answering, state, in_brief(how)), in_turn)
    return packed_with(answering, state, state.frames, in_turn)


def overviewed(answering: Answering, state: AnswerState, shown: Shown) -> Shown:
    """With a line on the whole video before the evidence: of each stretch its first chapter, or else its first scene.

    LongVLM puts averaged features of the whole before those of its segments; words carry them here.
    """
    told: list[str] = []
    for video, duration in state.durations.items():
        records = answering.index.timeline(video, modalities=[Modality.CHAPTER, Modality.CAPTION])
        for part in range(SEGMENTS):
            stretch = Span(duration * part / SEGMENTS, duration * (part + 1) / SEGMENTS)
            inside = [record for record in records if stretch.start <= record.span.start < stretch.end]
            inside.sort(key=lambda record: (record.modality is not Modality.CHAPTER, record.span.start))
            if inside:
                told.append(f"{clock(inside[0].span.start)} {one_line(inside[0].text)[:OVERVIEW_WORDS]}")
    line = f"The whole video: {'; '.join(told)}.\n".replace('"', "'")

    def with_line(messages: Sequence[Message]) -> list[Message]:
        *before, last = shown(messages)
        if not told or last.parts[0] != "Evidence:\n":
            return [*before, last]
        return [*before, replace(last, parts=(last.parts[0], line, *last.parts[1:]))]

    return with_line


@packer
def global_local(answering: Answering, state: AnswerState) -> Packed:
    """Captions from all over the video in brief, and everything around the best candidate in full (ST-LLM).

    An answerer that compresses is given frames instead of captions: from all over the video by a tenth of their
    tokens, and those around the best candidate in full.
    """
    found = worth_packing(state)
    if not found:
        return packed_with(answering, state, state.frames)
    best = found[0].record
    near = Span(max(best.span.start - LOCAL, 0.0), best.span.end + LOCAL)
    if answering.answerer.compresses:
        return in_and_around(answering, state, near.start, near.end, best.video)
    local = [f for f in found if f.record.video == best.video and f.record.span.overlaps(near)]
    overview = [
        Candidate(record, 0.0, 0.0, 1.0)
        for record in answering.index.timeline(best.video, modalities=[Modality.CAPTION])
        if not record.span.overlaps(near)
    ]
    brief = packed_with(answering, state, [], spread(overview), budget=int(answering.token_budget * GLOBAL_SHARE))
    return packed_with(answering, state, state.frames, [*brief.candidates, *local])


def spread(candidates: list[Candidate]) -> list[Candidate]:
    """Candidates in an order of which every beginning is spread over all: middle, quarters, eighths, and so on."""
    order: list[int] = []
    step = len(candidates)
    while step >= 1 and len(order) < len(candidates):
        order += [n for n in range(step // 2, len(candidates), step) if n not in order]
        step //= 2
    order += [n for n in range(len(candidates)) if n not in order]
    return [candidates[n] for n in order]
