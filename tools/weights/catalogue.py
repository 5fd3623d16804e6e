"""What weights there are: those that can be pulled, and those that lie in the cache.

Most entries come from package registries; those with `hub` come from a model hub.

The catalogue (`catalogue.toml`) pins every file by SHA-256, so where the bytes come from does not matter. A set of
weights counts as present when its `.verified.json` was written, which happens last; that record holds each file's
hash, size and modification time, so that looking costs a few `stat` calls and no hashing.
"""

import json
import os
import tomllib
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PureWindowsPath
from typing import Any

from ..errors import UsageError, WeightsError
from . import hub as snapshots
from .registry import Archive, HubFile

CATALOGUE = Path(__file__).with_name("catalogue.toml")
RECORD = ".verified.json"
COMMITS = "hub-revisions.json"
"""In the cache: the commit of every hub model that was pulled, and its files with their sizes."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside one of the entry's archives."""

    archive: str
    """The archive's package; `package==version` where the entry pins several versions of it."""
    path: str


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One file as it lies in the cache."""

    name: str
    size: int
    sha256: str
    members: tuple[Member, ...] = ()
    """Joined in this order they are the file."""
    hub: HubFile | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One set of weights that can be pulled."""

    name: str
    role: str
    backends: tuple[str, ...]
    title: str
    publisher: str
    licence: str
    licence_note: str = ""
    size: int = 0
    """Bytes to download; approximate for a hub model."""
    archives: tuple[Archive, ...] = ()
    files: tuple[WeightFile, ...] = ()
    convert: str = ""
    """The conversion that runs after the download, with its version, as in `nanodet/1`."""
    makes: tuple[str, ...] = ()
    """The files that the conversion adds."""
    keep: bool = True
    """Whether the files stay; False where only the conversion needs them, and what it makes is enough."""
    hub: str = ""
    """`owner/name` of a model that comes from a hub."""
    revision: str | None = None
    """Its commit; None where it is not known, so that the first pull decides and writes it down."""
    also: tuple[str, ...] = ()
    """Files that are fetched besides safetensors, JSON and text."""

    def archive_of(self, member: Member) -> Archive:
        """The archive that a member is in.

        Raises:
            WeightsError: the entry pins no such archive, or several versions of the package that is named.
        """
        package, _, version = member.archive.partition("==")
        found = [one for one in self.archives if one.package == package and version in ("", one.version)]
        if len(found) != 1:
            raise WeightsError(f"the catalogue's entry {self.name!r} pins {len(found)} archives {member.archive!r}")
        return found[0]

    @property
    def pinned(self) -> bool:
        """Whether the bytes are fixed: by hash for a pulled entry, by a commit for a hub model."""
        return bool(self.files) or bool(snapshots.COMMIT.fullmatch(self.revision or ""))


def entries(catalogue: Path = CATALOGUE) -> dict[str, Entry]:
    """Everything the catalogue names, in its order.

    Raises:
        WeightsError: the catalogue is malformed or names a path that would leave its folder.
    """
    return dict(_parsed(catalogue))


def cache() -> Path:
    """The folder that holds all weights: `VIDSCOUT_WEIGHTS`, or the user's cache folder."""
    from platformdirs import user_cache_path

    chosen = os.environ.get("VIDSCOUT_WEIGHTS")
    return Path(chosen).expanduser() if chosen else user_cache_path("vidscout") / "weights"


def present(name: str, catalogue: Path = CATALOGUE) -> bool:
    """Whether an entry is complete in the cache, by its record; a hub model, in the hub's cache at its commit."""
    entry = entry_of(name, catalogue)
    return snapshot_of(entry) is not None if entry.hub else complete(entry)


def folder(name: str, catalogue: Path = CATALOGUE) -> Path:
    """The folder with the files of an entry; looks at sizes and times only, and takes well under a millisecond a file.

    Raises:
        UsageError: the catalogue has no such entry.
        WeightsError: the entry has not been pulled, or something changed its files since.
    """
    entry = entry_of(name, catalogue)
    place = snapshot_of(entry) if entry.hub else cache() / name if complete(entry) else None
    if place is None:
        raise WeightsError(f"weights {name!r} are not here: run `vidscout models pull {name}`")
    return place


def snapshot(repo: str, revision: str | None = None) -> Path | None:
    """The folder of a hub model that is complete in the hub's cache, at the commit that the catalogue pins, that its
    first pull wrote down, or that the cache's own branch names."""
    if not snapshots.HUB_ID.fullmatch(repo):
        return None
    entry = of_hub(repo)
    return snapshots.find(repo, revision or entry.revision, cache() / COMMITS, entry.also)


