"""From probabilities, stretch by stretch, to sounds with a beginning and an end."""

from collections.abc import Iterable, Mapping, Sequence

from ...payloads import Sound
from ...records import Record, Span
from .offered import Offered
from .tagger import Heard

KEPT = 0.5
"""Share of a class's threshold down to which a sound that has begun goes on, and from which on it is written down
(hysteresis, as in Cances et al., 2019)."""
APART = 1.0
"""Seconds of silence up to which two sounds of a class are one."""

Marked = tuple[float, float, Mapping[str, float]]
"""A stretch's beginning and end in seconds, and the probability of each class worth writing down."""

Event = tuple[Span, str, float]
"""When, which class, and the highest probability."""


def marked(heard: Heard, offered: Mapping[str, Offered], start: float = 0.0) -> list[Marked]:
    """The stretches in which something offered may be heard.

    Args:
        heard: what the tagger says.
        offered: the classes to tell of.
        start: seconds at which the sound begins.
    """
    columns = [(at, name, offered[name].threshold * KEPT) for at, name in enumerate(heard.classes) if name in offered]
    found = []
    for begin, row in zip(heard.starts, heard.scores, strict=True):
        likely = {name: round(float(row[at]), 4) for at, name, least in columns if row[at] >= least}
        if likely:
            found.append((start + begin, start + begin + heard.seconds, likely))
    return found


def events(rows: Iterable[Marked], offered: Mapping[str, Offered]) -> list[Event]:
    """Sounds in order of their beginning: when, which class, and the highest probability.

    A sound of a class begins where its threshold is reached, and takes in what is next to it of at least half of it.
    """
    runs: dict[str, list[list[float]]] = {}
    for begin, end, likely in rows:
        for name, score in likely.items():
            own = runs.setdefault(name, [])
            if own and begin - own[-1][1] <= APART:
                own[-1][1] = max(own[-1][1], end)
                own[-1][2] = max(own[-1][2], score)
            else:
                own.append([begin, end, score])
    found = [
        (Span(begin, end), name, score)
        for name, own in runs.items()
        for begin, end, score in own
        if name in offered and score >= offered[name].threshold
    ]
    return sorted(found, key=lambda event: (event[0].start, event[1]))


def sound_records(
    video: str, rows: Iterable[Marked], offered: Mapping[str, Offered], duration: float, source: str
) -> list[Record]:
    """One record a sound, as long as it is heard; of a sound that is of a kind (a dog's) and in it of a broader one (an
    animal's), the narrower.

    Args:
        video: content id.
        rows: in order of time.
        offered: the classes to tell of.
        duration: of the video, in seconds; the last stretch may have been filled up with silence.
        source: tool and version.
    """
    return [
        Record.of(video, Span(span.start, max(min(span.end, duration), span.start)), Sound(name), score, source)
        for span, name, score in narrowest(events(rows, offered), offered)
    ]


def narrowest(found: Sequence[Event], offered: Mapping[str, Offered]) -> list[Event]:
    """Sounds without those of a broader class that overlap one of a class within it."""
    return [
        (span, name, score)
        for span, name, score in found
        if not any(name in offered[other].within and span.overlaps(beside) for beside, other, _ in found)
    ]
