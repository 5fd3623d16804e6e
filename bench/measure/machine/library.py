"""A library of thousands of videos: what searching and asking all of them takes, and what it holds in memory.

    python -m vidscout.bench.measure.machine.library [--videos 2000] [--home FOLDER] [--seconds 500] [--ask] [--recall]
        [--without-graphs]

Records, their vectors and frames are written through the index as a reading writes them, as many of each kind as a
video of ten minutes has: `FINDINGS` is the mean of the made recordings of `bench/sets/made`, read by the product;
frames are one a second, as of film in which nothing stands still. With `--home` the library is kept and gone on with,
so that it can be written piece by piece (`--seconds` of each). Chroma's graphs are nine tenths of the work of writing;
`--without-graphs` leaves them out, and with them what asks one video by itself.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ....agent.scout import VideoScout
from ....tools.index.frames import milliseconds
from ....tools.index.store import frames_of
from ....tools.index.vectors.chroma import unit
from ....tools.index.video_index import VideoIndex
from ....tools.index.videos import Video
from ....tools.payloads import Caption, Labels, Modality, ObjectCounts, Payload, Spoken, Tag, TextLines
from ....tools.records import Record, Span
from ...reliability.toys import HashedTexts, Parrot
from .index import WORDS, Maker

SIZE = 768
"""Numbers in a record's vector, as EmbeddingGemma's."""
LOOKS = 384
"""Numbers in a frame's vector, as the embedded profile's."""
MINUTES = 10
FINDINGS: dict[Modality, tuple[int, Callable[[str], Payload]]] = {
    Modality.SPEECH: (145, Spoken),
    Modality.CAPTION: (57, Caption),
    Modality.FRAME: (43, lambda text: Labels((Tag(text, 0.5),))),
    Modality.SCREEN_TEXT: (28, lambda text: TextLines((text,))),
    Modality.OBJECT: (23, lambda text: ObjectCounts(((text.split()[0], 1),))),
}
FRAMES = 600
SCENE = 10
"""Frames of one scene, which look alike."""
ASKED = 15
"""Questions of each kind; the first is told apart, and the median is that of the others."""


class Texts(HashedTexts):
    """A vector of `SIZE` for each text by its hash: nowhere near any topic, as that of a question without an answer."""

    role = "text_embedding"
    name = "texts-of-a-library"

    def perceive(self, batch: Sequence[str]) -> list[np.ndarray]:
        """One vector a text."""
        return [_hashed(text, SIZE) for text in batch]


class LookTexts(Texts):
    """The same in the frames' space."""

    role = "label_embedding"
    name = "looks-of-a-library"

    def perceive(self, batch: Sequence[str]) -> list[np.ndarray]:
        """One vector a text."""
        return [_hashed(text, LOOKS) for text in batch]


def _hashed(text: str, size: int) -> np.ndarray:
    seed = int.from_bytes(text.encode()[-8:].ljust(8, b" "), "little")
    return np.random.default_rng(seed).standard_normal(size).astype(np.float32)


def scout(home: Path) -> VideoScout:
    """A whole `VideoScout` whose tools need no weights and have vectors as long as those of the embedded profile."""
    roles: dict[str, str | bool] = {tool.role: tool.name for tool in (Texts, LookTexts, Parrot)} | {"judge": False}
    return VideoScout("library", home, profiles={"library": {"base": "embedded", "roles": roles}})


def name_of(number: int) -> str:
    """The id of a video of the library."""
    return f"{number:08x}" * 4


def fill(asked: VideoScout, videos: int, seconds: float = float("inf"), graphs: bool = True) -> tuple[int, float]:
    """Write the videos that are missing, until so many seconds have passed; how many there are, and seconds of each.

    Args:
        asked: in whose library.
        videos: how many there are to be.
        seconds: after which no further one is begun.
        graphs: whether Chroma is told of the vectors; a search of many videos does not ask it.
    """
    began, before = time.perf_counter(), len(asked.videos())
    there = before
    if not graphs:
        asked.index._vectors.add = lambda *_: None  # type: ignore[method-assign]
    spaces = np.random.default_rng(7).standard_normal((200, SIZE)).astype(np.float32)
    while there < videos and time.perf_counter() - began < seconds:
        _write(asked, name_of(there), Maker(there), spaces, graphs)
        there += 1
    return there, (time.perf_counter() - began) / max(there - before, 1)


