"""Kills at many points of a reading, a forgetting, a reading anew and a run of one stage, each gone on with afterwards.

A *point* is a statement of SQLite, a call of Chroma, or a file that is opened to be written, moved or removed. Each
kill is of a process of its own over a copy of one home; another process then does the same work again, and the home
must be what it is without a kill: nothing lost, nothing twice, nothing half gone, and another video untouched.
"""

import importlib
import json
import os
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ...tools.index.rows.sqlite import Database
from ...tools.index.vectors import chroma
from ...tools.index.video_index import VideoIndex
from . import toys
from .kept import Kept

Content = dict[str, Any]
"""What a home holds, comparable."""


@dataclass
class Outcome:
    """What the kills of one scenario came to."""

    name: str
    points: int
    kills: int = 0
    lost: int = 0
    twice: int = 0
    half: int = 0
    failed: list[str] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        """Count what another piece of the same scenario came to."""
        self.kills += other.kills
        self.lost += other.lost
        self.twice += other.twice
        self.half += other.half
        self.failed += other.failed


def content(home: Path) -> Content:
    """Everything that a home knows of its videos, each thing named once a time that it is there."""
    told: Content = {}
    with VideoIndex(home) as index:
        database = index.library.database
        for video in index.library.all():
            with database.reading() as db:
                rows = db.execute("select id, embedded from records where video = ? order by id", [video.id]).fetchall()
            names = [name for name in index._store.collections_of(video.id) if index._store.has(name)]
            told[video.id] = {
                "status": video.status,
                "records": [key for key, _ in rows],
                "embedded": [key for key, embedded in rows if embedded],
                "vectors": {name: sorted(index._vectors.fetch(name)[0]) for name in names},
                "frames": index.frame_times(video.id).tolist(),
                "pictures": sorted(file.name for file in (home / "thumbnails" / video.id).glob("*")),
            }
        told["waits"] = index._store.unfinished()
    return told


