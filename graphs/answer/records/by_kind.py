"""Questions about the order of things, a stretch, or the whole video: answers that the timeline gives, by kind."""

import re
from collections.abc import Sequence
from dataclasses import replace

from ....tools.records import Modality, Record, Span
from ....tools.words import one_line
from ..question.anchors import anchor
from ..state import Answering, AnswerState, Candidate, Kind, Place, Plan
from .by_finding.by_person import by_person
from .by_finding.by_speaker import by_speaker
from .ordering import alternatives
from .passages import (
    ITSELF,
    TOLD,
    Told,
    best_of,
    is_withheld,
    nothing,
    passages,
    quoted,
    quoting,
    says_the_same,
    stretch_of,
)
from .whole import chapters, overview
from .wording import worded

NEAR = 0.35
"""Cosine from which a record may be what a question speaks of. Of 152 questions of the development half that have an
answer, 89 % have their best record above it, and so have 91 % of 43 that have none: it keeps out only
what is far off."""
AGAIN = 0.92
"""Share of the best record's cosine from which a second one is another time at which the same is there."""
BESIDE_AN_EVENT = (None, Kind.AROUND, Kind.ENDS, Kind.OVERVIEW, Kind.QUOTE)
"""Kinds that ask what comes before or after, where the question's words for it told a time."""
OF_A_STRETCH = (
    None, Kind.OVERVIEW, Kind.CHAPTERS, Kind.AROUND, Kind.QUOTE, Kind.READ, Kind.LIST, Kind.WHEN, Kind.MOMENTS
)  # fmt: skip
"""Kinds of question that a stretch answers which they name by the clock; two times look like a “when”."""
OF_A_PHRASE = (None, Kind.WHEN, Kind.READ, Kind.QUOTE, Kind.WHO_SAID)
"""Kinds of question that a record answers which holds the phrase that they quote."""
OF_THINGS = (Kind.LOOK, Kind.COUNT_SEEN, Kind.WHEN, Kind.MOMENTS, Kind.PLACE, Kind.YES_NO, Kind.LIST, Kind.COMPARE)
"""Kinds of question that a thing which is seen may answer."""
OF_ANYTHING = (None, Kind.FACT)
"""Kinds that it may answer where nothing is said or written about it."""
FIXED = 0.7
"""Confidence in what the timeline gives by itself. Nothing was measured to set it."""
TIMES = 3
SAID_AGAIN = 8
"""Times of one text that came several times."""
NEIGHBOURS = 2
"""Utterances that are quoted from before or after an event."""
AT_THE_EDGE = 0.05
"""Seconds within which a record's edge is that of a stretch: the stretch was made from it."""
SOON = 30.0
"""Seconds within which a text comes up that counts as the next one."""

_EARLIER = re.compile(
    r"\b(before|prior|previous\w*|preced\w*|vor|vorher|davor|zuvor|antes|anterior\w*|avant|auparavant|précéd\w*"
    r"|до|перед|раньше)\b|之前|以前|前に|直前|قبل|पहले",
    re.IGNORECASE,
)
"""“Before” in the languages of the examples: a matter of grammar."""
_LAST = re.compile(
    r"\b(last|final|closing|end|letzte\w*|zuletzt|schluss|ende|últim\w*|final|fin|derni\w*|последн\w*|конц\w*)\b"
    r"|最后|最後|结尾|結尾|آخر|أخير|النهاية|अंत|आख़िर|आखिर",
    re.IGNORECASE,
)


