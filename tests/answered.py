"""States of an answer as they are after `respond`, and a video-LLM that looks at its frames."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from langgraph.runtime import Runtime
from scripted import Scripted
from vidscout import Modality, Record, Span
from vidscout.graphs.answer.packers.base import conversation
from vidscout.graphs.answer.records.citing import checked
from vidscout.graphs.answer.routes import route
from vidscout.graphs.answer.state import Answering, AnswerState, Candidate, Plan, Want
from vidscout.tools.records import FrameRef
from vidscout.tools.videollm import Message
from vidscout.tools.words import content_words, coverage

QUESTION = "What colour is the boat?"


class Watcher(Scripted):
    """Finds in the frames what it is told to find there."""

    def __init__(self, *shown: str, sees: bool = True) -> None:
        super().__init__(sees=sees)
        self.shown = shown
        self.asked_back: list[str] = []

    def next_tokens(self, messages: Sequence[Message]) -> Mapping[str, float]:
        asked = messages[-2].text
        self.asked_back.append(asked)
        says = "Yes" if any(text in asked for text in self.shown) else "No"
        return {asked[asked.index(f") {says}") - 1]: -0.1}


def running(answerer: Scripted, rounds: int = 1, way: str = "rag") -> Runtime[Answering]:
    context = Answering(
        index=cast("Any", None),
        text_embedding=cast("Any", None),
        label_embedding=cast("Any", None),
        answerer=answerer,
        selector="topk",
        packer="interleaved",
        route=route(way),
        planner="rules",
        frames=4,
        token_budget=1000,
        max_new_tokens=32,
        max_rounds=rounds,
        tool_timeout=1.0,
    )
    return Runtime(context=context)


def candidate(text: str, similarity: float = 0.9) -> Candidate:
    record = Record("v", Span(4, 8), Modality.SPEECH, text, 1.0, "test/1")
    return Candidate(record, similarity, coverage(content_words(QUESTION), text), 1.0)


def answered(text: str, *records: Candidate, frames: int = 1, round: int = 1) -> AnswerState:
    """A state after `respond`."""
    state = AnswerState(QUESTION, round=round, plan=Plan(Want.FACT, QUESTION, "boat colour", ()))
    state.frames = [FrameRef("v", float(at), 0.5, Path(f"{at}.jpg")) for at in range(frames)]
    state.ranked = state.packed = list(records)
    state.messages = conversation(state, state.packed, state.frames)
    state.text = text
    state.sentences = [checked(sentence, QUESTION, state.packed) for sentence in text.split("|") if sentence]
    return state
