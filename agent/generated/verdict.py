"""What `detect` returns: a label with its score and error, and everything a person needs to check it."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class SignalReading:
    """One signal over the whole video."""

    name: str
    title: str
    kind: str
    unit: str
    value: float | None
    """Median over the windows; None where nothing could be measured."""
    percentile: float | None = None
    """Share of real windows of the calibration that lie below, 0..1."""
    distance: float | None = None
    """Spreads outside of real videos, on the side that is suspicious; 0 where it is within."""
    times: list[float] = field(default_factory=list)
    """Seconds, one a value of `curve`."""
    curve: list[float] = field(default_factory=list)
    plot: dict[str, Any] | None = None
    """`x`, `y` and their labels, where a curve over time is not the telling picture."""
    fooled_by: str = ""
    note: str = ""


@dataclass(frozen=True)
class Suspicion:
    """One point of the timeline: a window of about two seconds."""

    start: float
    end: float
    score: float
    """As the verdict's, of this window alone."""
    local: float
    """How far it lies from the rest of the video, in usual spreads."""
    signals: list[str] = field(default_factory=list)
    """What is farthest out in it."""
    picture: bytes | None = field(default=None, repr=False)
    """JPEG, 160 pixels; not in `as_dict`."""


@dataclass(frozen=True)
class SuspiciousSpan:
    """A stretch that differs from the rest of the video."""

    start: float
    end: float
    signals: list[str]


@dataclass(frozen=True)
class ShotVerdict:
    """What lies between two cuts, judged by itself."""

    start: float
    end: float
    score: float
    """As the verdict's, of this shot alone."""
    label: Literal["real", "generated", "uncertain"]


@dataclass(frozen=True)
class VerdictEvidence:
    """The windows over time, the stretches that stand out, and the shots with the cuts between them, in seconds."""

    timeline: list[Suspicion] = field(default_factory=list)
    spans: list[SuspiciousSpan] = field(default_factory=list)
    cuts: list[float] = field(default_factory=list)
    cited: list[str] = field(default_factory=list)
    """Signals that the judgement rests on, farthest out first."""
    reason: str = ""
    shots: list[ShotVerdict] = field(default_factory=list)
    """Those that are long enough to be measured, about 1.5 seconds."""


@dataclass(frozen=True)
class Verdict:
    """Whether a video was generated, how sure that is, and everything that was measured."""

    label: Literal["real", "generated", "uncertain"]
    score: float
    """0..1. With a calibration of real videos only: the share of their windows that are less unusual; it is no
    probability. With one of both kinds: the probability of `generated`."""
    interval: tuple[float, float]
    """90 % interval of the score."""
    signals: list[SignalReading]
    evidence: VerdictEvidence
    provenance: dict[str, Any]
    calibration: dict[str, Any]
    """Name, sources, conditions, report and limits of what the values were compared with."""
    notes: list[str]
    decided_by: str = "signals"
    """`signals`, the video-LLM beside them, or the C2PA manifest."""
    prompts: list[str] = field(default_factory=list)
    """Every version of the video-LLM's prompt."""
    not_covered: list[str] = field(default_factory=list)
    """Why its values cannot be compared with the calibration's; empty where they can."""
    video: str = ""
    duration: float = 0.0
    seconds: float = 0.0
    """What the examination took."""
    costs: dict[str, float] = field(default_factory=dict)
    """Seconds of work by signal and of decoding; branches run side by side, so they add up to more than `seconds`."""
    route: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, without pictures."""
        plain = asdict(self)
        for point in plain["evidence"]["timeline"]:
            del point["picture"]
        return plain