def told(state: AnswerState, answering: Answering) -> Told:
    """The answer to a free question from what was found, by the kind of answer it asks for."""
    plan = state.plan
    assert plan is not None
    kind = plan.kind
    if not plan.told_time and (spoken := by_speaker(state, answering, plan)) is not None:
        return spoken
    if not plan.told_time and (seen_at := by_person(state, answering, plan)) is not None:
        return seen_at
    if plan.told_time and kind in OF_A_STRETCH:
        return of_a_stretch(state, answering, plan)
    if plan.within is not None and plan.place is not None and kind in BESIDE_AN_EVENT:
        return beside_an_event(state, answering, plan, plan.within) or quoting(state, answering)
    if plan.told_time:
        found = quoting(state, answering)
        return of_a_stretch(state, answering, plan) if found.abstained else found
    if (shown := seen(state, plan)) is not None:
        return confirmed(shown, state, answering, plan) if plan.kind is Kind.YES_NO else shown
    if kind in OF_A_PHRASE and (there := holding(plan.quoted, passages(state, kind))):
        return Told(" ".join(quoted(one, plan, state) for one in there), there, FIXED)
    match kind:
        case Kind.WHEN:
            return when(state, answering, plan)
        case Kind.AROUND:
            return around(state, answering, plan) or quoting(state, answering)
        case Kind.ORDER:
            return which_first(state, answering, plan) or quoting(state, answering)
        case Kind.ENDS:
            return at_an_end(state, answering, plan)
        case Kind.OVERVIEW:
            return overview(state, answering, plan)
        case Kind.CHAPTERS:
            return chapters(state, answering, plan) or overview(state, answering, plan)
        case _:
            return quoting(state, answering)


def holding(phrases: Sequence[str], found: Sequence[Candidate]) -> list[Candidate]:
    """What holds every phrase that the question puts in quotation marks, letter for letter but for case."""
    wanted = [one_line(phrase).casefold() for phrase in phrases]
    return [one for one in found if wanted and all(text in one_line(one.record.text).casefold() for text in wanted)][
        :TIMES
    ]


def seen(state: AnswerState, plan: Plan) -> Told | None:
    """Where the objects are that a question names; `None` where it names none that was found, asks for what no picture
    tells, as a name or a reason, or where something that is said or written is nearer to it."""
    said = [one.similarity for one in state.ranked if one.record.modality in TOLD]
    nearer = max(said, default=0.0) >= (NEAR if plan.kind in OF_ANYTHING else ITSELF)
    if not plan.labels or nearer or plan.kind not in (*OF_ANYTHING, *OF_THINGS):
        return None
    found = [one for one in state.ranked if one.record.modality is Modality.OBJECT and one.coverage == 1.0]
    if not found:
        return None
    best = sorted(found, key=lambda one: -one.relevance)[:TIMES]
    parts = [quoted(one, plan, state) for one in best]
    if plan.kind is Kind.YES_NO:
        parts.insert(0, worded(plan.language, "yes"))
    return Told(" ".join(parts), best, round(min(best[0].relevance, 1.0), 3))


def confirmed(shown: Told, state: AnswerState, answering: Answering, plan: Plan) -> Told:
    """That something is seen, as a yes, where the judge finds that this answers: that people are seen does not tell
    whether somebody died."""
    told = best_of(state, answering, [*shown.cited, *passages(state, plan.kind)])
    if told.read and is_withheld(told.sure, answering):
        return replace(nothing(plan, shown.cited[0], state, told.sure), notes=told.notes, weighed=told.weighed)
    return replace(shown, notes=told.notes)


def when(state: AnswerState, answering: Answering, plan: Plan) -> Told:
    """The times of the record that fits best, and of others that say the same."""
    found = passages(state, plan.kind)
    if not found or found[0].similarity < NEAR:
        return nothing(plan, found[0] if found else None, state)
    best = found[0]
    line = answering.index.timeline(best.record.video, [best.record.modality])  # a search tells of one text once
    again = [replace(best, record=record) for record in line if says_the_same(record, best.record)]
    others = [one for one in found if one.similarity >= AGAIN * best.similarity and one.record.id != best.record.id]
    times = ([best] if not again else sorted(again, key=lambda one: one.record.span))[:SAID_AGAIN]
    times += [one for one in others if one not in times][: max(TIMES - len(times), 0)]
    return Told(" ".join(quoted(one, plan, state) for one in times), times, round(best.similarity, 3))


