"""Records that another text embedding made the vectors of, embedded anew: their texts are all that it takes.

The old vectors go at once and together, since they compare with no new ones; until all new ones are there, the journal
names the embedding as one that is under way. So a process that is killed in between leaves records that are found by
their words, and whoever comes next goes on with those that have no vector yet.
"""

from abc import ABC
from collections.abc import Callable, Sequence
from sqlite3 import Connection

import numpy as np

from ...errors import HomeError
from ...records import UNEMBEDDED, Record
from ..stage_store import StageStore
from ..stage_writes import StageWrites
from ..store import records_of
from ..vectors.chroma import unit

AT_ONCE = 64
"""Records that are embedded together; other writers wait only while their vectors are written."""

UNDER_WAY = "{embedding}, under way"
"""What the journal says of a video whose records are being embedded."""

_SEARCHED = f"video = ? and modality not in ({', '.join(repr(str(one)) for one in sorted(UNEMBEDDED))})"


class EmbeddingStore(StageStore):
    """The index's tables, as far as they tell which embedding made the vectors of a video's records."""

    def embeddings(self, video: str) -> set[str]:
        """The sources of the embeddings that made them, by the journal; of one under way, with that added."""
        with self._db.reading() as db:
            return _embeddings(db, video)

    def embedded_by_others(self, embedding: str) -> set[str]:
        """The videos some of whose records have vectors by another embedding than the one of this source."""
        with self._db.reading() as db:
            rows = db.execute("select distinct video from stages where embedding not in ('', ?)", [embedding])
            return {video for (video,) in rows}

    def drop_vectors(self, video: str, embedding: str) -> None:
        """Have Chroma drop a video's records and say that another embedding is under way; nothing where it is already.

        Args:
            video: the video's id.
            embedding: the source of the one that comes.
        """
        mark = UNDER_WAY.format(embedding=embedding)
        with self._db.writing() as db:
            if not _embeddings(db, video) <= {mark, embedding}:
                db.execute("update records set embedded = 0 where video = ?", [video])
                self._doom(db, records_of(video))
                db.execute("update stages set embedding = ? where video = ? and embedding != ''", (mark, video))

    def count_unembedded(self, video: str) -> tuple[int, int]:
        """How many of the records that are searched have no vector, and how many there are."""
        query = f"select coalesce(sum(not embedded), 0), count(*) from records where {_SEARCHED}"
        with self._db.reading() as db:
            left, total = db.execute(query, [video]).fetchone()
        return left, total

    def some_record(self, video: str) -> Record | None:
        """Any record that is searched."""
        return next(iter(self._select(_SEARCHED, [video], 1)), None)

    def unembedded(self, video: str, limit: int) -> list[Record]:
        """Records that are searched and have no vector, in order of time."""
        return self._select(f"{_SEARCHED} and not embedded", [video], limit)

    def give_vectors(self, video: str, embedding: str, records: Sequence[Record], vectors: np.ndarray) -> bool:
        """Note unit vectors, one a record, that wait for Chroma; False where another embedding is under way by now.

        A record that has gone meanwhile, or has a vector, gets none.
        """
        with self._db.writing() as db:
            if not _embeddings(db, video) <= {UNDER_WAY.format(embedding=embedding), embedding}:
                return False
            for record, vector in zip(records, vectors, strict=True):
                if db.execute("update records set embedded = 1 where id = ? and not embedded", [record.id]).rowcount:
                    self._wait(db, records_of(video), record.id, vector)
        return True

    def settle(self, video: str, embedding: str) -> None:
        """Say that all records have vectors by an embedding that was under way."""
        with self._db.writing() as db:
            mark = UNDER_WAY.format(embedding=embedding)
            db.execute("update stages set embedding = ? where video = ? and embedding = ?", (embedding, video, mark))


def _embeddings(db: Connection, video: str) -> set[str]:
    query = "select distinct embedding from stages where video = ? and embedding != ''"
    return {embedding for (embedding,) in db.execute(query, [video])}


class EmbeddedAnew(StageWrites, ABC):
    """What `VideoIndex` can do for a video whose records another text embedding made the vectors of."""

    _store: EmbeddingStore  # pyright: ignore[reportIncompatibleVariableOverride]
    words_only: set[str]
    """Videos whose records are found by their words only, since their vectors are of another embedding."""

    def embedded_by_another(self, video: str, embedding: str) -> bool:
        """Whether some of a video's records have vectors by another embedding than the one of this source."""
        return not self._store.embeddings(video) <= {embedding}

    def embedded_by_others(self, embedding: str) -> set[str]:
        """All videos of which `embedded_by_another` is true."""
        return self._store.embedded_by_others(embedding)

    def embed_anew(
        self,
        video: str,
        embedding: str,
        embed: Callable[[Sequence[str]], Sequence[np.ndarray]],
        on_progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> int:
        """Give a video's records vectors by another embedding; how many there are.

        What is there stays as it is until `embed` has answered once. Nothing is done where nothing is to be.

        Args:
            video: the video's id.
            embedding: the source of the embedding.
            embed: the vectors of texts, in order. What it raises ends this, to be gone on with by the next call.
            on_progress: told how many records have their vectors, of how many.

        Raises:
            HomeError: another process is writing or embeds them otherwise, or the home cannot be written.
        """
        if not self.embedded_by_another(video, embedding):
            return 0
        with self.writing():
            pass
        if some := self._store.some_record(video):
            embed([some.text])
        with self.writing():
            self._store.drop_vectors(video, embedding)
            self._bring_chroma_up_to_date()
        left, total = self._store.count_unembedded(video)
        while records := self._store.unembedded(video, AT_ONCE):
            on_progress(total - left, total)
            vectors = unit(np.stack(list(embed([record.text for record in records]))))
            with self.writing():
                if not self._store.give_vectors(video, embedding, records, vectors):
                    raise HomeError(f"another vidscout embeds the records of video {video[:12]} by another model")
                self._bring_chroma_up_to_date()
            left, total = self._store.count_unembedded(video)
        with self.writing():
            self._store.settle(video, embedding)
        on_progress(total, total)
        return total
