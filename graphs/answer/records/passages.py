"""Answers in the video's own words: the records that fit a question best, quoted with their times.

Of the ways to answer with the models that registry packages carry this was right most often: on the development half
of the made questions three quoted records held the answer of 72 % of the questions that have one, while a text model
of 1.5 B that wrote an answer from five records was right in 45 % of a sample. What is quoted cannot be made up, and
whether it answers is weighed apart (`judging.py`, `confidence.py`).
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from ....tools.errors import AnswererError, WeightsError
from ....tools.payloads import Spoken, TextLines
from ....tools.perception.voices.names import is_numbered, name_on_screen
from ....tools.records import Modality, Record, Span, clock
from ....tools.videollm.interface import VideoLLM
from ....tools.words import is_number, stem, words
from ...events import Weighed
from ..question.times import AROUND
from ..question.yes_no import asks_who
from ..state import Answering, AnswerState, Candidate, Kind, Plan
from .confidence import confidence, told_from
from .context import in_context
from .difference import difference
from .judging import NOTES, affirmed, answered
from .wording import cited, cited_together, worded

QUOTED = 3
"""Records that one answer quotes."""
BESIDE_THE_BEST = 0.6
"""Share of the best record's cosine from which a further record is quoted."""
SAME = 85
"""rapidfuzz ratio from which two records say the same."""
TOLD = (Modality.SPEECH, Modality.SCREEN_TEXT)
NAMED = (*TOLD, Modality.SOUND, Modality.CHAPTER)
"""What somebody put into words: speech, writing, and what the file itself notes of sounds and chapters."""
SHOWN = (*NAMED, Modality.OBJECT, Modality.CAPTION)
"""Where the picture is asked about. What frames look like is compared in another space, so that its cosines do not
compare with those of texts."""
TELLING = tuple(modality for modality in NAMED if modality is not Modality.SOUND)
OF_SOUNDS = (None, Kind.SOUND, Kind.YES_NO, Kind.WHEN, Kind.WHO_SAID, Kind.COUNT_SAID, Kind.AROUND)
"""Kinds of question that the name of a sound may answer; beside other notes it is one more that tells nothing."""
SHORT = 60
"""Characters up to which a question may lean on the one before it, whatever its language."""
ITSELF = 0.5
"""Cosine of the best record from which a question is taken to say itself what it is about."""
LEANING = 0.95
"""What the cosine of a record counts that was found with the question before: a little less than one's own."""
TOGETHER = 300
"""Characters of the best utterance and its neighbours that are quoted as one."""
REPLY = 45
"""Characters up to which an utterance is a short reply, which is quoted with what it replies to."""
REPLIES = 3
"""Short replies that are quoted after an utterance and its neighbour."""
GAP = 2.0
"""Seconds of silence after which an utterance does not belong to the one before. On 191 questions of the development
half the answer was among what is quoted for 81 % with the best sentence alone, for 85 % with its neighbours."""
AT_ONCE = 0.1
"""Seconds by which two utterances that follow each other may overlap."""
QUESTION_MARKS = ("?", "？", "؟", "‽")
"""With which an utterance ends that asks something."""
GOES_ON = 20.0
"""Seconds after an answer in which what follows is looked at."""
NEAR_ENOUGH = 0.35
"""Cosine from which a record may confirm or deny something."""
NUMBER_COUNTS = 0.1
"""What a number adds to the cosine of a record where one is asked for."""
NUMBERS = (Kind.NUMBER, Kind.COUNT_SAID, Kind.DIFFERENCE)
"""Kinds of question that nothing without a number answers."""


@dataclass(frozen=True)
class Told:
    """An answer from records, or that none answers."""

    text: str
    cited: list[Candidate]
    confidence: float
    abstained: bool = False
    notes: tuple[str, ...] = ()
    weighed: Weighed | None = None
    """What the confidence was computed from, where it was."""


