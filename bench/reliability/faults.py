"""Each part that reading and answering work with, failing in each way in turn.

Whatever fails, there must be an answer with a note, or an error of one line, before its deadline; and a run without the
fault, afterwards, must be as if nothing had happened.
"""

import errno
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from ...agent.scout import VideoScout
from ...tools.errors import VidscoutError
from ...tools.index.video_index import VideoIndex
from . import toys
from .kills import Content, content

LIMIT = 1.0
"""Seconds that each step of an answer gets."""
DEADLINE = 12 * LIMIT
"""Seconds before which an answer or an error must be there: several steps may each use up their own."""
QUESTION = "What tone is said at the beginning?"
HERE = "vidscout"

KINDS: dict[str, Callable[[], BaseException]] = {
    "bug": lambda: KeyError("nobody\nforesaw this"),
    "disk": lambda: OSError(errno.ENOSPC, "No space left on device"),
    "memory": MemoryError,
    "database": lambda: sqlite3.OperationalError("disk I/O error"),
}
ANSWERING = {
    "text embedding": f"{HERE}.bench.reliability.toys.HashedTexts.perceive",
    "label embedding": f"{HERE}.graphs.answer.state.Answering.frame_query",
    "answerer": f"{HERE}.bench.reliability.toys.Parrot.stream",
    "answerer's choice": f"{HERE}.bench.reliability.toys.Parrot.next_tokens",
    "prompt": f"{HERE}.bench.reliability.toys.Parrot.count_tokens",
    "vectors, nearest": f"{HERE}.tools.index.vectors.chroma.Vectors.nearest",
    "vectors, fetched": f"{HERE}.tools.index.vectors.chroma.Vectors.fetch",
    "words": f"{HERE}.tools.index.store.Store.matching",
    "records": f"{HERE}.tools.index.store.Store.by_id",
    "timeline": f"{HERE}.tools.index.store.Store.timeline",
    "pictures": f"{HERE}.tools.index.frames.FrameSearch.thumbnail",
    "matrices": f"{HERE}.tools.index.vectors.matrices.Matrices.get",
    "kept vectors": f"{HERE}.tools.index.vectors.kept_vectors.KeptVectors.of",
}
READING = {
    "the file": f"{HERE}.graphs.ingest.graph.probe",
    "frames": f"{HERE}.graphs.ingest.passes.frames",
    "sound": f"{HERE}.graphs.ingest.passes.sound",
    "a stage, observing": f"{HERE}.bench.reliability.toys.Colours.observe",
    "a stage, cutting sound": f"{HERE}.bench.reliability.toys.Tones.windows",
    "a stage, its records": f"{HERE}.bench.reliability.toys.Tones.records",
    "text embedding": f"{HERE}.bench.reliability.toys.HashedTexts.perceive",
    "vectors, added": f"{HERE}.tools.index.vectors.chroma.Vectors.add",
    "pictures": f"{HERE}.tools.index.video_index.write_private",
    "journal": f"{HERE}.tools.index.rows.stage_journal.StageJournal.append",
    "records, written": f"{HERE}.tools.index.stage_store.StageStore.replace",
    "library": f"{HERE}.tools.index.videos.Library._put",
    "the end": f"{HERE}.graphs.ingest.graph.notes_of",
}
HANGING = ("text embedding", "answerer", "answerer's choice", "vectors, nearest", "words")
"""Parts of answering that are made to hang as well."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One part that fails in one way."""

    part: str
    where: str
    how: str


def faults() -> list[tuple[str, Fault]]:
    """All of them, each with what it is done to: `reading` or `answering`."""
    found = [("answering", Fault(part, where, how)) for part, where in ANSWERING.items() for how in KINDS]
    found += [("answering", Fault(part, ANSWERING[part], "hang")) for part in HANGING]
    return found + [("reading", Fault(part, where, how)) for part, where in READING.items() for how in KINDS]


@contextmanager
def failing(fault: Fault) -> Iterator[None]:
    """Let a part fail inside the block."""
    free = threading.Event()

    def fail(*_: Any, **__: Any) -> Any:
        if fault.how == "hang":
            free.wait(60)
            raise RuntimeError("let go")
        raise KINDS[fault.how]()

    try:
        with patch(fault.where, fail):
            yield
    finally:
        free.set()


def outcome(work: Callable[[], Any]) -> str:
    """What is wrong with how some work under a fault ended; empty where it is as it must be."""
    began = time.monotonic()
    try:
        work()
    except VidscoutError as error:
        if "\n" in str(error):
            return "an error of several lines"
    except Exception as error:
        return f"a traceback: {type(error).__name__}"
    took = time.monotonic() - began
    return f"after {took:.1f} s" if took > DEADLINE else ""


def answering(scout: VideoScout, video: str, usual: list[str], fault: Fault) -> str:
    """Ask while a part fails, then again without; then its notes must be the usual ones."""
    options = ["a tone", "a word"] if fault.part == "answerer's choice" else None

    def ask() -> None:
        answer = scout.ask(video, QUESTION, options)
        assert answer.text
        assert not any("\n" in note for note in answer.notes)

    scout.index._matrices._kept.clear()
    with failing(fault):
        wrong = outcome(ask)
    healthy = scout.ask(video, QUESTION, options)
    changed = healthy.notes != usual or not healthy.evidence
    return wrong or (f"afterwards: {healthy.notes}" if changed else "")


def reading(folder: Path, film: Path, wanted: Content, fault: Fault) -> str:
    """Read while a part fails, then again without."""
    home = folder / f"home-{abs(hash(fault))}"
    with VideoIndex(home) as index:
        with failing(fault):
            wrong = outcome(lambda: toys.read(index, film))
        if wrong:
            return wrong
        again = outcome(lambda: toys.read(index, film))
    found = content(home)
    return again or ("" if found == wanted else f"afterwards: {str(found)[:300]}")


def run(folder: Path, each: int = 1) -> list[str]:
    """Do all of them, or each second, third, and so on; what was wrong, a line each."""
    film = toys.write(folder / "film.mkv", 3)
    with VideoIndex(folder / "wanted") as index:
        video = toys.read(index, film)["video"]
    wanted = content(folder / "wanted")
    wrong: list[str] = []
    with toys.scout(folder / "wanted", tool_timeout=LIMIT, answer_timeout=LIMIT) as scout:
        scout.ask(video, QUESTION)  # the first one loads what the others have
        usual = scout.ask(video, QUESTION).notes
        for doing, fault in faults()[::each]:
            told = (
                answering(scout, video, usual, fault) if doing == "answering" else reading(folder, film, wanted, fault)
            )
            if told:
                wrong.append(f"{doing}, {fault.part}, {fault.how}: {told}")
                print(f"    {wrong[-1]}", flush=True)
    print(f"{len(faults()[::each])} faults: {len(wrong)} ended otherwise than they must", flush=True)
    return wrong
