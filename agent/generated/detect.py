"""Whether a video was generated: runs the forensic graph for `VideoScout.detect`, and makes calibrations."""

import math
import os
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from ...tools.errors import BackendUnavailableError, MediaError, UsageError, WeightsError
from ...tools.records import Modality
from ..bridge import finished, watched
from .verdict import Evidence, Shot, SignalReading, Span, Suspicion, Verdict

if TYPE_CHECKING:
    from ...graphs.events import Event
    from ...graphs.forensics.state import Examination, ForensicState
    from ...tools.forensics.calibration.fitting import Clip
    from ...tools.forensics.calibration.ranges import Calibration
    from ...tools.forensics.signals.encoder import FrameEncoder

VIDEO_FILES = frozenset(
    {".mp4", ".avi", ".mkv", ".mov", ".webm", ".m4v", ".mpg", ".mpeg", ".gif", ".ts", ".wmv", ".flv"}
)


class Scout(Protocol):
    """What is used of a `VideoScout`: its models, and what it knows of videos that have been read."""

    @property
    def profile(self) -> Any: ...
    @property
    def library(self) -> Any: ...
    @property
    def index(self) -> Any: ...
    def role(self, role: str) -> Any: ...


def detect(
    scout: Scout,
    video: str | PathLike[str],
    *,
    calibration: str | PathLike[str] | None = None,
    on_event: "Callable[[Event], None] | None" = None,
) -> Verdict:
    """Examine a video for traces of generation.

    Args:
        scout: whose models are used; a video-LLM judges too where the profile's answerer reads frames.
        video: a file, or the name or id of a video that has been read.
        calibration: a file made by `calibrate`; by default the one that ships, made from few real videos.
        on_event: called with each step as it begins.

    Raises:
        MediaError: the file cannot be read.
        UsageError: the calibration is none, or was made under other conditions.
    """
    return finished(detect_events(scout, video, calibration=calibration), on_event)


def detect_events(
    scout: Scout, video: str | PathLike[str], *, calibration: str | PathLike[str] | None = None
) -> "Generator[Event, None, Verdict]":
    """Examine a video and yield what happens meanwhile; closing the generator stops the work."""
    path = _file(scout, video)
    encoder, notes = frame_encoder(scout)
    known, more = _calibration(Path(calibration) if calibration else None, encoder)
    judge = scout.role("answerer") if "answerer" in scout.profile.roles else None
    judge = judge if judge is not None and judge.accepts_frames else None
    writing, reader = _writing(scout, path)
    stop = threading.Event()

    def work(report: "Callable[[Event], None]") -> Verdict:
        began = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="vidscout-") as folder:
            tools = {"screen_text": reader, **_people(scout), "judge": judge}
            context = _examination(known, encoder, folder=Path(folder), stop=stop, **tools)
            state = run(path, context, writing, report)
            return _verdict(state, context, [*notes, *more], time.perf_counter() - began)

    return (yield from watched(work, stop))


def run(
    path: Path,
    context: "Examination",
    writing: tuple[Any, ...] = (),
    report: "Callable[[Event], None]" = lambda event: None,
) -> "ForensicState":
    """Run the graph on one file."""
    from ...graphs.forensics.graph import build
    from ...graphs.forensics.state import ForensicState

    state: dict[str, Any] = {}
    stream = (
        build()
        .compile()
        .stream(
            ForensicState(str(path), writing),
            context=context,
            stream_mode=["custom", "values"],
            config={"max_concurrency": context.workers, "recursion_limit": 50},
        )
    )
    for mode, chunk in stream:
        if mode == "custom":
            report(cast("Event", chunk))
        else:
            state = cast("dict[str, Any]", chunk)
    return ForensicState(**state)


