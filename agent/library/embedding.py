"""Videos that are searched by today's text embedding, whichever embedding they were read with."""

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ...tools.errors import CancelledError, VidscoutError, WeightsError
from ...tools.runtime.notes import note
from ..core import Core

if TYPE_CHECKING:
    from ...graphs.events import Progress
    from ...tools.index.repairing.repair import Repaired


class Embedding(Core):
    """The part of `VideoScout` that makes what was read fit the text embedding of its profile."""

    def repair(self, report: "Callable[[Progress], None]" = lambda progress: None) -> "list[Repaired]":
        """Make again the vectors that Chroma has lost or cannot read any more; which collections those were.

        They come from SQLite. Records whose vectors an earlier version did not keep there are embedded anew; frames of
        which that is true are read anew by the next `ingest`.

        Args:
            report: told how far embedding anew has come.

        Raises:
            HomeError: another process is writing, the home is only read, or the disk is full.
        """
        repaired = self.index.repair()
        self.embed_anew([one.video for one in repaired if one.lost], report)
        return repaired

    def embed_anew(
        self,
        videos: Sequence[str],
        report: "Callable[[Progress], None]" = lambda progress: None,
        stop: threading.Event | None = None,
    ) -> None:
        """Embed the records of videos anew that another text embedding made the vectors of; others cost nothing.

        Where that fails, or the home cannot be written, such a video is searched by its words, and a note says so.

        Args:
            videos: their ids.
            report: told how far it has come.
            stop: ends it when it is set; another call goes on from there.

        Raises:
            CancelledError: `stop` was set.
            WeightsError: the embedding's weights have not been pulled.
        """
        source = self.role("text_embedding").source
        by_others = self.index.embedded_by_others(source)
        outdated = [video for video in videos if video in by_others]
        self.index.words_only.difference_update(set(videos) - set(outdated))
        if not outdated:
            return
        from ...graphs.ingest.embed_anew import embed_anew
        from ...tools.perception.embeddings.once import EmbeddedOnce

        embedding = EmbeddedOnce(self.role("text_embedding"))

        def goes_on() -> None:
            if stop is not None and stop.is_set():
                raise CancelledError("the records were not all embedded anew; another question goes on from here")

        for video in outdated:
            try:
                with self.one_embeds_anew:
                    embed_anew(self.index, video, embedding, report, goes_on)
                self.index.words_only.discard(video)
            except (CancelledError, WeightsError):
                raise
            except VidscoutError as error:
                self.index.words_only.add(video)
                known = self.library.get(video)
                name = known.name if known else video[:12]
                note(f"{name} is searched by its words only: its records could not be embedded anew: {error}")
