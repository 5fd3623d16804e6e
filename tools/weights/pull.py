"""Model weights: what the catalogue offers, what lies in the cache, and how it gets there.

Most entries come from package registries; those with `hub` come from a model hub, by `hub.py`.

The catalogue (`catalogue.toml`) pins every file by SHA-256, so where the bytes come from does not matter. A set of
weights counts as present when its `.verified.json` was written, which happens last; that record holds each file's
hash, size and modification time, so that looking costs a few `stat` calls and no hashing.
"""

import json
import os
import shutil
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PureWindowsPath
from typing import Any

from ..errors import UsageError, WeightsError
from . import hub as snapshots
from . import registry as archives
from .registry import Archive, HubFile

CATALOGUE = Path(__file__).with_name("catalogue.toml")
RECORD = ".verified.json"
COMMITS = "hub-revisions.json"
"""In the cache: the commit of every hub model that was pulled, and its files with their sizes."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside one of the entry's archives."""

    archive: str
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
    hub: str = ""
    """`owner/name` of a model that comes from a hub."""
    revision: str | None = None
    """Its commit; None where it is not known, so that the first pull decides and writes it down."""
    also: tuple[str, ...] = ()
    """Files that are fetched besides safetensors, JSON and text."""

    @property
    def pinned(self) -> bool:
        """Whether the bytes are fixed: by hash for a pulled entry, by a commit for a hub model."""
        return bool(self.files) or bool(snapshots.COMMIT.fullmatch(self.revision or ""))


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a pull stands."""

    name: str
    stage: str
    """`waiting` (another process pulls it), `download`, `extract`, `convert`, `note`, `done`, `present` or `failed`."""
    done: int = 0
    """Bytes so far."""
    total: int = 0
    """Bytes in all; 0 when the stage has no size."""
    detail: str = ""


OnProgress = Callable[[Progress], None]


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
    entry = _entry(name, catalogue)
    return _snapshot(entry) is not None if entry.hub else _complete(entry)


def folder(name: str, catalogue: Path = CATALOGUE) -> Path:
    """The folder with the files of an entry; looks at sizes and times only, and takes well under a millisecond a file.

    Raises:
        UsageError: the catalogue has no such entry.
        WeightsError: the entry has not been pulled, or something changed its files since.
    """
    entry = _entry(name, catalogue)
    place = _snapshot(entry) if entry.hub else cache() / name if _complete(entry) else None
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
    return bool(_entry(name, CATALOGUE).hub)


def commit(name: str, catalogue: Path = CATALOGUE) -> str | None:
    """The commit at which a hub model is or was pulled; None when nothing decided it yet."""
    entry = _entry(name, catalogue)
    return snapshots.commit(entry.hub, entry.revision, cache() / COMMITS) if entry.hub else None


def pull(
    names: Iterable[str],
    *,
    on_progress: OnProgress = lambda _: None,
    force: bool = False,
    hub: bool = False,
    upgrade: bool = False,
    trust_remote_code: bool = False,
    catalogue: Path = CATALOGUE,
) -> None:
    """Make entries complete in the cache. What is there already costs nothing; one that fails does not stop the others.
    An archive that several of them need is fetched once.

    Safe to run in several processes at once (a lock an entry), and to kill: files move into place whole, whatever is
    whole is not fetched again, and the record that makes an entry count is written last.

    Args:
        names: entries of the catalogue, or `owner/name` or `owner/name@revision` of models on the hub.
        on_progress: called often, for a hub model from several threads.
        force: fetch again even what is complete.
        hub: try the publisher's hub file, where the catalogue knows one, before the registry archives.
        upgrade: for hub models that the catalogue does not pin: take the newest commit instead of the recorded one.
        trust_remote_code: for hub models: fetch Python files too.
        catalogue: another catalogue file.

    Raises:
        UsageError: the catalogue has no such entry.
        WeightsError: something could not be fetched or is not what the catalogue pins; the message has every reason.
    """
    wanted = [_entry(name, catalogue) for name in dict.fromkeys(names)]
    failures: list[str] = []
    for number, entry in enumerate(wanted, start=1):
        try:
            if entry.hub:
                _pull_from_hub(entry, on_progress, force, upgrade, trust_remote_code)
            else:
                _pull_one(entry, on_progress, force, hub, wanted[number:])
        except WeightsError as error:
            failures.append(str(error))
            on_progress(Progress(entry.name, "failed", detail=str(error)))
    if failures:
        raise WeightsError("; ".join(failures))


def verify(name: str, catalogue: Path = CATALOGUE) -> list[str]:
    """Hash every file of an entry again; one line a problem, none when all is sound.

    An entry with a problem stops counting as present, so that the next pull repairs it.
    """
    entry = _entry(name, catalogue)
    if entry.hub:
        return _verify_snapshot(entry)
    place = cache() / name
    recorded = _record(place)
    if recorded is None or not entry.files:
        return [f"weights {name!r} are not here: run `vidscout models pull {name}`"]
    expected = {file.name: file.sha256 for file in entry.files}
    expected |= {made: recorded["files"].get(made, {}).get("sha256", "no hash") for made in entry.makes}
    problems = []
    for file, wanted in expected.items():
        path = place / file
        if not path.is_file():
            problems.append(f"{path}: missing")
        elif (got := archives.sha256(path)) != wanted:
            problems.append(f"{path}: expected SHA-256 {wanted}, got {got}")
    if problems:
        (place / RECORD).unlink(missing_ok=True)
    return problems


def _pull_one(entry: Entry, on_progress: OnProgress, force: bool, hub: bool, later: Sequence[Entry]) -> None:
    if not force and _complete(entry):
        on_progress(Progress(entry.name, "present"))
        return
    partial = cache() / ".partial" / entry.name
    with _alone(entry, on_progress):
        partial.mkdir(parents=True, exist_ok=True)
        if force or not _complete(entry):
            _Pull(entry, partial, on_progress, force, hub).run()
            for other in later:
                if force or not _complete(other):
                    _hand_on(entry, other)
        shutil.rmtree(partial, ignore_errors=True)
    on_progress(Progress(entry.name, "done"))


def _hand_on(entry: Entry, other: Entry) -> None:
    """Leave the archives that two entries share where the second will look for them; their hash is checked again."""
    for archive in set(entry.archives).intersection(other.archives):
        came, wanted = (cache() / ".partial" / one.name / archive.file for one in (entry, other))
        with suppress(OSError):  # it was not needed here, or there is no second name for it: then it is fetched
            wanted.parent.mkdir(parents=True, exist_ok=True)
            os.link(came, wanted)


def _pull_from_hub(entry: Entry, on_progress: OnProgress, force: bool, upgrade: bool, code: bool) -> None:
    if not force and not (upgrade and not entry.pinned) and _recorded_snapshot(entry) is not None:
        on_progress(Progress(entry.name, "present"))
        return
    with _alone(entry, on_progress):
        notes = snapshots.fetch(
            entry.hub,
            entry.revision,
            cache() / COMMITS,
            also=entry.also,
            code=code,
            force=force,
            upgrade=upgrade,
            on_bytes=lambda done, total: on_progress(Progress(entry.name, "download", done, total, entry.hub)),
        )
    if not entry.pinned:
        notes = [_of_no_commit(entry), *notes]
    for note in notes:
        on_progress(Progress(entry.name, "note", detail=note))
    on_progress(Progress(entry.name, "done"))


def _of_no_commit(entry: Entry) -> str:
    """What whoever pulled a model should know that nobody has pinned."""
    asked = f"{entry.revision!r} names no commit" if entry.revision else "the catalogue pins no commit of it"
    came = snapshots.commit(entry.hub, entry.revision, cache() / COMMITS)
    return f"{entry.name}: {asked}, so what came is what the hub gave: {came}, which is kept until --upgrade"


@contextmanager
def _alone(entry: Entry, on_progress: OnProgress) -> Iterator[None]:
    """One process at a time pulls an entry."""
    from filelock import FileLock, Timeout

    folder = cache() / ".partial"
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{entry.name.replace('/', '--')}.lock")
    try:
        held = lock.acquire(timeout=0)
    except Timeout:
        on_progress(Progress(entry.name, "waiting"))
        held = lock.acquire()
    with held:
        yield


def _snapshot(entry: Entry) -> Path | None:
    return snapshots.find(entry.hub, entry.revision, cache() / COMMITS, entry.also)


def _recorded_snapshot(entry: Entry) -> Path | None:
    """Its folder when the commit is settled; a model that lies in the cache by chance settles nothing."""
    return _snapshot(entry) if snapshots.commit(entry.hub, entry.revision, cache() / COMMITS) else None


def _verify_snapshot(entry: Entry) -> list[str]:
    """A hub's cache names large files by their SHA-256, so they tell by themselves what they should be."""
    place = _snapshot(entry)
    if place is None:
        return [f"weights {entry.name!r} are not here: run `vidscout models pull {entry.name}`"]
    problems = []
    for path in sorted(place.rglob("*")):
        wanted = path.resolve().name
        if path.is_file() and len(wanted) == 64 and (got := archives.sha256(path)) != wanted:
            problems.append(f"{path}: expected SHA-256 {wanted}, got {got}; pull it again with --force")
    return problems


