"""Results that are on disk before the next one is worked on, so that a run that was cut off goes on."""

import json
from pathlib import Path
from typing import Any

from ...tools.errors import UsageError


class Kept:
    """Lines of a file by their ids, all graded by one judge.

    Raises:
        UsageError: another judge graded what is there.
    """

    def __init__(self, path: Path, judge: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._judge = path, judge
        data = path.read_bytes() if path.is_file() else b""
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) < len(data):  # a kill has torn the last line
            path.write_bytes(whole)
        lines = [json.loads(line) for line in whole.decode().splitlines()]
        self._lines: dict[str, dict[str, Any]] = {line["id"]: line for line in lines}
        if others := {line["judge"] for line in lines} - {judge}:
            raise UsageError(f"{path} has grades by {', '.join(sorted(others))}; remove it to grade anew")

    def __contains__(self, id: str) -> bool:
        return id in self._lines

    def __getitem__(self, id: str) -> dict[str, Any]:
        return self._lines[id]

    def add(self, id: str, **found: Any) -> None:
        """Write a result."""
        self._lines[id] = {"id": id, **found, "judge": self._judge}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(self._lines[id], ensure_ascii=False) + "\n")
