"""Questions about who speaks: for how long, who first, what somebody says about something, what somebody answers.

They are read off who speaks when and who says each utterance, where the stage `speakers` has found that. What is asked
is told by labelled examples (`speaking.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .....tools.payloads import Modality, Spoken, Voice
from .....tools.records import Record, clock, of_kind
from .....tools.words import content_words, coverage, folded, stem, words
from ...state import Answering, AnswerState, Candidate, Kind, Plan
from ..passages import ITSELF, NEAR_ENOUGH, QUESTION_MARKS, QUOTED, Told, best_of, is_withheld, nothing, quoted
from ..wording import worded
from .speaking import Asked, asked_for, masked, mentioned

LOOKED_INTO = 256
"""Utterances among which one of somebody's is looked for."""
BESIDE_THE_BEST = 0.8
"""Share of the best utterance's fit from which a further one of the same speaker is quoted."""
HOLDS = 0.5
"""What an utterance's share of the question's words counts beside its cosine: names and numbers tell apart what is
alike in meaning."""
LETTERS = 1.0
"""What the likeness of the letters counts beside its cosine: speech is misheard for what sounds alike, “bicycle pass”
for “bicycle path”, and means something else then. With it 107 instead of 98 of 120 questions what somebody says about
something have the right utterance first (six made meetings for development, of which some voices are misheard mostly);
of questions who says something 91 of 120, with it and without."""
ALIKE = 0.7
"""Likeness of letters from which an utterance of somebody is near enough to be quoted, whatever its cosine."""
REPEATED = 0.8
"""Share of a question's words that an utterance must hold for the question to repeat it, however it is worded."""
FIXED = 0.7
"""Confidence in what is read off who speaks when. Nothing was measured to set it."""
SOON = 30.0
"""Seconds within which somebody answers what another one says."""


@dataclass(frozen=True)
class _Speakers:
    """Who speaks in the videos of a question."""

    turns: list[tuple[Record, str]]
    """The stretches in which somebody speaks, in order of time, with his name or label."""
    said: list[tuple[Record, Spoken]]

    @property
    def names(self) -> list[str]:
        """Everybody, in the order in which they begin to speak."""
        heard = [name for _, name in self.turns] + [spoken.speaker for _, spoken in self.said]
        return [name for name in dict.fromkeys(heard) if name.strip()]


@dataclass(frozen=True)
class _Heard(Candidate):
    """An utterance that may be the one."""

    letters: float = 0.0
    """How like the question's words of meaning are to a part of it, letter by letter, 0..1."""

    @property
    def fit(self) -> float:
        return self.similarity + HOLDS * self.coverage + LETTERS * self.letters

    @property
    def near(self) -> bool:
        return self.similarity >= NEAR_ENOUGH or self.letters >= ALIKE


def by_speaker(state: AnswerState, answering: Answering, plan: Plan) -> Told | None:
    """The answer to a question about who speaks; `None` where it is another one, or nobody knows who speaks."""
    told = _told(state, answering, plan)
    if told is None:
        return None
    # A conversation keeps what is cited, and reads back no narrower class.
    cited = [Candidate(one.record, one.similarity, one.coverage, one.weight) for one in told.cited]
    return replace(told, cited=cited)


def _told(state: AnswerState, answering: Answering, plan: Plan) -> Told | None:
    speakers = _speakers(state, answering)
    if not speakers.names:
        return None
    there = mentioned(state.asked, speakers.names)
    named = [name for name, _ in there]
    if named and there[0][1] != named[0] and _several(there[0][1], speakers.names):
        return None  # a first name that two have
    match what_is_asked(state.asked, [part for _, part in there], answering):
        case Asked.HOW_LONG if speakers.turns:
            return how_long(named[0], speakers, plan)
        case Asked.MOST | Asked.LEAST as which if speakers.turns:
            return longest(speakers, plan, least=which is Asked.LEAST)
        case Asked.FIRST | Asked.LAST as end if speakers.turns:
            return at_an_end(state, speakers, plan, last=end is Asked.LAST)
        case Asked.EVERYBODY if speakers.turns:
            return everybody(speakers, plan)
        case Asked.ABOUT:
            return said_about(state, answering, plan, named[0], there)
        case Asked.ANSWER:
            return answered(state, answering, plan, named[0], speakers, there)
        case Asked.ASK:
            return questions(state, answering, plan, named[0], there)
        case Asked.WHO:
            return who_said(state, answering, plan)
        case _:
            return None


