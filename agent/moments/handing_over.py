"""Questions that want stretches, highlights, a clip or a summary of a part: handed over to what makes them.

What a question wants is told by its kind (`graphs/answer/question/examples.toml`) and, of stretches, by what is to be
done with them (`task` in `graphs/ground/asks.toml`).
"""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...tools.records import Modality, Record, Span, clock
from ...tools.runtime.counters import counting
from ...tools.runtime.notes import note, noting
from ...tools.words import one_line
from ..answer import Answer, Evidence, FoundSpan
from ..asking.asking import Asked
from ..asking.narrowing import narrowed
from ..questions import evidence, turn
from .clipping import Clipping
from .exporting import Exporting

if TYPE_CHECKING:
    from ...graphs.answer.state import Answering
    from ...graphs.events import Event
    from ...graphs.ground.asks import Task

LISTED = 20
"""Stretches that an answer lists; of more the surest."""
NEAREST = 4
"""Findings of a search of which the nearest is told where nothing holds."""
QUOTED = 160
"""Characters of a finding that stand beside its stretch."""
SURE = 0.3
"""How far the likeliest kind of question must be ahead of the second: above it 97 % of the examples of a part that was
left out are told rightly, from 0.15 to 0.3 three quarters (`python -m vidscout.bench.measure.learning.kinds`)."""
STRETCH = 60.0
"""Seconds from which a part of a video is summarised; a shorter one is quoted by the answer graph."""
SUMMARISED = 0.7
"""Confidence in a summary, as in that of a whole video. Nothing was measured to set it."""
REEL = 60.0
"""Seconds of highlights where the question tells no other length."""

_LENGTH = re.compile(r"(\d{1,4})[\s-]*(min|m|分|мин|دق|मिन|s|秒|с|ث|से)", re.IGNORECASE)
"""A length in minutes or seconds, by how their names begin in the languages of the examples."""
_MINUTES = ("min", "m", "分", "мин", "دق", "मिन")


@dataclass(frozen=True)
class _Wanted:
    """What a question wants to be handed over for."""

    task: "Task | None"
    """What is to be done with stretches; None: a summary."""
    query: str
    """The question without the words that tell a time."""
    topic: str
    """What it is about; empty where it says nothing of that."""
    within: Span | None
    """The part of the video that it names."""
    language: str
    """ISO 639-1 code of the question's."""


@dataclass(frozen=True)
class _Handed:
    """What was made."""

    text: str
    spans: list[FoundSpan]
    evidence: list[Evidence]
    notes: list[str]
    route: list[str]
    abstained: bool = False
    """Nothing was found; the evidence is what comes nearest."""