@dataclass(slots=True)
class _Pull:
    """The work of one pull, under the entry's lock."""

    entry: Entry
    partial: Path
    on_progress: OnProgress
    force: bool
    hub: bool

    @property
    def place(self) -> Path:
        return cache() / self.entry.name

    def run(self) -> None:
        self.place.mkdir(parents=True, exist_ok=True)
        needed = [file for file in self.entry.files if self.force or not self._whole(file)]
        if self.hub:
            needed = self._from_hub(needed)
        if needed:
            self._from_archives(needed)
        if self.entry.convert:
            self._convert()
        self._write_record()

    def _whole(self, file: WeightFile) -> bool:
        path = self.place / file.name
        return path.is_file() and path.stat().st_size == file.size and archives.sha256(path) == file.sha256

    def _from_hub(self, needed: list[WeightFile]) -> list[WeightFile]:
        """Fetch what the hub gives; returns what is still needed. The first refusal ends it: the rest would follow."""
        for file in needed:
            if file.hub is None:
                continue
            self.on_progress(Progress(self.entry.name, "download", 0, file.size, f"{file.hub.repo}/{file.hub.path}"))
            try:
                came = archives.fetch_from_hub(file.hub, self.partial / "hub")
                self._accept(came, file, archives.sha256(came))
            except WeightsError as error:
                self.on_progress(Progress(self.entry.name, "note", detail=f"{error}; fetched from a registry instead"))
                break
        return [file for file in needed if not self._whole(file)]

    def _from_archives(self, needed: list[WeightFile]) -> None:
        used = {member.archive for file in needed for member in file.members}
        chosen = [archive for archive in self.entry.archives if archive.package in used]
        total, before, fetched = sum(archive.size for archive in chosen), 0, {}
        for archive in chosen:

            def watch(done: int, start: int = before, detail: str = str(archive)) -> None:
                self.on_progress(Progress(self.entry.name, "download", start + done, total, detail))

            fetched[archive.package] = archives.fetch(archive, self.partial, watch)
            before += archive.size
        for file in needed:
            self.on_progress(Progress(self.entry.name, "extract", detail=file.name))
            pieces = [(fetched[member.archive], member.path) for member in file.members]
            arriving = self.partial / file.name
            self._accept(arriving, file, archives.write_joined(pieces, arriving, file.size))

    def _accept(self, came: Path, file: WeightFile, got: str) -> None:
        if got != file.sha256:
            came.unlink(missing_ok=True)
            raise WeightsError(
                f"{self.entry.name}: {file.name} is not what the catalogue names, so it was deleted: "
                f"expected SHA-256 {file.sha256}, got {got}"
            )
        os.replace(came, self.place / file.name)

    def _convert(self) -> None:
        from .convert.onnx_export import CONVERSIONS

        self.on_progress(Progress(self.entry.name, "convert", detail=", ".join(self.entry.makes)))
        CONVERSIONS[self.entry.convert](self.place, self.partial)
        for made in self.entry.makes:
            os.replace(self.partial / made, self.place / made)

    def _write_record(self) -> None:
        hashes = {file.name: file.sha256 for file in self.entry.files}
        hashes |= {made: archives.sha256(self.place / made) for made in self.entry.makes}
        files = {}
        for name, digest in hashes.items():
            seen = (self.place / name).stat()
            files[name] = {"sha256": digest, "size": seen.st_size, "mtime_ns": seen.st_mtime_ns}
        arriving = self.partial / RECORD
        arriving.write_text(json.dumps({"convert": self.entry.convert, "files": files}, indent=1))
        os.replace(arriving, self.place / RECORD)