def what_is_asked(question: str, parts: Sequence[str], answering: Answering) -> Asked | None:
    """What a question asks about those whose names stand in it."""
    plain = masked(question, parts)
    return asked_for(plain, parts, answering.vector(plain), answering.text_embedding.source)


def how_long(name: str, speakers: _Speakers, plan: Plan) -> Told:
    """For how long somebody speaks in all."""
    own = [record for record, other in speakers.turns if other == name]
    seconds = sum(record.span.duration for record in own)
    text = worded(plan.language, "speaks_for", text=name, at=clock(seconds))
    return Told(text, _candidates(own[:QUOTED]), FIXED)


def longest(speakers: _Speakers, plan: Plan, least: bool = False) -> Told:
    """Who speaks longest, or shortest, and for how long everybody does."""
    seconds = _seconds(speakers)
    order = sorted(seconds, key=lambda name: seconds[name] if least else -seconds[name])
    text = " ".join(worded(plan.language, "speaks_for", text=name, at=clock(seconds[name])) for name in order)
    return Told(text, _candidates([_first_turn(speakers, order[0])]), FIXED)


def everybody(speakers: _Speakers, plan: Plan) -> Told:
    """How many speak, who, and for how long."""
    seconds = _seconds(speakers)
    each = [worded(plan.language, "speaks_for", text=name, at=clock(one)) for name, one in seconds.items()]
    text = " ".join([worded(plan.language, "speakers", text=str(len(seconds))), *each])
    return Told(text, _candidates([_first_turn(speakers, name) for name in seconds]), FIXED)


def at_an_end(state: AnswerState, speakers: _Speakers, plan: Plan, last: bool) -> Told:
    """Who speaks first or last, with what he says then."""
    record, name = speakers.turns[-1 if last else 0]
    said = [one for one, spoken in speakers.said if spoken.speaker == name and one.video == record.video]
    shown = _candidates(said[-1:] if last else said[:1]) or _candidates([record])
    parts = [worded(plan.language, "speaker", text=name)]
    parts += [quoted(one, plan, state) for one in shown if one.record.modality is Modality.SPEECH]
    return Told(" ".join(parts), shown, FIXED)


def who_said(state: AnswerState, answering: Answering, plan: Plan) -> Told | None:
    """Who says what the question tells; that nobody does, where no utterance comes near it and the judge finds that
    none tells it; `None` where nobody says anything like it, or it is not known who does.

    Whoever asks who said something repeats what was said, so that an utterance that is near enough is the one; the
    judge withheld seven of eight such answers. It is asked where something else is wanted of somebody, as his name.
    """
    found = utterances(state.asked, state, answering)
    if not found or found[0].similarity < NEAR_ENOUGH:
        return None
    name = _speaker(found[0])
    if not name:
        return None
    repeats = plan.kind is Kind.WHO_SAID or found[0].coverage >= REPEATED
    near = repeats and found[0].similarity >= ITSELF
    asked = replace(plan, kind=Kind.WHO_SAID)
    told = best_of(replace(state, plan=asked), answering if not near else replace(answering, judge=None), [*found])
    if told.read and is_withheld(told.sure, answering):
        return replace(nothing(asked, found[0], state, told.sure), notes=told.notes, weighed=told.weighed)
    text = f"{quoted(found[0], plan, state)} {worded(plan.language, 'speaker', text=name)}"
    sure = told.sure if told.read else found[0].similarity
    return Told(text, [found[0]], round(sure, 3), notes=told.notes, weighed=told.weighed if told.read else None)


def said_about(
    state: AnswerState, answering: Answering, plan: Plan, name: str, there: Sequence[tuple[str, str]]
) -> Told:
    """What somebody says about something: those of his utterances that fit the question best."""
    found = [one for one in utterances(_without(state.asked, there), state, answering) if _speaker(one) == name]
    if not found or not found[0].near:
        return nothing(plan, found[0] if found else None, state)
    return _told_of(found, name, plan, state)


def questions(
    state: AnswerState, answering: Answering, plan: Plan, name: str, there: Sequence[tuple[str, str]]
) -> Told:
    """What somebody asks: his utterances that end with a question mark; where none does, those that fit best."""
    found = [one for one in utterances(_without(state.asked, there), state, answering) if _speaker(one) == name]
    asked = [one for one in found if one.record.text.rstrip().endswith(QUESTION_MARKS)]
    if not asked:
        return said_about(state, answering, plan, name, there)
    return _told_of(asked, name, plan, state)


