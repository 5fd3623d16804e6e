"""What is to be told of a file itself: what it lacks, what in it cannot be read, and where it is damaged."""

from collections.abc import Sequence
from pathlib import Path

from ...tools.media.clock import clock_of
from ...tools.media.packets import DecodeStats
from ...tools.media.video import MediaInfo
from ...tools.records import clock

STRETCHES = 3
"""Damaged stretches that a note names at most."""
PAUSES = 10
"""Gaps in the sound from which they are the recorder's, which left out what was silent, and no damage."""


def about(info: MediaInfo) -> list[str]:
    """What a file lacks, a line each."""
    notes = []
    for stream in info.unreadable:
        several = stream.kind == "audio" and info.has_audio
        notes.append(f"{'audio track ' + str(stream.number) if several else 'the ' + stream.kind} {stream.why}")
    if not info.has_audio:
        notes.append("the video has no sound: nothing was listened to")
    if not info.has_video:
        notes.append("the file has no picture: nothing was looked at")
    if info.cut_off:
        said, found = clock(info.declared or 0.0), clock(info.duration)
        notes.append(f"the file is cut off or still being written: header says {said}, found {found}")
    elif info.ends_early:
        notes.append(f"the file is cut off or still being written: its end is missing, found {clock(info.duration)}")
    if info.begins_again is not None:
        notes.append(f"another recording begins behind the first, at byte {info.begins_again}: it was not read")
    if info.bare and info.fps:
        notes.append(f"the file has no clock: times are counted at {info.fps:g} frames a second")
    return notes


def damaged(path: str, what: str, stats: DecodeStats) -> list[str]:
    """The notes about what could not be decoded or is lost, and where it stands; none where nothing is damaged.

    Args:
        path: of the file.
        what: `picture` or `sound`.
        stats: of the pass over it.
    """
    zero = clock_of(Path(path)).zero
    stretches = [(max(float(start - zero), 0.0), max(float(end - zero), 0.0)) for start, end in stats.stretches]
    notes = []
    if stats.damaged:
        packets = "1 damaged packet was" if stats.damaged == 1 else f"{stats.damaged} damaged packets were"
        notes.append(f"{packets} skipped in the {what}{' at ' if stretches else ''}{_places(stretches)}")
    if 0 < len(stats.missing) < PAUSES:
        notes.append(f"the file has no sound at {_places(stats.missing)}: a part of it is lost, or was never recorded")
    return notes


def _places(stretches: Sequence[tuple[float, float]]) -> str:
    """The first of some stretches in seconds, as notes name them."""
    places = ["–".join(dict.fromkeys(map(clock, stretch))) for stretch in stretches[:STRETCHES]]
    return ", ".join(places) + (" and more" if len(stretches) > STRETCHES else "")
