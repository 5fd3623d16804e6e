"""Look for things on the frames that were selected for a question, under the names that the question gives them.

Ingest detects what its detector always detects; a question may ask for more. Only stored thumbnails are looked at, and
what was found on a frame is kept, so that the next question about the same things costs no detector.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import TypeAdapter

from .....tools.payloads import ObjectCounts
from .....tools.perception.objects.nanodet import ObjectDetector
from .....tools.records import Detection, FrameRef, Record, Span

if TYPE_CHECKING:
    from .....tools.index.video_index import VideoIndex

_STORED: TypeAdapter[tuple[Detection, ...]] = TypeAdapter(tuple[Detection, ...])


def detect_selected(
    frames: Sequence[FrameRef], labels: Iterable[str], detector: ObjectDetector, index: "VideoIndex"
) -> dict[FrameRef, tuple[Detection, ...]]:
    """Where the things of these names are on each frame, the surest first; every frame has an entry.

    A detector without open vocabulary finds those of the names that it was trained on. Results are cached by video,
    frame, model and labels in the library, and go when the video is removed; a home that is only read caches nothing.

    Args:
        frames: of videos in the index.
        labels: names of things, in any order, case and number of repetitions.

    Raises:
        UnknownVideoError: no frames of a video are kept any more.
        WeightsError: the detector has not been pulled.
    """
    wanted = sorted({" ".join(label.lower().split()) for label in labels} - {""})
    if not wanted:
        return dict.fromkeys(frames, ())
    found: dict[FrameRef, tuple[Detection, ...]] = {}
    missing: list[FrameRef] = []
    for frame in dict.fromkeys(frames):
        known = index.library.cached(_key(frame, wanted, detector))
        if known is None:
            missing.append(frame)
        else:
            found[frame] = _STORED.validate_json(known)
    if missing:
        pictures = [_picture(frame.thumbnail or index.thumbnail(frame.video, frame.time)) for frame in missing]
        for frame, seen in zip(missing, detector.detect(pictures, wanted), strict=True):
            found[frame] = tuple(seen)
            index.library.cache(_key(frame, wanted, detector), _STORED.dump_json(found[frame]), frame.video)
    return {frame: found[frame] for frame in frames}


def detection_records(found: dict[FrameRef, tuple[Detection, ...]], detector: ObjectDetector) -> list[Record]:
    """What was found as records of their frames' moments, where each is too; frames on which nothing is have none."""
    records = []
    for frame, seen in found.items():
        if seen:
            mean = round(sum(detection.score for detection in seen) / len(seen), 4)
            boxes = tuple(detection.box for detection in seen)
            moment = Span(frame.time, frame.time)
            records.append(Record.of(frame.video, moment, ObjectCounts.of(seen), mean, detector.source, boxes))
    return records


def _key(frame: FrameRef, labels: Sequence[str], detector: ObjectDetector) -> str:
    asked = "\x1f".join([frame.video, f"{frame.time:.3f}", detector.source, *labels])
    return f"detect-{blake2b(asked.encode(), digest_size=16).hexdigest()}"


def _picture(path: Path) -> np.ndarray:
    from PIL import Image

    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))
