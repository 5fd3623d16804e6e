"""A shard: the folder into which one video is read away from the index, and from which the index takes it as a whole.

    SHARD/vidscout.sqlite          records, journal and float16 vectors, in the tables of a home
    SHARD/thumbnails/VIDEO/        pictures of the kept frames, one by one while it is read
    SHARD/pictures.zip             the same in one file, once it has been read

It has no graphs of vectors: what a stage looks up by vector while it reads is compared one by one. A reading that is
killed goes on in it. What is sent are two files, and what is taken in is one transaction.
"""

import os
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import HomeError, ServingError
from ..home import DATABASE, SHARDS, THUMBNAILS, private_folder
from ..pictures import PACK, pack
from ..rows.sqlite import Database
from ..vectors.kept_vectors import KeptVectors
from ..video_index import VideoIndex
from .contents import Contents, ContentsStore, contents_of, vectors_of


class WithoutGraphs:
    """Stands where Chroma's collections would: SQLite has the vectors already, and answers by comparing them all."""

    is_local = False

    def __init__(self, kept: KeptVectors) -> None:
        """Take the vectors that SQLite keeps."""
        self._kept = kept

    def nearest(
        self, name: str, vector: np.ndarray, k: int, among: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        """As `Vectors.nearest`, exactly."""
        return self._kept.nearest(name, vector, k, among)

    def fetch(self, name: str, ids: Sequence[str] | None = None) -> tuple[list[str], np.ndarray]:
        """As `Vectors.fetch`."""
        return self._kept.of(name, ids)

    def nothing_to_do(self, *_: Any) -> None:
        """What Chroma would be told and SQLite knows."""

    add = remove = drop = refresh = wrote = compact = close = nothing_to_do


class ShardIndex(VideoIndex):
    """The index of a shard."""

    def __init__(self, folder: Path) -> None:
        """Open it, creating it.

        Raises:
            HomeError: the folder cannot be written.
        """
        super().__init__(folder)
        self._vectors.close()
        self._vectors: Any = WithoutGraphs(self._kept)

    def prepare(self, video: str) -> None:
        """Nothing: who takes the shard prepares what questions need."""


class Shard:
    """A video being read into a folder of its own."""

    def __init__(self, folder: Path, contents: Contents) -> None:
        """Go on with a shard, or begin it with what the index has of the video.

        Raises:
            HomeError: the folder cannot be written.
        """
        self.folder, self.video = folder, contents.video
        self.index = ShardIndex(folder)
        if self.index.library.get(self.video) is None:
            with self.index.writing():
                ContentsStore(self.index.library.database).begin(contents)
            with self.index.writing():
                pass  # entering notes that no graph has to be told of these vectors

    def sealed(self) -> list[Path]:
        """Close it; the two files that are the whole of it: the database, and the pictures that were added.

        Raises:
            HomeError: the disk is full.
        """
        self.index.library.database.compact()
        self.index.close()
        try:
            pack([self.folder / THUMBNAILS / self.video], self.folder / PACK)
        except OSError as error:
            raise HomeError(f"{self.folder} cannot be written ({error.strerror or error})") from error
        return [self.folder / DATABASE, self.folder / PACK]


class Arrival:
    """A shard that comes in, piece by piece, in the home whose index is to take it."""

    def __init__(self, home: Path, video: str) -> None:
        """Make room for it, in place of one that did not arrive whole.

        Raises:
            HomeError: the folder cannot be written.
        """
        self.folder, self.video = home / SHARDS / video, video
        shutil.rmtree(self.folder, ignore_errors=True)
        try:
            private_folder(self.folder)
        except OSError as error:
            raise HomeError(f"{self.folder} cannot be written ({error.strerror or error})") from error

    def write(self, name: str, part: bytes) -> None:
        """Add to one of its two files.

        Raises:
            HomeError: the disk is full.
            ServingError: a shard has no such file.
        """
        if name not in (DATABASE, PACK):
            raise ServingError(f"a shard has no file {name[:40]!r}")
        try:
            with open(os.open(self.folder / name, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600), "ab") as file:
                file.write(part)
        except OSError as error:
            raise HomeError(f"{self.folder} cannot be written ({error.strerror or error})") from error

    def taken_by(self, index: VideoIndex) -> int:
        """Put all that was found in the video into the index, in one transaction; how many records are new.

        The pictures are there before the transaction and named by it: a process that is killed at any point leaves the
        video as it was, with at most pictures that nothing names and that go when it is read again.

        Raises:
            UsageError: the vectors have another length than those of the index.
            HomeError: the shard is damaged, or the home cannot be written.
            SupersededError: the video was forgotten meanwhile, or is read by another process.
        """
        if not zipfile.is_zipfile(self.folder / PACK):
            raise HomeError(f"the shard in {self.folder} is not whole: read the video again")
        with Unpacked(self.folder) as database:
            contents = contents_of(database, self.video, with_vectors=False)
            store = ContentsStore(index.library.database)
            with index.writing():
                index.library.check_reading()  # before pictures are written, which no transaction takes back
                self._bring_pictures(index.home)
                added = store.take(contents, vectors_of(database, self.video))
        columns = contents.tables["frames"][0].split(", ")
        index.keep_frames(self.video, [row[columns.index("time")] for row in contents.rows("frames")])
        shutil.rmtree(self.folder, ignore_errors=True)
        return added

    def _bring_pictures(self, home: Path) -> None:
        """One pack of those that are there and those that have come."""
        folder = home / THUMBNAILS / self.video
        try:
            loose = list(folder.glob("*.jpg"))
            pack([folder, self.folder], folder / PACK)
            for file in loose:
                file.unlink(missing_ok=True)
        except OSError as error:
            raise HomeError(f"{folder} cannot be written ({error.strerror or error})") from error


class Unpacked(Database):
    """A shard's database, to be read."""

    def __init__(self, folder: Path) -> None:
        """Open it.

        Raises:
            HomeError: it is not whole, or of another version.
        """
        super().__init__(folder, read_only=True)

    def __enter__(self) -> "Unpacked":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
