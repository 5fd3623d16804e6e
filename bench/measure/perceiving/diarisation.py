"""The diarisation error rate: how much of the time in which people speak is given to nobody, too many or the wrong one.

As NIST's `md-eval` defines it (Rich Transcription 2009): missed, falsely found and confused speech over all speech,
every speaker of an overlap counted, with the one-to-one mapping of found to true speakers that suits best. Within the
collar on both sides of every true beginning and end nothing is counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

STEP = 0.01
"""Seconds of a frame."""
COLLAR = 0.25
"""Seconds on each side of a true beginning or end."""

Spoke = tuple[str, float, float]
"""Who, from when to when, in seconds."""


@dataclass(frozen=True, slots=True)
class DiarisationError:
    """Shares of the time in which people speak."""

    missed: float
    false: float
    confused: float

    @property
    def rate(self) -> float:
        """The diarisation error rate."""
        return self.missed + self.false + self.confused


def diarisation_error(true: Sequence[Spoke], found: Sequence[Spoke], collar: float = COLLAR) -> DiarisationError:
    """Compare who speaks when with who was found to."""
    from scipy.optimize import linear_sum_assignment

    frames = round(max((end for _, _, end in [*true, *found]), default=0.0) / STEP) + 1
    counted = np.ones(frames, bool)
    for _, start, end in true:
        for edge in (start, end):
            counted[max(round((edge - collar) / STEP), 0) : round((edge + collar) / STEP)] = False
    speaks, heard = (_rows(spoken, frames)[:, counted] for spoken in (true, found))
    together = speaks.astype(int) @ heard.T.astype(int)
    pairs = linear_sum_assignment(together, maximize=True)
    right = int(together[pairs].sum())
    there, said = speaks.sum(axis=0).astype(int), heard.sum(axis=0).astype(int)
    total = max(int(there.sum()), 1)
    missed, false = np.maximum(there - said, 0).sum(), np.maximum(said - there, 0).sum()
    confused = np.minimum(there, said).sum() - right
    return DiarisationError(*(float(part) / total for part in (missed, false, confused)))


def _rows(spoken: Sequence[Spoke], frames: int) -> np.ndarray:
    """Where each speaker speaks: (speakers, frames)."""
    names = sorted({name for name, _, _ in spoken})
    rows = np.zeros((len(names), frames), bool)
    for name, start, end in spoken:
        rows[names.index(name), round(start / STEP) : round(end / STEP)] = True
    return rows
