"""Chroma's graphs hold nothing but what was put into them."""

import threading
from pathlib import Path

import numpy as np
import pytest
from vidscout.tools.index.vectors.graph_files import is_whole
from vidscout.tools.index.vectors.hnsw_files import blank_unused
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.records import Modality, Record, Span

SECRET = b"xylophonist"


def add(index: VideoIndex, video: str, rows: int, first: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(first).standard_normal((rows, 16)).astype(np.float32)
    records = [
        Record(video, Span(at, at + 1), Modality.SPEECH, f"w {at}", 0.9, "t/1") for at in range(first, first + rows)
    ]
    index.add(records, vectors)
    return vectors


def graphs(home: Path) -> list[Path]:
    return sorted((home / "chroma").glob("*/data_level0.bin"))


def test_the_room_in_a_new_graph_holds_no_memory_of_this_process(tmp_path: Path):
    with VideoIndex(tmp_path) as index:
        index.search(vector=add(index, "v", 40)[0])
        [graph] = graphs(tmp_path)
        assert graph.stat().st_size > 0
        assert not graph.read_bytes().strip(b"\0")
        assert not graph.with_name("length.bin").read_bytes().strip(b"\0")


@pytest.mark.parametrize("rows", [40, 300])
def test_what_was_in_unused_rows_goes_with_the_next_forgetting_and_the_graph_works(tmp_path: Path, rows: int):
    with VideoIndex(tmp_path) as index:
        vectors = add(index, "kept", rows)
        add(index, "gone", 5)
        index.search(vector=vectors[7])
    used = 0 if rows == 40 else rows
    for graph in graphs(tmp_path):
        content = bytearray(graph.read_bytes())
        if not used or len(content) > 100 * 300:
            size = len(content) // (used or 100)
            with graph.open("r+b") as file:
                file.seek(used * size)
                file.write((SECRET * 10)[: max(len(content) - used * size, 0)])
    with VideoIndex(tmp_path) as index:
        index.forget("gone")
        index.remove_remnants()
    assert not [graph for graph in graphs(tmp_path) if SECRET in graph.read_bytes()]
    with VideoIndex(tmp_path) as index:
        assert index.search(vector=vectors[7], k=1)[0].record.span.start == 7
        assert len(index.search(vector=vectors[7], k=1000)) == rows
        more = add(index, "kept", 300, first=1000)
    with VideoIndex(tmp_path) as index:
        assert index.search(vector=vectors[9], k=1)[0].record.span.start == 9
        assert index.search(vector=more[9], k=1)[0].record.span.start == 1009


@pytest.mark.parametrize("header", [b"", b"short", b"\x02" + bytes(99), b"\x01\0\0\0" + b"\xff" * 96])
def test_a_graph_of_another_format_is_left_as_it_is(tmp_path: Path, header: bytes):
    (tmp_path / "header.bin").write_bytes(header)
    for name in ("data_level0.bin", "length.bin"):
        (tmp_path / name).write_bytes(SECRET)
    blank_unused(tmp_path)
    assert (tmp_path / "data_level0.bin").read_bytes() == (tmp_path / "length.bin").read_bytes() == SECRET


def test_a_graph_that_another_one_is_just_writing_is_not_taken_for_damaged(tmp_path: Path):
    with VideoIndex(tmp_path) as index:
        index.search(vector=add(index, "v", 40)[0])
    [graph] = graphs(tmp_path)
    header = graph.with_name("header.bin")
    content = header.read_bytes()
    header.write_bytes(content[:10])  # as in the middle of a write
    later = threading.Timer(0.02, lambda: header.write_bytes(content))
    later.start()
    assert is_whole(graph.parent)
    later.join()
    header.write_bytes(content[:10])
    assert not is_whole(graph.parent), "it stays like that"
