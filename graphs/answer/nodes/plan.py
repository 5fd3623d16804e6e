"""Turn a question into a retrieval request: what to look for, in which modality, and when."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ParamSpec, TypeVar

from langgraph.runtime import Runtime

from ....tools.errors import DeadlineError, VidscoutError
from ....tools.records import Modality, Span
from ....tools.words import content_words
from ...deadline import within
from ...events import Update, timed
from ...guarded import MUST_END, why
from ..question.anchors import anchor, resolve
from ..question.followup import in_context
from ..question.kinds import Understood, understand
from ..question.model_plan import PlanError, Wanted, ask_model
from ..question.object_names import known_labels
from ..question.rules import ABOUT_THE_VIDEO, NOT_CUED, SEARCHED, ParsedQuestion, read_question
from ..question.times import time_phrase
from ..question.yes_no import confirms_or_denies
from ..state import Answering, AnswerState, Kind, Place, Plan, Retrieval, Want

P = ParamSpec("P")
T = TypeVar("T")

DEEP = 8
"""Records that a branch brings."""
DEEPER = 24
"""Records that a branch brings when the graph looks again."""
NAMES_A_THING = 3
"""Content words of a topic that can be the name of a thing, as “the red umbrella”."""
WHOLE = 512
"""Captions of a whole video, for the route that reads them all."""


@dataclass(frozen=True)
class When:
    """The time that a question is about, however it tells it."""

    within: Span | None = None
    place: Place | None = None
    videos: tuple[str, ...] = ()
    """Only these, when the time is one in a certain video."""
    words: str = ""
    """The part of the question that tells it."""


@timed("plan")
def plan(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    """Understand the question, in its conversation, and say what to look for, where and when."""
    answering = runtime.context
    notes: list[str] = []
    context = in_context(state.question, state.turns, state.durations)
    again = state.round > 0
    if again:
        notes.append("nothing found supported an answer: looked again in every modality")
    when = When(context.within, context.place, (context.video,) if context.video else (), context.words)
    if when.within is None:
        what = "the time that the question tells"
        when = tried(answering, notes, what, "", time_of, context.question, state, answering, not again) or when
    by_rules = state.options or answering.planner == "model" or not answering.quotes
    understood = None
    if not by_rules:
        what, rules = "the question's kind", ": rules planned"
        understood = tried(answering, notes, what, rules, nearest, context.question, answering)
    known = known_labels(answering.index, state.videos)
    parsed = read_question(_without(context.question, when.words), known)
    wanted = None
    if answering.planner == "model" and not again:
        try:
            wanted = ask_model(context.question, answering.answerer)
        except (PlanError, VidscoutError) as error:
            notes.append(f"the model's plan could not be used, so the rules planned: {error}")
    made = planned(context.question, parsed, wanted, when, state, answering, known, understood)
    if understood is not None:
        quotes = may_quote(answering)
        kind = by_grammar(context.question, understood)
        made = replace(made, kind=kind, language=understood.language, quotes=quotes)
    return {
        "plan": made,
        "round": state.round + 1,
        "messages": [],  # what an earlier round asked and was told
        "text": "",
        "sentences": [],
        "drafts": [],
        "corrections": [],
        "notes": notes,
    }


def tried(
    answering: Answering, notes: list[str], what: str, instead: str, work: Callable[P, T], *args: P.args, **kw: P.kwargs
) -> T | None:
    """What a part of the understanding gives in time; `None`, with a note of it, where it is late or fails."""
    try:
        return within(answering.tool_timeout, work, *args, **kw)
    except MUST_END:
        raise
    except DeadlineError:
        notes.append(f"{what} was given up after {answering.tool_timeout:g} s{instead}")
    except Exception as error:
        notes.append(f"{what} was not found out ({why(error)}){instead}")
    return None


def nearest(question: str, answering: Answering) -> Understood | None:
    """The kind and language of a question by the examples that it is near to."""
    return understand(answering.kind_vector(question), answering.text_embedding.source)


def by_grammar(question: str, understood: Understood) -> Kind | None:
    """The kind of a question, where its grammar tells whether it is to be confirmed or denied or names an event before
    or after which something is; else by the examples."""
    confirms = confirms_or_denies(question, understood.language)
    if confirms and understood.kind not in (Kind.ORDER, Kind.COMPARE):
        return Kind.YES_NO
    if understood.kind is None and understood.nearest is Kind.AROUND and anchor(question) is not None:
        return Kind.AROUND
    return None if confirms is False and understood.kind is Kind.YES_NO else understood.kind


WANTS = {
    Kind.WHEN: Want.WHEN,
    Kind.COUNT_SEEN: Want.COUNT,
    Kind.ORDER: Want.ORDER,
    Kind.QUOTE: Want.QUOTE,
    Kind.OVERVIEW: Want.OVERVIEW,
    Kind.CHAPTERS: Want.OVERVIEW,
}
"""How records are turned into an answer, by the kind of question; every other kind asks for a fact."""


def time_of(question: str, state: AnswerState, answering: Answering, anchored: bool) -> When | None:
    """The time that a question tells, by the clock or by something that happens in the video."""
    if state.time_range is not None:
        return When(Span(*state.time_range))
    if len(state.videos) == 1 and (phrase := time_phrase(question, state.durations[state.videos[0]])) is not None:
        return When(phrase.span, words=phrase.words)
    if anchored and (told := anchor(question)) is not None:
        found = resolve(told, state.videos, state.durations, answering)
        if found is not None and found.within.duration > 0:
            return When(found.within, found.place, (found.video,), told.words)
    return None


def planned(
    question: str,
    parsed: ParsedQuestion,
    wanted: Wanted | None,
    when: When,
    state: AnswerState,
    answering: Answering,
    known: Sequence[str],
    understood: Understood | None = None,
) -> Plan:
    """The requests of every branch, from what the rules read and what the model wants; `known` labels may be named."""
    only, again = answering.route.only, state.round > 0
    # Looking again: whatever the wording suggested did not hold, so every modality is believed alike, and deeper.
    weights = dict.fromkeys(SEARCHED, 1.0) if again else parsed.weights
    want, topic, labels, place = parsed.want, parsed.topic, parsed.labels, when.place or parsed.place
    queries = wanted.queries() if wanted is not None else {}
    if wanted is not None:
        want, labels = Want(wanted.want), wanted.labels(labels, known)
        weights = {modality: 1.0 if modality in queries else NOT_CUED for modality in SEARCHED}
        place = Place(wanted.first_or_last) if wanted.first_or_last else place
    if understood is not None and wanted is None:
        want = WANTS.get(understood.kind, Want.FACT) if understood.kind is not None else Want.FACT
        topic = _without(question, when.words)
    bare = want is Want.FACT and not content_words(topic, without=ABOUT_THE_VIDEO)
    looks = tuple(state.options) if want is Want.FACT and parsed.weights[Modality.FRAME] == 1.0 else ()
    if only is not None:
        weights = {only: 1.0}
    requests = tuple(
        Retrieval(
            modality=modality,
            query=queries.get(modality, topic),
            weight=weight,
            videos=when.videos or tuple(state.videos),
            within=when.within,
            k=WHOLE if only is not None else DEEPER if again else DEEP,
            place=place if weight == 1.0 or when.place is not None else None,
            spread=only is not None or want is Want.OVERVIEW or (bare and weight == 1.0),
            labels=labels,
            looks=looks if modality is Modality.FRAME else (),
            brief=parsed.brief,
            in_context=understood is not None and modality is Modality.SPEECH,
        )
        for modality, weight in weights.items()
    )
    return Plan(
        want=want,
        question=question,
        topic=topic,
        requests=requests,
        within=when.within,
        place=place,
        quoted=parsed.quoted,
        labels=labels,
        looks=looks,
        things=things(parsed, wanted),
        brief=parsed.brief,
        bare=bare,
        told_time=when.within is not None and when.place is None,
        open=bool(looks) or want is Want.OVERVIEW or only is not None or answering.route.open,
    )


def may_quote(answering: Answering) -> bool:
    """Whether free questions are answered in the records' own words: not by a model that sees, nor on a way of its
    own."""
    way = answering.route
    return answering.quotes and way.reads_off and not way.thinks and not answering.answerer.accepts_frames


def things(parsed: ParsedQuestion, wanted: Wanted | None) -> tuple[str, ...]:
    """What a detector should find: what the model names, or what a question about objects is about."""
    if wanted is not None and wanted.objects:
        return tuple(wanted.objects)
    if parsed.labels or parsed.weights[Modality.OBJECT] < 1.0:
        return parsed.labels
    words = content_words(parsed.topic, without=ABOUT_THE_VIDEO)
    return (parsed.topic,) if 0 < len(words) <= NAMES_A_THING else ()


def _without(question: str, told: str) -> str:
    """The question without the words that told its time, so that they are not looked for as well."""
    if not told:
        return question
    phrase = rf"(?<!\w){re.escape(told.rstrip(' ?.!'))}(?!\w)"
    rest = re.sub(phrase, " ", question, flags=re.IGNORECASE).strip()
    return rest if content_words(rest) else question
