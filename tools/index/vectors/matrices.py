"""The vectors of a video's frames as one matrix: what a query is multiplied with to get the curve of a whole video.

Reading them from Chroma takes about half a second for an hour of video. So they are kept as float16 in a file that
outlives the process, and as float32 in memory for as long as there is room. A name and a version say which vectors are
meant: whoever asks for another version than the one that is kept has to read them again.
"""

import contextlib
import os
import shutil
import threading
from collections import OrderedDict
from pathlib import Path

import numpy as np

from ..home import MATRICES, private_file, private_folder

IN_MEMORY = 256 * 2**20
"""Bytes of matrices kept in memory; an hour of frames takes 6 MB."""

ON_DISK = 4 * 2**30
"""Bytes of matrices kept in files; an hour of frames takes 3 MB."""

Matrix = tuple[np.ndarray, np.ndarray]
"""Times in seconds, ascending, float64 of shape (frames,), and unit vectors, float32 of shape (frames, dimensions),
rounded to what float16 can hold: a cosine is off by less than 0.001."""


class Matrices:
    """The matrices of one home, for any number of threads and processes."""

    def __init__(self, home: Path, read_only: bool = False) -> None:
        """Say where they are.

        Args:
            home: the home folder.
            read_only: use the files that are there and write none.
        """
        self._folder = home / MATRICES
        self._read_only = read_only
        self._kept: OrderedDict[tuple[str, str], tuple[int, Matrix]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, video: str, name: str, version: int) -> Matrix | None:
        """The matrix of a collection as it was at a version; None where it is not kept."""
        with self._lock:
            kept = self._kept.get((video, name))
            if kept and kept[0] == version:
                self._kept.move_to_end((video, name))
                return kept[1]
        stored = _stored(self._file(video, name, version))
        if stored is None:
            return None
        return self._remember(video, name, version, (stored[0], stored[1].astype(np.float32)))

    def put(self, video: str, name: str, version: int, times: np.ndarray, vectors: np.ndarray) -> Matrix:
        """Keep the matrix of a collection, in place of earlier versions; as it will be found again.

        Args:
            video: the video that it belongs to.
            name: the collection.
            version: the collection's.
            times: seconds, ascending, of shape (frames,).
            vectors: unit vectors, float array of shape (frames, dimensions).
        """
        half = vectors.astype(np.float16)
        if not self._read_only:
            with contextlib.suppress(OSError):  # a full disk costs the next process half a second, nobody an answer
                self._write(self._file(video, name, version), times, half)
        return self._remember(video, name, version, (times, half.astype(np.float32)))

    def drop(self, video: str) -> None:
        """Forget the matrices of a video, in memory and on disk."""
        with self._lock:
            for key in [key for key in self._kept if key[0] == video]:
                del self._kept[key]
        shutil.rmtree(self._folder / video, ignore_errors=True)

    def _file(self, video: str, name: str, version: int) -> Path:
        return self._folder / video / f"{name}@{version}.npy"

    def _remember(self, video: str, name: str, version: int, matrix: Matrix) -> Matrix:
        for array in matrix:
            array.flags.writeable = False  # several who ask share it
        with self._lock:
            self._kept[video, name] = (version, matrix)
            self._kept.move_to_end((video, name))
            while len(self._kept) > 1 and sum(one[1].nbytes for _, one in self._kept.values()) > IN_MEMORY:
                self._kept.popitem(last=False)
        return matrix

    def _write(self, file: Path, times: np.ndarray, half: np.ndarray) -> None:
        private_folder(file.parent)
        part = file.with_name(f"{file.name}.{os.getpid()}-{threading.get_ident()}.part")
        part.unlink(missing_ok=True)
        try:
            with private_file(part).open("wb") as into:
                np.save(into, times)
                np.save(into, half)
            part.replace(file)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        name = file.name.partition("@")[0]
        for other in file.parent.glob(f"{name}@*"):
            if other != file and other.suffix == ".npy":
                other.unlink(missing_ok=True)
        self._make_room(file)

    def _make_room(self, newest: Path) -> None:
        """Remove the files that were used longest ago where all together are too large."""
        files = [
            (state.st_mtime_ns, state.st_size, file) for file in self._folder.glob("*/*.npy") if (state := file.stat())
        ]
        total = sum(size for _, size, _ in files)
        for _, size, file in sorted(files):
            if total <= ON_DISK:
                return
            if file != newest:
                file.unlink(missing_ok=True)
                total -= size


def _stored(file: Path) -> Matrix | None:
    """Times and the float16 matrix, mapped into memory; None where there is no such file, or half of one."""
    try:
        with file.open("rb") as stored:
            times = np.load(stored)
            np.lib.format.read_magic(stored)
            shape, _, kind = np.lib.format.read_array_header_1_0(stored)
            if len(shape) != 2 or len(times) != shape[0] or kind != np.float16:
                return None
            if not shape[0]:
                return times, np.zeros(shape, kind)
            mapped = np.memmap(file, kind, "r", stored.tell(), shape)
    except (OSError, ValueError, EOFError):
        return None
    with contextlib.suppress(OSError):  # of somebody else, or on a disk that is only read
        os.utime(file)  # it was used just now
    return times, mapped