def passages(state: AnswerState, kind: Kind | None, more: Sequence[Candidate] = ()) -> list[Candidate]:
    """What may answer, best first by cosine, each text once; objects and looks only where the question is of those.

    Args:
        more: found for another wording of the question.
    """
    from rapidfuzz.fuzz import ratio

    wanted = SHOWN if kind in (Kind.LOOK, Kind.COUNT_SEEN) else NAMED if kind in OF_SOUNDS else TELLING
    found = [candidate for candidate in (*state.ranked, *more) if candidate.record.modality in wanted]
    if max((candidate.similarity for candidate in found), default=0.0) < NEAR_ENOUGH:
        seen = [candidate for candidate in (*state.ranked, *more) if candidate.record.modality in SHOWN]
        found = seen if any(candidate.similarity >= NEAR_ENOUGH for candidate in seen) else found or seen
    if kind in NUMBERS:
        found = [replace(one, similarity=one.similarity + NUMBER_COUNTS * has_number(one.record)) for one in found]
    found.sort(key=lambda candidate: (-candidate.similarity, candidate.record.span))
    kept: list[Candidate] = []
    for candidate in found:
        text = candidate.record.text.casefold()
        if all(ratio(text, other.record.text.casefold()) < SAME for other in kept):
            kept.append(candidate)
    return kept


def says_the_same(one: Record, other: Record) -> bool:
    """Whether two records of one modality have the same text, but for what recognition makes of it."""
    from rapidfuzz.fuzz import ratio

    return one.modality is other.modality and ratio(one.text.casefold(), other.text.casefold()) >= SAME


def in_conversation(state: AnswerState, answering: Answering) -> list[Candidate]:
    """What is found for a short question together with the one before it, and what goes on where that was answered."""
    if not leans(state):
        return []
    before = state.turns[-1]
    both = f"{before.question} {state.question}"
    hits = answering.index.search(both, answering.vector(both), modalities=TOLD, videos=state.videos, k=8)
    near = in_context(answering.index, [(hit.record, hit.similarity or 0.0) for hit in hits], answering.vector(both))
    found = [Candidate(record, LEANING * similarity, 0.0, 1.0) for record, similarity in near]
    if before.video in state.videos and before.span is not None:
        near = Span(before.span.start, before.span.end + GOES_ON)
        best = max((one.similarity for one in found), default=0.0)
        line = answering.index.timeline(before.video, [Modality.SPEECH], near)
        # First of all what answered the question before: that is what “that” and “it” mean.
        there = [best / LEANING if record.span.start < before.span.end else LEANING * best for record in line]
        found += [Candidate(record, near, 0.0, 1.0) for record, near in zip(line[: QUOTED + 1], there, strict=False)]
    return found


@dataclass(frozen=True)
class Best:
    """The passages, the nearest first, and how sure it is that they answer."""

    passages: list[Candidate]
    weighed: Weighed
    read: list[str]
    """What the judge read; empty where nobody judged."""
    notes: tuple[str, ...] = ()

    @property
    def sure(self) -> float:
        """The probability that they answer, 0..1."""
        return confidence(self.weighed)


def best_of(state: AnswerState, answering: Answering, found: list[Candidate]) -> Best:
    """What was found, and what the judge makes of it where there is one."""
    best = unjudged(state, answering, found)
    if answering.judge is None:
        return best
    try:
        judged = answered(with_the_one_before(state), best.read, answering.judge)
    except (AnswererError, WeightsError) as error:
        note = f"the judge failed, so how well a record fits decides alone: {error}"
        return replace(best, read=[], notes=(note,))
    return replace(best, weighed=replace(best.weighed, said=judged.said, probed=judged.probed))


