"""From measures to one of five levels, those of ITU-R BT.500.

The calibration is no viewing test: nobody was asked. `good` and `bad` of each measure of the picture are the medians
that `bench/measure/perceiving/quality.py --calibrate` measures on three clips at the first and at the third of four
strengths of the measure's own defect, rounded; between them badness grows evenly. Underexposure is judged as
overexposure is. Those of clipping are what a film's sound has that is cut off 6 and 18 dB below its peak. Loudness is
judged by EBU R128: −23 LUFS is wanted, and 10 LU beside it counts as the worst.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

WEIGHTS_OF_SOUND = 0.5
"""What badness of the sound weighs beside that of the picture."""


class Level(StrEnum):
    """Five levels, as ITU-R BT.500 names them."""

    EXCELLENT = "excellent"
    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class About:
    """How one measure is read."""

    unit: str
    good: float
    """Value up to which nothing is wrong."""
    bad: float
    """Value from which it cannot be worse; below `good` where less is worse."""
    weight: float = 1.0
    skips: bool = False
    """Whether single pictures are left out for it."""

    def badness(self, value: float) -> float:
        """0 up to `good`, 1 from `bad` on."""
        return min(max((value - self.good) / (self.bad - self.good), 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class Beside(About):
    """A measure that is wanted at `good`, and worse on either side of it."""

    def badness(self, value: float) -> float:
        return min(abs(value - self.good) / abs(self.bad - self.good), 1.0)


MEASURES: dict[str, About] = {
    "sharpness": About("pixels of edge width", 1.3, 2.2, skips=True),
    "blockiness": About("grey levels", 1.8, 8.0, skips=True),
    "noise": About("grey levels", 2.0, 7.8, skips=True),
    "overexposure": About("share of the picture", 0.33, 0.7, skips=True),
    "underexposure": About("share of the picture", 0.33, 0.7, skips=True),
    "banding": About("squared grey levels a hundred pixels", 17.0, 97.0),
    "flicker": About("grey levels", 1.7, 10.9),
    "shake": About("hundredths of the width", 0.9, 5.5),
    "frozen": About("share of the time", 0.2, 0.6, weight=0.5),
    "duplicated": About("share of the frames", 0.18, 0.35, weight=0.5),
    "clipping": About("share of the samples", 0.002, 0.06, weight=WEIGHTS_OF_SOUND),
    "loudness": Beside("LUFS", -23.0, -33.0, weight=WEIGHTS_OF_SOUND),
}
"""In the order in which they are told."""


def score_of(values: Mapping[str, float]) -> float:
    """1 to 5: five, less four times what is left of perfection after each measure has taken its share.

    Args:
        values: by the measure's name.
    """
    left = 1.0
    for name, value in values.items():
        about = MEASURES[name]
        left *= 1 - about.weight * about.badness(value)
    return round(1 + 4 * left, 2)


def level_of(score: float) -> Level:
    """The level whose fifth of 1..5 a score lies in."""
    return [*reversed(Level)][min(int((score - 1) / 0.8), 4)]
