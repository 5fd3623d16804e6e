"""What is known about a question while it is being answered. References and text, never pixels."""

import operator
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, get_origin, get_type_hints

from langgraph.types import Overwrite

from ...tools.perception.embeddings.purposes import Labelled, Query
from ...tools.records import FrameRef, Modality, Record, Span
from ...tools.videollm.interface import Message, VideoLLM
from ..events import merge
from .routes import Route

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np

    from ...tools.index.video_index import VideoIndex
    from ...tools.perception.frames.encoders import FrameEncoder, Vectors
    from ...tools.perception.objects.nanodet import ObjectDetector
    from ...tools.runtime.backend import Tool


LONGEST_NAME = 40
"""Characters of a video's name that a prompt or an answer repeats."""


class Want(StrEnum):
    """What kind of answer a question asks for; it decides how records are turned into one."""

    FACT = "fact"
    WHEN = "when"
    COUNT = "count"
    ORDER = "order"
    QUOTE = "quote"
    """What somebody says, or a text says, about something: best told in its own words."""
    OVERVIEW = "overview"


class Kind(StrEnum):
    """What a question asks for, as `question/examples.toml` has examples of it."""

    FACT = "fact"
    PERSON = "person"
    WHO_SAID = "who_said"
    NUMBER = "number"
    COUNT_SAID = "count_said"
    COUNT_SEEN = "count_seen"
    DATE = "date"
    WHEN = "when"
    MOMENTS = "moments"
    """Stretches are to be shown, listed or cut out: `agent` hands such a question to the graph that finds them."""
    PLACE = "place"
    REASON = "reason"
    MANNER = "manner"
    YES_NO = "yes_no"
    QUOTE = "quote"
    READ = "read"
    LOOK = "look"
    AROUND = "around"
    ENDS = "ends"
    ORDER = "order"
    LIST = "list"
    OVERVIEW = "overview"
    CHAPTERS = "chapters"
    SOUND = "sound"
    COMPARE = "compare"
    DIFFERENCE = "difference"
    """By how much two numbers differ."""


class Place(StrEnum):
    """Which of several things in time a question means: “the first slide”, “the last thing that is said”."""

    FIRST = "first"
    LAST = "last"


@dataclass(frozen=True)
class Retrieval:
    """What one branch is asked to find."""

    modality: Modality
    query: str
    weight: float
    """How likely this modality holds the answer, 0..1, judged from the question alone."""
    videos: tuple[str, ...]
    within: Span | None
    k: int
    place: Place | None = None
    """With a place, the records are taken from that end of the timeline rather than by similarity."""
    spread: bool = False
    """Take records evenly over the whole stretch: what an overview needs."""
    labels: tuple[str, ...] = ()
    """Objects to look for, in the detector's words."""
    looks: tuple[str, ...] = ()
    """Further texts that a frame may look like: the options, where the question asks which of them is shown."""
    brief: bool = False
    """The question is about something that is there for a moment only."""
    in_context: bool = False
    """Utterances are compared together with what is said right before and after them."""


@dataclass(frozen=True)
class Plan:
    """The retrieval request that a question was turned into."""

    want: Want
    question: str
    """The question as it is understood: in the context of a conversation, where there is one."""
    topic: str
    """The question without its question words: what to look for."""
    requests: tuple[Retrieval, ...]
    within: Span | None = None
    place: Place | None = None
    quoted: tuple[str, ...] = ()
    """Phrases that the question puts in quotation marks."""
    labels: tuple[str, ...] = ()
    looks: tuple[str, ...] = ()
    """Options that are looked for in the picture."""
    things: tuple[str, ...] = ()
    """What a detector of open vocabulary is to find, in the question's own words."""
    brief: bool = False
    """It is about something that is there for a moment only, as a flash."""
    bare: bool = False
    """The question names nothing to look for, only where and when: “what is on screen at 0:19?”"""
    kind: Kind | None = None
    """What kind of answer the question asks for, by its nearness to examples; `None` where that is unsure."""
    language: str = "en"
    """ISO 639-1 code of the question."""
    told_time: bool = False
    """The question, or whoever asks, names a stretch by the clock."""
    quotes: bool = False
    """The answer is quoted from what was found, not written by the answerer."""
    open: bool = False
    """Whatever there is can be answered from: an overview, what is shown, a route that does not go by relevance."""


