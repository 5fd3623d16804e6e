"""The verdict from the state in which the forensic graph ended: rounded numbers and plain values, fit for JSON."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .verdict import ShotVerdict, SignalReading, Suspicion, SuspiciousSpan, Verdict, VerdictEvidence

if TYPE_CHECKING:
    from ...graphs.forensics.state import Examination, ForensicState
    from ...tools.forensics.calibration.ranges import Calibration
    from ...tools.forensics.provenance import Provenance


SHOWN_ONLY = "shown only: the calibration does not know it"


def verdict_of(state: "ForensicState", context: "Examination", notes: Sequence[str], seconds: float) -> Verdict:
    """The verdict on a video.

    Args:
        state: the state in which the forensic graph ended.
        context: what its nodes worked with; holds the pictures and plots of the evidence.
        notes: what was noted outside of the graph.
        seconds: how long the examination took.
    """
    assert state.info is not None
    return Verdict(
        label=state.label.value,
        score=round(state.score, 4),
        interval=(round(state.interval[0], 4), round(state.interval[1], 4)),
        signals=[*_of_windows(state, context), *_of_the_file(state)],
        evidence=_evidence(state, context),
        provenance=_provenance(state.provenance),
        calibration=_calibration(context.calibration),
        notes=list(dict.fromkeys([*notes, *state.notes])),
        decided_by=state.decided_by,
        prompts=state.prompts,
        not_covered=list(state.uncovered),
        video=Path(state.path).name,
        duration=round(state.info.duration, 3),
        seconds=round(seconds, 3),
        costs={name: round(spent, 4) for name, spent in state.costs.items()},
        route=state.route,
    )


def _evidence(state: "ForensicState", context: "Examination") -> VerdictEvidence:
    said = state.model_says or state.signals_say
    assert said is not None
    timeline = [
        Suspicion(
            round(f.span.start, 3),
            round(f.span.end, 3),
            round(f.rank, 4) if math.isfinite(f.rank) else 0.5,
            round(f.local, 3),
            [name for name in f.foremost if f.distances[name] > 0],
            context.pictures.get(f.span.start),
        )
        for f in state.scored
    ]
    spans = [
        SuspiciousSpan(
            round(s.start, 3),
            round(s.end, 3),
            list(dict.fromkeys(name for f in state.scored if f.span.overlaps(s) for name in f.foremost)),
        )
        for s in state.spans
    ]
    shots = [
        ShotVerdict(round(s.span.start, 3), round(s.span.end, 3), round(s.score, 4), s.label.value) for s in state.shots
    ]
    cuts = sorted(round(cut, 3) for cut in state.cuts)
    return VerdictEvidence(timeline, spans, cuts, list(said.cited), said.reason, shots)


def _provenance(told: "Provenance | None") -> dict[str, Any]:
    if told is None:
        return {}
    return {
        "container": told.container,
        "codec": told.codec,
        "metadata": told.metadata,
        "fingerprint": told.gop,
        "c2pa": told.c2pa,
    }


def _calibration(calibration: "Calibration") -> dict[str, Any]:
    return {
        "name": calibration.name,
        "real_sources": len(calibration.real),
        "generated_sources": len(calibration.sources) - len(calibration.real),
        "windows": sum(source.windows for source in calibration.sources),
        "conditions": dict(calibration.conditions.__dict__),
        "report": dict(calibration.report),
        "limits": calibration.limits,
    }


def _of_windows(state: "ForensicState", context: "Examination") -> list[SignalReading]:
    """The signals that are measured on windows of frames: medians over the video, curves and plots."""
    import numpy as np

    from ...tools.forensics.signals.registry import SIGNALS

    measured = sorted(state.measured, key=lambda m: m.span)
    readings = []
    for name, signal in SIGNALS.items():
        values = [m.values[name] for m in measured if name in m.values]
        reading = SignalReading(
            name, signal.title, signal.kind, signal.unit, None, fooled_by=signal.fooled_by(), note="not measured"
        )
        if values:
            percentiles = [f.percentiles[name] for f in state.scored if name in f.percentiles]
            distances = [f.distances[name] for f in state.scored if name in f.distances]
            reading = replace(
                reading,
                value=float(f"{np.median(values):.5g}"),
                percentile=round(float(np.median(percentiles)), 4) if percentiles else None,
                distance=round(float(np.median(distances)), 3) if distances else None,
                times=[t for m in measured if name in m.curves for t in m.curves[name][0]],
                curve=[v for m in measured if name in m.curves for v in m.curves[name][1]],
                plot=_plot(context, name),
                note="" if distances else SHOWN_ONLY,
            )
        readings.append(reading)
    return readings


def _plot(context: "Examination", name: str) -> dict[str, Any] | None:
    import numpy as np

    found = context.plots.get(name)
    if found is None:
        return None
    plot = found[1]
    return {
        "x": np.round(plot.x, 4).tolist(),
        "y": np.round(plot.y, 3).tolist(),
        "x_label": plot.x_label,
        "y_label": plot.y_label,
    }


def _of_the_file(state: "ForensicState") -> list[SignalReading]:
    """What was read off the file as a whole: sound, writing, faces and hands."""
    from ...tools.forensics.signals.registry import OF_THE_FILE
    from ...tools.forensics.signals.signal import fooled_by

    readings = []
    for name, reading in state.readings.items():
        title, kind, about = OF_THE_FILE[name]
        readings.append(
            SignalReading(
                name,
                title,
                kind,
                reading.unit,
                round(reading.value, 4) if reading.measured else None,
                times=[round(float(t), 3) for t in reading.times],
                curve=[round(float(v), 4) for v in reading.curve],
                fooled_by=fooled_by(about),
                note=reading.note or SHOWN_ONLY,
            )
        )
    return readings
