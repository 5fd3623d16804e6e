"""Which records a search or a timeline is about, as a condition in SQL."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...records import Modality, Span


@dataclass(frozen=True, slots=True)
class Filter:
    """Which records are meant."""

    videos: Collection[str] | None = None
    """Only these ids; None for all."""
    modalities: Collection[Modality] | None = None
    """Only these; None for all."""
    within: Span | None = None
    """Only what overlaps this stretch; one of no duration still holds its one moment."""

    @property
    def sql(self) -> tuple[str, list[Any]]:
        """A condition on the table `records`, and its values."""
        parts, values = ["true"], []
        for column, chosen in (("video", self.videos), ("modality", self.modalities)):
            if chosen is not None:
                parts.append(f"{column} in (select value from json_each(?))")
                values.append(json.dumps(list(chosen)))
        if self.within is not None:
            first, last = bounds(self.within)
            parts.append("start < ? and (stop > ? or start >= ?)")  # the last for records of no duration
            values += [last, first, first]
        return " and ".join(parts), values


def bounds(within: Span) -> tuple[float, float]:
    """Start and exclusive end in seconds, the end at least a little later."""
    return within.start, max(within.end, np.nextafter(within.start, np.inf).item())
