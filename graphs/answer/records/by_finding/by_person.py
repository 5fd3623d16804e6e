"""Questions about when somebody is seen, read off whose face is seen when (the stage `faces`)."""

from .....tools.payloads import Modality, Person
from .....tools.records import Record, clock, of_kind
from ...state import Answering, AnswerState, Candidate, Plan
from ..passages import Told
from ..wording import worded
from .by_speaker import what_is_asked
from .speaking import Asked, mentioned

STRETCHES = 5
"""That are told."""
FIXED = 0.7
"""Confidence in what is read off whose face is seen. Nothing was measured to set it."""


def by_person(state: AnswerState, answering: Answering, plan: Plan) -> Told | None:
    """When somebody is seen whom the question names; `None` where it is another question, or he is never seen."""
    seen: dict[str, list[Record]] = {}
    for video in state.videos:
        names = answering.index.faces.names(video)
        for record, person in of_kind(answering.index.timeline(video, [Modality.PERSON]), Person):
            name = names[person.label].name if person.label in names else person.label
            seen.setdefault(name, []).append(record)
    meant = mentioned(state.asked, list(seen))
    if len(meant) != 1 or what_is_asked(state.asked, [meant[0][1]], answering) is not Asked.SEEN:
        return None
    name = meant[0][0]
    shown = seen[name][:STRETCHES]
    times = ", ".join(f"{clock(record.span.start)}–{clock(record.span.end)}" for record in shown)
    more = " …" if len(seen[name]) > len(shown) else ""
    text = worded(plan.language, "person_seen", text=name, at=f"{times}{more}")
    return Told(text, [Candidate(record, 1.0, 1.0, 1.0) for record in shown], FIXED)
