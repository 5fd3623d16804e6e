"""Multiple choice: the model's log-probabilities, fused with how well the evidence fits each option."""

import math
import re
from itertools import combinations

from ....tools.payloads import TextLines
from ....tools.perception.embeddings.purposes import Query
from ....tools.records import Record
from ....tools.runtime.counters import count as count_call
from ....tools.words import content_words, coverage
from ...events import Update
from ..question.times import seconds
from ..selectors.rarity import similarities
from ..state import Answering, AnswerState, Candidate, Want
from . import sentences as compose
from .by_finding.counting import count
from .ordering import in_order_of_time, items_of, looks_most_like

ROTATIONS = 4
"""Orders of the options that the choice is averaged over: small models prefer a letter, whatever stands there."""
LOOKS_WEIGHT = 0.375
"""What one standard deviation of frame–text similarity counts against one unit of option–evidence fit. With it and an
evidence weight of 4, 10 of 16 photographs of the tuning seed were told; no other value was tried."""


def letter(position: int) -> str:
    """`A` for the first option."""
    return chr(ord("A") + position)


def choose(state: AnswerState, answering: Answering) -> Update:
    """The option that the model and the records together support best, with the record that does."""
    weights, supporting = weighed(state, answering)
    position = weights.index(max(weights))
    cited = supporting[position]
    return chosen(state, position, weights[position], [cited] if cited else [])


def weighed(state: AnswerState, answering: Answering) -> tuple[list[float], list[Candidate | None]]:
    """How far the model and the records together support each option, in sum 1, and the record that does most."""
    model = answering.answerer.choose(state.messages, state.options, rotations=ROTATIONS)
    count_call("llm_calls")
    fits, best = option_evidence(state, answering)
    seen = option_looks(state, answering)
    scores = [
        math.log(max(p, 1e-6)) + answering.evidence_weight * (fit + LOOKS_WEIGHT * looks)
        for p, fit, (looks, _) in zip(model, fits, seen, strict=True)
    ]
    top = max(scores)
    weights = [math.exp(score - top) for score in scores]
    total = sum(weights)
    supporting = [frame or record for (_, frame), record in zip(seen, best, strict=True)]
    return [weight / total for weight in weights], supporting


def chosen(state: AnswerState, position: int, confidence: float, cited: list[Candidate]) -> Update:
    """The state's change when an option is chosen."""
    return {
        "text": f"{letter(position)}. {state.options[position]}",
        "choice": position,
        "cited": cited,
        "confidence": round(min(confidence, 1.0), 3),
    }


def option_evidence(state: AnswerState, answering: Answering) -> tuple[list[float], list[Candidate | None]]:
    """For each option how well the best record fits it, 0..1, and that record.

    A record fits an option when it fits the question and holds the option's words or means the same; of a text of
    several lines that is told of each line, for a slide or a table holds several options at once.
    """
    candidates = state.packed
    if not candidates:
        return [0.0] * len(state.options), [None] * len(state.options)
    import numpy as np

    topic = state.plan.topic if state.plan else state.asked
    told = content_words(topic)
    pieces = [(candidate, candidate.record.text, candidate.relevance) for candidate in candidates]
    # A line answers as part of its text, or by what stands in the line itself.
    pieces += [
        (candidate, line, 1 - (1 - candidate.relevance) * (1 - coverage(told, line)))
        for candidate in candidates
        for line in several_lines(candidate.record)
    ]
    texts = [Query(f"{topic}: {option}") for option in state.options] + [text for _, text, _ in pieces]
    vectors: np.ndarray = np.stack(answering.text_embedding.run(texts))
    asked, records = vectors[: len(state.options)], vectors[len(state.options) :]
    similar = asked @ records.T
    relevance = np.array([relevance for *_, relevance in pieces])
    fits: list[float] = []
    best: list[Candidate | None] = []
    for row, option in zip(similar, state.options, strict=True):
        wanted = content_words(option)
        held = np.array([coverage(wanted, text) for _, text, _ in pieces])
        fit = 0.4 * np.clip(row, 0, 1) + 0.6 * held * (0.5 + 0.5 * relevance)
        fits.append(float(fit.max()))
        best.append(pieces[int(fit.argmax())][0])
    return fits, best


def several_lines(record: Record) -> list[str]:
    """The lines of a text that has more than one."""
    lines = list(record.payload.lines) if isinstance(record.payload, TextLines) else []
    return lines if len(lines) > 1 else []


def option_looks(state: AnswerState, answering: Answering) -> list[tuple[float, Candidate | None]]:
    """For each option how much more than the others the video looks like it somewhere, and the record of that frame.

    In standard deviations of the frames' similarity to all options, so that it means the same for every encoder. Only
    for a question that asks which of its options is shown; a word of a text or of speech looks like nothing.
    """
    assert state.plan is not None
    queries = [answering.frame_query(option) for option in state.plan.looks]
    peaks = [looks_most_like(query, state, answering) for query in queries]
    if not queries or not all(peaks) or not answering.route.frames:
        return [(0.0, None)] * len(state.options)
    import numpy as np

    brief = state.plan.brief
    curves = [similarities(answering, query, video, brief)[1] for query in queries for video in state.videos]
    spread = float(np.concatenate(curves).std()) or 1.0
    middle = sum(peak.similarity for peak in peaks if peak) / len(peaks)
    return [((peak.similarity - middle) / spread if peak else 0.0, peak) for peak in peaks]


def read_off(state: AnswerState, answering: Answering) -> Update | None:
    """The option nearest to what the records say, when the options are times, numbers or orders that they can tell."""
    assert state.plan is not None
    match state.plan.want:
        case Want.WHEN:
            times = [option_time(option) for option in state.options]
            if any(time is None for time in times):
                return None
            _, cited = compose.when(state)
            at = cited[0].record.span.start
            position = min(range(len(times)), key=lambda n: abs((times[n] or 0.0) - at))
            return chosen(state, position, cited[0].relevance, cited)
        case Want.COUNT:
            numbers = [re.fullmatch(r"\D*(\d+)\D*", option) for option in state.options]
            if any(number is None for number in numbers) or (counted := count(state, answering)) is None:
                return None
            distance = [abs(int(number[1]) - counted.number) for number in numbers if number]
            position = distance.index(min(distance))
            return chosen(state, position, 0.9 if min(distance) == 0 else 0.4, counted.cited)
        case Want.ORDER:
            orders = [items_of(option) for option in state.options]
            if len(orders[0]) < 2 or any(sorted(items) != sorted(orders[0]) for items in orders):
                return None
            ordered = in_order_of_time(orders[0], state, answering)
            if ordered is None:
                return None
            agreement = [pairs_in_common(items, ordered.items) for items in orders]
            position = agreement.index(max(agreement))
            return chosen(state, position, 0.9 if max(agreement) == 1 else 0.4, ordered.cited)
        case _:
            return None


def pairs_in_common(first: list[str], second: list[str]) -> float:
    """Share of all pairs of things that two orders put the same way round, 0..1."""
    place = {item: n for n, item in enumerate(second)}
    pairs = list(combinations(first, 2))
    return sum(place[a] < place[b] for a, b in pairs) / len(pairs)


def option_time(option: str) -> float | None:
    """The seconds that an option names; `None` when it names no time."""
    try:
        return seconds(re.sub(r"^\W*(?:at|around|about)\s+", "", option.strip(" .")))
    except ValueError:
        return None
