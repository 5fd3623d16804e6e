"""Several answers to one question, of which the one is given that records and frames support best.

The judged half of VideoSAVi (Kulkarni and Fazli, 2024): candidates are sampled and held against the evidence, by the
records' words and by the answerer's own word on its frames; nothing is trained by what comes out.
"""

from dataclasses import replace
from functools import partial

from langgraph.runtime import Runtime

from ....tools.errors import AnswererError, CancelledError, DeadlineError
from ....tools.runtime.counters import count
from ...deadline import in_time
from ...events import Token, Update
from ..packers.base import asked_back
from ..records import options
from ..records.citing import checked, with_times
from ..state import Answering, AnswerState, CheckedSentence, Draft
from .answer_from_records import sees
from .verify import says_it_is_not_there

TEMPERATURE = 0.8
"""Of every answer but the first, which is the likeliest; as Video-LLMs are usually sampled. Nothing was tuned."""


def best_of(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    """Write several answers, and give the one that is supported best; of equals the likeliest."""
    answering = runtime.context
    written, tokens, notes = _written(state, answering)
    drafts = [draft(text, state, answering) for text in written]
    drafts.sort(key=lambda one: -one.score)  # stable: the likeliest was written first
    if not drafts:
        return {"text": "", "sentences": [], "cited": [], "notes": notes}
    runtime.stream_writer(Token(drafts[0].text))
    return {
        "text": drafts[0].text,
        "sentences": list(drafts[0].sentences),
        "drafts": drafts,
        "cited": [],
        "notes": notes,
        "tokens": {**state.tokens, "generated": tokens},
    }


def draft(text: str, state: AnswerState, answering: Answering) -> Draft:
    """An answer with the times of its sentences, and how far these are supported."""
    seen = sees(state)
    pieces = with_times([text], partial(checked, question=state.asked, candidates=state.packed), state.name, seen)
    marked = ""
    while True:
        try:
            marked += next(pieces)
        except StopIteration as end:
            sentences: list[CheckedSentence] = end.value or []
            break
    held = tuple(shown(one, state, answering) if seen else one for one in sentences)
    support = [max(one.support if one.cited else 0.0, one.shown or 0.0) for one in held]
    return Draft(marked.strip(), round(sum(support) / len(support), 3) if support else 0.0, held)


def shown(sentence: CheckedSentence, state: AnswerState, answering: Answering) -> CheckedSentence:
    """A sentence with the answerer's word on whether its frames show it; that nothing is there needs none."""
    if says_it_is_not_there(sentence.text):
        return replace(sentence, shown=0.0)
    if answering.stop.is_set():
        raise CancelledError("the question was given up")
    count("llm_calls")
    return replace(sentence, shown=answering.answerer.confirms(asked_back(state, sentence.text)))


def best_option(state: AnswerState, answering: Answering) -> Update:
    """The option that is chosen after the likeliest ones were asked back about, where the answerer sees frames."""
    weights, supporting = options.weighed(state, answering)
    likeliest = sorted(range(len(weights)), key=lambda at: -weights[at])[: answering.best_of]
    if sees(state):
        for at in likeliest:
            count("llm_calls")
            weights[at] *= answering.answerer.confirms(asked_back(state, state.options[at]))
        others = [at for at in range(len(weights)) if at not in likeliest]
        weights = [0.0 if at in others else weight for at, weight in enumerate(weights)]
    total = sum(weights) or 1.0
    drafts = [Draft(state.options[at], round(weights[at] / total, 3)) for at in likeliest]
    position = max(likeliest, key=lambda at: weights[at])
    cited = supporting[position]
    update = options.chosen(state, position, weights[position] / total, [cited] if cited else [])
    return {**update, "drafts": sorted(drafts, key=lambda one: -one.score)}


def _written(state: AnswerState, answering: Answering) -> tuple[list[str], int, list[str]]:
    """The texts, each once, how many tokens they took, and a note where the answerer failed on the way."""
    texts: list[str] = []
    tokens = 0
    notes: list[str] = []
    for number in range(answering.best_of):
        count("llm_calls")
        temperature = TEMPERATURE if number else 0.0
        model = answering.answerer
        pieces = model.generate(state.messages, max_tokens=answering.max_new_tokens, temperature=temperature)
        try:
            text = ""
            for piece in in_time(answering.answer_timeout, pieces):
                if answering.stop.is_set():
                    raise CancelledError("the question was given up")
                text += piece
                tokens += 1
        except (AnswererError, DeadlineError) as error:
            notes.append(f"{len(texts)} of {answering.best_of} answers were written: {error}")
            break
        texts.append(text.strip())
    return list(dict.fromkeys(filter(None, texts))), tokens, notes
