"""The folder of a live video in a home: how far it was watched, what stands to be told, and what was told."""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ...tools.errors import HomeError
from ...tools.index.home import private_file, private_folder, write_private
from ...tools.index.rows.live import STATE, is_live, live_folder
from .progress import Place

MOST_EVENTS = 10_000
"""Events that are kept, at least; of twice as many the older half goes."""
MOST_QUESTIONS = 64


@dataclass(frozen=True)
class Resumed:
    """What a restart goes on with."""

    place: Place
    window: int = 0
    """Number of the window in progress."""
    window_start: float = 0.0
    """Seconds."""


class WatchFolder:
    """The files of one live video."""

    def __init__(self, home: Path, video: str) -> None:
        """Take the home and the video's id; nothing is made yet."""
        self.folder = live_folder(home, video)
        self._state, self._questions = self.folder / STATE, self.folder / "standing.json"
        self._events = self.folder / "events.jsonl"
        self._written: int | None = None

    @property
    def segments(self) -> Path:
        """Where packets are kept."""
        return self.folder / "segments"

    @property
    def is_there(self) -> bool:
        """Whether this video is or was watched."""
        return is_live(self.folder.parent.parent, self.folder.name)

    def make(self) -> None:
        """Make the folder.

        Raises:
            HomeError: it cannot be made.
        """
        try:
            private_folder(self.segments)
        except OSError as error:
            raise HomeError(f"{self.folder} cannot be made ({error.strerror or error})") from error

    def resumed(self) -> Resumed | None:
        """How far the video was watched; None where it was not, or that is damaged."""
        told = _json(self._state)
        try:
            place = {one.name: told["place"][one.name] for one in fields(Place)}
            done = place.pop("done")
            mark = None if done is None else (int(done[0]), str(done[1]))
            return Resumed(Place(done=mark, **place), int(told["window"]), float(told["window_start"]))
        except (KeyError, TypeError, ValueError, IndexError):
            return None

    def save(self, resumed: Resumed) -> None:
        """Write down how far it was watched.

        Raises:
            HomeError: it cannot be written.
        """
        self._write(self._state, asdict(resumed))

    def questions(self) -> list[str]:
        """The standing questions, oldest first."""
        told = _json(self._questions)
        return [one for one in told if isinstance(one, str)][:MOST_QUESTIONS] if isinstance(told, list) else []

    def ask(self, questions: Iterable[str]) -> list[str]:
        """Have these questions stand, instead of those that did; those that do now.

        Raises:
            HomeError: they cannot be written.
        """
        kept = list(dict.fromkeys(questions))[-MOST_QUESTIONS:]
        self._write(self._questions, kept)
        return kept

    def told(self, events: Sequence[dict[str, Any]]) -> None:
        """Write down what was told.

        Raises:
            HomeError: it cannot be written.
        """
        if not events:
            return
        if self._written is None:
            self._written = len(self.events(limit=None))
        try:
            with private_file(self._events).open("a", encoding="utf-8") as file:
                file.writelines(f"{json.dumps(event, ensure_ascii=False)}\n" for event in events)
            self._written += len(events)
            if self._written > 2 * MOST_EVENTS:
                lines = self._events.read_bytes().splitlines(keepends=True)[-MOST_EVENTS:]
                write_private(self._events, b"".join(lines))
                self._written = len(lines)
        except OSError as error:
            raise HomeError(f"{self._events} cannot be written ({error.strerror or error})") from error

    def events(self, since: float = 0.0, limit: int | None = 200) -> list[dict[str, Any]]:
        """What was told, oldest first.

        Args:
            since: only what was told later than this, in seconds since 1970.
            limit: the latest so many; None for all.
        """
        found = []
        with suppress(OSError):
            for line in self._events.read_bytes().splitlines():
                with suppress(ValueError):
                    event = json.loads(line)
                    if event["at"] > since:
                        found.append(event)
        return found if limit is None else found[-limit:]

    def _write(self, file: Path, value: Any) -> None:
        try:
            write_private(file, json.dumps(value, ensure_ascii=False).encode())
        except OSError as error:
            raise HomeError(f"{file} cannot be written ({error.strerror or error})") from error


def _json(file: Path) -> Any:
    with suppress(OSError, ValueError):
        return json.loads(file.read_bytes())
    return {}
