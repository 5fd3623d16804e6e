"""The parallel branches that need no model: frames by stretches of the video, and the file itself with its sound."""

import time
from pathlib import Path

import numpy as np
from langgraph.runtime import Runtime

from ...tools.errors import CancelledError, MediaError
from ...tools.forensics.calibration.ranges import suspicion
from ...tools.forensics.provenance import provenance
from ...tools.forensics.signals.over_time.likelihood import SpatialLikelihood
from ...tools.forensics.signals.pictures import colourfulness
from ...tools.forensics.signals.registry import SIGNALS
from ...tools.forensics.signals.signal import Reading, Signal, Window
from ...tools.forensics.signals.sound import looped_sound
from ...tools.forensics.windows import windows
from ...tools.media.video import thumbnail
from ..events import timed
from .state import Examination, File, Measured, Stretch, Update

STILL = 0.15
"""Grey levels, mean over the picture, below which a step counts as none: a recoded still changes by less."""
BLACK = 26
"""Grey level below which a pixel counts as black."""


def signals(context: Examination) -> list[Signal]:
    """All signals, the likelihoods with the calibration's models."""
    return [
        made(context.calibration.whitening.get(made.part)) if issubclass(made, SpatialLikelihood) else made()
        for made in SIGNALS.values()
    ]


@timed("measure")
def measure(stretch: Stretch, runtime: Runtime[Examination]) -> Update:
    """All signals on the windows of one stretch; each frame is decoded once."""
    context = runtime.context
    looking = signals(context)
    costs: dict[str, float] = {}
    measured: list[Measured] = []
    cuts: list[float] = []
    began = time.perf_counter()
    coming = windows(Path(stretch.path), stretch.info, stretch.start, stretch.end, stretch.threads, cuts.append)
    for window in coming:
        if context.stop.is_set():
            raise CancelledError("stopped")
        spend(costs, "decode", began)
        measured.append(_look(window, looking, context, costs))
        began = time.perf_counter()
    spend(costs, "decode", began)
    return {"measured": measured, "cuts": cuts, "costs": costs}


def _look(window: Window, looking: list[Signal], context: Examination, costs: dict[str, float]) -> Measured:
    began = time.perf_counter()
    if context.encoder is not None:
        window.features = context.encoder(window.colour)
        spend(costs, "encoder", began)
        if context.features is not None:
            context.features[window.span.start] = window.features
    began = time.perf_counter()
    _ = window.flow
    spend(costs, "optical flow", began)
    values, curves = {}, {}
    for signal in looking:
        began = time.perf_counter()
        reading = signal.measure(window)
        if reading.measured:
            values[signal.name] = reading.value
            curves[signal.name] = _points(reading)
            _keep_plot(signal, reading, context)
        spend(costs, signal.name, began)
    began = time.perf_counter()
    context.pictures[window.span.start] = thumbnail(window.colour[len(window.times) // 2], 160, 80)
    steps = np.diff(window.times)
    few = slice(None, None, 4)
    changes = np.abs(np.diff(window.grey.astype(np.int16), axis=0)).mean(axis=(1, 2))
    spend(costs, "evidence", began)
    return Measured(
        window.span,
        values,
        curves,
        contrast=float(window.grey.std(axis=(1, 2)).mean()),
        still=float((changes < STILL).mean()),
        uneven=float(steps.std() / steps.mean()),
        colourful=float(np.median(colourfulness(window.colour[few, ::2, ::2]))),
        black=float((window.grey[few] < BLACK).mean()),
    )


def _points(reading: Reading) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return tuple(round(float(t), 3) for t in reading.times), tuple(float(f"{v:.5g}") for v in reading.curve)


def _keep_plot(signal: Signal, reading: Reading, context: Examination) -> None:
    span = context.calibration.ranges.get(signal.name)
    if reading.plot is None or span is None:
        return
    distance = suspicion(span.position(signal.scale(reading.value)), signal.unusual)
    if distance >= context.plots.get(signal.name, (-1.0, None))[0]:
        context.plots[signal.name] = (distance, reading.plot)


def spend(costs: dict[str, float], name: str, began: float) -> None:
    """Add the seconds since `began` to what a step has cost."""
    costs[name] = costs.get(name, 0.0) + time.perf_counter() - began


@timed("file")
def look_at_the_file(state: File, runtime: Runtime[Examination]) -> Update:
    """What the file says of itself, and its sound."""
    path = Path(state.path)
    began = time.perf_counter()
    told = provenance(path)
    costs: dict[str, float] = {}
    spend(costs, "provenance", began)
    began = time.perf_counter()
    notes = list(told.notes)
    try:
        sound = looped_sound(path)
    except MediaError as error:
        sound = Reading(float("nan"), "correlation", note=str(error))
    spend(costs, "sound", began)
    if sound.note:
        notes.append(sound.note)
    elif sound.value > 0.98:
        notes.append(f"the sound repeats itself almost exactly (correlation {sound.value:.3f})")
    return {"provenance": told, "readings": {"looped_sound": sound}, "costs": costs, "notes": notes}
