"""The parallel branches: frames by stretches of the video, the file itself with its sound, and its writing."""

import time
from pathlib import Path

import numpy as np
from langgraph.runtime import Runtime

from ...tools.errors import CancelledError, MediaError
from ...tools.forensics.base import Reading, Signal, Window
from ...tools.forensics.calibration import suspicion
from ...tools.forensics.likelihood import SpatialLikelihood
from ...tools.forensics.pictures import colourfulness
from ...tools.forensics.provenance import provenance
from ...tools.forensics.signals import SIGNALS
from ...tools.forensics.sound import looped_sound
from ...tools.forensics.text_stability import text_stability
from ...tools.forensics.windows import windows
from ...tools.media import frames, thumbnail
from ...tools.records import Span
from ..events import timed
from .state import Examination, File, Measured, Stretch, Update, Writing

STILL = 0.15
"""Grey levels, mean over the picture, below which a step counts as none: a recoded still changes by less."""
BLACK = 26
"""Grey level below which a pixel counts as black."""
LINES_READ = 6
"""Frames in which one piece of writing is read."""
WRITINGS = 4


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
        _spend(costs, "decode", began)
        measured.append(_look(window, looking, context, costs))
        began = time.perf_counter()
    _spend(costs, "decode", began)
    return {"measured": measured, "cuts": cuts, "costs": costs}


def _look(window: Window, looking: list[Signal], context: Examination, costs: dict[str, float]) -> Measured:
    began = time.perf_counter()
    if context.encoder is not None:
        window.features = context.encoder(window.colour)
        _spend(costs, "encoder", began)
        if context.features is not None:
            context.features[window.span.start] = window.features
    began = time.perf_counter()
    _ = window.flow
    _spend(costs, "optical flow", began)
    values, curves = {}, {}
    for signal in looking:
        began = time.perf_counter()
        reading = signal.measure(window)
        if reading.measured:
            values[signal.name] = reading.value
            curves[signal.name] = _points(reading)
            _keep_plot(signal, reading, context)
        _spend(costs, signal.name, began)
    began = time.perf_counter()
    context.pictures[window.span.start] = thumbnail(window.colour[len(window.times) // 2], 160, 80)
    steps = np.diff(window.times)
    few = slice(None, None, 4)
    changes = np.abs(np.diff(window.grey.astype(np.int16), axis=0)).mean(axis=(1, 2))
    _spend(costs, "evidence", began)
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


def _spend(costs: dict[str, float], name: str, began: float) -> None:
    costs[name] = costs.get(name, 0.0) + time.perf_counter() - began


@timed("file")
def look_at_the_file(state: File, runtime: Runtime[Examination]) -> Update:
    """What the file says of itself, and its sound."""
    path = Path(state.path)
    began = time.perf_counter()
    told = provenance(path)
    costs: dict[str, float] = {}
    _spend(costs, "provenance", began)
    began = time.perf_counter()
    notes = list(told.notes)
    try:
        sound = looped_sound(path)
    except MediaError as error:
        sound = Reading(float("nan"), "correlation", note=str(error))
    _spend(costs, "sound", began)
    if sound.note:
        notes.append(sound.note)
    elif sound.value > 0.98:
        notes.append(f"the sound repeats itself almost exactly (correlation {sound.value:.3f})")
    return {"provenance": told, "readings": {"looped_sound": sound}, "costs": costs, "notes": notes}


@timed("writing")
def read_again(state: Writing, runtime: Runtime[Examination]) -> Update:
    """The same writing, read in neighbouring frames."""
    reader = runtime.context.screen_text
    assert reader is not None
    costs: dict[str, float] = {}
    began = time.perf_counter()
    found: list[Reading] = []
    for span in sorted(state.spans, key=lambda span: -span.duration)[:WRITINGS]:
        middle = Span(span.start + 0.2 * span.duration, span.end - 0.2 * span.duration)  # it fades in and out
        rate = max(LINES_READ / max(middle.duration, 0.5), 1.0)
        shown = list(frames(state.path, rate, start=middle.start, end=middle.end))[:LINES_READ]
        lines = reader.run([frame.image for frame in shown])
        reading = text_stability([(frame.time, read) for frame, read in zip(shown, lines, strict=True)])
        if reading.measured:
            found.append(reading)
    _spend(costs, "text_stability", began)
    if not found:
        return {"costs": costs, "notes": ["no writing stood long enough to be compared from frame to frame"]}
    worst = max(found, key=lambda reading: reading.value)
    return {"readings": {"text_stability": worst}, "costs": costs}
