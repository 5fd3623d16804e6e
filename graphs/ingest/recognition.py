"""Who is seen in a video: faces that a stage wrote down, in groups, and what the people are called."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...tools.geometry import Box
from ...tools.index.rows.people import How, Likeness, Named
from ...tools.records import Span

if TYPE_CHECKING:
    import numpy as np

    from ...tools.perception.people.persons import SeenPerson

STAGE = "faces"
"""The stage that writes faces down."""


@dataclass(frozen=True)
class Sighting:
    """A face on a frame."""

    box: Box
    vector: "np.ndarray"
    """(dimensions,) of unit length."""


def packed(sightings: Sequence[Sighting]) -> bytes:
    """The faces on a frame as they are written down, vectors as float16."""
    import numpy as np
    import ormsgpack

    rows = [(*_edges(one.box), one.vector.astype(np.float16).tobytes()) for one in sightings]
    return ormsgpack.packb(rows)


def unpacked(row: bytes) -> list[Sighting]:
    """The faces on a frame, from what was written down."""
    import numpy as np
    import ormsgpack

    return [
        Sighting(Box(*edges), np.frombuffer(numbers, np.float16).astype(np.float32))
        for *edges, numbers in ormsgpack.unpackb(row)
    ]


def people(standing: Iterable[tuple[Span, bytes]], same: float) -> "list[SeenPerson]":
    """The people behind what was written down of each frame.

    Args:
        standing: how long each frame's picture stood, and its row, in order of time.
        same: least mean cosine of two groups of faces that are one person's.
    """
    from ...tools.perception.people.persons import persons

    return persons([(span, one.box, one.vector) for span, row in standing for one in unpacked(row)], same)


def recognised(
    seen: "Sequence[SeenPerson]", likenesses: Sequence[Likeness], encoder: str, known: float
) -> dict[str, Named]:
    """The names of those who are like somebody who was shown, by label.

    Args:
        seen: the people of a video.
        likenesses: what those look like who were shown; only those by the same encoder compare.
        encoder: source of what made the vectors.
        known: least cosine.
    """
    found: dict[str, Named] = {}
    for person in seen:
        alike = {one.name: float(person.vector @ one.vector) for one in likenesses if one.encoder == encoder}
        name = max(alike, key=alike.__getitem__, default="")
        if name and alike[name] >= known:
            found[person.label] = Named(name, How.LIKENESS)
    return found


def with_names(told: Mapping[str, Named], likeness: Mapping[str, Named]) -> dict[str, Named]:
    """Names that somebody gave go before those by likeness."""
    return {**likeness, **{label: one for label, one in told.items() if one.how is How.USER}}


def _edges(box: Box) -> tuple[float, float, float, float]:
    return box.left, box.top, box.right, box.bottom
