"""Questions about a part of the picture: what is in a box at a time, and where it goes."""

import atexit
import math
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ...tools.errors import CancelledError, MediaError, UsageError
from ...tools.geometry import Box, place
from ...tools.index.videos import Video
from ...tools.payloads import Labels, TextLines, Track, to_fields
from ...tools.records import clock
from ...tools.rendering import render
from ...tools.runtime.counters import counting
from ..answer import Answer, AnswerFrame, Evidence, Outline
from ..which_video import VideoName, meant

if TYPE_CHECKING:
    import threading

    from ...graphs.events import Event
    from ...tools.media.video import Frame
    from ...tools.perception.masks.segmenter import Segmenter
    from ...tools.perception.regions.follow import Followed
    from ...tools.videollm.interface import VideoLLM

RATE = 10.0
"""Frames a second on which a thing is followed."""
AROUND = 10.0
"""Seconds before and after the box in which it is followed."""
SIDE = 640
"""Pixels of the longest side of a frame on which it is followed."""
SMALLEST = 0.0004
"""Share of the picture that a box must cover: 13 × 13 pixels of 640 × 360."""
READABLE = 640
"""Pixels to which the longest side of a small box is enlarged before its text is read."""
PLAUSIBLE = 0.2
"""Probability from which a label of the cut-out picture is named."""
CERTAIN = 0.5
"""Probability from which a line of text in the box is told."""
FITS = 0.3
"""Overlap (intersection over union) of a detection with the box from which it is what is in the box."""

OUTLINES = 10
"""Times, evenly over those at which a thing is followed, at which its outline is told."""

Region = tuple[float, tuple[float, float, float, float]]
"""Seconds, and left, top, right and bottom as shares of the picture."""


class Scout(Protocol):
    """What is used of a `VideoScout`."""

    @property
    def profile(self) -> Any: ...
    @property
    def library(self) -> Any: ...
    @property
    def settings(self) -> Any: ...
    @property
    def models(self) -> Any: ...
    def role(self, role: str) -> Any: ...


@dataclass(frozen=True, slots=True)
class Pointed:
    """What was found out about a region."""

    label: str
    """What the detector calls it; empty where it knows no such thing."""
    score: float
    tags: Labels
    lines: tuple[str, ...]
    track: "tuple[Followed, ...]"
    mask: Any = None
    """(H, W) bool: its pixels on the frame that was pointed at, where they can be told."""
    outlines: tuple[Outline, ...] = ()


def checked_region(region: Any) -> tuple[float, Box]:
    """The time and the box that somebody gave.

    Raises:
        UsageError: it is not a time and four shares of the picture that span a box.
    """
    try:
        at, sides = region
        numbers = [float(at), *(float(side) for side in sides)]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) != 5 or not all(math.isfinite(number) for number in numbers) or numbers[0] < 0:
        raise UsageError("a region is a time and a box: 1:03,0.2,0.3,0.5,0.7 (left, top, right, bottom, 0 to 1)")
    at, left, top, right, bottom = numbers
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise UsageError(
            f"the region {left:g},{top:g},{right:g},{bottom:g} is no box within 0 to 1: left, top, right, bottom"
        )
    box = Box(left, top, right, bottom)
    if box.area < SMALLEST:
        raise UsageError(f"the region {left:g},{top:g},{right:g},{bottom:g} is too small to tell anything from")
    return at, box


def ask_about(
    scout: Scout,
    name: VideoName,
    question: str,
    region: Region,
    report: "Callable[[Event], None]",
    stop: "threading.Event",
) -> Answer:
    """Answer a question about what is in a box; the video need not have been read.

    Raises:
        UsageError: the region is none, or lies behind the end.
        MediaError: the file cannot be read.
    """
    from ...graphs.events import StepStarted

    began = time.perf_counter()
    at, box = checked_region(region)
    known = meant(scout.library, name)
    path = known.path if isinstance(known, Video) else known
    if not path.exists():
        raise MediaError(f"{path}: is gone; its pixels are needed to look at a region")
    video = known.id if isinstance(known, Video) else scout.library.identify(path)
    notes: list[str] = []
    with counting() as counters:
        report(StepStarted("look"))
        taken, number, image = _frames(path, at)
        report(StepStarted("follow"))
        pointed = _outlined(scout, _pointed(scout, taken, number, image, box, stop), taken, number, image, notes)
        shown = [_saved(one, video, at) for one in _pictures(pointed, image, box)]
        crop = shown[0]
        report(StepStarted("respond"))
        text, images = _answer(scout, question, pointed, crop, at, box, notes)
    found = _evidence(scout, pointed, video, path.name, at, box)
    sure = max((one.score for one in found), default=0.0)
    return Answer(
        text=text,
        choice=None,
        abstained=not found and not images,
        confidence=round(sure, 3),
        evidence=found,
        frames=[AnswerFrame(video, round(taken[number].time, 3), 1.0, str(one)) for one in shown],
        notes=notes,
        route=["look", "follow", "respond"],
        timings={"total": round(time.perf_counter() - began, 4)},
        counters={key: round(value, 3) for key, value in counters.items()},
        tokens=dict.fromkeys(("auxiliary", "visual", "prompt", "generated"), 0),
        profile=scout.profile.name,
        question=question,
        videos=[video],
        images=images,
        understood=question,
    )