def calibrate(
    scout: Scout,
    real: str | PathLike[str],
    generated: str | PathLike[str] | None = None,
    *,
    limits: str = "",
    on_clip: Callable[[Path], None] | None = None,
) -> "Calibration":
    """Make a calibration from folders of videos, which are searched with all their subfolders.

    Files in one subfolder of a folder are one source (re-encodings of one recording, say) and are held out together;
    a file that lies in the folder itself is a source of its own.

    Raises:
        UsageError: a folder holds no videos, or fewer than three real ones that can be measured.
    """
    from ...tools.forensics.calibration.fitting import fit
    from ...tools.forensics.calibration.ranges import Conditions

    encoder, _ = frame_encoder(scout)
    clips: list[Clip] = []
    for folder, of_models in ((real, False), (generated, True)):
        if folder is None:
            continue
        root = Path(folder)
        for path in video_files(root):
            if on_clip is not None:
                on_clip(path)
            parts = path.relative_to(root).parts
            source = parts[0] if len(parts) > 1 else path.stem
            try:
                clips.append(measured_clip(path, encoder, source, of_models))
            except MediaError:
                continue
    if not limits:
        sources = {clip.source for clip in clips if not clip.generated}
        limits = f"Made from {len(sources)} real sources; subjects and cameras unlike theirs are not covered."
    return fit(clips, Conditions(encoder=encoder.source if encoder else ""), limits)


def measured_clip(path: Path, encoder: "FrameEncoder | None", source: str, generated: bool) -> "Clip":
    """One video's windows, as a calibration or a benchmark needs them."""
    from ...graphs.forensics.judging import coverage
    from ...tools.forensics.calibration.fitting import Clip
    from ...tools.forensics.calibration.ranges import Calibration, Conditions

    context = _examination(Calibration(Conditions(), (), {}, {}, 4.0), encoder)
    context.features = {} if encoder else None
    state = run(path, context)
    measured = sorted(state.measured, key=lambda m: m.span)
    assert state.info is not None
    features = [context.features[m.span.start] for m in measured] if context.features is not None else []
    colourful, black = coverage(measured)
    values = [dict(m.values) for m in measured]
    return Clip(source, generated, state.info.duration, values, features, path.name, colourful, black)


def examined(path: Path, calibration: "Calibration", **tools: Any) -> "ForensicState":
    """The whole graph on one file beside a calibration, by the signals that need no model unless `tools` has some."""
    return run(path, _examination(calibration, tools.pop("encoder", None), **tools))


def video_files(folder: Path) -> list[Path]:
    """All videos in a folder and below it.

    Raises:
        UsageError: there is no such folder, or no video in it.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder")
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in VIDEO_FILES and path.is_file())
    if not found:
        raise UsageError(f"{folder}: no video files in it")
    return found


def frame_encoder(scout: Scout) -> "tuple[FrameEncoder | None, list[str]]":
    """The profile's frame encoder, or None with the reason."""
    from ...tools.forensics.signals.encoder import FrameEncoder

    if "tags" not in scout.profile.roles:
        return None, ["the profile has no frame encoder"]
    try:
        encoder = FrameEncoder(scout.role("tags"))
        if why := encoder.ready():
            return None, [f"signals of the frame encoder were left out: {why}"]
    except (BackendUnavailableError, WeightsError) as error:
        return None, [f"signals of the frame encoder were left out: {error}"]
    return encoder, []


def _examination(calibration: "Calibration", encoder: "FrameEncoder | None", **more: Any) -> "Examination":
    from ...graphs.forensics.state import Examination

    workers = max(min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, 8), 1)
    return Examination(calibration, encoder, workers=workers, **more)


def _calibration(path: Path | None, encoder: "FrameEncoder | None") -> "tuple[Calibration, list[str]]":
    from ...tools.forensics.calibration.ranges import DEFAULT, Conditions, load
    from ...tools.forensics.signals.registry import SIGNALS

    known = load(path or DEFAULT)
    here = Conditions(encoder=encoder.source if encoder else known.conditions.encoder)
    if path is not None and encoder is None and known.conditions.encoder:
        raise UsageError(f"{path} was made with encoder {known.conditions.encoder}, which cannot be used here")
    if path is None and encoder is not None and encoder.source != known.conditions.encoder:
        # the other signals do not depend on the encoder
        ranges = {name: span for name, span in known.ranges.items() if not SIGNALS[name].needs_features}
        note = f"the default calibration does not know the encoder {encoder.source}: its signals do not count"
        from dataclasses import replace

        return replace(known, ranges=ranges, whitening={}), [note]
    known.check(here)
    return known, []


def _file(scout: Scout, video: str | PathLike[str]) -> Path:
    path = Path(video)
    if path.exists():
        return path
    known = scout.library.find(str(video))
    if known is None:
        raise MediaError(
            f"{video}: no such file, and no video of that name or id has been read (see `vidscout videos`)"
        )
    if not Path(known.path).exists():
        raise MediaError(f"{known.path}: is gone; its pixels are needed to examine it")
    return Path(known.path)


