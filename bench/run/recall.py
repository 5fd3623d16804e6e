"""How much of what must be found reached the prompt."""

from collections.abc import Sequence

from ..pipelines.interface import Reply
from ..sets.question import Question

RANKS = (1, 8, 32)
"""The k of recall@k. Beside them stands `all`: everything that reached the prompt."""

LONGEST_RECORD = 35.0
"""Seconds. A record that spans more says nothing about when: it finds no needle. Video-RAG's chunks have 30 s."""

BY_EYE = frozenset({"screen_text", "object", "frame", "caption"})

MODALITIES = {"text": BY_EYE, "photo": BY_EYE, "drawn": BY_EYE, "speech": frozenset({"speech"})}
"""The modalities that can find a needle of a medium; any, when the set does not say the medium."""


def spans(question: Question) -> list[tuple[float, float]]:
    """Where the needles are: start and end in seconds."""
    return list(zip(question.needle_time, question.needle_end, strict=True))


def of_frames(question: Question, reply: Reply) -> dict[str, float] | None:
    """The share of needles that a frame shows, by rank; None for a question without needles, or with spoken ones."""
    if question.medium == "speech":
        return None
    found = [[start <= time < end for start, end in spans(question)] for time in reply.frame_times]
    return _by_rank(found, len(question.needle_time))


def of_records(question: Question, reply: Reply) -> dict[str, float] | None:
    """The share of needles that a record of the right modality overlaps, by rank; None without needles."""
    able = MODALITIES.get(question.medium)
    found = [
        [
            begin < end and start < finish and finish - begin <= LONGEST_RECORD and (able is None or modality in able)
            for start, end in spans(question)
        ]
        for begin, finish, modality, _ in reply.records
    ]
    return _by_rank(found, len(question.needle_time))


def of_either(question: Question, frames: dict[str, float] | None, records: dict[str, float] | None) -> float | None:
    """The better of the two at rank 8."""
    if not question.needle_time:
        return None
    return max((frames or {}).get("8", 0.0), (records or {}).get("8", 0.0))


def _by_rank(found: Sequence[Sequence[bool]], needles: int) -> dict[str, float] | None:
    if not needles:
        return None
    ranks = {str(rank): found[:rank] for rank in RANKS} | {"all": found}
    return {
        name: sum(any(hits[needle] for hits in some) for needle in range(needles)) / needles
        for name, some in ranks.items()
    }
