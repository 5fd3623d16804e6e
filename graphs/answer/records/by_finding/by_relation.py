"""Questions about what people and things do to each other, and when they come into the picture and leave it.

They are read off the tracks of everybody and everything that was followed (the stage `objects`). What is asked is told
by labelled examples (`relating.py`), of what by the labels that the question names.
"""

from collections.abc import Iterator

from .....tools.payloads import Change, Modality, Track
from .....tools.perception.objects.relations import Seen, relations
from .....tools.records import Record, of_kind
from ...state import Answering, AnswerState, Candidate, Kind, Plan
from ..passages import Told
from ..wording import cited, worded
from .relating import asked_for

TOLD = 5
"""Relations that are told, the first ones."""
FIXED = 0.6
"""Confidence in what is read off tracks. Nothing was measured to set it."""
VERSION = "relations/1"


def by_relation(state: AnswerState, answering: Answering, plan: Plan) -> Told | None:
    """When what the question tells happens; `None` where it asks for none of it, or no track shows it."""
    if not plan.labels:
        return None
    change = asked_for(answering.vector(state.asked), answering.text_embedding.source)
    if change is None:
        return None
    found = [record for video in state.videos for record in _happening(video, change, answering, plan)]
    if not found:
        return None
    shown = found[:TOLD]
    text = "; ".join(cited(record, plan.language) for record in shown) + (" …" if len(found) > TOLD else "")
    if plan.kind is Kind.YES_NO:
        text = f"{worded(plan.language, 'yes')} {text}"
    return Told(text, [Candidate(record, 1.0, 1.0, 1.0) for record in shown], FIXED)


def _happening(video: str, change: Change, answering: Answering, plan: Plan) -> Iterator[Record]:
    """Every time at which it happens to what the question names, as a record with its own stretch."""
    timeline = answering.index.timeline(video, [Modality.TRACK, Modality.SHOT])
    followed = list(of_kind(timeline, Track))
    cuts = [0.0, max((record.span.end for record in timeline), default=0.0)]
    cuts += [end for one in timeline if one.modality is Modality.SHOT for end in (one.span.start, one.span.end)]
    for seen in relations([track for _, track in followed], cuts):
        record, _ = followed[seen.tracks[0]]
        within = plan.within is None or seen.span.overlaps(plan.within)
        if seen.relation.change is change and within and _fits(seen, plan.labels):
            yield Record.of(video, seen.span, seen.relation, record.score, f"{record.source}; {VERSION}", seen.boxes)


def _fits(seen: Seen, labels: tuple[str, ...]) -> bool:
    """Whether those who take part are those that are named: both of two, or one of them beside anything else."""
    there = {seen.relation.label, seen.relation.other} - {""}
    named = set(labels)
    return named <= there if seen.relation.other and len(named) > 1 else bool(named & there)