class HandingOver(Clipping, Exporting):
    """The part of `VideoScout` that hands questions over."""

    def _handed_over(self, asked: Asked, answering: "Answering", report: "Callable[[Event], None]") -> "Answer | None":
        from ...graphs.deadline import within
        from ...graphs.events import Token
        from ...graphs.guarded import MUST_END, why

        way = answering.route
        if asked.options or way.thinks or not (way.records and way.reads_off) or way.only is not None:
            return None
        try:
            wanted = within(answering.tool_timeout, _wanted, asked, answering)
            if wanted is None:
                return None
            with counting() as counters:
                made = within(answering.tool_timeout, self._made, asked, wanted, answering, report)
        except MUST_END:
            raise
        except Exception as error:
            note(f"it was answered like any other question, since what makes stretches failed: {why(error)}")
            return None
        if made is None:
            return None
        report(Token(made.text))
        answer = _answer(asked, made, counters, self.profile.name)
        if asked.conversation is not None:
            self._remember(asked.conversation, answer)
        return answer

    def _made(
        self, asked: Asked, wanted: _Wanted, answering: "Answering", report: "Callable[[Event], None]"
    ) -> _Handed | None:
        from ...graphs.ground.asks import Task

        match wanted.task:
            case None:
                return self._summary(asked, wanted, report)
            case Task.HIGHLIGHTS:
                return self._best(asked, wanted, report)
            case Task.CUT if not wanted.topic:
                return self._cut_that(asked, wanted)
            case _:
                return self._found(asked, wanted, answering, report)

    def _found(
        self, asked: Asked, wanted: _Wanted, answering: "Answering", report: "Callable[[Event], None]"
    ) -> _Handed:
        """Every stretch that is asked for, or that there is none."""
        within = (wanted.within.start, wanted.within.end) if wanted.within else None
        with noting() as narrowing:
            videos = narrowed(answering, asked.videos, wanted.query, (), ())
        found = self._grounded(videos, wanted.query, within, report, asked.stop)
        if not found.spans:
            return self._nothing(asked, wanted, answering, [*narrowing, *found.notes])
        listed = sorted(found.spans[:LISTED], key=lambda one: (_place(one.video, asked), one.start))
        notes = [*narrowing, *found.notes]
        if len(found.spans) > LISTED:
            notes.append(f"{len(found.spans)} stretches were found; the {LISTED} surest are listed")
        if wanted.task == "cut":
            notes += _commands(listed)
        cited = {(one.video, one.start, one.text): one for span in found.spans for one in span.evidence}
        text = _told(listed, len(asked.videos) > 1)
        if found.which == "every" and len(found.spans) > 1:
            text = f"{len(found.spans)} ×: {text}"
        return _Handed(text, found.spans, list(cited.values()), notes, ["ground"])

    def _nothing(self, asked: Asked, wanted: _Wanted, answering: "Answering", notes: Sequence[str]) -> _Handed:
        """That it is nowhere, and what comes nearest."""
        from ...graphs.answer.records.passages import TOLD
        from ...graphs.answer.records.wording import cited, worded

        about = wanted.topic or wanted.query
        videos = [video.id for video in asked.videos]
        hits = answering.index.search(
            about, answering.vector(about), modalities=TOLD, videos=videos, within=wanted.within, k=NEAREST
        )
        text = worded(wanted.language, "not_found")
        if not hits:
            return _Handed(text, [], [], list(notes), ["ground"], abstained=True)
        best = max(hits, key=lambda hit: hit.similarity or 0.0)
        name = next(video.name for video in asked.videos if video.id == best.record.video)
        closest = cited(best.record, wanted.language, name if len(videos) > 1 else "")
        text = f"{text} {worded(wanted.language, 'nearest', text=closest)}"
        shown = [evidence(best.record, best.similarity or 0.0, name)]
        return _Handed(text, [], shown, list(notes), ["ground"], abstained=True)

    def _best(self, asked: Asked, wanted: _Wanted, report: "Callable[[Event], None]") -> _Handed | None:
        """The highlights of each video; for what the question is about, where there is such a thing."""
        from ...graphs.ground.decide import holds_from

        length = _seconds(wanted.query)
        spans: list[FoundSpan] = []
        for video in asked.videos:
            found = self.highlights(video.id, wanted.topic or None, length, report)
            if wanted.topic and max((clip.score for clip in found.reel), default=0.0) < holds_from():
                found = self.highlights(video.id, None, length, report)
            said = self.index.timeline(video.id, [Modality.SPEECH, Modality.SCREEN_TEXT])
            spans += [
                FoundSpan(video.id, clip.start, clip.end, clip.score, _inside(said, clip, video.name), video.name)
                for clip in found.reel
                if wanted.within is None or wanted.within.overlaps(Span(clip.start, clip.end))
            ]
        if not spans:
            return None
        text = _told(spans, len(asked.videos) > 1)
        return _Handed(text, spans, [one for span in spans for one in span.evidence], _reel(spans), ["highlights"])

    def _cut_that(self, asked: Asked, wanted: _Wanted) -> _Handed | None:
        """The stretch that the question names by the clock, or that the answer before it told of."""
        names = {video.id: video.name for video in asked.videos}
        if wanted.within is not None:
            places = [(video.id, wanted.within) for video in asked.videos]
        else:
            places = [(video, span) for video, span in self._before(asked) if video in names]
        if not places:
            return None
        spans = []
        for video, span in places:
            said = self.index.timeline(video, [Modality.SPEECH, Modality.SCREEN_TEXT], span)
            spans.append(FoundSpan(video, round(span.start, 3), round(span.end, 3), 1.0, [], names[video]))
            spans[-1].evidence.extend(_inside(said, spans[-1], names[video]))
        cited = [one for span in spans for one in span.evidence]
        return _Handed(_told(spans, len(names) > 1), spans, cited, _commands(spans), ["clip"])

    def _summary(self, asked: Asked, wanted: _Wanted, report: "Callable[[Event], None]") -> _Handed | None:
        """A summary of the part that the question names."""
        from .describing import checked

        assert wanted.within is not None
        [video] = asked.videos
        within = (wanted.within.start, wanted.within.end)
        made = self._described(video, checked("summary", within, None, "paragraph", None), report, asked.stop)
        if not made.summary:
            return None
        known = {record.id: record for record in self.index.timeline(video.id, within=wanted.within)}
        cited = dict.fromkeys(c.record for one in made.summary for c in one.evidence if c.record in known)
        shown = [evidence(known[record], 1.0, video.name) for record in cited]
        text = " ".join(f"{one.text} ({clock(one.start)})" for one in made.summary)
        return _Handed(text, [], shown, list(made.remarks), ["describe"])

    def _before(self, asked: Asked) -> list[tuple[str, Span]]:
        """The stretches of the answer before: all that it told of, or that of its best finding."""
        if asked.earlier:
            last = asked.earlier[-1]
            told = last.spans or last.evidence[:1]
            return [(one.video, Span(one.start, one.end)) for one in told] if not last.abstained else []
        if asked.conversation is None:
            return []
        from ...graphs.answer.graph import compiled

        with self._checkpointer(asked.conversation) as checkpointer:
            state = compiled(checkpointer).get_state({"configurable": {"thread_id": asked.conversation}})
        turns = state.values.get("turns", [])
        last = turns[-1] if turns else None
        return [(last.video, last.span)] if last is not None and last.video and last.span else []

    def _remember(self, conversation: str, answer: Answer) -> None:
        """Keep the answer for the conversation's next question, as the answer graph's last step does."""
        from ...graphs.answer.graph import compiled

        config: Any = {"configurable": {"thread_id": conversation}}
        with self._checkpointer(conversation) as checkpointer:
            # With what was asked about, by which a conversation is found when a video is forgotten.
            kept = {"question": answer.question, "videos": answer.videos, "turns": [turn(answer)]}
            compiled(checkpointer).update_state(config, kept, as_node="remember")