def answered(
    state: AnswerState,
    answering: Answering,
    plan: Plan,
    name: str,
    speakers: _Speakers,
    there: Sequence[tuple[str, str]],
) -> Told:
    """What somebody says right after what another one says; as what he says about it where nothing follows."""
    found = utterances(_without(state.asked, there), state, answering)
    named = [one for one, _ in there]
    said_first = next((_speaker(one) for one in found if _speaker(one) in named), name)
    if len(named) > 1:  # who says what is answered is named as well, before or after who answers
        name = next(one for one in named if one != said_first)
    others = [one for one in found if _speaker(one) != name]
    if others and others[0].near:
        at = others[0].record
        after = [
            record
            for record, spoken in speakers.said
            if spoken.speaker == name and record.video == at.video and 0 <= record.span.start - at.span.start <= SOON
        ]
        if after:
            chosen = _candidates(after[:2])
            text = " ".join(quoted(one, plan, state) for one in chosen)
            text = f"{text} {worded(plan.language, 'speaker', text=name)}"
            return Told(text, [*chosen, others[0]], round(others[0].similarity, 3))
    return said_about(state, answering, plan, name, there)


def utterances(question: str, state: AnswerState, answering: Answering) -> list[_Heard]:
    """What is said that fits a question, best first by meaning, words and letters together."""
    hits = answering.index.search(
        question, answering.vector(question), modalities=[Modality.SPEECH], videos=state.videos, k=LOOKED_INTO
    )
    wanted = content_words(question)
    phrase = " ".join(word for word in words(question) if stem(word) in wanted)
    found = [
        _Heard(
            hit.record,
            hit.similarity or 0.0,
            coverage(wanted, hit.record.text),
            1.0,
            _likeness(phrase, folded(hit.record.text)),
        )
        for hit in hits
    ]
    return sorted(found, key=lambda one: (-one.fit, one.record.span))


def _likeness(phrase: str, text: str) -> float:
    """How like a phrase is to the part of a text that is likest to it; to all of a shorter text, 0..1."""
    from rapidfuzz.fuzz import partial_ratio, ratio

    return (partial_ratio if len(text) >= len(phrase) else ratio)(phrase, text) / 100


def _told_of(found: Sequence[_Heard], name: str, plan: Plan, state: AnswerState) -> Told:
    """The best of somebody's utterances, in words."""
    chosen = [one for one in found if one.fit >= BESIDE_THE_BEST * found[0].fit][:QUOTED]
    text = " ".join(quoted(one, plan, state) for one in chosen)
    return Told(f"{text} {worded(plan.language, 'speaker', text=name)}", [*chosen], round(found[0].similarity, 3))


def _without(question: str, there: Sequence[tuple[str, str]]) -> str:
    """The question without the name of whom it asks, whose words are no words of what he says."""
    name = there[0][1]
    at = question.casefold().find(name.casefold())
    return " ".join(f"{question[:at]} {question[at + len(name) :]}".split())


def _speaker(one: Candidate) -> str:
    return one.record.payload.speaker if isinstance(one.record.payload, Spoken) else ""


def _several(part: str, names: Sequence[str]) -> bool:
    return sum(name.split()[0].casefold() == part.casefold() for name in names) > 1


def _seconds(speakers: _Speakers) -> dict[str, float]:
    """For how long everybody speaks, in the order in which they begin."""
    seconds: dict[str, float] = {}
    for record, name in speakers.turns:
        seconds[name] = seconds.get(name, 0.0) + record.span.duration
    return seconds


def _first_turn(speakers: _Speakers, name: str) -> Record:
    return next(record for record, other in speakers.turns if other == name)


def _speakers(state: AnswerState, answering: Answering) -> _Speakers:
    turns: list[tuple[Record, str]] = []
    said: list[tuple[Record, Spoken]] = []
    for video in state.videos:
        names = answering.index.people.names(video)
        for record, voice in of_kind(answering.index.timeline(video, [Modality.VOICE]), Voice):
            turns.append((record, names[voice.label].name if voice.label in names else voice.label))
        spoken = of_kind(answering.index.timeline(video, [Modality.SPEECH]), Spoken)
        said += [(record, one) for record, one in spoken if one.speaker]
    return _Speakers(turns, said)


def _candidates(records: Sequence[Record]) -> list[Candidate]:
    return [Candidate(record, 1.0, 1.0, 1.0) for record in records]
