"""What `vidscout models list` shows: backends, weights and systems, for a terminal, for `grep`, or as JSON."""

import shutil
import sys
import textwrap
from collections.abc import Iterator
from typing import Any

from ....tools.errors import UsageError
from ....tools.runtime.backend import ROLES, backends
from ....tools.runtime.memory_budget import size
from ....tools.weights import catalogue as weights
from ....tools.weights.systems import Status, systems

NARROWEST = 60
"""Columns below which lines are not broken further."""


def listed(status: str | None = None, search: str | None = None) -> dict[str, Any]:
    """Everything to show; with a status only systems, with words only what has them all.

    Raises:
        UsageError: there is no such status.
    """
    if status is not None and status not in set(Status):
        raise UsageError(f"no status {status!r}; there are {', '.join(Status)}")
    words = (search or "").lower().split()

    def fits(row: dict[str, Any]) -> bool:
        return status is None and all(word in str(row).lower() for word in words)

    return {
        "folder": str(weights.cache()),
        "backends": [row for row in _backends() if fits(row)],
        "weights": [row for row in map(_weights, weights.entries().values()) if fits(row)],
        "systems": [system.as_json() for system in systems(status, search)],
    }


def show(shown: dict[str, Any]) -> None:
    """Print it: two lines or more an entry on a terminal, one in a pipe."""
    if not sys.stdout.isatty():
        for line in _for_grep(shown):
            print(line)
        return
    width = max(min(shutil.get_terminal_size().columns, 120), NARROWEST)
    for line in _for_people(shown, width):
        print(line)


def _for_grep(shown: dict[str, Any]) -> Iterator[str]:
    for row in shown["backends"]:
        lacks = f"needs {', '.join(row['missing'])}: {row['install']}" if row["missing"] else "installed"
        yield f"{row['name']:<32} backend  {row['role']:<18} {lacks}"
    for row in shown["weights"]:
        note = f" ({row['licence_note']})" if row["licence_note"] else ""
        yield (
            f"{row['name']:<32} weights  {row['role']:<18} {_size(row):>9}  {row['status']:<11} "
            f"{row['licence']}{note}; {row['publisher']}{_pinning(row)}"
        )
    for row in shown["systems"]:
        yield f"{row['name']:<32} system   {row['status']:<18} {'; '.join(_about(row))}. {row['note']}"


def _for_people(shown: dict[str, Any], width: int) -> Iterator[str]:
    if shown["backends"]:
        yield "BACKENDS"
        for row in shown["backends"]:
            state = f"needs {', '.join(row['missing'])}: {row['install']}" if row["missing"] else "installed"
            yield from _entry(f"{row['role']:<18} {row['name']:<24} ", state, width)
        yield ""
    if shown["weights"]:
        yield "WEIGHTS"
        for row in shown["weights"]:
            yield f"{row['name']:<32} {row['role']:<18} {_size(row):>9}  {row['status']}"
            note = f" ({row['licence_note']})" if row["licence_note"] else ""
            about = f"{row['title']}; {row['publisher']}; {row['licence']}{note}{_pinning(row)}"
            yield from _entry("    ", about, width)
        yield f"They are kept in {shown['folder']}, those of the hub in the hub's own cache."
        yield ""
    if shown["systems"]:
        yield "SYSTEMS"
        for row in shown["systems"]:
            yield f"{row['number']:>2} {row['name']:<40} {row['status']}"
            yield from _entry("    ", f"{'; '.join(_about(row))}. {row['note']}", width)
    if not any(shown[part] for part in ("backends", "weights", "systems")):
        yield "nothing fits"


def _entry(begins: str, text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=begins, subsequent_indent=" " * min(len(begins), 8))


def _about(row: dict[str, Any]) -> list[str]:
    """What is known of a system, in a fixed order."""
    parts = [f"{row['kind']}: {row['task']}"]
    if row["loader"]:
        parts.append(f"loaded by {row['loader']}")
    if row["parameters"]:
        sizes = ", ".join(size(bytes_) for bytes_ in row["memory_estimate"])
        parts.append(f"{', '.join(row['parameters'])} parameters, in 16 bits an estimated {sizes}")
    if row["max_frames"]:
        parts.append(f"at most {row['max_frames']} frames")
    if row["licence"]:
        parts.append(row["licence"])
    if row["checkpoints"]:
        parts.append(", ".join(row["checkpoints"]))
    if row["see"]:
        parts.append(f"see {', '.join(row['see'])}")
    return parts


def _backends() -> list[dict[str, Any]]:
    return [
        {
            "role": role,
            "name": name,
            "missing": kind.missing(),
            "install": kind.install,
            "weights": list(kind.weights),
            "about": (kind.__doc__ or "").strip().partition("\n")[0],
        }
        for role in ROLES
        for name, kind in sorted(backends(role).items())
    ]


def _weights(entry: weights.Entry) -> dict[str, Any]:
    from ...profiles.profile import PROFILES, weights_of

    here = weights.present(entry.name)
    return {
        "name": entry.name,
        "role": entry.role,
        "backends": entry.backends,
        "title": entry.title,
        "publisher": entry.publisher,
        "licence": entry.licence,
        "licence_note": entry.licence_note,
        "profiles": [profile.name for profile in PROFILES.values() if entry.name in weights_of(profile)],
        "size": entry.size,
        "hub": entry.hub,
        "revision": weights.commit(entry.name),
        "pinned": entry.pinned,
        "files": [file.name for file in entry.files if entry.keep] + list(entry.makes),
        "status": "present" if here else "on the hub" if entry.hub else "missing",
    }


def _pinning(row: dict[str, Any]) -> str:
    if row["pinned"]:
        return ""
    return f"; no pinned revision, pulled at {row['revision']}" if row["revision"] else "; no pinned revision"


def _size(row: dict[str, Any]) -> str:
    return f"{'~' if row['hub'] else ''}{size(row['size'])}"