def _frames(path: Path, at: float) -> "tuple[list[Frame], int, Any]":
    """The frames around a time, the number of the one that is meant, and that one in full size."""
    from ...tools.media.video import frames, probe

    about = probe(path)
    if not about.has_video:
        raise MediaError(f"{path}: has no picture, so no region")
    if at >= about.duration:
        raise UsageError(f"the region is at {clock(at)}, but {path.name} ends at {clock(about.duration)}")
    taken = list(frames(path, RATE, SIDE, max(at - AROUND, 0.0), min(at + AROUND, about.duration)))
    if not taken:
        raise MediaError(f"{path}: no picture can be read around {clock(at)}")
    number = min(range(len(taken)), key=lambda one: abs(taken[one].time - at))
    time_of = taken[number].time
    whole = next(iter(frames(path, RATE, 4096, time_of, time_of + 1)), None)
    return taken, number, taken[number].image if whole is None else whole.image


def _pointed(
    scout: Scout, taken: "Sequence[Frame]", number: int, image: Any, box: Box, stop: "threading.Event"
) -> Pointed:
    """Name what is in the box, and follow it."""
    from ...tools.perception.regions.follow import follow

    detector, reader, tagger = scout.role("objects"), scout.role("screen_text"), scout.role("tags")

    def detect(picture: Any) -> Any:
        if stop.is_set():
            raise CancelledError("the question was given up")
        return detector.run([picture])[0]

    seen = [one for one in detect(image) if one.box.overlap(box) >= FITS]
    best = max(seen, key=lambda one: one.box.overlap(box), default=None)
    part = _cut(image, box)
    tags = tuple(tag for tag in tagger.run([part])[0].labels if tag.score >= PLAUSIBLE)[:3]
    lines = tuple(line.text for line in reader.run([_enlarged(part)])[0] if line.score >= CERTAIN)
    _, track = follow(taken, number, box, detect if best is not None else None)
    return Pointed(best.label if best else "", best.score if best else 0.0, Labels(tags), lines, tuple(track))


def _outlined(
    scout: Scout, pointed: Pointed, taken: "Sequence[Frame]", number: int, image: Any, notes: list[str]
) -> Pointed:
    """The same with the thing's pixels, and with its outline for as long as it is followed."""
    from ...tools.perception.masks.segmenter import Marked, outline

    segmenter: Segmenter | None = scout.models.optional("masks")
    if segmenter is None:
        return pointed
    if not segmenter.can(pointed.label):
        known = " and ".join(sorted(segmenter.knows or ()))
        notes.append(f'no outline: {segmenter.name} tells those of a {known} only (roles.masks = "sam" tells any)')
        return pointed
    own = next(at for at, one in enumerate(pointed.track) if one.time == taken[number].time)
    numbers = range(0, len(pointed.track), max(math.ceil(len(pointed.track) / OUTLINES), 1))
    frames = {frame.time: frame.image for frame in taken}
    marked = [Marked(image, pointed.track[own].box, pointed.label)]
    followed = [pointed.track[at] for at in numbers if at != own]
    marked += [Marked(frames[one.time], one.box, pointed.label) for one in followed]
    masks = segmenter.run(marked)
    times = [pointed.track[own].time, *(one.time for one in followed)]
    told = [
        Outline(round(at, 3), round(float(mask.mean()), 4), outline(mask))
        for at, mask in zip(times, masks, strict=True)
        if mask is not None
    ]
    if masks[0] is None:
        notes.append(f"no outline: {segmenter.name} finds none in the box")
    return replace(pointed, mask=masks[0], outlines=tuple(sorted(told, key=lambda one: one.time)))