def of_hub(repo: str) -> Entry:
    """The catalogue's entry for a hub model; one made up on the spot where it has none."""
    known = (entry for entry in _parsed(CATALOGUE).values() if entry.hub == repo)
    made_up = Entry(name=repo, role="", backends=(), title=repo, publisher=repo.partition("/")[0], licence="", hub=repo)
    return next(known, made_up)


def from_hub(name: str) -> bool:
    """Whether weights of that name come from a model hub."""
    return bool(entry_of(name, CATALOGUE).hub)


def commit(name: str, catalogue: Path = CATALOGUE) -> str | None:
    """The commit at which a hub model is or was pulled; None when nothing decided it yet."""
    entry = entry_of(name, catalogue)
    return snapshots.commit(entry.hub, entry.revision, cache() / COMMITS) if entry.hub else None


def snapshot_of(entry: Entry) -> Path | None:
    """The folder of an entry that comes from a hub; None where it is not whole in the hub's cache."""
    return snapshots.find(entry.hub, entry.revision, cache() / COMMITS, entry.also)


def entry_of(name: str, catalogue: Path = CATALOGUE) -> Entry:
    """An entry by its name, or of a model on the hub by `owner/name` or `owner/name@revision`.

    Raises:
        UsageError: it is neither.
    """
    known = _parsed(catalogue)
    repo, _, revision = name.partition("@")
    if name not in known and snapshots.HUB_ID.fullmatch(repo):
        return replace(of_hub(repo), name=name, revision=revision) if revision else of_hub(repo)
    if name not in known:
        raise UsageError(f"no weights {name!r} in the catalogue; there are {', '.join(known)}")
    return known[name]


def record_of(place: Path) -> dict[str, Any] | None:
    """What was written when a folder's files were whole: the conversion, and each file's hash, size and time."""
    try:
        return json.loads((place / RECORD).read_text())
    except (OSError, ValueError):
        return None


def complete(entry: Entry) -> bool:
    """Of an entry with files: whether the record names what the catalogue names today, and the files look as they did
    when it was written."""
    place = cache() / entry.name
    recorded = record_of(place)
    if recorded is None or not entry.files or recorded.get("convert") != entry.convert:
        return False
    files = recorded["files"]
    came = {name: about["sha256"] for name, about in files.items()} | recorded.get("made_from", {})
    if any(came.get(file.name) != file.sha256 for file in entry.files):
        return False
    if not all(made in files for made in entry.makes):
        return False
    for name, known in files.items():
        try:
            seen = (place / name).stat()
        except OSError:
            return False
        if (seen.st_size, seen.st_mtime_ns) != (known["size"], known["mtime_ns"]):
            return False
    return True


def _parsed(catalogue: Path) -> dict[str, Entry]:
    try:
        return _parsed_at(catalogue, catalogue.stat().st_mtime_ns)
    except OSError as error:
        raise WeightsError(f"{catalogue}: cannot be read as a catalogue: {error!r}") from error


@lru_cache(maxsize=4)
def _parsed_at(catalogue: Path, _changed: int) -> dict[str, Entry]:
    try:
        tables = tomllib.loads(catalogue.read_text(encoding="utf-8"))
        return {name: _read(name, dict(table)) for name, table in tables.items()}
    except (tomllib.TOMLDecodeError, TypeError, KeyError) as error:
        raise WeightsError(f"{catalogue}: cannot be read as a catalogue: {error!r}") from error


def _read(name: str, table: dict[str, Any]) -> Entry:
    pinned = tuple(Archive(**archive) for archive in table.pop("archives", []))
    files = tuple(
        WeightFile(
            name=file["name"],
            size=file["size"],
            sha256=file["sha256"],
            members=tuple(Member(**member) for member in file.get("members", [])),
            hub=HubFile(**file["hub"]) if "hub" in file else None,
        )
        for file in table.pop("files", [])
    )
    lists = {key: tuple(table.pop(key, ())) for key in ("backends", "makes", "also")}
    for plain in (name, *(file.name for file in files), *lists["makes"]):
        if not plain or plain != PureWindowsPath(plain).name or plain.startswith("."):
            raise WeightsError(f"the catalogue's entry {name!r} has {plain!r}, which is not a plain file name")
    size = table.pop("size", 0) or sum(archive.size for archive in pinned)
    entry = Entry(name=name, size=size, archives=pinned, files=files, **lists, **table)
    for file in files:
        for member in file.members:
            entry.archive_of(member)
    if not entry.keep and not (entry.convert and entry.makes):
        raise WeightsError(f"the catalogue's entry {name!r} keeps no files and makes none")
    return entry
