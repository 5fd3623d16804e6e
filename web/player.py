"""The player and the timelines under it, for the videos that are chosen."""

from collections.abc import Callable, Mapping, Sequence
from html import escape

from ..tools.index.videos import Video
from .answers import media_address
from .site import Site
from .timeline import highest, timeline

NOTHING = "<div class='vs-empty'>Add a video in the <b>Library</b> tab, or choose one above.</div>"


def player_html(videos: Sequence[Video], poster: Callable[[str, float], str | None]) -> str:
    """A player with the first of the videos; chips of another one change what it plays."""
    if not videos:
        return NOTHING
    first = videos[0]
    picture = poster(first.id, first.duration / 3) if first.has_video else None
    image = f" poster='{escape(picture, quote=True)}'" if picture else ""
    return (
        f"<video id='vs-player' controls playsinline preload='metadata' data-video='{first.id}'{image}"
        f" src='{media_address(first.id)}' aria-label='Player'></video>"
        f"<p id='vs-player-note' class='vs-note' role='status' hidden>This browser cannot play the file;"
        f" its times and its evidence still hold.</p>"
    )


def timelines_html(
    site: Site,
    videos: Sequence[Video],
    relevance: Mapping[str, Sequence[tuple[float, float]]] | None = None,
    cited: Mapping[str, Sequence[float]] | None = None,
) -> str:
    """A timeline a video, with the question's relevance where one was asked."""
    relevance, cited = relevance or {}, cited or {}
    top = highest(relevance.values())
    plots = []
    for video in videos:
        plot = timeline(video, site.records(video.id), relevance.get(video.id, ()), cited.get(video.id, ()), top)
        name = f"<div class='vs-muted'>{escape(video.name)}</div>" if len(videos) > 1 else ""
        plots.append(name + plot)
    return "".join(plots)
