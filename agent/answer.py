"""What a question gets back."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Outline:
    """Which part of the picture a thing covers at one time."""

    time: float
    """Seconds."""
    area: float
    """Share of the picture."""
    points: tuple[tuple[float, float], ...]
    """Its corners, as shares of the picture across and down."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A stretch of a video that supports the answer."""

    video: str
    """Id of the video, as `VideoScout.videos()` lists it."""
    start: float
    """Seconds from the video's first frame."""
    end: float
    modality: str
    text: str
    score: float
    """How well it fits the question, 0..1."""
    source: str
    """Tool and version that found it."""
    name: str = ""
    """Base name of the video's file."""
    payload: dict[str, Any] | None = field(default=None, hash=False)
    """What was found, typed: `kind` and its fields, as `tools/payloads.py` has them; `text` is the same in words."""
    box: tuple[float, float, float, float] | None = None
    """Left, top, right and bottom, as shares of the picture, of the region that was asked about."""
    outlines: tuple[Outline, ...] = ()
    """Of the thing that was asked about, in order of time, where the profile's `masks` can tell its pixels."""


@dataclass(frozen=True, slots=True)
class FoundSpan:
    """A stretch of a video in which what was sought holds."""

    video: str
    """Id of the video."""
    start: float
    """Seconds."""
    end: float
    score: float
    """How sure it is, 0..1: fitted on made videos, as a probability; not comparable between words and pictures."""
    evidence: list[Evidence]
    """What it was found by, the surest first; empty where something does *not* hold."""
    name: str = ""
    """Base name of the video's file."""


@dataclass(frozen=True, slots=True)
class AnswerFrame:
    """A frame that was selected for the question."""

    video: str
    time: float
    score: float
    thumbnail: str | None = None
    """Path of the stored JPEG."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One of several answers that were written, or an option that was asked back about."""

    text: str
    score: float
    """How far what was found and what is shown support it, 0..1."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A sentence of the answer that nothing supported, and what stands in its place."""

    before: str
    after: str
    """Empty where it was left out."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer, when in the video it comes from, and what it cost."""

    text: str
    choice: str | None
    """The letter of the chosen option, `A` for the first; `None` for a free-form question."""
    abstained: bool
    """True when nothing in the index supports an answer; `text` then says so."""
    confidence: float
    """0..1; how well the evidence supports the answer; of an abstention, how likely the nearest record would have been
    right. Not a calibrated probability, though what a judge weighed was fitted on made recordings."""
    evidence: list[Evidence]
    """Best first."""
    frames: list[AnswerFrame]
    """In order of time."""
    notes: list[str]
    """What was skipped, failed or replaced on the way."""
    route: list[str]
    """The graph's nodes in the order in which they ran."""
    timings: dict[str, float]
    """Seconds by node, and `before_answer`: from the question to the moment the answerer is asked."""
    counters: dict[str, float]
    """`frames_decoded`, `asr_seconds`, `ocr_calls`, `detector_calls`, `embeddings`, `llm_calls`."""
    tokens: dict[str, int]
    """`auxiliary`, `visual`, `prompt` and `generated`."""
    profile: str
    question: str = ""
    videos: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    """Paths of the pictures in the prompt, in its order: frames, or composites of them. Empty when the answerer was
    not asked, or reads no pictures."""
    understood: str = ""
    """The question as it was understood after those before it in its conversation."""
    relevance: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    """How well each moment of each video, by its id, fits the question: seconds and relevance (0..1) in order of time,
    each until the next. A video without frames has none."""
    spans: list[FoundSpan] = field(default_factory=list)
    """Where a question asks for stretches (“find every time …”, “the highlights”, “cut that out”): each of them, best
    first; highlights in order of time."""

    drafts: list[Draft] = field(default_factory=list)
    """With the setting `best_of`: all answers that were written, the one that is given first."""
    corrections: list[Correction] = field(default_factory=list)
    """With the setting `verify = "correct"`: what became of sentences that nothing supported."""

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as `--json` prints them."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Ingested:
    """What reading one video gave."""

    video: str
    path: str
    duration: float
    added: int
    """Records that were not in the index before."""
    records: dict[str, int]
    """Records by modality."""
    seconds: float
    """Wall-clock time of this call."""
    timings: dict[str, float]
    counters: dict[str, float]
    notes: list[str] = field(default_factory=list)
    stages: list[str] = field(default_factory=list)
    """The stages that read it now; none where it had been read already."""
