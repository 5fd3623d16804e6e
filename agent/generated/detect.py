"""Whether a video was generated: runs the forensic graph for `VideoScout.detect`, and makes calibrations."""

import tempfile
import threading
import time
from collections.abc import Callable, Generator
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ...tools.errors import BackendUnavailableError, MediaError, UsageError, WeightsError
from ...tools.records import Modality
from ...tools.runtime.cores import cores
from ..bridge import end_state, finished, watched
from ..which_video import meant
from .assemble import verdict_of
from .verdict import Verdict

if TYPE_CHECKING:
    from ...graphs.events import Event
    from ...graphs.forensics.state import Examination, ForensicState
    from ...tools.forensics.calibration.fitting import Clip
    from ...tools.forensics.calibration.ranges import Calibration
    from ...tools.forensics.signals.over_time.encoder import SignalEncoder

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
            return verdict_of(state, context, [*notes, *more], time.perf_counter() - began)

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

    stream = (
        build()
        .compile()
        .stream(
            ForensicState(str(path), writing),
            context=context,
            stream_mode=["custom", "values"],
            # One more than the branches: LangGraph waits for them in a thread of the same pool, and alone for ever.
            config={"max_concurrency": context.workers + 1, "recursion_limit": 50},
        )
    )
    return ForensicState(**end_state(stream, report))


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


def measured_clip(path: Path, encoder: "SignalEncoder | None", source: str, generated: bool) -> "Clip":
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


def frame_encoder(scout: Scout) -> "tuple[SignalEncoder | None, list[str]]":
    """The profile's frame encoder, or None with the reason."""
    from ...tools.forensics.signals.over_time.encoder import SignalEncoder

    if "tags" not in scout.profile.roles:
        return None, ["the profile has no frame encoder"]
    try:
        encoder = SignalEncoder(scout.role("tags"))
        if why := encoder.ready():
            return None, [f"signals of the frame encoder were left out: {why}"]
    except (BackendUnavailableError, WeightsError) as error:
        return None, [f"signals of the frame encoder were left out: {error}"]
    return encoder, []


def _examination(calibration: "Calibration", encoder: "SignalEncoder | None", **more: Any) -> "Examination":
    from ...graphs.forensics.state import Examination

    workers = min(cores(), 8)
    return Examination(calibration, encoder, workers=workers, **more)


def _calibration(path: Path | None, encoder: "SignalEncoder | None") -> "tuple[Calibration, list[str]]":
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
    if (path := Path(video)).is_file():
        return path
    known = meant(scout.library, video)
    if isinstance(known, Path):
        return known
    if not known.path.exists():
        raise MediaError(f"{known.path}: is gone; its pixels are needed to examine it")
    return known.path


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