def _entry(name: str, catalogue: Path) -> Entry:
    known = _parsed(catalogue)
    repo, _, revision = name.partition("@")
    if name not in known and snapshots.HUB_ID.fullmatch(repo):
        return replace(of_hub(repo), name=name, revision=revision) if revision else of_hub(repo)
    if name not in known:
        raise UsageError(f"no weights {name!r} in the catalogue; there are {', '.join(known)}")
    return known[name]


def _record(place: Path) -> dict[str, Any] | None:
    try:
        return json.loads((place / RECORD).read_text())
    except (OSError, ValueError):
        return None


def _complete(entry: Entry) -> bool:
    """Whether the record names what the catalogue names today and the files look as they did when it was written."""
    place = cache() / entry.name
    recorded = _record(place)
    if recorded is None or not entry.files or recorded.get("convert") != entry.convert:
        return False
    files = recorded["files"]
    if any(files.get(file.name, {}).get("sha256") != file.sha256 for file in entry.files):
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


@lru_cache(maxsize=4)
def _parsed(catalogue: Path) -> dict[str, Entry]:
    try:
        tables = tomllib.loads(catalogue.read_text(encoding="utf-8"))
        return {name: _read(name, dict(table)) for name, table in tables.items()}
    except (OSError, tomllib.TOMLDecodeError, TypeError, KeyError) as error:
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
    return Entry(name=name, size=size, archives=pinned, files=files, **lists, **table)
