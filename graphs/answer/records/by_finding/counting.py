"""How many: at once, or how often. Counted over records, since a language model cannot count what it was not shown."""

import re
from dataclasses import dataclass

from .....tools.payloads import ObjectCounts
from .....tools.records import Modality, Record, clock
from .....tools.words import content_words, coverage
from ...question.object_names import counted_label
from ...question.rules import ABOUT_THE_VIDEO
from ...state import Answering, AnswerState, Candidate
from ..sentences import stretch

OCCURRENCES = re.compile(
    r"\bhow (?:many times|often)\b|\bhow many (?:of the )?(?:pictures?|images?|photos?|scenes?|shots?|clips?|frames?)\b"
)
"""Wordings that count how often something is there, not how many are there at once: times, or parts of a video."""
PASSING = re.compile(
    r"\b(?:pass(?:es|ed|ing)?|cross(?:es|ed|ing)?|enter(?:s|ed|ing)?|different|in total|altogether)\b"
    r"|\b(?:comes?|came|go|goes|went|walk\w*|rides?|rode|riding|drives?|drove|driving|runs?|ran|running) "
    r"(?:by|past|through|in|out|along|across)\b"
)
"""Wordings that count individuals as they come and go."""
STANDS_OUT = 3.0
"""Standard deviations above the mean of the whole video from which a frame shows what is looked for."""
SAME = 95
"""rapidfuzz ratio from which two texts are one that was read twice."""
NAMED = 6
"""Occurrences whose times are named in the answer."""


@dataclass(frozen=True)
class Counted:
    """A number, where it comes from, and how it is said."""

    number: int
    cited: list[Candidate]
    said: str

    def told(self) -> tuple[str, list[Candidate]]:
        """The sentence, and what it cites."""
        return self.said, self.cited


def count(state: AnswerState, answering: Answering) -> Counted | None:
    """The number that a question asks for; `None` when it is not of something that the records count."""
    assert state.plan is not None
    occurrences = OCCURRENCES.search(state.asked.casefold()) is not None
    if occurrences and state.plan.labels:
        return how_often_seen(state, answering)
    if (label := counted_label(state.asked, state.plan.labels)) is not None:
        passed = how_many_came(label, state, answering) if PASSING.search(state.asked.casefold()) else None
        return passed or most_at_once(label, state)
    return how_often_written_or_said(state, answering) or (how_often_looks(state, answering) if occurrences else None)


def most_at_once(label: str, state: AnswerState) -> Counted | None:
    """The largest number of an object in one picture, and where."""
    found = [(number_of(label, candidate.record), candidate) for candidate in state.ranked]
    number, candidate = max(found, key=lambda pair: (pair[0], -pair[1].record.span.start), default=(0, None))
    if not number or candidate is None:
        return None
    record = candidate.record
    return Counted(number, [candidate], f"{number} at once at most, {stretch(record)}: {record.text}.")


def number_of(label: str, record: Record) -> int:
    """How many objects of a label a record counts."""
    return record.payload.counts.get(label, 0) if isinstance(record.payload, ObjectCounts) else 0


def how_many_came(label: str, state: AnswerState, answering: Answering) -> Counted | None:
    """How many individuals of a kind came and went, and when; `None` for a video whose objects were not followed."""
    tracks = [record for record in everything(state, answering, Modality.TRACK) if label in record.labels]
    return times(tracks) if tracks else None


def how_often_seen(state: AnswerState, answering: Answering) -> Counted | None:
    """How many separate stretches show an object."""
    assert state.plan is not None
    for label in state.plan.labels:
        stretches: list[Record] = []
        for record in everything(state, answering, Modality.OBJECT):
            if label not in record.labels:
                continue
            if stretches and record.video == stretches[-1].video and record.span.start - stretches[-1].span.end < 1.0:
                continue  # the same appearance with another number of them
            stretches.append(record)
        if stretches:
            return times(stretches)
    return None


def how_often_written_or_said(state: AnswerState, answering: Answering) -> Counted | None:
    """How many different texts or utterances hold everything that is asked for."""
    assert state.plan is not None
    topic = content_words(state.plan.topic, without=ABOUT_THE_VIDEO)
    if not topic:
        return None
    weight = {request.modality: request.weight for request in state.plan.requests}
    for modality in sorted((Modality.SCREEN_TEXT, Modality.SPEECH), key=lambda m: -weight.get(m, 0.0)):
        holding = [r for r in everything(state, answering, modality) if coverage(topic, r.text) == 1.0]
        if holding:
            return times(distinct(holding))
    return None


def how_often_looks(state: AnswerState, answering: Answering) -> Counted | None:
    """How many separate stretches look like what is asked for, by frame–text similarity alone."""
    assert state.plan is not None
    query = answering.frame_query(state.plan.topic)
    peaks: list[Record] = []
    for video in state.videos:
        moments, scores = answering.index.frame_similarities(query, video)
        if len(scores) < 8 or float(scores.std()) == 0:
            continue
        high = [float(t) for t, s in zip(moments, scores, strict=True) if s > scores.mean() + STANDS_OUT * scores.std()]
        looks = answering.index.timeline(video, [Modality.FRAME])
        for moment in high:
            at = next((record for record in looks if record.span.contains(moment)), None)
            if at is not None and (not peaks or at.span.start - peaks[-1].span.end > 1.0):
                peaks.append(at)
    return times(peaks) if peaks else None


def everything(state: AnswerState, answering: Answering, modality: Modality) -> list[Record]:
    """All records of a modality in the asked videos and time, not only the best."""
    assert state.plan is not None
    lines = (answering.index.timeline(video, [modality], state.plan.within) for video in state.videos)
    return [record for line in lines for record in line]


def distinct(records: list[Record]) -> list[Record]:
    """Records without those that repeat another's text: one text that was lost and found again is one."""
    from rapidfuzz.fuzz import ratio

    kept: list[Record] = []
    for record in records:
        if not any(ratio(record.text.casefold(), other.text.casefold()) >= SAME for other in kept):
            kept.append(record)
    return kept


def times(records: list[Record]) -> Counted:
    """The count with its times: “3: at 0:12, 0:31, 0:44.”"""
    cited = [Candidate(record, 1.0, 1.0, 1.0) for record in records]
    when = ", ".join(clock(record.span.start) for record in records[:NAMED])
    more = " and later" if len(records) > NAMED else ""
    return Counted(len(records), cited[:NAMED], f"{len(records)}: at {when}{more}.")
