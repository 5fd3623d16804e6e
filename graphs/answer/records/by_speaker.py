"""Questions about who speaks: for how long, who first, what somebody says about something, what somebody answers.

They are read off who speaks when and who says each utterance, where the stage `speakers` has found that.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ....tools.payloads import Modality, Spoken, Voice
from ....tools.records import Record, clock, of_kind
from ..state import Answering, AnswerState, Candidate, Kind, Place, Plan
from .passages import QUOTED, Told, nothing, quoted
from .wording import worded

NEAR = 0.35
"""Cosine from which an utterance may be what a question asks of somebody: that of `by_kind.NEAR`."""
LOOKED_INTO = 64
"""Utterances among which one of somebody's is looked for."""
BESIDE_THE_BEST = 0.8
"""Share of the best utterance's cosine from which a further one of the same speaker is quoted."""
FIXED = 0.7
"""Confidence in what is read off who speaks when. Nothing was measured to set it."""
SOON = 30.0
"""Seconds within which somebody answers what another one says."""

_SPEAK = (
    r"\b(speak\w*|spoke\w*|talk\w*|spricht|sprach\w*|sprechen|redet\w*|reden|habla\w*|habló|parle\w*|parlé|fala\w*|falou)\b"
    r"|говор\w*"
)
_SAY = (
    r"\b(sa(y|ys|id)|t(ell|old)\w*|mention\w*|claim\w*|suggest\w*|propos\w*|argue\w*|th(ink|ought)\w*|explain\w*"
    r"|promis\w*|warn\w*|report\w*|sagt\w*|gesagt|meint\w*|erzähl\w*|erklär\w*|dice|dijo|opina|dit|pense|disse|diz|acha)\b"
    r"|сказал\w*|говор\w*|счита\w*"
)
_HOW_LONG = (
    r"\bhow (long|much)\b|\bwie lange?\b|\bcuánto\b|\bcombien de temps\b|\bquanto tempo\b|\bсколько\b|\bкак долго\b"
)
_MOST = r"\b(most|longest|am meisten|am längsten|más|le plus|mais)\b|дольше всех|больше всех"
_WHO = r"^\W*(who|which (speaker|person)|wer|quién|qui|quem|кто)\b"
_ANSWER = (
    r"\b(answer\w*|repl(y|ies|ied)|respon[ds]\w*|antwort\w*|erwider\w*|respond\w*|répon\w*|réplique\w*)\b|отве[тч]\w*"
)


@dataclass(frozen=True)
class _Speakers:
    """Who speaks in the videos of a question."""

    turns: list[tuple[Record, str]]
    """The stretches in which somebody speaks, in order of time, with his name or label."""
    said: list[tuple[Record, Spoken]]

    @property
    def names(self) -> list[str]:
        """Everybody, in the order in which they begin to speak."""
        return list(dict.fromkeys([name for _, name in self.turns] + [spoken.speaker for _, spoken in self.said]))

    def meant(self, question: str) -> str | None:
        """The one speaker whom a question names, by the whole name or its first word."""
        asked = question.casefold()
        whole = [name for name in self.names if name and stands_in(name, asked)]
        first = [name for name in self.names if name and not _numbered(name) and stands_in(name.split()[0], asked)]
        found = whole or first
        return found[0] if len(found) == 1 else None


def by_speaker(state: AnswerState, answering: Answering, plan: Plan) -> Told | None:
    """The answer to a question about who speaks; `None` where it is another one, or nobody knows who speaks."""
    asked = state.asked
    speaks = re.search(_SPEAK, asked, re.IGNORECASE)
    who = re.search(_WHO, asked, re.IGNORECASE)
    speakers = _speakers(state, answering)
    meant = speakers.meant(asked)
    if speaks and speakers.turns and meant is None and who:
        if re.search(_MOST, asked, re.IGNORECASE):
            return longest(speakers, plan)
        if plan.place is not None:
            return at_an_end(state, speakers, plan)
    if meant is None:
        return None
    if speaks and speakers.turns and re.search(_HOW_LONG, asked, re.IGNORECASE):
        return how_long(meant, speakers, plan)
    if who or plan.kind in (Kind.WHO_SAID, Kind.PERSON, Kind.LOOK, Kind.READ):
        return None
    if re.search(_ANSWER, asked, re.IGNORECASE) and (told := answered(state, answering, plan, meant, speakers)):
        return told
    if plan.kind is Kind.QUOTE or re.search(_SAY, asked, re.IGNORECASE):
        return said_about(state, answering, plan, meant)
    return None