def _writing(scout: Scout, path: Path) -> tuple[tuple[Any, ...], Any]:
    """Where screen text stands, for a video that has been read, and the reader; no reader where there is no writing."""
    if "screen_text" not in scout.profile.roles:
        return (), None
    video = scout.library.get(scout.library.identify(path))
    if video is None or video.status != "ready":
        return (), scout.role("screen_text")
    records = scout.index.timeline(video.id, [Modality.SCREEN_TEXT])
    return tuple(record.span for record in records), scout.role("screen_text") if records else None


def _people(scout: Scout) -> dict[str, Any]:
    """What finds faces and hands, where the profile has it."""
    return {role: scout.role(role) for role in ("faces", "hands") if role in scout.profile.roles}


def _verdict(state: "ForensicState", context: "Examination", notes: Sequence[str], seconds: float) -> Verdict:
    calibration = context.calibration
    said = state.model_says or state.signals_say
    info = state.info
    assert said is not None
    assert info is not None
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
        Span(
            round(s.start, 3),
            round(s.end, 3),
            list(dict.fromkeys(name for f in state.scored if f.span.overlaps(s) for name in f.foremost)),
        )
        for s in state.spans
    ]
    told = state.provenance
    return Verdict(
        label=state.label.value,
        score=round(state.score, 4),
        interval=(round(state.interval[0], 4), round(state.interval[1], 4)),
        signals=_readings(state, context),
        evidence=Evidence(
            timeline,
            spans,
            sorted(round(cut, 3) for cut in state.cuts),
            list(said.cited),
            said.reason,
            [Shot(round(s.span.start, 3), round(s.span.end, 3), round(s.score, 4), s.label.value) for s in state.shots],
        ),
        provenance={}
        if told is None
        else {
            "container": told.container,
            "codec": told.codec,
            "metadata": told.metadata,
            "fingerprint": told.gop,
            "c2pa": told.c2pa,
        },
        calibration={
            "name": calibration.name,
            "real_sources": len(calibration.real),
            "generated_sources": len(calibration.sources) - len(calibration.real),
            "windows": sum(source.windows for source in calibration.sources),
            "conditions": dict(calibration.conditions.__dict__),
            "report": dict(calibration.report),
            "limits": calibration.limits,
        },
        notes=list(dict.fromkeys([*notes, *state.notes])),
        decided_by=state.decided_by,
        prompts=state.prompts,
        video=Path(state.path).name,
        duration=round(info.duration, 3),
        seconds=round(seconds, 3),
        costs={name: round(spent, 4) for name, spent in state.costs.items()},
        route=state.route,
    )


def _readings(state: "ForensicState", context: "Examination") -> list[SignalReading]:
    import numpy as np

    from ...tools.forensics.signals.registry import OF_THE_FILE, SIGNALS
    from ...tools.forensics.signals.signal import fooled_by

    measured = sorted(state.measured, key=lambda m: m.span)
    readings = []
    for name, signal in SIGNALS.items():
        values = [m.values[name] for m in measured if name in m.values]
        common: dict[str, Any] = {
            "name": name,
            "title": signal.title,
            "kind": signal.kind,
            "unit": signal.unit,
            "fooled_by": signal.fooled_by(),
        }
        if not values:
            readings.append(SignalReading(**common, value=None, note="not measured"))
            continue
        percentiles = [f.percentiles[name] for f in state.scored if name in f.percentiles]
        distances = [f.distances[name] for f in state.scored if name in f.distances]
        plot = context.plots.get(name)
        readings.append(
            SignalReading(
                **common,
                value=float(f"{np.median(values):.5g}"),
                percentile=round(float(np.median(percentiles)), 4) if percentiles else None,
                distance=round(float(np.median(distances)), 3) if distances else None,
                times=[t for m in measured if name in m.curves for t in m.curves[name][0]],
                curve=[v for m in measured if name in m.curves for v in m.curves[name][1]],
                plot=None
                if plot is None
                else {
                    "x": np.round(plot[1].x, 4).tolist(),
                    "y": np.round(plot[1].y, 3).tolist(),
                    "x_label": plot[1].x_label,
                    "y_label": plot[1].y_label,
                },
                note="" if distances else "shown only: the calibration does not know it",
            )
        )
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
                note=reading.note or "shown only: the calibration does not know it",
            )
        )
    return readings