@dataclass(frozen=True)
class Candidate:
    """A record that a branch found, and how well it fits."""

    record: Record
    similarity: float
    """Cosine of question and record, 0..1."""
    coverage: float
    """Share of the question's topic words that the record holds, 0..1."""
    weight: float

    @property
    def relevance(self) -> float:
        """0..1. Similarity finds paraphrases, coverage finds names; either alone misleads."""
        return self.weight * (0.6 * self.similarity + 0.4 * self.coverage)


@dataclass(frozen=True)
class Turn:
    """A question that was answered earlier in a conversation."""

    question: str
    """As it was understood."""
    topic: str
    text: str
    """The answer."""
    video: str | None
    """The video that its evidence is from, with the stretch that the evidence spans; `None` when it had none."""
    span: Span | None


@dataclass(frozen=True)
class CheckedSentence:
    """One sentence of an answer, and what the records say to it."""

    text: str
    support: float
    """Share of its own words that the records hold, 0..1."""
    cited: tuple[Candidate, ...]
    """The records that hold them, best first."""
    shown: float | None = None
    """How probable the answerer finds it that the frames show it, 0..1; `None` where it was not asked."""


@dataclass(frozen=True)
class Draft:
    """One of several answers that were written to a question, or an option that was asked back about."""

    text: str
    score: float
    """How far records and frames support it, 0..1: of a text the mean of its sentences; of an option its share."""
    sentences: tuple[CheckedSentence, ...] = ()


@dataclass(frozen=True)
class Correction:
    """A sentence of an answer that nothing supported, and what stands in its place."""

    before: str
    after: str
    """Empty where it was left out."""


@dataclass(frozen=True)
class Observation:
    """One part of one video to be looked at closely."""

    video: str
    span: Span
    rate: float
    """Pictures a second."""
    side: int
    """Pixels of the longer side."""


@dataclass(frozen=True)
class Standing:
    """The surest answer so far, where it was not sure enough to end there."""

    sure: float
    """Probability that the answerer gives it by what the frames show, 0..1."""
    text: str
    choice: int | None
    cited: list[Candidate]
    confidence: float
    sentences: list[CheckedSentence]


@dataclass
class AnswerState:
    """The graph's state; reducers add what parallel branches and later rounds bring."""

    question: str
    turns: Annotated[list[Turn], operator.add] = field(default_factory=list)
    """Earlier questions of the same conversation, oldest first."""
    options: list[str] = field(default_factory=list)
    videos: list[str] = field(default_factory=list)
    durations: dict[str, float] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """What each video is called where it must be told from others."""
    time_range: tuple[float, float] | None = None

    round: int = 0
    plan: Plan | None = None
    found: Annotated[list[Candidate], operator.add] = field(default_factory=list)
    searched: Annotated[list[Modality], operator.add] = field(default_factory=list)
    """Modalities that were searched, whether or not something was found."""
    unsearched: Annotated[list[Modality], operator.add] = field(default_factory=list)
    """Those whose branch failed or was late."""
    ranked: list[Candidate] = field(default_factory=list)
    """Candidates without repetition, best first."""
    frames: list[FrameRef] = field(default_factory=list)
    packed: list[Candidate] = field(default_factory=list)
    """What the prompt holds, in order of time."""
    messages: list[Message] = field(default_factory=list)
    """The prompt; frames in it are paths."""

    observed: Annotated[list[Observation], operator.add] = field(default_factory=list)
    """What was looked at closely because what was shown before did not settle the question."""
    standing: Standing | None = None

    text: str = ""
    sentences: list[CheckedSentence] = field(default_factory=list)
    """Of a text that the answerer wrote; empty when the answer was read off the records."""
    drafts: list[Draft] = field(default_factory=list)
    """Where several answers were written: all of them, best first."""
    corrections: list[Correction] = field(default_factory=list)
    """Where sentences are written anew: what became of those that nothing supported."""
    choice: int | None = None
    cited: list[Candidate] = field(default_factory=list)
    confidence: float = 0.0
    supported: bool = False
    abstained: bool = False

    notes: Annotated[list[str], operator.add] = field(default_factory=list)
    route: Annotated[list[str], operator.add] = field(default_factory=list)
    timings: Annotated[dict[str, float], merge] = field(default_factory=dict)
    tokens: dict[str, int] = field(default_factory=dict)
    """Of the last prompt: `auxiliary`, `visual`, `prompt`, `generated`."""

    def name(self, video: str) -> str:
        """What to call a video in a prompt or an answer: nothing, when there is only one."""
        if len(self.videos) < 2:
            return ""
        return " ".join(self.names.get(video, video[:6]).split())[:LONGEST_NAME]

    @property
    def asked(self) -> str:
        """The question as the plan understood it."""
        return self.plan.question if self.plan is not None else self.question


