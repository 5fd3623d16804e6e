"""Searching what has been read."""

from collections.abc import Callable, Sequence
from os import PathLike
from typing import TYPE_CHECKING, cast

from ...tools.errors import UsageError, VidscoutError
from ...tools.perception.embeddings.purposes import Query
from ...tools.records import UNSEARCHED, Modality, Span
from ...tools.runtime.notes import note
from ..answer import Evidence
from ..questions import check_range, checked_question, evidence
from ..which_video import VideoName
from .embedding import Embedding

if TYPE_CHECKING:
    import numpy as np

    from ...graphs.events import Progress
    from ...tools.runtime.backend import Tool


class Searching(Embedding):
    """The part of `VideoScout` that searches."""

    def search(
        self,
        query: str,
        videos: VideoName | Sequence[VideoName] | None = None,
        *,
        modality: str | None = None,
        time_range: tuple[float, float] | None = None,
        k: int = 10,
        on_progress: "Callable[[Progress], None]" = lambda progress: None,
    ) -> list[Evidence]:
        """What in the index fits a text best, by meaning and by words, in one video, several, or all.

        Args:
            modality: `speech`, `screen_text`, `object`, `frame` or `caption`; by default all of them.
            k: at most so many results.
            on_progress: called from this thread, where records must be embedded anew first.

        Raises:
            UsageError: an empty query, an unknown modality, a range without length, an unknown video.
        """
        query = checked_question(query, "query")
        check_range(time_range)
        try:
            modalities = [Modality(modality)] if modality else None
        except ValueError:
            known = ", ".join(m for m in Modality if m not in UNSEARCHED)
            raise UsageError(f"no modality {modality!r}; there are {known}") from None
        wanted = [videos] if isinstance(videos, str | PathLike) else videos
        known = {video.id: video.name for video in (self.videos() if wanted is None else map(self.find, wanted))}
        ids = None if wanted is None else list(known)
        self.embed_anew(list(known), on_progress)
        vector = self._meaning(query)
        within = Span(*time_range) if time_range else None
        hits = self.index.search(query, vector, modalities=modalities, within=within, videos=ids, k=k)
        return [evidence(hit.record, hit.similarity or hit.score, known.get(hit.record.video, "")) for hit in hits]

    def _meaning(self, query: str) -> "np.ndarray | None":
        """The vector of what is searched for; None where the embedding fails, so that words must do."""
        try:
            [vector] = cast("Tool[str, np.ndarray]", self.role("text_embedding")).run([Query(query)])
            return vector
        except VidscoutError:
            raise
        except Exception as error:
            note(f"searched by words only: the text embedding failed ({' '.join(str(error).split())})")
            return None