def unjudged(state: AnswerState, answering: Answering, found: list[Candidate]) -> Best:
    """What was found, with what a judge would read of it."""
    assert state.plan is not None
    lacks = state.plan.kind in NUMBERS and not has_number(found[0].record)
    weighed = Weighed(found[0].similarity, None, lacks)
    if answering.judge is None:
        return Best(found, weighed, [])
    said = with_neighbours(found[0].record, answering)
    known = {record.id for record in said}
    others = [one.record for one in found[1:] if one.record.id not in known][: NOTES - 1]
    read = [said, *(with_reply(record, answering) for record in others)]
    return Best(found, weighed, [" ".join(as_read(one, state.plan, answering) for one in note) for note in read])


def with_the_one_before(state: AnswerState) -> str:
    """The question as the judge reads it: after the one before where it may lean on that (“and who backed it?”)."""
    return f"{state.turns[-1].question} {state.asked}" if leans(state) else state.asked


def leans(state: AnswerState) -> bool:
    """Whether a question may lean on the one before: a short one, not asked again, that nothing comes near."""
    near = any(one.similarity >= ITSELF for one in state.ranked if one.record.modality in TOLD)
    short = bool(state.turns) and len(state.question) <= SHORT
    return short and not near and state.turns[-1].question.casefold() != state.question.casefold()


def is_withheld(sure: float, answering: Answering) -> bool:
    """Whether what is this likely to be right is better not told."""
    return sure < (told_from() if answering.answer_from is None else answering.answer_from)


def several(best: list[Candidate], beside: Sequence[Record] = ()) -> list[Candidate]:
    """What is quoted: the first, and those nearly as good; one of what is said and one of what is written among them
    where both are, since they may differ.

    Args:
        beside: what is quoted with the first anyway.
    """
    known = {record.id for record in beside}
    near = [
        one for one in best[1:] if one.record.id not in known and one.similarity >= BESIDE_THE_BEST * best[0].similarity
    ]
    other = next((one for one in near if one.record.modality is not best[0].record.modality), None)
    rest = [one for one in near if one is not other][: QUOTED - 1 - (other is not None)]
    return [best[0], *sorted([*rest, *([other] if other else [])], key=lambda one: near.index(one))]


def has_number(record: Record) -> bool:
    """Whether a record has a number, in figures or in English words; unknown of another language counts as yes."""
    if any(is_number(stem(word)) for word in words(record.text)):
        return True
    return isinstance(record.payload, Spoken) and record.payload.language not in ("", "en")


def quoting(state: AnswerState, answering: Answering) -> Told:
    """The answer in the words of the records that fit best, or that none answers, with the nearest."""
    plan = state.plan
    assert plan is not None
    found = passages(state, plan.kind, in_conversation(state, answering))
    if not found:
        return nothing(plan, None, state)
    if plan.kind is Kind.YES_NO and found[0].similarity < NEAR_ENOUGH:
        return nothing(plan, found[0], state)
    if plan.kind is Kind.YES_NO and answering.judge is not None:
        with suppress(AnswererError, WeightsError):  # as if it were no such question
            return yes_or_no(state, plan, answering.judge, unjudged(state, answering, found))
    told = best_of(state, answering, found)
    best, sure = told.passages, told.sure
    if is_withheld(sure, answering):
        return replace(nothing(plan, best[0], state, sure), notes=told.notes, weighed=told.weighed)
    said = with_neighbours(best[0].record, answering)
    chosen = several(best, said)
    text, beside = in_words(chosen, said, plan, state, answering)
    slides = besides(plan, best[0], answering, chosen)
    parts = [text, *(quoted(one, plan, state) for one in slides)]
    if plan.kind is Kind.DIFFERENCE and (reckoned := differing(said, chosen, state)) is not None:
        parts.insert(0, reckoned)
    if plan.kind in (Kind.WHO_SAID, Kind.PERSON) or asks_who(state.asked, plan.language):
        parts += speaking(best[0], plan, answering)
    cited = [*chosen, *slides, *beside]
    return Told(" ".join(parts), cited, round(sure, 3), notes=told.notes, weighed=told.weighed)