def around(state: AnswerState, answering: Answering, plan: Plan) -> Told | None:
    """What is said and written right before or after an event; `None` where the event is not found."""
    event = anchor(state.asked)
    if event is None and plan.language == "en":
        return None  # “what comes next” of something that is no clause: found like anything else
    told = event.event if event is not None else state.asked
    hits = answering.index.search(told, answering.vector(told), modalities=TOLD, videos=state.videos, k=4)
    hits = [hit for hit in hits if (hit.similarity or 0.0) >= NEAR]
    if not hits:
        return None
    at = max(hits, key=lambda hit: hit.similarity or 0.0).record
    earlier = _EARLIER.search(state.asked) is not None
    near = neighbours(at, answering, earlier)
    if not near:
        return None
    # The event is quoted too: it shows which one was meant, and may itself tell what stands beside it, as a list does.
    there = Candidate(at, 1.0, 1.0, 1.0)
    candidates = [Candidate(record, 1.0, 1.0, 1.0) for record in near]
    beside = " ".join(quoted(one, plan, state) for one in candidates)
    text = f"{quoted(there, plan, state)} {worded(plan.language, 'before' if earlier else 'after', text=beside)}"
    sure = max(hit.similarity or 0.0 for hit in hits)
    return Told(text, [*candidates, there], round(sure, 3))


def which_first(state: AnswerState, answering: Answering, plan: Plan) -> Told | None:
    """The things that an ordering question names, each by what speaks of it best, in order of time; `None` where it
    names no two, or where one of them is not found or stands in the same place as another."""
    best: list[tuple[float, Record]] = []
    for item in alternatives(state.asked):
        hits = answering.index.search(item, answering.vector(item), modalities=TOLD, videos=state.videos, k=4)
        near = [((hit.similarity or 0.0), hit.record) for hit in hits if (hit.similarity or 0.0) >= NEAR]
        if not near:
            return None
        best.append(max(near, key=lambda pair: pair[0]))
    if len({record.id for _, record in best}) < max(len(best), 2) or len({record.video for _, record in best}) > 1:
        return None
    there = [Candidate(record, 1.0, 1.0, 1.0) for _, record in sorted(best, key=lambda pair: pair[1].span)]
    first, *later = (quoted(one, plan, state) for one in there)
    text = " ".join([worded(plan.language, "first", text=first), worded(plan.language, "after", text=" ".join(later))])
    return Told(text, there, round(min(similarity for similarity, _ in best), 3))


def beside_an_event(state: AnswerState, answering: Answering, plan: Plan, within: Span) -> Told | None:
    """What comes right before or after an event whose time is known: the end of a stretch that lies at it."""
    earlier = plan.place is Place.LAST
    videos = {request.videos for request in plan.requests}
    line = [
        record
        for video in (videos.pop() if len(videos) == 1 else state.videos)
        for record in answering.index.timeline(video, TOLD, within)
        if (record.span.end <= within.end + 0.1 if earlier else record.span.start >= within.start - 0.1)
    ]
    said = [record for record in line if record.modality is Modality.SPEECH]
    written = [record for record in line if record.modality is Modality.SCREEN_TEXT]
    near = [*said[-NEIGHBOURS:], *written[-1:]] if earlier else [*said[:NEIGHBOURS], *written[:1]]
    if not near:
        return None
    there = [Candidate(record, 1.0, 1.0, 1.0) for record in sorted(near, key=lambda record: record.span)]
    text = worded(
        plan.language, "before" if earlier else "after", text=" ".join(quoted(one, plan, state) for one in there)
    )
    event = [Candidate(record, 1.0, 1.0, 1.0) for record in ending_at(within, near[0].video, earlier, answering)]
    return Told(" ".join([*(quoted(one, plan, state) for one in event), text]), [*there, *event], FIXED)