def begin(state: AnswerState) -> dict[str, Any]:
    """A graph's input that begins a question anew, whatever an earlier one left in the conversation but its turns."""
    hints = get_type_hints(AnswerState, include_extras=True)
    values = {item.name: getattr(state, item.name) for item in fields(state) if item.name != "turns"}
    return {name: Overwrite(value) if get_origin(hints[name]) is Annotated else value for name, value in values.items()}


@dataclass(frozen=True)
class Answering:
    """What the nodes work with: built for each question by whoever runs the graph."""

    index: "VideoIndex"
    text_embedding: "Tool[str, np.ndarray]"
    label_embedding: "Tool[str, np.ndarray]"
    """In whose space frames lie that no encoder has placed."""
    answerer: VideoLLM
    selector: str
    packer: str
    route: Route
    planner: str
    """`rules`, or `model`: the answerer plans, and the rules where it fails."""
    frames: int
    token_budget: int
    max_new_tokens: int
    max_rounds: int
    tool_timeout: float
    answer_timeout: float = 120.0
    """Seconds that the answerer may take for one answer."""
    asked_at: float = field(default_factory=time.perf_counter)
    """When the question was asked, before its videos were looked up; on the clock of `time.perf_counter`."""
    stop: threading.Event = field(default_factory=threading.Event)
    """Set when nobody waits for the answer any more."""
    frame_encoder: "FrameEncoder | None" = None
    """Made the frames' vectors, where the profile has one; questions search frames with its text tower."""
    judge: VideoLLM | None = None
    """Weighs whether a record answers; without one, how well it fits decides alone."""
    sources: "Mapping[str, Path]" = field(default_factory=dict)
    """The file of each video, from which selected frames are decoded anew where the answerer wants more pixels."""
    records: str = "answer"
    """`answer` where times, counts and orders are read off the records, `support` where the answerer tells them."""
    evidence_weight: float = 4.0
    """Nats of an option's log-probability that a record which fits it fully is worth."""
    quotes: bool = False
    """Free questions are answered in the words of the records, where the question's embedding tells its kind."""
    answer_from: float | None = None
    """Confidence from which a quoted answer is told; by default the fitted one."""
    scales: tuple[int, ...] = (1,)
    """Lengths of the windows by which frames are searched, in seconds; of several the rankings are fused."""
    tool_share: float = 1.0
    """Share of the budget that the findings of one tool may take, 0..1."""
    best_of: int = 1
    """How many answers are written, of which the one that records and frames support best is given."""
    observations: int = 0
    """How often a question may look closer at one part of a video, decoded anew."""
    corrects: bool = False
    """Sentences that nothing supports are written anew, or left out."""
    detector: "ObjectDetector | None" = None
    """Finds things by any name on the frames that are selected; `None` where the profile's detector cannot."""
    _vectors: "dict[str, np.ndarray]" = field(default_factory=dict)
    _frame_queries: "dict[str, Vectors]" = field(default_factory=dict)
    _embedding: threading.RLock = field(default_factory=threading.RLock)
    """Held while a text is embedded, so that branches which want the same vector at once share it."""

    def vector(self, text: str) -> "np.ndarray":
        """The embedding of a short text that is looked up, computed once a question although every branch asks for it.

        Args:
            text: a plain one is a query; any other is embedded for its own purpose (`embeddings.purposes`).
        """
        return self.vectors([text])[0]

    def vectors(self, texts: Sequence[str]) -> "list[np.ndarray]":
        """`vector` of several texts, those that are not known yet embedded together."""
        wanted = [Query(text) if type(text) is str else text for text in texts]
        with self._embedding:
            new = [text for text in wanted if text not in self._vectors]
            if new:
                self._vectors.update(zip(new, self.text_embedding.run(new), strict=True))
            return [self._vectors[text] for text in wanted]

    def kind_vector(self, question: str) -> "np.ndarray":
        """The embedding that tells a question's kind, computed together with the one that it is looked up with."""
        return self.vectors([Query(question), Labelled(question)])[1]

    def frame_query(self, text: str) -> "Vectors":
        """What to search frames with for a short text, computed once a question."""
        from ...tools.perception.frames.encoders import frame_query

        with self._embedding:
            known = self._frame_queries.get(text)
            if known is None:
                known = self._frame_queries[text] = frame_query(text, self.frame_encoder, self.label_embedding)
            return known