def differing(said: Sequence[Record], chosen: Sequence[Candidate], state: AnswerState) -> str | None:
    """By how much two numbers differ in what is quoted; `None` where there are no two of one thing."""
    texts = [" ".join(record.text for record in said), *(one.record.text for one in chosen[1:])]
    spoken = next((one.payload.language for one in said if isinstance(one.payload, Spoken)), "")
    return difference(texts, state.asked, spoken or "en")


def in_words(
    chosen: list[Candidate], said: list[Record], plan: Plan, state: AnswerState, answering: Answering
) -> tuple[str, list[Candidate]]:
    """What is quoted, the best of it with what is `said` around it, a question with what is said after it; and the
    utterances that this adds."""
    best = chosen[0]
    parts = [cited_together(said, plan.language, state.name(best.record.video))]
    shown = {one.record.id for one in chosen}
    known = shown | {record.id for record in said}
    added = [replace(best, record=record) for record in said if record.id not in shown]
    for one in chosen[1:]:
        replies = [
            record
            for record in with_reply(one.record, answering)
            if record.id == one.record.id or record.id not in known
        ]
        parts.append(cited_together(replies, plan.language, state.name(one.record.video)))
        added += [replace(one, record=record) for record in replies[1:]]
    return " ".join(parts), added


def with_reply(record: Record, answering: Answering) -> list[Record]:
    """An utterance that asks something with what is said next, which answers it; anything else alone."""
    if record.modality is not Modality.SPEECH or not record.text.rstrip().endswith(QUESTION_MARKS):
        return [record]
    near = Span(record.span.start, record.span.end + GAP)
    line = sorted(answering.index.timeline(record.video, [Modality.SPEECH], near), key=lambda one: one.span)
    return [record, *[one for one in line if one.span.start >= record.span.end - AT_ONCE and one.id != record.id][:1]]


def with_neighbours(record: Record, answering: Answering) -> list[Record]:
    """An utterance with the one before and the one after it, where no pause parts them: a question has its answer in
    the next one, “that” its meaning in the one before. Where somebody else replies, with the short replies that
    follow, since a date that is objected to is settled in a few words. Anything else alone."""
    if record.modality is not Modality.SPEECH:
        return [record]
    near = Span(max(record.span.start - GAP, 0.0), record.span.end + GOES_ON)
    line = sorted(answering.index.timeline(record.video, [Modality.SPEECH], near), key=lambda one: one.span)
    at = next((place for place, one in enumerate(line) if one.id == record.id), None)
    if at is None:
        return [record]
    said = [record]
    after = [one for one in line[at + 1 : at + 2] if one.span.start - record.span.end <= GAP]
    for one in (*after, *line[max(at - 1, 0) : at]):
        if sum(len(other.text) for other in (*said, one)) <= TOGETHER:
            said.append(one)
    if after and after[0] in said and voice_of(after[0]) != voice_of(record):
        last = after[0]
        for one in line[at + 2 : at + 2 + REPLIES]:
            if len(one.text) > REPLY or one.span.start - last.span.end > GAP:
                break
            said.append(one)
            last = one
    return sorted(said, key=lambda one: one.span)


def voice_of(record: Record) -> str:
    """Who says an utterance; empty where nobody knows."""
    return record.payload.speaker if isinstance(record.payload, Spoken) else ""


def yes_or_no(state: AnswerState, plan: Plan, judge: VideoLLM, told: Best) -> Told:
    """Yes or no, as the judge takes it from what comes nearest, which is quoted. Whether that answers is not asked: it
    takes “they never used steel” for no answer to “did they use steel?”."""
    probability = affirmed(with_the_one_before(state), told.read, judge)
    chosen = several(told.passages)
    text = [worded(plan.language, "yes" if probability >= 0.5 else "no"), *(quoted(one, plan, state) for one in chosen)]
    return Told(" ".join(text), chosen, round(max(probability, 1 - probability), 3))