def _wanted(asked: Asked, answering: "Answering") -> _Wanted | None:
    """What a question wants; None where the answer graph is to answer it."""
    from ...graphs.answer.question.kinds import understand
    from ...graphs.answer.question.times import time_phrase
    from ...graphs.answer.state import Kind
    from ...graphs.ground import asks

    source = answering.text_embedding.source
    understood = understand(answering.kind_vector(asked.question), source)
    if understood is None or understood.nearest not in (Kind.MOMENTS, Kind.OVERVIEW) or understood.margin < SURE:
        return None
    named = time_phrase(asked.question, asked.videos[0].duration) if len(asked.videos) == 1 else None
    within = Span(*asked.time_range) if asked.time_range else named.span if named is not None else None
    query = asked.question
    if named is not None and asked.time_range is None:
        query = re.sub(re.escape(named.words), " ", query, count=1, flags=re.IGNORECASE).strip() or query
    if understood.kind is Kind.OVERVIEW:
        long = named is not None and asked.time_range is None and named.span.duration >= STRETCH
        return _Wanted(None, query, "", within, understood.language) if long else None
    task = asks.task(np.stack([answering.vector(query)]), source)
    return _Wanted(task, query, asks.bare_topic(query), within, understood.language)


def _answer(asked: Asked, made: _Handed, counters: dict[str, float], profile: str) -> Answer:
    took = round(time.perf_counter() - asked.at, 4)
    return Answer(
        text=made.text,
        choice=None,
        abstained=made.abstained,
        confidence=round(max((one.score for one in made.spans), default=SUMMARISED), 3) * (not made.abstained),
        evidence=made.evidence,
        frames=[],
        notes=list(dict.fromkeys([*made.notes, *(note for video in asked.videos for note in video.notes)])),
        route=made.route,
        timings={"before_answer": took, "total": took},
        counters={name: round(value, 3) for name, value in counters.items()},
        tokens=dict.fromkeys(("auxiliary", "visual", "prompt", "generated"), 0),
        profile=profile,
        question=asked.question,
        videos=[video.id for video in asked.videos],
        understood=asked.question,
        spans=made.spans,
    )


def _told(spans: Sequence[FoundSpan], several: bool) -> str:
    """Stretches with what they were found by; of several videos grouped by video."""
    parts: list[str] = []
    name = None
    for one in spans:
        lead = f"{one.name}: " if several and one.name != name else ""
        name = one.name
        quote = one_line(one.evidence[0].text.replace("\n", " / ")) if one.evidence else ""
        if len(quote) > QUOTED:
            quote = f"{quote[:QUOTED].rstrip()}…"
        parts.append(f"{lead}{clock(one.start)}–{clock(one.end)}" + (f" “{quote}”" if quote else ""))
    return "; ".join(parts)


def _commands(spans: Sequence[FoundSpan]) -> list[str]:
    """How to make files of stretches: a note a video."""
    by_video: dict[str, list[str]] = {}
    for one in spans:
        by_video.setdefault(one.name or one.video, []).append(f"{one.start:.2f}-{one.end:.2f}")
    return [f"to cut it: vidscout clip {name} {' '.join(times)} OUT.mp4" for name, times in by_video.items()]


def _reel(spans: Sequence[FoundSpan]) -> list[str]:
    names = dict.fromkeys(one.name or one.video for one in spans)
    return [f"to cut them into one file: vidscout highlights {name} --out OUT.mp4" for name in names]


def _inside(said: Sequence[Record], clip: Any, name: str) -> list[Evidence]:
    """What is said or written within a clip."""
    within = Span(clip.start, clip.end)
    inside = [record for record in said if record.span.overlaps(within)]
    inside.sort(key=lambda record: (record.modality is not Modality.SPEECH, record.span))
    return [evidence(record, clip.score, name) for record in inside[:LISTED]]


def _seconds(question: str) -> float:
    """The length that a question names, in seconds.

    >>> _seconds("highlights in 30 seconds"), _seconds("the best of it in 2 minutes"), _seconds("highlights")
    (30.0, 120.0, 60.0)
    """
    if (named := _LENGTH.search(question)) is None:
        return REEL
    amount = float(named[1]) * (60.0 if named[2].casefold() in _MINUTES else 1.0)
    return amount if 2.0 <= amount <= 3600.0 else REEL


def _place(video: str, asked: Asked) -> int:
    return [one.id for one in asked.videos].index(video)
