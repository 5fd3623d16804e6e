"""The plot under the player: what was found when, and how well each moment fits the question. Clicking it seeks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from ..tools.index.videos import Video
from ..tools.records import Modality, Record, clock

LANES = (
    (Modality.SHOT, "Shots"),
    (Modality.SPEECH, "Speech"),
    (Modality.SOUND, "Sounds"),
    (Modality.SCREEN_TEXT, "Screen text"),
    (Modality.OBJECT, "Objects"),
)
WIDTH = 1000
"""Units across; the plot stretches to whatever width there is."""
HEIGHT = 20
FINEST = 1.0
"""Units; stretches nearer than this are drawn as one, so that a long video does not become thousands of shapes."""
FLAT = 0.25
"""Relevance below which the highest moment is none worth showing at full height."""
TICKS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
MOST_TICKS = 6


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch in one lane, in seconds, and what stands there."""

    start: float
    end: float
    text: str


def bars(records: Iterable[Record], duration: float, merge: bool = True) -> list[Bar]:
    """Stretches to draw for records in order of time; those too near to tell apart are one."""
    near = FINEST * duration / WIDTH
    drawn: list[Bar] = []
    for record in records:
        text = " ".join(record.text.split())
        start, end = record.span.start, min(record.span.end, duration)
        if merge and drawn and start - drawn[-1].end < near and end - start < near:
            drawn[-1] = Bar(drawn[-1].start, max(drawn[-1].end, end), drawn[-1].text)
        else:
            drawn.append(Bar(start, end, text if len(text) <= 120 else text[:119] + "…"))
    return drawn


def ticks(duration: float) -> list[float]:
    """Round times along the axis.

    >>> ticks(55.1)
    [0, 10, 20, 30, 40, 50]
    """
    step = next((tick for tick in TICKS if duration / tick <= MOST_TICKS), 7200)
    return [at * step for at in range(int(duration // step) + 1)]


def timeline(
    video: Video,
    records: Sequence[Record],
    relevance: Sequence[tuple[float, float]] = (),
    cited: Sequence[float] = (),
    top: float = 1.0,
) -> str:
    """The plot as HTML with one SVG a lane.

    Args:
        records: the video's, in order of time.
        relevance: seconds and relevance to the question (0..1), in order, each until the next (`Answer.relevance`).
        cited: seconds at which the answer's evidence begins.
        top: relevance drawn at full height.
    """
    duration = max(video.duration, 0.001)
    lanes = []
    for modality, label in LANES:
        own = [record for record in records if record.modality is modality]
        lanes.append(
            _lane(label, _shapes(bars(own, duration, merge=modality is not Modality.SHOT), duration), modality)
        )
    if relevance:
        lanes.append(_lane("Relevance", _curve(relevance, duration, top) + _marks(cited, duration), "relevance"))
    axis = "".join(
        f"<span style='left:{100 * at / duration:.2f}%'>{clock(at)}</span>"
        for at in ticks(duration)
        if at / duration < 0.97
    )
    name = escape(video.name, quote=True)
    return (
        f"<div class='vs-timeline' role='slider' tabindex='0' data-video='{video.id}' data-duration='{duration:.3f}'"
        f" aria-label='Timeline of {name}; arrow keys seek' aria-valuemin='0' aria-valuemax='{duration:.0f}'"
        f" aria-valuenow='0' aria-valuetext='0:00'><div class='vs-lanes'>{''.join(lanes)}</div>"
        f"<div class='vs-lane vs-axis'><span></span><div>{axis}</div></div></div>"
    )


def _lane(label: str, shapes: str, kind: str) -> str:
    return (
        f"<div class='vs-lane'><span>{label}</span><div class='vs-track'>"
        f"<svg class='vs-{kind}' viewBox='0 0 {WIDTH} {HEIGHT}' preserveAspectRatio='none'"
        f" role='img' aria-label='{label}'>{shapes}</svg><i class='vs-playhead'></i></div></div>"
    )


def _shapes(drawn: Iterable[Bar], duration: float) -> str:
    shapes = []
    for number, bar in enumerate(drawn):
        left = WIDTH * bar.start / duration
        width = max(WIDTH * (bar.end - bar.start) / duration - 0.8, FINEST)
        title = escape(f"{clock(bar.start)}–{clock(bar.end)} {bar.text}")
        odd = " class='vs-odd'" if number % 2 else ""
        shapes.append(
            f"<rect x='{left:.1f}' y='3' width='{width:.1f}' height='{HEIGHT - 6}'{odd}><title>{title}</title></rect>"
        )
    return "".join(shapes)


def highest(curves: Iterable[Sequence[tuple[float, float]]]) -> float:
    """The relevance to draw at full height, one for all videos of a question."""
    return max((score for curve in curves for _, score in curve), default=FLAT)


def _curve(relevance: Sequence[tuple[float, float]], duration: float, top: float) -> str:
    """A step curve: a kept frame stands until the next one."""
    top = max(top, FLAT)
    points = [f"0,{HEIGHT}"]
    until = [at for at, _ in relevance[1:]] + [duration]
    for (at, score), end in zip(relevance, until, strict=True):
        y = HEIGHT - min(max(score, 0.0) / top, 1.0) * (HEIGHT - 2)
        points += [f"{WIDTH * at / duration:.1f},{y:.1f}", f"{WIDTH * end / duration:.1f},{y:.1f}"]
    points.append(f"{WIDTH},{HEIGHT}")
    return f"<polygon points='{' '.join(points)}'></polygon>"


def _marks(cited: Iterable[float], duration: float) -> str:
    return "".join(
        f"<rect class='vs-cited' x='{WIDTH * at / duration:.1f}' y='0' width='3' height='{HEIGHT}'>"
        f"<title>evidence at {clock(at)}</title></rect>"
        for at in cited
    )
