"""Results that are kept in a file as they come, so that work of hours can be done piece by piece."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Kept:
    """Results by name, one JSON line each; in memory alone without a file.

    Args:
        file: of an earlier piece of the same work, or to be made.
        seconds: after which nothing new is begun.
    """

    def __init__(self, file: Path | None = None, seconds: float = float("inf")) -> None:
        self._file = file
        self._ends = time.monotonic() + seconds
        self._results: dict[str, Any] = {}
        if file is not None and file.is_file():
            for line in file.read_text(encoding="utf-8").splitlines():
                name, result = json.loads(line)
                self._results[name] = result

    def of(self, name: str, make: Callable[[], Any]) -> Any:
        """The result of that name, made where it is not there; None where there is no time left to make it."""
        if name not in self._results:
            if self.is_over:
                return None
            self.put(name, make())
        return self._results[name]

    @property
    def is_over(self) -> bool:
        """Whether nothing new is to be begun."""
        return time.monotonic() > self._ends

    def __contains__(self, name: str) -> bool:
        """Whether there is a result of that name."""
        return name in self._results

    def put(self, name: str, result: Any) -> None:
        """Keep a result, as JSON has it."""
        self._results[name] = json.loads(json.dumps(result))
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps([name, self._results[name]]) + "\n")
