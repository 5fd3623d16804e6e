"""Questions about what is seen of people and things: colours, clothes, postures, sizes, and how many are so.

They are read off what the stage `appearance` found of everybody and everything that was followed. What is asked is told
by labelled examples (`looking.py`), of what by the labels that the question names.
"""

from collections.abc import Sequence

from .....tools.geometry import place
from .....tools.payloads import Appearance, Modality
from .....tools.plurals import counted
from .....tools.records import Record, of_kind
from ...state import Answering, AnswerState, Candidate, Kind, Plan
from ..passages import Told
from ..wording import cited, worded
from .looking import Asked, asked_for, wanted

TOLD = 3
"""Sightings that are told, those that are seen longest."""
FIXED = 0.6
"""Confidence in what is read off looks. Nothing was measured to set it."""

OF_LOOKS = (None, Kind.FACT, Kind.LOOK, Kind.YES_NO, Kind.WHEN, Kind.PLACE, Kind.MOMENTS, Kind.LIST, Kind.PERSON)
"""Kinds of questions that somebody or something may answer who looks as they say."""

Look = tuple[Record, Appearance]


def by_appearance(state: AnswerState, answering: Answering, plan: Plan) -> Told | None:
    """What is seen of a person or thing; `None` where the question asks for none of it, or nothing of it was found."""
    must = wanted(state.asked)
    looks = _of(state, answering, plan, must)
    if not looks:
        return None
    if must:
        return number(looks, plan) if plan.kind is Kind.COUNT_SEEN else shown_so(looks, plan)
    asked = asked_for(answering.vector(state.asked), answering.text_embedding.source)
    match asked:
        case Asked.COLOUR:
            return told([look for look in looks if look[1].colours or look[1].upper], plan)
        case Asked.WEARING:
            return told([look for look in looks if look[1].upper or look[1].lower], plan)
        case Asked.LARGEST | Asked.SMALLEST:
            order = sorted(looks, key=lambda look: look[1].size, reverse=asked is Asked.LARGEST)
            return told(order[:1], plan, sized=True)
        case _:
            return None


def _of(state: AnswerState, answering: Answering, plan: Plan, must: frozenset[str]) -> list[Look]:
    """Everybody and everything that the question names, of those colours and postures."""
    found = [
        look
        for video in state.videos
        for look in of_kind(answering.index.timeline(video, [Modality.APPEARANCE], plan.within), Appearance)
    ]
    return [look for look in found if look[1].label in plan.labels and must <= features(look[1])]


def shown_so(looks: Sequence[Look], plan: Plan) -> Told | None:
    """Where and when those are seen that the question describes; `None` where it asks something else of them."""
    if plan.kind not in OF_LOOKS:
        return None
    return told(looks, plan, placed=plan.kind is Kind.PLACE, affirmed=plan.kind is Kind.YES_NO)


def features(look: Appearance) -> set[str]:
    """The colours and postures of somebody or something."""
    return {name for of in (look.colours, look.upper, look.lower, look.postures) for name, _ in of}


def told(
    looks: Sequence[Look], plan: Plan, placed: bool = False, sized: bool = False, affirmed: bool = False
) -> Told | None:
    """Those that are seen longest, each as it looks with the time at which it is seen; `None` where there are none."""
    if not looks:
        return None
    longest = sorted(looks, key=lambda look: -look[0].span.duration)[:TOLD]
    shown = sorted(longest, key=lambda look: look[0].span)
    sentences = []
    for record, look in shown:
        more = f" {place(record.boxes[0])}" if placed and record.boxes else ""
        more += f" ({look.size:.0%})" if sized else ""
        sentences.append(cited(record, plan.language).replace(record.text, record.text + more, 1))
    text = "; ".join(sentences)
    return Told(f"{worded(plan.language, 'yes')} {text}" if affirmed else text, _candidates(shown), FIXED)


def number(looks: Sequence[Look], plan: Plan) -> Told:
    """How many are so at once at most, with those that are seen then."""
    best: list[Look] = []
    for record, _ in looks:
        there = [look for look in looks if look[0].video == record.video and look[0].span.contains(record.span.start)]
        best = max(best, there or [(record, _)], key=len)
    label = best[0][1].label
    shown = "; ".join(cited(record, plan.language) for record, _ in best[:TOLD])
    return Told(f"{counted([(label, len(best))])}: {shown}", _candidates(best), FIXED)


def _candidates(looks: Sequence[Look]) -> list[Candidate]:
    return [Candidate(record, 1.0, 1.0, 1.0) for record, _ in looks]
