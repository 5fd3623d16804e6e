"""In which order things come: each is found by itself, and their times put them in order."""

import re
from dataclasses import dataclass

from ....tools.index.frames import FrameQuery
from ....tools.records import Modality, Span, clock
from ....tools.words import content_words, coverage, one_line
from ..selectors.rarity import most_like
from ..state import Answering, AnswerState, Candidate

SEPARATORS = re.compile(r"\s*(?:,|;|→|->|>|\bthen\b|\band\b)\s*")
OR = re.compile(r"\s(?:or|oder|o|u|ou|или|أم|أو|या)\s|还是|還是|或者|それとも|、または", re.IGNORECASE)
"""What stands between two things of which a question asks, in the languages of the examples: a matter of grammar."""
PAUSES = re.compile(r"[,:;，：、،]\s*")
LISTED = 6
"""Events of an ordered answer."""


@dataclass(frozen=True)
class Ordered:
    """Things in the order in which they come."""

    items: list[str]
    cited: list[Candidate]

    def told(self) -> tuple[str, list[Candidate]]:
        """The sentence, and what it cites."""
        times = [clock(candidate.record.span.start) for candidate in self.cited]
        events = "; ".join(f"{at} {item}" for at, item in zip(times, self.items, strict=True))
        return f"{events}.", self.cited


def items_of(text: str) -> list[str]:
    """The things that a list in words names.

    >>> items_of("olive, ginger and mushroom")
    ['olive', 'ginger', 'mushroom']
    """
    return [item for item in (part.strip(" .?") for part in SEPARATORS.split(text)) if item]


def alternatives(question: str) -> list[str]:
    """The things of which a question asks which one is first; none where it names no two.

    >>> alternatives("What happens first, the signing or the session?")
    ['the signing', 'the session']
    >>> alternatives("Was kommt zuerst: Zelt, Feuer oder Suppe?")
    ['Zelt', 'Feuer', 'Suppe']
    """
    parts = OR.split(question.strip(" ?.!？。؟"))
    if len(parts) < 2:
        return []
    asks, *named = PAUSES.split(parts[0])
    return [item.strip() for item in [*(named or [asks]), *parts[1:]] if content_words(item)]


def order(state: AnswerState, answering: Answering) -> Ordered | None:
    """The things that the question lists after a colon, or what was found for it, in order of time."""
    listed = items_of(state.asked.rpartition(":")[2]) if ":" in state.asked else []
    if len(listed) > 1:
        return in_order_of_time(listed, state, answering)
    found = sorted(state.ranked[:LISTED], key=lambda candidate: (candidate.record.video, candidate.record.span))
    found = [f for f in found if f.record.modality in (Modality.SCREEN_TEXT, Modality.SPEECH, Modality.OBJECT)]
    return Ordered([one_line(f.record.text) for f in found], found) if len(found) > 1 else None


def in_order_of_time(items: list[str], state: AnswerState, answering: Answering) -> Ordered | None:
    """The items by the first time that each is there; `None` when one of them is nowhere."""
    found: list[tuple[str, Candidate]] = []
    for item in items:
        candidate = first_seen(item, state, answering)
        if candidate is None:
            return None
        found.append((item, candidate))
    found.sort(key=lambda pair: pair[1].record.span)
    return Ordered([item for item, _ in found], [candidate for _, candidate in found])


def first_seen(item: str, state: AnswerState, answering: Answering) -> Candidate | None:
    """Where something is named in full, else where the picture looks most like it."""
    assert state.plan is not None
    wanted = content_words(item)
    vector = answering.vector(item)
    named = [
        hit.record
        for hit in answering.index.search(
            item,
            vector,
            modalities=[Modality.SCREEN_TEXT, Modality.SPEECH, Modality.OBJECT],
            within=state.plan.within,
            videos=state.videos,
            k=16,
        )
        if wanted and coverage(wanted, hit.record.text) == 1.0
    ]
    if named:
        return Candidate(min(named, key=lambda record: record.span), 1.0, 1.0, 1.0)
    return looks_most_like(answering.frame_query(item), state, answering)


def looks_most_like(query: FrameQuery, state: AnswerState, answering: Answering) -> Candidate | None:
    """The frame with the highest frame–text similarity, by what its tags say."""
    assert state.plan is not None
    best: tuple[float, Candidate] | None = None
    for frame in most_like(answering, query, state.videos, state.plan.within, 1, state.plan.brief):
        standing = Span(frame.time, frame.time + 0.001)
        looks = answering.index.timeline(frame.video, [Modality.FRAME], standing)
        if looks and (best is None or frame.score > best[0]):
            best = frame.score, Candidate(looks[-1], max(frame.score, 0.0), 0.0, 1.0)
    return best[1] if best is not None else None
