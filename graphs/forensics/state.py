"""What is known about a video while it is being examined. Numbers and references, never pixels."""

import operator
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ...tools.forensics.calibration.ranges import Calibration
from ...tools.forensics.provenance import Provenance
from ...tools.forensics.signals.signal import Plot, Reading
from ...tools.media.video import MediaInfo
from ...tools.records import Span
from ..events import merge

if TYPE_CHECKING:
    import numpy as np

    from ...tools.forensics.signals.over_time.encoder import SignalEncoder
    from ...tools.perception.people.faces import Face
    from ...tools.perception.people.hands import Hand
    from ...tools.records import TextLine
    from ...tools.runtime.backend import Tool
    from ...tools.videollm.interface import VideoLLM


class Label(StrEnum):
    """What can be said of a video, a window or a shot."""

    REAL = "real"
    GENERATED = "generated"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True)
class Measured:
    """What the signals read in one window."""

    span: Span
    values: Mapping[str, float]
    curves: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]]
    """Times in seconds and values, by signal."""
    contrast: float
    """Standard deviation of the grey picture, mean over the frames."""
    still: float
    """Share of steps between neighbouring frames in which next to nothing changes."""
    uneven: float
    """Spread of the steps in time over their mean: above 0 where the frame rate varies."""
    colourful: float = 0.0
    """Colourfulness (Hasler and Süsstrunk, 2003), median over the frames."""
    black: float = 0.0
    """Share of the picture that is next to black, mean over the frames."""


@dataclass
class Examination:
    """What the nodes work with: built once, by whoever runs the graph."""

    calibration: Calibration
    encoder: "SignalEncoder | None" = None
    screen_text: "Tool[np.ndarray, list[TextLine]] | None" = None
    faces: "Tool[np.ndarray, list[Face]] | None" = None
    hands: "Tool[np.ndarray, list[Hand]] | None" = None
    judge: "VideoLLM | None" = None
    """A video-LLM that reads frames; without one the calibrated signals decide alone."""
    workers: int = 2
    folder: Path | None = None
    """Where the frames lie that a video-LLM reads."""
    stop: threading.Event = field(default_factory=threading.Event)
    pictures: dict[float, bytes] = field(default_factory=dict)
    """JPEG of the middle frame of each window, by the window's start: evidence, not part of the state."""
    plots: dict[str, tuple[float, Plot]] = field(default_factory=dict)
    """For each signal with a plot the one of its most telling window, with that window's distance."""
    features: "dict[float, np.ndarray] | None" = None
    """Where given, keeps each window's frame features: what a calibration is made from."""


@dataclass(frozen=True)
class Stretch:
    """What one branch measures."""

    path: str
    info: MediaInfo
    start: float
    end: float | None
    threads: int


@dataclass(frozen=True)
class Writing:
    """Where one branch reads the same writing several times; without spans it looks for writing itself."""

    path: str
    info: MediaInfo
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class People:
    """What the branches look at that follow faces and hands."""

    path: str
    info: MediaInfo


@dataclass(frozen=True)
class File:
    """What the branch looks at that reads the file rather than its frames."""

    path: str
    info: MediaInfo


@dataclass(frozen=True)
class WindowScore:
    """One window beside the calibration."""

    span: Span
    unusual: float
    """Mean distance, in spreads, of the two kinds of signals that are farthest from real videos, among those that count
    where only real videos are known."""
    rank: float
    """Share of held-out real windows that are less unusual, 0..1; with a fusion, the probability of `generated`."""
    local: float
    """How far the window lies from the rest of its own video, likewise in spreads."""
    distances: Mapping[str, float]
    """Spreads by which each signal lies out on its suspicious side."""
    percentiles: Mapping[str, float]
    foremost: tuple[str, ...]
    """The signals that are farthest out, one of each kind, farthest first."""
    positions: Mapping[str, float] = field(default_factory=dict)
    """Where each signal lies, in spreads from the middle of real videos; below zero beneath it."""


@dataclass(frozen=True)
class JudgedShot:
    """What lies between two cuts, judged by itself: an insert into a real film is usually a shot of its own."""

    span: Span
    windows: int
    score: float
    """As of the whole video, of the shot's typical window."""
    label: Label


@dataclass(frozen=True)
class Opinion:
    """What a judge says, with the evidence that it names."""

    label: Label
    score: float
    interval: tuple[float, float]
    by: str
    """`signals`, or the video-LLM's source."""
    cited: tuple[str, ...] = ()
    reason: str = ""


@dataclass
class ForensicState:
    """The graph's state: what was measured of one video, and what follows from it."""

    path: str
    writing: tuple[Span, ...] = ()
    """Where screen text stands, from the index: there it is read again, frame by frame. Nothing for a video that has
    not been read."""

    info: MediaInfo | None = None
    measured: Annotated[list[Measured], operator.add] = field(default_factory=list)
    cuts: Annotated[list[float], operator.add] = field(default_factory=list)
    costs: Annotated[dict[str, float], merge] = field(default_factory=dict)
    """Seconds by signal, and of decoding."""
    readings: Annotated[dict[str, Reading], operator.or_] = field(default_factory=dict)
    """Signals that are of the file or of its writing, not of a window."""
    provenance: Provenance | None = None

    chosen: list[str] = field(default_factory=list)
    scored: list[WindowScore] = field(default_factory=list)
    uncovered: list[str] = field(default_factory=list)
    """Why the calibration does not cover this video; empty where it does."""
    spans: list[Span] = field(default_factory=list)
    """Stretches that stand out from the rest of the video."""
    shots: list[JudgedShot] = field(default_factory=list)

    round: int = 0
    prompts: Annotated[list[str], operator.add] = field(default_factory=list)
    """Every version of the video-LLM's prompt."""
    instructions: str = ""
    signals_say: Opinion | None = None
    model_says: Opinion | None = None
    contradictions: list[str] = field(default_factory=list)

    label: Label = Label.UNCERTAIN
    score: float = 0.5
    interval: tuple[float, float] = (0.0, 1.0)
    decided_by: str = "signals"

    notes: Annotated[list[str], operator.add] = field(default_factory=list)
    route: Annotated[list[str], operator.add] = field(default_factory=list)
    timings: Annotated[dict[str, float], merge] = field(default_factory=dict)


Update = dict[str, Any]
