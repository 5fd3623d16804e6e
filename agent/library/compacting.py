"""Keeping fewer frames of a video, with what that costs: how many queries still find what they found before."""

from collections.abc import Iterator
from dataclasses import dataclass

from ...tools.errors import UsageError
from ...tools.index.videos import Video
from ...tools.payloads import Modality
from ...tools.records import Span
from ..core import Core
from ..which_video import VideoName

KEEP = 0.25
"""Share of the frames that stays: about what TL;DR keeps of its larger sets."""
AMONG = 8
"""Frames among which what is sought must be."""
MOST_QUERIES = 200
NEAR = 2.0
"""Seconds by which a frame may lie beside what is sought: another frame stands for it then."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """What became of a video's kept frames."""

    before: int
    after: int
    queries: int
    """Questions that were asked in conversations, with what was cited; labels of its frames where there are none."""
    recall_before: float | None
    """Share of the queries that find a frame of what they seek among the best 8; `None` without queries."""
    recall_after: float | None
    written: bool
    """Whether the frames were removed, or only counted."""


class Compacting(Core):
    """The part of `VideoScout` that keeps fewer frames."""

    def compact(self, video: VideoName, keep: float = KEEP, *, dry_run: bool = False) -> Compacted:
        """Keep the frames that stand for the others, and measure what is still found.

        Records, vectors of texts and the file stay as they are. `vidscout ingest VIDEO --again` brings all frames back.

        Args:
            video: one that has been read.
            keep: share of its kept frames that stays, above 0 and below 1.
            dry_run: measure only.

        Raises:
            UsageError: the share is none, or no frames are kept of the video.
            UnknownVideoError: there is no such video.
            HomeError: another process is writing.
        """
        from ...tools.index.vectors.compacting import representatives

        if not 0 < keep < 1:
            raise UsageError(f"the share of frames to keep lies between 0 and 1, not at {keep:g}")
        known = self.find(video)
        times, vectors = self.index.frame_vectors(known.id)
        if not len(times):
            raise UsageError(f"no frames of {known.name} are kept")
        stay = times[representatives(vectors, keep)]
        sought = list(self._sought(known))
        before, after = (self._recall(known, sought, among) for among in (None, {float(at) for at in stay}))
        if not dry_run:
            self.index.keep_frames(known.id, stay.tolist())
        return Compacted(len(times), len(stay), len(sought), before, after, not dry_run)

    def _sought(self, video: Video) -> Iterator[tuple[str, list[Span]]]:
        """Queries with the stretches in which what they seek is."""
        stored = list(self._asked(video))
        if stored:
            yield from stored[:MOST_QUERIES]
            return
        shown: dict[str, list[Span]] = {}
        for record in self.index.timeline(video.id, [Modality.FRAME]):
            shown.setdefault(record.text, []).append(record.span)
        yield from list(shown.items())[:MOST_QUERIES]

    def _asked(self, video: Video) -> Iterator[tuple[str, list[Span]]]:
        talks = self.index.talks
        for name in talks.about(video.id):
            for turn in talks.turns(name):
                cited = [one for one in turn.get("citations", []) if one.get("video") == video.id]
                if turn.get("question") and cited and not turn.get("abstained"):
                    yield turn["question"], [Span(one["start"], one["end"]) for one in cited]

    def _recall(self, video: Video, sought: list[tuple[str, list[Span]]], among: set[float] | None) -> float | None:
        """Share of the queries whose best frames show what is sought, of all frames or only of some."""
        if not sought:
            return None
        found = 0
        for query, spans in sought:
            times, cosines = self.index.frame_similarities(self.models.frame_query(query), video.id)
            ranked = [float(times[at]) for at in (-cosines).argsort(kind="stable")]
            best = [at for at in ranked if among is None or at in among][:AMONG]
            found += any(span.start - NEAR <= at <= span.end + NEAR for at in best for span in spans)
        return round(found / len(sought), 3)
