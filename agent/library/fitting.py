"""A search that says nothing where nothing fits, narrowed to modalities and to where somebody is."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...tools.errors import UsageError
from ..answer import Evidence

if TYPE_CHECKING:
    from ..scout import VideoScout

DEPTH = 4
"""Times as many results are looked at as are wanted, where some are left out afterwards."""


def searched(
    scout: "VideoScout",
    query: str,
    videos: Sequence[str] | None,
    *,
    modalities: Sequence[str] = (),
    time_range: tuple[float, float] | None = None,
    person: str | None = None,
    fitting: bool = False,
    k: int = 10,
) -> list[Evidence]:
    """What fits a text best, best first.

    Args:
        scout: whose index is searched.
        query: what is looked for.
        videos: ids; None for all.
        modalities: only these; none for all.
        time_range: seconds; only what overlaps.
        person: only where somebody of that name speaks or is seen.
        fitting: only what holds every word of the query, or holds by the measure of `ground`; else the nearest.
        k: how many at most.

    Raises:
        UsageError: as `VideoScout.search`, and where nobody is called so.
    """
    from ...tools.words import content_words, coverage

    deep = k * DEPTH if person or fitting else k
    found: list[Evidence] = []
    for modality in modalities or [None]:
        found += scout.search(query, videos, modality=modality, time_range=time_range, k=deep)
    if fitting:
        wanted = content_words(query)
        literal = [item for item in found if wanted and coverage(wanted, item.text) >= 1.0]
        known = [video for video in scout.videos() if videos is None or video.id in videos]
        ids = [video.id for video in known if time_range is None or time_range[0] < video.duration]
        sought = scout.grounded(ids, query, time_range).spans if ids else []
        measured = [item for span in sought for item in span.evidence]
        found = [*literal, *(item for item in measured if not modalities or item.modality in modalities)]
    found.sort(key=lambda item: -item.score)
    once = {(item.video, item.start, item.modality, item.text): item for item in reversed(found)}
    kept = sorted(once.values(), key=lambda item: -item.score)
    if person:
        spans = where(scout, person)
        kept = [item for item in kept if _is_there(item, spans)]
    return kept[:k]


def where(scout: "VideoScout", person: str) -> dict[str, list[tuple[float, float]]]:
    """Where somebody speaks or is seen: stretches in seconds, by video.

    Raises:
        UsageError: nobody is called so.
    """
    listed = scout.people.list()
    wanted = " ".join(person.split()).casefold()
    spans: dict[str, list[tuple[float, float]]] = {}
    for one in (*listed.people, *listed.speakers):
        if one.name.casefold() == wanted:
            spans.setdefault(one.video, []).extend(one.spans)
    if not spans:
        raise UsageError(f"nobody is called {person[:60]!r} in any video")
    return spans


def _is_there(item: Evidence, spans: dict[str, list[tuple[float, float]]]) -> bool:
    return any(start < item.end and item.start < end for start, end in spans.get(item.video, ()))
