"""Stretches as an OpenTimelineIO timeline for editors: one clip over the whole file, with a marker a stretch."""

from pathlib import Path
from typing import Any

from ...tools.errors import BackendUnavailableError
from ...tools.words import one_line
from .edit_lists import stretch
from .entries import Listed
from .frame_rates import counting


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
    counted = counting(listed.path, listed.rate)

    def times(start: int, long: int) -> Any:
        edges = (api.opentime.RationalTime(frames, float(counted.rate)) for frames in (start, long))
        return api.opentime.TimeRange(*edges)

    whole = times(counted.first, max(counted.frames(listed.duration), 1))
    url = Path(listed.path).absolute().as_uri() if listed.path else ""
    media = api.schema.ExternalReference(target_url=url, available_range=whole)
    clip = api.schema.Clip(name=listed.name, media_reference=media, source_range=whole)
    for entry in listed.entries:
        about = {"vidscout": {"kind": entry.kind, "text": entry.text, "speaker": entry.speaker}}
        start, long = stretch(entry, counted)
        span = times(start + counted.first, long)
        clip.markers.append(api.schema.Marker(name=one_line(entry.text), marked_range=span, metadata=about))
    timeline = api.schema.Timeline(name=listed.name)
    kind = api.schema.TrackKind.Video if listed.picture else api.schema.TrackKind.Audio
    timeline.tracks.append(api.schema.Track(name=kind.lower(), kind=kind, children=[clip]))
    return timeline.to_json_string(indent=1)