def _pictures(pointed: Pointed, image: Any, box: Box) -> list[Any]:
    """What is shown of the thing: it alone, and where it is; or the part in the box."""
    from ...tools.perception.masks.segmenter import cut, drawn, outline

    if pointed.mask is None:
        return [_cut(image, box)]
    return [cut(image, pointed.mask), drawn(image, outline(pointed.mask))]


def _answer(
    scout: Scout, question: str, pointed: Pointed, crop: Path, at: float, box: Box, notes: list[str]
) -> tuple[str, list[str]]:
    """The answer, and the pictures that an answerer was shown for it."""
    from ...tools.errors import AnswererError
    from ...tools.videollm.interface import FramePart, Message

    told = described(pointed, at, box)
    answerer: VideoLLM = scout.role("answerer")
    if not answerer.accepts_frames:
        return told, []
    asked = f"This is a part of one frame of a video. Found in it: {told}\nQuestion: {question}"
    message = Message("user", (FramePart(crop, at), asked))
    try:
        text = "".join(answerer.generate([message], max_tokens=scout.settings.max_new_tokens)).strip()
    except AnswererError as error:
        notes.append(f"the answerer failed, so what was found answers alone: {error}")
        return told, []
    return text or told, [str(crop)]


def described(pointed: Pointed, at: float, box: Box) -> str:
    """What was found out, in sentences."""
    said = []
    if pointed.label:
        article = "an" if pointed.label[0] in "aeiou" else "a"
        said.append(f"It is {article} {pointed.label} {place(box)} of the picture.")
    if pointed.mask is not None:
        said.append(f"It covers {float(pointed.mask.mean()):.1%} of the picture.")
    if pointed.tags.tags:
        said.append(f"The part looks like: {render(pointed.tags)}.")
    if pointed.lines:
        said.append(f"It reads: “{' / '.join(pointed.lines)}”.")
    if not said:
        return "Nothing in this part of the picture could be named or read."
    first, last = pointed.track[0].time, pointed.track[-1].time
    if last - first > 1 / RATE:
        moves = _as_track(pointed).direction
        going = f", moving {moves}" if moves else ""
        said.append(f"It was followed from {clock(first)} to {clock(last)}{going}.")
    return " ".join(said)


def _evidence(scout: Scout, pointed: Pointed, video: str, name: str, at: float, box: Box) -> list[Evidence]:
    """What was found in the box, each with the box."""
    sides = (box.left, box.top, box.right, box.bottom)
    first, last = pointed.track[0].time, pointed.track[-1].time
    found = []

    def add(
        modality: str, payload: Any, score: float, source: str, start: float = at, end: float = at, **more: Any
    ) -> None:
        found.append(
            Evidence(
                video=video,
                start=round(start, 3),
                end=round(end, 3),
                modality=modality,
                text=render(payload),
                score=round(score, 3),
                source=source,
                name=name,
                payload=to_fields(payload),
                box=sides,
                **more,
            )
        )

    if pointed.label:
        add(
            "track",
            _as_track(pointed),
            pointed.score,
            scout.role("objects").source,
            first,
            last,
            outlines=pointed.outlines,
        )
    if pointed.tags.tags:
        add("frame", pointed.tags, pointed.tags.tags[0].score, scout.role("tags").source)
    if pointed.lines:
        add("screen_text", TextLines(pointed.lines), CERTAIN, scout.role("screen_text").source)
    return found


def _as_track(pointed: Pointed) -> Track:
    times = tuple(one.time for one in pointed.track)
    return Track(pointed.label or "thing", times, tuple(one.box for one in pointed.track))


def _cut(image: Any, box: Box) -> Any:
    """The part of a picture that a box covers."""
    import numpy as np

    height, width = image.shape[:2]
    top, left = int(box.top * height), int(box.left * width)
    bottom, right = max(math.ceil(box.bottom * height), top + 1), max(math.ceil(box.right * width), left + 1)
    return np.ascontiguousarray(image[top:bottom, left:right])


def _enlarged(image: Any) -> Any:
    """A small picture enlarged, so that small print in it can be read."""
    import cv2

    scale = READABLE / max(image.shape[:2])
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC) if scale > 1 else image


def _saved(image: Any, video: str, at: float) -> Path:
    """The cut-out picture as a file, which is gone when this process ends."""
    from ...tools.media.video import thumbnail

    path = _folder() / f"{video[:12]}-{round(at * 1000)}-{time.monotonic_ns()}.jpg"
    path.write_bytes(thumbnail(image, longest_side=1280, quality=92))
    return path


@cache
def _folder() -> Path:
    folder = tempfile.TemporaryDirectory(prefix="vidscout-regions-")
    atexit.register(folder.cleanup)
    return Path(folder.name)
