"""What ingest writes down while it watches and listens: raw sightings, kept until they are settled into records.

They are stored as JSON, a row a frame or utterance, so that a killed ingest goes on where it was, and so that merging
over time is done once, from everything, with the same result however often the work was interrupted.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from pydantic import ConfigDict, TypeAdapter

from ...tools.perception.captions.captioner import Caption
from ...tools.records import Detection, Span, Tag, TextLine, Utterance


@dataclass(frozen=True, slots=True)
class FrameSeen:
    """What the visual tools found on one sampled frame."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    time: float
    kept: bool
    """False when the frame looks like the kept one before it, whose findings then hold for this one too."""
    tags: tuple[Tag, ...] = ()
    lines: tuple[TextLine, ...] = ()
    objects: tuple[Detection, ...] = ()
    features: bytes = b""
    """Image features of a kept frame, float16, for finding shots."""
    caption: Caption | None = None
    """What a captioner said of it, where the profile has one."""


@cache
def _adapter(kind: type) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def to_row(seen: FrameSeen | Utterance) -> bytes:
    return _adapter(type(seen)).dump_json(seen)


def frame_from_row(row: bytes) -> FrameSeen:
    return _adapter(FrameSeen).validate_json(row)


def utterance_from_row(row: bytes) -> Utterance:
    return _adapter(Utterance).validate_json(row)


def standing(frames: Iterable[FrameSeen], duration: float) -> Iterator[tuple[Span, FrameSeen]]:
    """Each kept frame with the stretch for which its picture stood: until the next kept frame, or the end.

    Args:
        frames: sampled frames in order of time.
        duration: of the video, in seconds.
    """
    shown: FrameSeen | None = None
    for frame in frames:
        if not frame.kept:
            continue
        if shown is not None:
            yield Span(shown.time, frame.time), shown
        shown = frame
    if shown is not None:
        yield Span(shown.time, max(shown.time, duration)), shown
