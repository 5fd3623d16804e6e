"""Questions about when somebody is seen, read off whose face is seen when (the stage `faces`)."""

import re

from ....tools.payloads import Modality, Person
from ....tools.records import Record, clock, of_kind
from ..state import Answering, AnswerState, Candidate, Plan
from .by_speaker import stands_in
from .passages import Told
from .wording import worded

STRETCHES = 5
"""That are told."""
FIXED = 0.7
"""Confidence in what is read off whose face is seen. Nothing was measured to set it."""

_SEEN = re.compile(
    r"\b(appear\w*|seen|see|visible|shown|shows?|on screen|in the picture|zu sehen|erscheint|auftritt|aparece\w*|se ve"
    r"|apparaît\w*|voit|visible|aparece|vê|visto|vista)\b|появля\w*|вид(ен|на|но|ны)\b",
    re.IGNORECASE,
)


def by_person(state: AnswerState, answering: Answering, plan: Plan) -> Told | None:
    """When somebody is seen whom the question names; `None` where it is another question, or he is never seen."""
    if not _SEEN.search(state.asked):
        return None
    there: dict[str, list[Record]] = {}
    for video in state.videos:
        names = answering.index.faces.names(video)
        for record, person in of_kind(answering.index.timeline(video, [Modality.PERSON]), Person):
            name = names[person.label].name if person.label in names else person.label
            there.setdefault(name, []).append(record)
    asked = state.asked.casefold()
    meant = [name for name in there if stands_in(name, asked) or stands_in(name.split()[0], asked)]
    if len(meant) != 1:
        return None
    records = there[meant[0]]
    shown = records[:STRETCHES]
    times = ", ".join(f"{clock(record.span.start)}–{clock(record.span.end)}" for record in shown)
    more = " …" if len(records) > len(shown) else ""
    text = worded(plan.language, "person_seen", text=meant[0], at=f"{times}{more}")
    return Told(text, [Candidate(record, 1.0, 1.0, 1.0) for record in shown], FIXED)
