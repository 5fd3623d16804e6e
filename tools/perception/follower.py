"""The same thing from frame to frame: objects, faces, hands, anything that has a box."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from ..records import Box, Span


class Boxed(Protocol):
    """Something at a place on a frame."""

    @property
    def box(self) -> Box: ...


B = TypeVar("B", bound=Boxed)


@dataclass
class Followed(Generic[B]):
    """One thing for as long as it is seen."""

    spans: list[Span] = field(default_factory=list)
    """How long each frame's picture stood on which it was seen."""
    seen: list[B] = field(default_factory=list)
    """What was seen of it on each of these frames."""

    @property
    def span(self) -> Span:
        """From the first sighting to the end of the last."""
        return Span(self.spans[0].start, self.spans[-1].end)


Distance = Callable[[Followed[B], B, float], float | None]
"""How far what is seen at a time in seconds is from a thing, lower is nearer; `None` when it cannot be the same."""


def overlap(thing: Followed[B], found: B, least: float) -> float | None:
    """The distance by intersection over union with the last box, of at least `least`.

    At video rate this follows well (Bochinski et al., 2017). At one frame a second whatever moves fast is lost and
    found as another, so the number of such tracks is not a number of individuals; the number at once is.
    """
    shared = round(thing.seen[-1].box.overlap(found.box), 4)
    return -shared if shared >= least else None


def follow(observations: Iterable[tuple[Span, Sequence[B]]], gap: float, distance: Distance[B]) -> list[Followed[B]]:
    """Follow each thing from frame to frame: greedily, the nearest first.

    Args:
        observations: in order of time: how long a frame's picture stood, and what was found on it.
        gap: seconds for which a thing may be missed.
        distance: of what is found from a thing that is followed.

    Returns:
        Things by the time at which each was first seen, those of one frame from left to right.
    """
    done: list[Followed[B]] = []
    current: list[Followed[B]] = []
    for span, found in observations:
        done += [thing for thing in current if span.start - thing.span.end > gap]
        current = [thing for thing in current if span.start - thing.span.end <= gap]
        pairs = sorted(
            (away, old, new)
            for old, thing in enumerate(current)
            for new, one in enumerate(found)
            if (away := distance(thing, one, span.start)) is not None
        )
        taken: set[int] = set()
        known: set[int] = set()
        for _, old, new in pairs:
            if old not in taken and new not in known:
                taken.add(old)
                known.add(new)
                current[old].spans.append(span)
                current[old].seen.append(found[new])
        current += [Followed([span], [one]) for new, one in enumerate(found) if new not in known]
    return sorted(done + current, key=lambda thing: (thing.span, thing.seen[0].box.left))
