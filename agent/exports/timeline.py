"""Stretches as an OpenTimelineIO timeline for editors: one clip over the whole file, with a marker a stretch."""

from typing import Any

from ...tools.errors import BackendUnavailableError
from ...tools.words import one_line
from .entries import Listed

RATE = 1000.0
"""Units a second in which times are written where the video's frame rate is not known."""


def otio(listed: Listed) -> str:
    """An `.otio` file.

    Raises:
        BackendUnavailableError: the package `opentimelineio` is not installed.
    """
    try:
        import opentimelineio as editing  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        missing = "the format otio needs opentimelineio: pip install 'vidscout[edit]'"
        raise BackendUnavailableError(missing) from error
    api: Any = editing
    rate = listed.rate or RATE

    def stretch(start: float, end: float) -> Any:
        times = (api.opentime.RationalTime(round(seconds * rate), rate) for seconds in (start, max(end - start, 0.0)))
        return api.opentime.TimeRange(*times)

    whole = stretch(0.0, listed.duration)
    media = api.schema.ExternalReference(target_url=listed.path, available_range=whole)
    clip = api.schema.Clip(name=listed.name, media_reference=media, source_range=whole)
    for entry in listed.entries:
        about = {"vidscout": {"kind": entry.kind, "text": entry.text, "speaker": entry.speaker}}
        span = stretch(entry.start, entry.end)
        clip.markers.append(api.schema.Marker(name=one_line(entry.text), marked_range=span, metadata=about))
    timeline = api.schema.Timeline(name=listed.name)
    timeline.tracks.append(api.schema.Track(name="video", kind=api.schema.TrackKind.Video, children=[clip]))
    return timeline.to_json_string(indent=1)