def nothing(plan: Plan, nearest: Candidate | None, state: AnswerState, sure: float = 0.0) -> Told:
    """That nothing answers, and what comes nearest."""
    text = worded(plan.language, "not_found")
    if nearest is None:
        return Told(text, [], 0.0, abstained=True)
    closest = worded(plan.language, "nearest", text=quoted(nearest, plan, state))
    return Told(f"{text} {closest}", [nearest], round(sure, 3), abstained=True)


def quoted(candidate: Candidate, plan: Plan, state: AnswerState) -> str:
    """A record in its own words with its time, in the question's language."""
    return cited(candidate.record, plan.language, state.name(candidate.record.video))


def besides(plan: Plan, best: Candidate, answering: Answering, chosen: Sequence[Candidate]) -> list[Candidate]:
    """The slide that has the list, or the number, of which the best record speaks."""
    record = best.record
    if plan.kind not in (Kind.LIST, Kind.COUNT_SAID, Kind.NUMBER, Kind.DATE) or record.modality is not Modality.SPEECH:
        return []
    slides = [
        slide
        for slide in answering.index.timeline(record.video, [Modality.SCREEN_TEXT], record.span)
        if isinstance(slide.payload, TextLines) and len(slide.payload.lines) >= QUOTED
    ][:1]
    known = {one.record.id for one in chosen}
    return [replace(best, record=one) for one in slides if one.id not in known]


def speaking(best: Candidate, plan: Plan, answering: Answering) -> list[str]:
    """Who speaks in the best record, in words of the question's language.

    A voice that has only a number is told of only where who said something is asked for: beside “who signed it” it
    would look like an answer.
    """
    name, given = speaker_of(best.record, answering)
    if is_numbered(name) and plan.kind is not Kind.WHO_SAID:
        return []
    return [worded(plan.language, "speaker" if given else "name_shown", text=name)] if name else []


def speaker_of(record: Record, answering: Answering) -> tuple[str, bool]:
    """Who says a record, and whether the record tells it; else it is the name that stands on screen meanwhile, or
    nobody is known. A number is told of a voice only where no name stands on screen."""
    if record.modality is not Modality.SPEECH:
        return "", False
    own = voice_of(record)
    if own and not is_numbered(own):
        return own, True
    for shown in answering.index.timeline(record.video, [Modality.SCREEN_TEXT], record.span):
        lines = shown.payload.lines if isinstance(shown.payload, TextLines) else ()
        if name := name_on_screen(lines):
            return name, False
    return own, bool(own)


def as_read(record: Record, plan: Plan, answering: Answering) -> str:
    """What the judge reads of a record: with who says it where a person is asked for; with when it stands in the video
    where a date is, since that may be what is meant."""
    if plan.kind is Kind.DATE:
        return f"At {clock(record.span.start)}: {record.text}"
    name = speaker_of(record, answering)[0] if plan.kind in (Kind.WHO_SAID, Kind.PERSON) else ""
    return f"{name}: {record.text}" if name else record.text


def stretch_of(state: AnswerState, answering: Answering, within: Span, most: int = 8) -> list[Candidate]:
    """What is said and written in a stretch, in order of time, spread over it where there is more than fits; where the
    question asks for writing and there is some, that alone."""
    found = [record for video in state.videos for record in answering.index.timeline(video, NAMED, within)]
    written = [record for record in found if record.modality is Modality.SCREEN_TEXT]
    found = written if state.plan is not None and state.plan.kind is Kind.READ and written else found
    middle = (within.start + within.end) / 2
    moment = within.duration <= 2 * AROUND + 0.1  # one moment is meant, so what stands at it comes first
    found.sort(key=lambda record: (moment and not record.span.contains(middle), record.video, record.span))
    if len(found) > most:
        found = [found[int((at + 0.5) * len(found) / most)] for at in range(most)]
    return [Candidate(record, 1.0, 1.0, 1.0) for record in found]
