"""A large library: what the index does with hours of video that others have read, in time, bytes and files.

    python -m vidscout.bench.measure.cluster.hours --home FOLDER [--hours 1000] [--seconds 500] [--graphs]
        [--picture BYTES] [--search] [--one-collection VECTORS]

Each hour is a shard as a reader sends it: 3,600 frames with vectors and pictures, and as many records as an hour of
the made recordings has (`machine/library.py`). It arrives and is taken in one transaction, as on a cluster; making it
is not counted. The library is kept and gone on with, so that it can be written piece by piece. Chroma's graphs are most
of the work; without `--graphs` they are left out, and what is told is the rest. Pictures are `--picture` random bytes
each: what they take on disk follows from their size, and is computed for real ones.

`--one-collection` puts so many of the frames' vectors into one collection of Chroma's, with the video as metadata, and
holds its answers and its time against the product of a query with all of them as float16.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ....tools.index.home import CHROMA, DATABASE, MATRICES, THUMBNAILS
from ....tools.index.shards.contents import contents_of
from ....tools.index.shards.shard import Arrival, Shard
from ....tools.index.vectors.chroma import unit
from ....tools.index.video_index import VideoIndex
from ....tools.index.videos import Video
from ....tools.records import Record, Span
from ..machine.index import WORDS, Maker
from ..machine.library import FINDINGS, LOOKS, MINUTES, SCENE, SIZE, name_of

HOUR = 3600
ENCODER = "bench/1"
ASKED, NEAREST = 20, 32
PIECE = 8 * 2**20


def shard_of(index: VideoIndex, number: int, folder: Path, picture: int) -> tuple[str, Arrival]:
    """One made hour, begun in the index, read into a shard and arrived; the video's id with it."""
    video, maker = name_of(number), Maker(number)
    index.library.begin_reading(Video(video, f"{video[:8]}.mp4", Path(f"/nowhere/{video}.mp4"), HOUR), "bench")
    shard = Shard(folder / video, contents_of(index.library.database, video))
    kinds = [kind for count, kind in FINDINGS.values() for _ in range(count * 60 // MINUTES)]
    words = maker.rng.choice(WORDS, (len(kinds), 12), p=maker.frequency)
    starts = maker.rng.uniform(0, HOUR - 4, len(kinds))
    records = [
        Record.of(video, Span(float(at), float(at) + 4), kind(" ".join(f"w{word}" for word in row)), 0.9, "bench/1")
        for at, kind, row in zip(starts, kinds, words, strict=True)
    ]
    topics = np.random.default_rng(7).standard_normal((200, SIZE))
    said = topics[maker.rng.integers(0, len(topics), len(kinds))] + 0.8 * maker.rng.standard_normal((len(kinds), SIZE))
    shard.index.replace(video, "speech", records, said.astype(np.float32))
    looks = frames(maker, HOUR)
    pictures = [b"\xff\xd8" + maker.rng.bytes(picture) for _ in range(HOUR)]
    shard.index.add_frames(video, np.arange(HOUR).tolist(), {ENCODER: looks}, pictures)
    known = shard.index.library.get(video)
    assert known is not None
    shard.index.library.put(Video(video, known.name, known.path, HOUR, status="ready"))
    arrival = Arrival(index.home, video)
    for file in shard.sealed():
        with file.open("rb") as source:
            while part := source.read(PIECE):
                arrival.write(file.name, part)
    return video, arrival


def frames(maker: Maker, count: int) -> np.ndarray:
    """Vectors of frames, ten of a scene alike, (count, LOOKS)."""
    scenes = np.repeat(maker.rng.standard_normal((count // SCENE, LOOKS)), SCENE, axis=0)
    return (scenes + 0.2 * maker.rng.standard_normal(scenes.shape)).astype(np.float32)


def fill(home: Path, hours: int, seconds: float, graphs: bool, picture: int) -> int:
    """Take hours until there are so many or the time is over; how many there are."""
    began, taking, preparing = time.perf_counter(), [], []
    with VideoIndex(home) as index, tempfile.TemporaryDirectory(prefix="vidscout-shards-") as folder:
        if not graphs:
            index._vectors.add = lambda *_: None  # type: ignore[method-assign]
        there = before = len(index.library.all())
        while there < hours and time.perf_counter() - began < seconds:
            video, arrival = shard_of(index, there, Path(folder), picture)
            at = time.perf_counter()
            arrival.taken_by(index)
            taking.append(time.perf_counter() - at)
            if graphs:  # without, what a question needs is made from SQLite when it is asked
                at = time.perf_counter()
                index.prepare(video)
                preparing.append(time.perf_counter() - at)
            there += 1
    if taking:
        told = f"median {statistics.median(taking):.2f} s, worst {max(taking):.2f} s to take an hour"
        prepared = f", median {statistics.median(preparing):.2f} s to prepare it" if preparing else ""
        print(f"{there - before} hours taken ({'with' if graphs else 'without'} graphs): {told}{prepared}", flush=True)
    return there


def sizes(home: Path, hours: int) -> None:
    """Print bytes and files of each part of a home, altogether and an hour."""
    print(f"\n| {hours} hours | MB | KB an hour | files |\n|---|---:|---:|---:|")
    for part in (DATABASE, THUMBNAILS, MATRICES, CHROMA):
        found = [file for file in home.glob(f"{part}*" if part == DATABASE else f"{part}/**/*") if file.is_file()]
        total = sum(file.stat().st_size for file in found)
        print(f"| {part} | {total / 1e6:.0f} | {total / hours / 1e3:.0f} | {len(found)} |", flush=True)


def measured(ask: Callable[[np.ndarray], Any], queries: np.ndarray) -> tuple[float, list[Any]]:
    """Median seconds of a question after the first, and what was answered."""
    answers, seconds = [], []
    for query in queries:
        began = time.perf_counter()
        answers.append(ask(query))
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds[1:]), answers


def search(home: Path) -> None:
    """Ask all hours for frames and for records, by meaning and by words."""
    rng, maker = np.random.default_rng(3), Maker(10**6)
    with VideoIndex(home, read_only=True) as index:
        looks, said = rng.standard_normal((ASKED, LOOKS)), rng.standard_normal((ASKED, SIZE))
        asks: list[tuple[str, Callable[[np.ndarray], Any], np.ndarray]] = [
            ("32 frames of all", lambda query: index.search_frames({ENCODER: query}, k=NEAREST), looks),
            ("32 records of all by meaning", lambda query: index.search(vector=query, k=NEAREST), said),
            ("32 records of all by words", lambda _: index.search(maker.question(), k=NEAREST), said),
        ]
        for name, ask, queries in asks:
            began = time.perf_counter()
            ask(queries[0])
            first = time.perf_counter() - began
            print(f"{name}: {first:.2f} s the first time, then {measured(ask, queries)[0] * 1e3:.0f} ms", flush=True)


def one_collection(vectors: int) -> None:
    """Hold one collection of Chroma's for all videos against every vector in float16."""
    import chromadb

    maker = Maker(5)
    rows = unit(frames(maker, vectors))
    near = rows[maker.rng.integers(0, vectors, ASKED)] + 0.05 * maker.rng.standard_normal((ASKED, LOOKS))
    far = maker.rng.standard_normal((ASKED, LOOKS))
    half = rows.astype(np.float16)
    with tempfile.TemporaryDirectory(prefix="vidscout-bench-") as folder:
        client = chromadb.PersistentClient(folder)
        made = client.create_collection("frames", configuration={"hnsw": {"space": "ip"}}, embedding_function=None)
        began = time.perf_counter()
        for first in range(0, vectors, 5000):
            part = rows[first : first + 5000]
            ids = [str(first + at) for at in range(len(part))]
            made.add(ids, part, metadatas=[{"video": (first + at) // HOUR} for at in range(len(part))])
        print(f"{vectors} vectors into one collection in {time.perf_counter() - began:.0f} s")
        size = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
        print(f"{size / 1e6:.0f} MB with its graph, {half.nbytes / 1e6:.0f} MB as float16", flush=True)
        for name, sought in (("near a frame", unit(near)), ("near none", unit(far))):
            exact, truth = measured(lambda query: _nearest(half, query), sought)
            whole, found = measured(lambda query: _asked(made, query), sought)
            one, filtered = measured(lambda query: _asked(made, query, {"video": 1}), sought)
            print(
                f"{name}: all rows in float16 {exact * 1e3:.0f} ms; the graph {whole * 1e3:.1f} ms, "
                f"recall@{NEAREST} {_recall(found, truth):.1%}; filtered to one hour {one * 1e3:.1f} ms, recall "
                f"{_recall(filtered, [HOUR + _nearest(half[HOUR : 2 * HOUR], query) for query in sought]):.1%}",
                flush=True,
            )


def _nearest(half: np.ndarray, query: np.ndarray, block: int = 36_000) -> np.ndarray:
    """The rows nearest to a query; a block at a time, since numpy multiplies in four bytes."""
    cosines = np.concatenate([half[at : at + block].astype(np.float32) @ query for at in range(0, len(half), block)])
    return np.argpartition(-cosines, NEAREST)[:NEAREST]


def _asked(collection: Any, query: np.ndarray, where: dict[str, int] | None = None) -> list[int]:
    return [int(key) for key in collection.query([query], n_results=NEAREST, where=where, include=[])["ids"][0]]


def _recall(found: list[list[int]], truth: list[np.ndarray]) -> float:
    return float(np.mean([len({*one} & {*best.tolist()}) / NEAREST for one, best in zip(found, truth, strict=True)]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, help="where the library is kept")
    parser.add_argument("--hours", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="to write for at most")
    parser.add_argument("--graphs", action="store_true", help="Chroma's as well")
    parser.add_argument("--picture", type=int, default=64, help="bytes of each")
    parser.add_argument("--search", action="store_true", help="ask all of it as well")
    parser.add_argument("--one-collection", type=int, metavar="VECTORS", help="of Chroma's, against float16")
    given = parser.parse_args()
    if given.home:
        there = fill(given.home, given.hours, given.seconds, given.graphs, given.picture)
        sizes(given.home, there)
        if given.search:
            search(given.home)
    if given.one_collection:
        one_collection(given.one_collection)


if __name__ == "__main__":
    main()
