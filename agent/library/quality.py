"""`VideoScout.quality`: how good a video's picture and sound are."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...tools.errors import MediaError
from ...tools.records import clock
from ..core import Core
from ..which_video import VideoName, meant

if TYPE_CHECKING:
    from ...tools.perception.quality.examine import Quality as Examined

SECONDS = 120.0
"""Of picture that are looked at, by default: evenly spread stretches of a longer video. The sound is listened to
whole."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When a measure is worst."""

    start: float
    """Seconds."""
    value: float


@dataclass(frozen=True, slots=True)
class QualityMeasure:
    """One measure."""

    name: str
    value: float
    unit: str
    worst: tuple[Moment, ...]
    """The worst first; none where nothing is wrong."""
    curve: tuple[Moment, ...] = ()


@dataclass(frozen=True, slots=True)
class Quality:
    """How good a video is: one of five levels, and what was measured."""

    level: str
    score: float
    """1 (bad) to 5 (excellent)."""
    measures: tuple[QualityMeasure, ...]
    seconds: float
    """Of picture that were looked at."""

    def as_dict(self) -> dict[str, Any]:
        """What `vidscout quality --json` prints."""
        measures = [
            {"name": one.name, "value": one.value, "unit": one.unit, "worst": [asdict(at) for at in one.worst]}
            for one in self.measures
        ]
        return {"level": self.level, "score": self.score, "measures": measures}

    def __str__(self) -> str:
        lines = [f"{self.level} ({self.score:.1f} of 5)"]
        for one in self.measures:
            worst = ", ".join(f"{clock(at.start)} {at.value:g}" for at in one.worst)
            lines.append(f"  {one.name:<11} {one.value:>9.4g} {one.unit}" + (f"; worst at {worst}" if worst else ""))
        return "\n".join(lines)


class Measuring(Core):
    """What `VideoScout` measures of a video without any model."""

    def quality(self, video: VideoName, *, seconds: float = SECONDS) -> Quality:
        """Measure sharpness, blockiness, noise, exposure, banding, flicker, shake, frozen and duplicated frames,
        clipping and loudness.

        Args:
            video: a file, or the id or name of a video that has been read; it need not have been.
            seconds: of picture that are looked at, at most.

        Raises:
            UnknownVideoError: there is no such video.
            MediaError: the file cannot be read.
        """
        from ...tools.perception.quality.examine import examine

        known = meant(self.library, video)
        path = known if isinstance(known, Path) else known.path
        if not path.exists():
            raise MediaError(f"{path}: is gone; its pixels are needed to measure it")
        return _told(examine(path, seconds))


def _told(found: "Examined") -> Quality:
    def moments(points: tuple[tuple[float, float], ...]) -> tuple[Moment, ...]:
        return tuple(Moment(at, value) for at, value in points)

    measures = tuple(
        QualityMeasure(one.name, one.value, one.unit, moments(one.worst), moments(one.curve)) for one in found.measures
    )
    return Quality(str(found.level), found.score, measures, found.seconds)
