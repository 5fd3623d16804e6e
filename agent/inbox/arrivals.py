"""Where files arrive before they are accepted: a folder of this process's own, swept when the process is gone."""

import shutil
import time
import uuid
from pathlib import Path

from filelock import FileLock, Timeout

from ...tools.index.home import ARRIVING, private_folder

UNCLAIMED_FOR = 24 * 3600.0
"""Seconds for which a folder that nobody says is theirs is left alone: an older version may still be filling it."""


class Arrivals:
    """A folder for files on their way in, on the disk where they will stay, so that keeping one is a rename.

    A lock beside the folder is held for as long as the process lives. Whoever starts later and finds it free knows
    that the process has gone, and removes what it left half sent.
    """

    def __init__(self, home: Path) -> None:
        """Name the folder and sweep what processes that are gone have left; nothing is created before it is needed."""
        self._root = home / ARRIVING
        self.process = uuid.uuid4().hex
        """The name by which other processes can ask whether this one is alive."""
        self._lock = FileLock(self._root / f"{self.process}.lock", mode=0o600, thread_local=False)
        self._sweep()

    def claim(self) -> Path:
        """The folder, made and locked where it is not yet; from now on others see that this process is alive."""
        if not self._lock.is_locked:
            private_folder(self._root)
            self._lock.acquire(timeout=5.0)
        return private_folder(self._root / self.process)

    def place(self) -> Path:
        """A path at which nothing is yet, for one file or one folder."""
        folder = self.claim()
        for entry in folder.iterdir():
            if _age(entry) > UNCLAIMED_FOR:  # half sent, and given up
                shutil.rmtree(entry, ignore_errors=True) if entry.is_dir() else entry.unlink(missing_ok=True)
        return folder / uuid.uuid4().hex

    def alive(self, process: str) -> bool:
        """Whether another process, by its name, still runs."""
        path = self._root / f"{process}.lock"
        if process == self.process or not path.is_file():
            return process == self.process
        other = FileLock(path, mode=0o600, thread_local=False)
        try:
            other.acquire(timeout=0)
        except (Timeout, OSError):
            return True
        other.release()
        return False

    def close(self) -> None:
        """Remove the folder and whatever is in it."""
        if self._lock.is_locked:
            shutil.rmtree(self._root / self.process, ignore_errors=True)
            self._lock.release()
            (self._root / f"{self.process}.lock").unlink(missing_ok=True)

    def _sweep(self) -> None:
        if not self._root.is_dir():
            return
        for entry in list(self._root.iterdir()):
            if entry.suffix == ".lock":
                if not self.alive(entry.stem):
                    shutil.rmtree(entry.with_suffix(""), ignore_errors=True)
                    entry.unlink(missing_ok=True)
            elif not entry.with_name(f"{entry.name}.lock").exists() and _age(entry) > UNCLAIMED_FOR:
                shutil.rmtree(entry, ignore_errors=True) if entry.is_dir() else entry.unlink(missing_ok=True)


def _age(path: Path) -> float:
    """Seconds since a file or anything in a folder was changed last."""
    try:
        times = [one.stat().st_mtime for one in (path, *path.rglob("*"))]
    except OSError:
        return 0.0
    return time.time() - max(times)
