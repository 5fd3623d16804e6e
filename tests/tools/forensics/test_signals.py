"""Each signal on real clips altered in the one way that it measures, at four strengths."""

from pathlib import Path

import numpy as np
import pytest
from vidscout.bench import alterations
from vidscout.bench.videos import fetch
from vidscout.tools.forensics.base import Signal, Window
from vidscout.tools.forensics.flow import FlowResidual
from vidscout.tools.forensics.frequency import Blocks, Spectrum
from vidscout.tools.forensics.light import Flicker
from vidscout.tools.forensics.noise import NoiseCorrelation, NoiseLevel
from vidscout.tools.forensics.signals import SIGNALS
from vidscout.tools.forensics.text_stability import text_stability
from vidscout.tools.forensics.windows import Taken
from vidscout.tools.forensics.windows import _window as window_of
from vidscout.tools.media import Frame, frames
from vidscout.tools.records import Box, TextLine

CLIPS = ("bikes", "carphone", "trailer")
STARTS = {"bikes": 7.5, "carphone": 0.5, "trailer": 22.0}
"""Seconds from which two seconds lie within one shot."""
STRENGTHS = (0.0, 0.33, 0.66, 1.0)


@pytest.fixture(scope="module", params=CLIPS)
def clip(request: pytest.FixtureRequest) -> np.ndarray:
    path: Path = fetch(request.param)
    start = STARTS[request.param]
    return np.stack([frame.image for frame in frames(path, 8, 640, start, start + 1.9)])


def window(pictures: np.ndarray) -> Window:
    return window_of([Taken(Frame(n / 8, picture)) for n, picture in enumerate(pictures)], 8.0, True)


def values(signal: Signal, clip: np.ndarray, alteration: str) -> list[float]:
    altered = alterations.ALTERATIONS[alteration]
    return [signal.measure(window(altered(clip, strength))).value for strength in STRENGTHS]


@pytest.mark.parametrize(
    ("signal", "alteration", "rises"),
    [
        (NoiseLevel(), "stripped of noise", False),
        (NoiseCorrelation(), "patterned", True),
        (Spectrum(), "upsampled", False),
        (Blocks(), "stripped of noise", True),
        (Flicker(), "flickering", True),
        (FlowResidual(), "jittered", True),
    ],
    ids=lambda value: value.name if isinstance(value, Signal) else str(value),
)
def test_a_stronger_alteration_moves_its_signal_further(
    signal: Signal, alteration: str, rises: bool, clip: np.ndarray
) -> None:
    steps = np.diff(values(signal, clip, alteration))
    assert (steps > 0).all() if rises else (steps < 0).all(), steps


def test_every_signal_tells_what_fools_it() -> None:
    assert all(len(signal.fooled_by()) > 20 for signal in SIGNALS.values())


def test_every_signal_gives_a_curve_with_its_times(clip: np.ndarray) -> None:
    shown = window(clip)
    shown.features = np.random.default_rng(0).normal(size=(len(clip), 32)).astype(np.float32)
    for signal in SIGNALS.values():
        reading = signal().measure(shown)
        assert len(reading.times) == len(reading.curve), signal.name
        assert reading.measured or reading.note, signal.name


def test_scaled_down_pictures_have_no_noise_to_measure(clip: np.ndarray) -> None:
    shown = window(clip)
    shown.native = False
    reading = NoiseLevel().measure(shown)
    assert not reading.measured
    assert "scaled" in reading.note


def test_writing_that_mutates_more_reads_less_stable() -> None:
    words = "quarterly report"

    def observed(changed: int) -> float:
        place = Box(0.1, 0.1, 0.5, 0.2)
        lines = [words if n % 2 else "x" * changed + words[changed:] for n in range(6)]
        return text_stability([(n / 4, [TextLine(line, 0.95, place)]) for n, line in enumerate(lines)]).value

    assert observed(0) == 0
    assert observed(0) < observed(2) < observed(5) < observed(10)