def _write(asked: VideoScout, video: str, maker: Maker, spaces: np.ndarray, graphs: bool) -> None:
    total = sum(count for count, _ in FINDINGS.values())
    length = MINUTES * 60.0
    words = maker.rng.choice(WORDS, (total, 12), p=maker.frequency)
    texts = iter([" ".join(f"w{word}" for word in row) for row in words])
    records = []
    for count, kind in FINDINGS.values():
        records += [
            Record.of(video, Span(float(at), float(at) + 4), kind(next(texts)), 0.9, "bench/1")
            for at in np.sort(maker.rng.uniform(0, length - 4, count))
        ]
    about = spaces[maker.rng.integers(0, len(spaces), total)]
    asked.index.add(records, about + 0.8 * maker.rng.standard_normal((total, SIZE)).astype(np.float32))
    scenes = np.repeat(maker.rng.standard_normal((FRAMES // SCENE, LOOKS)), SCENE, axis=0)
    looks = scenes + 0.2 * maker.rng.standard_normal((FRAMES, LOOKS))
    times = (np.arange(FRAMES) * (length / FRAMES)).tolist()
    if graphs:
        asked.index.add_frames(video, times, looks.astype(np.float32), [b"\xff\xd8jpeg"] * FRAMES)
    else:  # without pictures as well: a million files
        asked.index._store.put_frames(video, {milliseconds(at): (at, {}) for at in times})
        asked.index.add_frame_vectors(video, times, {"": looks.astype(np.float32)})
    journal = asked.library.journal
    for stage in asked.stages_of_profile():
        journal.begin(video, stage.name, stage.fingerprint, stage.after)
        journal.observed(video, stage.name)
        journal.done(video, stage.name, Texts().source)
    if not graphs:
        name = frames_of(video)
        asked.index._matrices.put(video, name, asked.index._store.version(name), np.array(times), unit(looks))
    asked.index.prepare(video)
    asked.library.put(Video(video, f"{video[:8]}.mp4", Path(f"/nowhere/{video}.mp4"), length, status="ready"))


def resident() -> float:
    """MiB that are resident in this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def timed(name: str, ask: Callable[[], object]) -> float:
    """Print what a call takes by the clock and of the processor; the median seconds of a warm one by the clock."""
    clock, processor = [], []
    for _ in range(ASKED):
        began, busy = time.perf_counter(), time.process_time()
        ask()
        clock.append(time.perf_counter() - began)
        processor.append(time.process_time() - busy)
    warm = statistics.median(clock[1:])
    told = [clock[0] * 1e3, warm * 1e3, min(clock[1:]) * 1e3, statistics.median(processor[1:]) * 1e3, resident()]
    print(f"| {name} | {' | '.join(f'{value:.0f}' for value in told)} |", flush=True)
    return warm


def search_all(home: Path, graphs: bool = True) -> tuple[float, float]:
    """Search all of a library; median seconds of a warm `search`, and MiB that are resident at the end.

    Args:
        home: of the library.
        graphs: whether it was written with them; one video is then asked by itself as well.
    """
    maker = Maker(10**6)
    with scout(home) as asked:
        index = asked.index
        query = lambda size: maker.rng.standard_normal(size).astype(np.float32)  # noqa: E731 - another one each time
        print(
            f"{len(asked.videos())} videos; {resident():.0f} MiB before\n\n"
            "| | first, ms | median, ms | least, ms | median of processor, ms | MiB |\n|---|---|---|---|---|---|",
            flush=True,
        )
        warm = timed("search all", lambda: asked.search(maker.question()))
        timed("words", lambda: index.search(maker.question()))
        timed("meaning", lambda: index.search(vector=query(SIZE)))
        captions = [Modality.OBJECT]
        timed("one modality", lambda: index.search(maker.question(), query(SIZE), modalities=captions))
        timed("a minute of each", lambda: index.search(vector=query(SIZE), within=Span(60, 120)))
        timed("32 frames", lambda: index.search_frames(query(LOOKS), k=32))
        one = [name_of(3)]
        if graphs:
            timed("one video: search", lambda: index.search(maker.question(), query(SIZE), videos=one))
            timed("one video: 32 frames", lambda: index.search_frames(query(LOOKS), videos=one, k=32))
        return warm, resident()


def ask_all(home: Path) -> float:
    """Ask all videos of a library; median seconds before the answerer."""
    maker = Maker(10**6 + 1)
    before: list[float] = []
    processor: list[float] = []
    with scout(home) as asked:
        videos: list[str | os.PathLike[str]] = [video.id for video in asked.videos()]
        for _ in range(ASKED):
            began, busy = time.perf_counter(), time.process_time()
            answer = asked.ask(videos, f"What is said about {maker.question()}?")
            took = time.perf_counter() - began
            writing = sum(seconds for step, seconds in answer.timings.items() if step.startswith("respond"))
            before.append(took - writing)
            processor.append(time.process_time() - busy)
    warm = statistics.median(before[1:])
    print(
        f"ask all {len(videos)}: {before[0] * 1e3:.0f} ms before the answerer the first time, {warm * 1e3:.0f} ms warm "
        f"(median of {ASKED - 1}; least {min(before[1:]) * 1e3:.0f}, worst {max(before[1:]) * 1e3:.0f}, median of the "
        f"processor {statistics.median(processor[1:]) * 1e3:.0f}); {resident():.0f} MiB",
        flush=True,
    )
    return warm


def recall(home: Path, queries: int = 20, k: int = 32) -> tuple[float, float]:
    """Shares of the `k` truly nearest records and frames that a search of all finds; truth is every vector in full."""
    found = [0, 0]
    rng = np.random.default_rng(3)
    with VideoIndex(home, read_only=True) as index:
        for of, size in enumerate((SIZE, LOOKS)):
            sought = rng.standard_normal((queries, size)).astype(np.float32)
            sought /= np.linalg.norm(sought, axis=1, keepdims=True)
            truth = _nearest(index, "records-" if of == 0 else "frames-", sought, k)
            for query, nearest in zip(sought, truth, strict=True):
                if of == 0:
                    got = {hit.record.id for hit in index.search(vector=query, k=k)}
                else:
                    got = {f"{f.video}/{round(f.time * 1000)}" for f in index.search_frames(query, k=k)}
                found[of] += len(got & nearest)
    shares = found[0] / (queries * k), found[1] / (queries * k)
    print(
        f"of the {k} nearest, {shares[0]:.2%} of records and {shares[1]:.2%} of frames found ({queries} queries each)"
    )
    return shares


def _nearest(index: VideoIndex, prefix: str, sought: np.ndarray, k: int) -> list[set[str]]:
    best: list[list[tuple[float, str]]] = [[] for _ in sought]
    for video in sorted({video.id for video in index.library.all()}):
        ids, vectors = index._kept.of(prefix + video)
        for at, cosines in enumerate(sought @ vectors.T):
            rows = np.argsort(-cosines)[:k]
            named = [(float(cosines[row]), ids[row] if prefix == "records-" else f"{video}/{ids[row]}") for row in rows]
            best[at] = sorted(best[at] + named, reverse=True)[:k]
    return [{key for _, key in one} for one in best]


def run(folder: Path, videos: int) -> tuple[float, float]:
    """Fill a library in a folder and search all of it; as `search_all`."""
    with scout(folder) as asked:
        there, each = fill(asked, videos)
    print(f"{there} videos, {each:.2f} s to write each")
    return search_all(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, default=2000)
    parser.add_argument("--home", type=Path, help="where the library is kept")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="to write for at most")
    parser.add_argument("--ask", action="store_true", help="ask all videos as well")
    parser.add_argument("--recall", action="store_true", help="hold what is found against every vector as well")
    parser.add_argument("--without-graphs", action="store_true", help="write none of Chroma's")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vidscout-bench-") as folder:
        home = given.home or Path(folder)
        with scout(home) as asked:
            there, each = fill(asked, given.videos, given.seconds, not given.without_graphs)
        print(f"{there} of {given.videos} videos, {each:.2f} s to write each", flush=True)
        if there < given.videos:
            return
        search_all(home, not given.without_graphs)
        if given.ask:
            ask_all(home)
        if given.recall:
            recall(home)


if __name__ == "__main__":
    main()