def instrument(at: int) -> list[int]:
    """Count the points that this process passes, from now on, and kill it at one of them; 0 for none."""
    passed = [0]

    def point(*_: object) -> None:
        passed[0] += 1
        if passed[0] == at:
            os.kill(os.getpid(), signal.SIGKILL)

    connect, answer, drop = Database._connect, chroma.Vectors._answer, chroma.Vectors.drop

    def connected(self: Database) -> sqlite3.Connection:
        db = connect(self)
        db.set_trace_callback(point)
        return db

    def counted(work: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            point()
            try:
                return work(*args)
            finally:
                point()

        return call

    def audited(event: str, arguments: tuple[Any, ...]) -> None:
        writes = event == "open" and isinstance(arguments[1], str) and {*arguments[1]} & {*"wax+"}
        if writes or event in ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree", "shutil.move"):
            point()

    Database._connect = connected
    chroma.Vectors._answer = counted(answer)
    chroma.Vectors.drop = counted(drop)
    sys.addaudithook(audited)
    return passed


def apart(work: Callable[[], Any]) -> tuple[int, str]:
    """Do something in a process of its own; the signal that ended it, or 0, and what it returned or why it failed."""
    reads, writes = os.pipe()
    sys.stdout.flush()
    if not (child := os.fork()):
        code = 0
        try:
            told = str(work())
        except BaseException as error:
            told, code = f"{type(error).__name__}: {error}", 1
        with os.fdopen(writes, "wb") as pipe:
            pipe.write(told.encode())
        os._exit(code)
    os.close(writes)
    with os.fdopen(reads, "rb") as pipe:
        told = pipe.read().decode()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return os.WTERMSIG(status), ""
    return (0 if os.WEXITSTATUS(status) == 0 else -1), told


@dataclass(frozen=True)
class Scenario:
    """Some work on a home."""

    name: str
    begins: str
    """Which template it begins with: `one`, with another video in it, or `both`."""
    work: Callable[[Path, Path], Any]
    """From the home and the film."""


def _reads(home: Path, film: Path, **options: Any) -> None:
    with VideoIndex(home) as index:
        toys.read(index, film, **options)


def _forgets(home: Path, film: Path) -> None:
    with VideoIndex(home) as index:
        video = index.library.identify(film)
        if index.library.get(video) is not None:
            index.forget(video)
        index.remove_remnants()


SCENARIOS = (
    Scenario("ingest", "one", _reads),
    Scenario("forget", "both", _forgets),
    Scenario("read again", "both", lambda home, film: _reads(home, film, again=True)),
    Scenario("one stage again", "both", lambda home, film: _reads(home, film, again=True, asked=("colours",))),
)


def judged(outcome: Outcome, found: Content, wanted: Content, number: int) -> None:
    """Compare what a home holds after a kill and the same work again with what it holds without a kill."""
    if found == wanted:
        return
    for video, expected in wanted.items():
        if video == "waits":
            continue
        there = found.get(video, {})
        for what in ("records", "frames", "pictures", "embedded"):
            mine, theirs = there.get(what, []), expected[what]
            outcome.lost += bool({*map(str, theirs)} - {*map(str, mine)})
            outcome.twice += len(mine) != len({*map(str, mine)}) or bool({*map(str, mine)} - {*map(str, theirs)})
        if there.get("vectors") != expected["vectors"] or there.get("status") != expected["status"]:
            outcome.half += 1
    outcome.half += bool({*found} - {*wanted}) or found.get("waits") is True
    outcome.failed.append(f"{outcome.name} killed at {number}")


def killed_at(scenario: Scenario, home: Path, template: Path, film: Path, at: int) -> tuple[int, str]:
    """Do a scenario on a copy of a template, killed at a point, or at none for 0; as `apart` tells it."""
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(template, home)

    def worked() -> int:
        passed = instrument(at)
        scenario.work(home, film)
        return passed[0]

    return apart(worked)


def gone_on_with(scenario: Scenario, home: Path, template: Path, film: Path, at: int, wanted: str) -> Outcome:
    """Kill a scenario at one point, do the same again, and compare; without a kill where the point is not reached."""
    outcome = Outcome(scenario.name, 0)
    if killed_at(scenario, home, template, film, at)[0] != signal.SIGKILL:
        return outcome  # threads come in another order each time: the last points may not be reached
    outcome.kills = 1
    again, told = apart(lambda: scenario.work(home, film))
    if again:
        outcome.failed.append(f"{scenario.name} killed at {at}: {told[:200]}")
        outcome.half = 1
        return outcome
    _, told = apart(lambda: json.dumps(content(home)))
    if told != wanted:
        judged(outcome, json.loads(told), json.loads(wanted), at)
    return outcome


def tried(scenario: Scenario, folder: Path, template: Path, film: Path, kills: int, kept: Kept) -> Outcome:
    """Kill one scenario at so many points, evenly spread."""
    home = folder / "home"
    _, told = killed_at(scenario, home, template, film, 0)
    _, wanted = apart(lambda: json.dumps(content(home)))
    points = kept.of(f"points of {scenario.name}", lambda: int(told)) or int(told)
    outcome = Outcome(scenario.name, points)
    for number in range(kills):
        at = 1 + (number * points) // kills
        name = f"{scenario.name} killed at {at}"
        one = kept.of(name, lambda at=at: asdict(gone_on_with(scenario, home, template, film, at, wanted)))
        if one is not None:
            outcome.add(Outcome(**one))
    return outcome


def load(work: Callable[[], Any]) -> None:
    """Import what some work imports, so that no child has to: they would spend most of their time on it.

    The work is done in a child; importing alone starts no thread here, which a fork would not survive.
    """

    def imported() -> str:
        before = {*sys.modules}
        work()
        return "\n".join(name for name in [*sys.modules] if name not in before)

    for name in apart(imported)[1].split("\n"):
        with suppress(ImportError):
            importlib.import_module(name)


def run(folder: Path, kills: int, kept: Kept | None = None) -> list[Outcome]:
    """Do all scenarios with so many kills altogether.

    Args:
        folder: an empty one, for the homes.
        kills: as many of each scenario.
        kept: the results of earlier pieces.
    """
    kept = kept or Kept()
    film, other = toys.write(folder / "film.mkv", 3), toys.write(folder / "other.mkv", 2, seed=1)
    templates = {"one": folder / "one", "both": folder / "both"}
    load(lambda: (_reads(folder / "loaded", film), _forgets(folder / "loaded", film), content(folder / "loaded")))
    apart(lambda: _reads(templates["one"], other))
    apart(lambda: [_reads(templates["both"], path) for path in (other, film)])
    outcomes = []
    for scenario in SCENARIOS:
        began = time.perf_counter()
        outcome = tried(scenario, folder, templates[scenario.begins], film, max(kills // len(SCENARIOS), 1), kept)
        print(
            f"{outcome.name:<16} {outcome.points:5} points {outcome.kills:4} kills: {outcome.lost} lost, "
            f"{outcome.twice} twice, {outcome.half} half; {time.perf_counter() - began:.0f} s",
            flush=True,
        )
        for line in outcome.failed[:5]:
            print(f"    {line}", flush=True)
        outcomes.append(outcome)
    return outcomes