def how_long(name: str, speakers: _Speakers, plan: Plan) -> Told:
    """For how long somebody speaks in all."""
    own = [record for record, other in speakers.turns if other == name]
    seconds = sum(record.span.duration for record in own)
    text = worded(plan.language, "speaks_for", text=name, at=clock(seconds))
    return Told(text, _candidates(own[:QUOTED]), FIXED)


def longest(speakers: _Speakers, plan: Plan) -> Told:
    """Who speaks longest, and for how long everybody does."""
    seconds: dict[str, float] = {}
    for record, name in speakers.turns:
        seconds[name] = seconds.get(name, 0.0) + record.span.duration
    order = sorted(seconds, key=lambda name: -seconds[name])
    text = " ".join(worded(plan.language, "speaks_for", text=name, at=clock(seconds[name])) for name in order)
    first = next(record for record, name in speakers.turns if name == order[0])
    return Told(text, _candidates([first]), FIXED)


def at_an_end(state: AnswerState, speakers: _Speakers, plan: Plan) -> Told:
    """Who speaks first or last, with what he says then."""
    last = plan.place is Place.LAST
    record, name = speakers.turns[-1 if last else 0]
    said = [one for one, spoken in speakers.said if spoken.speaker == name and one.video == record.video]
    shown = _candidates(said[-1:] if last else said[:1]) or _candidates([record])
    parts = [worded(plan.language, "speaker", text=name)]
    parts += [quoted(one, plan, state) for one in shown if one.record.modality is Modality.SPEECH]
    return Told(" ".join(parts), shown, FIXED)


def said_about(state: AnswerState, answering: Answering, plan: Plan, name: str) -> Told:
    """What somebody says about something: those of his utterances that fit the question best."""
    hits = answering.index.search(
        state.asked, answering.vector(state.asked), modalities=[Modality.SPEECH], videos=state.videos, k=LOOKED_INTO
    )
    own = [hit for hit in hits if isinstance(hit.record.payload, Spoken) and hit.record.payload.speaker == name]
    own.sort(key=lambda hit: -(hit.similarity or 0.0))
    found = [Candidate(hit.record, hit.similarity or 0.0, 0.0, 1.0) for hit in own]
    if not found or found[0].similarity < NEAR:
        return nothing(plan, found[0] if found else None, state)
    best = found[0].similarity
    chosen = [one for one in found if one.similarity >= BESIDE_THE_BEST * best][:QUOTED]
    text = " ".join(quoted(one, plan, state) for one in chosen)
    return Told(f"{text} {worded(plan.language, 'speaker', text=name)}", chosen, round(best, 3))


def answered(state: AnswerState, answering: Answering, plan: Plan, name: str, speakers: _Speakers) -> Told | None:
    """What somebody says right after what another one says; `None` where nobody says that, or nothing follows."""
    hits = answering.index.search(
        state.asked, answering.vector(state.asked), modalities=[Modality.SPEECH], videos=state.videos, k=LOOKED_INTO
    )
    others = [hit for hit in hits if isinstance(hit.record.payload, Spoken) and hit.record.payload.speaker != name]
    best = max(others, key=lambda hit: hit.similarity or 0.0, default=None)
    if best is None or (best.similarity or 0.0) < NEAR:
        return None
    at = best.record
    after = [
        record
        for record, spoken in speakers.said
        if spoken.speaker == name and record.video == at.video and 0 <= record.span.start - at.span.start <= SOON
    ]
    if not after:
        return None
    chosen = _candidates(after[:2])
    text = " ".join(quoted(one, plan, state) for one in chosen)
    text = f"{text} {worded(plan.language, 'speaker', text=name)}"
    return Told(text, [*chosen, Candidate(at, best.similarity or 0.0, 0.0, 1.0)], round(best.similarity or 0.0, 3))


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


def stands_in(name: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name.casefold())}(?!\w)", text) is not None


def _numbered(name: str) -> bool:
    return name.split()[-1].isdecimal()