def ending_at(within: Span, video: str, earlier: bool, answering: Answering) -> list[Record]:
    """The record at whose edge a stretch before or after it begins or ends: it shows which event was meant, and may
    itself tell what stands beside it, as a list does. None where no record has its edge there."""
    edge = within.end if earlier else within.start
    line = answering.index.timeline(video, TOLD, Span(max(edge - AT_THE_EDGE, 0.0), edge + AT_THE_EDGE))
    return [one for one in line if abs((one.span.start if earlier else one.span.end) - edge) <= AT_THE_EDGE][:1]


def neighbours(at: Record, answering: Answering, earlier: bool) -> list[Record]:
    """What is said right before or after a record, and the next text on screen on that side, in order of time.

    After a text on screen that is what is said last while it stands there and first when it has gone: what comes after
    it may be told under it. A text that stands there again, as a ticker, is no next one.
    """
    line = answering.index.timeline(at.video, TOLD)
    said = [record for record in line if record.modality is Modality.SPEECH and record.id != at.id]
    written = [record for record in line if record.modality is Modality.SCREEN_TEXT and record.id != at.id]
    written = [
        one for place, one in enumerate(written) if not any(says_the_same(one, other) for other in written[:place])
    ]
    if earlier:
        said = [record for record in said if record.span.end <= at.span.start + 0.1][-NEIGHBOURS:]
        written = [record for record in written if record.span.end <= at.span.start + 0.5][-1:]
    elif at.modality is Modality.SPEECH:
        said = [record for record in said if record.span.start >= at.span.end - 0.1][:NEIGHBOURS]
        written = [one for one in written if at.span.end - 0.5 <= one.span.start <= at.span.end + SOON][:1]
    else:
        under = [one for one in said if at.span.start <= one.span.start < at.span.end - 0.5]
        said = [*under[-1:], *[one for one in said if one.span.start >= at.span.end - 0.5][:1]]
        written = [one for one in written if at.span.end - 0.5 <= one.span.start <= at.span.end + SOON][:1]
    return sorted([*said, *written], key=lambda record: record.span)


def at_an_end(state: AnswerState, answering: Answering, plan: Plan) -> Told:
    """The first or last thing that is said or written, where the question names nothing else; else as any question."""
    last = plan.place is Place.LAST or _LAST.search(state.asked) is not None
    found = passages(state, plan.kind)
    told = quoting(state, answering) if found and found[0].similarity >= NEAR else None
    chosen: list[Candidate] = []
    for video in state.videos:
        for modality in TOLD if told is None else (Modality.SPEECH,):
            line = answering.index.timeline(video, [modality])
            chosen += [Candidate(record, 1.0, 1.0, 1.0) for record in (line[-1:] if last else line[:1])]
    if told is not None:
        return told if told.abstained else with_an_end(told, chosen, plan, state, last=last)
    if not chosen:
        return nothing(plan, None, state)
    text = " ".join(quoted(one, plan, state) for one in chosen)
    return Told(worded(plan.language, "last" if last else "first", text=text), chosen, FIXED)


def with_an_end(told: Told, ends: list[Candidate], plan: Plan, state: AnswerState, *, last: bool) -> Told:
    """What was found, and after it the end itself: whether “the last thing” is of the video or of something in it is
    not told by the words."""
    known = {one.record.id for one in told.cited}
    more = [one for one in ends if one.record.id not in known]
    if not more:
        return told
    end = worded(plan.language, "last" if last else "first", text=" ".join(quoted(one, plan, state) for one in more))
    return replace(told, text=f"{told.text} {end}", cited=[*told.cited, *more])


def of_a_stretch(state: AnswerState, answering: Answering, plan: Plan) -> Told:
    """What is said and written in the stretch that the question names by the clock."""
    assert plan.within is not None
    there = stretch_of(state, answering, plan.within)
    if not there:
        return nothing(plan, None, state)
    if state.turns and (before := state.turns[-1].span) is not None:
        # What answered the question before comes first: “when was that” means it.
        there.sort(key=lambda one: abs(one.record.span.start - before.start))
    return Told(" ".join(quoted(one, plan, state) for one in there), there, FIXED)
