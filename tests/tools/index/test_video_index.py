import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vidscout.tools.errors import HomeError, UnknownVideoError, UsageError
from vidscout.tools.index.vectors.chroma import Vectors
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.index.videos import Video
from vidscout.tools.records import Box, Modality, Record, Span, in_order
from vidscout.tools.runtime.notes import noting

SIZE = 24
SEARCHED = [Modality.SPEECH, Modality.SCREEN_TEXT, Modality.OBJECT, Modality.CAPTION]


def record(text: str, start: float = 0.0, end: float | None = None, video: str = "v", **more: object) -> Record:
    kind = {"modality": Modality.SPEECH, "score": 0.9, "source": "test/1"} | more
    return Record(video, Span(start, start + 2 if end is None else end), text=text, **kind)  # type: ignore[arg-type]


def direction(*at: int) -> np.ndarray:
    """A unit vector half way between some axes."""
    vector = np.zeros(SIZE, dtype=np.float32)
    vector[list(at)] = 1.0
    return vector / np.linalg.norm(vector)


def noise(rows: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((rows, SIZE)).astype(np.float32)


def in_a_new_process(code: str, *arguments: object) -> subprocess.Popen[str]:
    head = """
        import os, sys, time
        from pathlib import Path
        import numpy as np
        from vidscout.tools.errors import VidscoutError
        from vidscout.tools.index.video_index import VideoIndex
        from vidscout.tools.records import Modality, Record, Span
        def record(text, start=0.0, video="v"):
            return Record(video, Span(start, start + 2), Modality.SPEECH, text, 0.9, "test/1")
        home = Path(sys.argv[1])
        """
    command = [sys.executable, "-c", textwrap.dedent(head) + textwrap.dedent(code), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


@pytest.fixture
def index(tmp_path: Path) -> Iterator[VideoIndex]:
    with VideoIndex(tmp_path / "home") as opened:
        yield opened


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[VideoIndex, list[Record], np.ndarray]]:
    """A video of 1500 records with vectors, to be compared with exact search."""
    rng = random.Random(3)
    records = [
        record(f"record {at}", start := round(rng.uniform(0, 3600), 2), start + rng.choice([0, 1, 5, 60]))
        for at in range(1500)
    ]
    records = [replace(one, modality=SEARCHED[at % 4]) for at, one in enumerate(records)]
    vectors = noise(len(records))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    with VideoIndex(tmp_path_factory.mktemp("crowded")) as opened:
        opened.add(records, vectors)
        yield opened, records, vectors


def test_a_record_comes_back_as_it_was_written(index: VideoIndex):
    written = record("EXIT", 3.25, 9.5, modality=Modality.SCREEN_TEXT, boxes=(Box(0.1, 0.2, 0.3, 0.4),) * 2)
    index.add([written], direction(0)[None])
    assert index.timeline("v") == [written]
    assert [hit.record for hit in index.search("exit")] == [written]


def test_writing_twice_adds_nothing_but_takes_the_new_score(index: VideoIndex):
    first = [record("one"), record("two", 5)]
    assert index.add(first, noise(2)) == 2
    assert index.add([replace(first[0], score=0.3), record("three", 9)], noise(2)) == 1
    assert index.add([first[1], first[1]], noise(2)) == 0
    assert [(one.text, one.score) for one in index.timeline("v")] == [("one", 0.3), ("two", 0.9), ("three", 0.9)]
    assert len(index.search(vector=noise(1)[0], k=10)) == 3


def test_a_record_written_without_a_vector_can_get_one_later(index: VideoIndex):
    index.add([record("first by its words")], None)
    assert index.search(vector=direction(1)) == []
    assert len(index.search("words")) == 1
    index.add([record("first by its words")], direction(1)[None])
    assert index.search(vector=direction(1))[0].similarity == pytest.approx(1.0, abs=1e-5)


def test_what_both_rankings_hold_comes_before_what_only_one_does(index: VideoIndex):
    both, by_word, by_meaning = record("a red bicycle"), record("bicycle lamps", 5), record("somebody rides", 9)
    other = [record(f"nothing {at}", 20 + at) for at in range(40)]
    vectors = [direction(0, 1), direction(5), direction(0), *[direction(0, 9, 10 + at % 9) for at in range(40)]]
    index.add([both, by_word, by_meaning, *other], np.stack(vectors))
    hits = index.search("Where is the bicycle?", direction(0), k=3)
    assert hits[0].record == both
    assert {hit.record for hit in hits} == {both, by_word, by_meaning}
    found = {hit.record: hit for hit in hits}
    assert found[both].score == pytest.approx(1 / (60 + found[both].rank) + 1 / 62)  # type: ignore[operator]
    assert found[both].similarity == pytest.approx(0.5**0.5, abs=1e-3)
    assert found[by_word].similarity == pytest.approx(0.0, abs=1e-3), "the cosine is known of every hit"
    assert found[by_meaning].rank is None
    assert found[by_meaning].bm25 is None


def test_a_search_by_words_alone_has_no_similarity_and_one_by_meaning_alone_no_rank(index: VideoIndex):
    index.add([record("a turbine")], direction(3)[None])
    [hit] = index.search("turbine")
    assert (hit.similarity, hit.rank) == (None, 1)
    assert hit.bm25 is not None
    [hit] = index.search(vector=-direction(3))
    assert (hit.similarity, hit.rank, hit.bm25) == (0.0, None, None)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("turbine", "Turbines turn"),
        ("What does the sign say about the CAFÉ?", "café on the left"),
        ("cafe", "café on the left"),
        ("3.5", "it makes 3.5 MW"),
        ("what's the e-mail", "send an e-mail"),
        ("東京", "私は東京に住んでいます"),
        ("Київ", "місто Київ"),
        ("to be or not to be", "to be or not to be, that is it"),
        ("snake_case", "the name snake_case here"),
    ],
)
def test_words_are_found_in_any_form_and_script(index: VideoIndex, asked: str, found: str):
    texts = [
        "Turbines turn", "café on the left", "it makes 3.5 MW", "send an e-mail", "私は東京に住んでいます",
        "місто Київ", "to be or not to be, that is it", "the name snake_case here", "what is the matter",
    ]  # fmt: skip
    index.add([record(text, at) for at, text in enumerate(texts)], None)
    assert [hit.record.text for hit in index.search(asked)] == [found]


def test_words_that_every_question_has_match_nothing(index: VideoIndex):
    index.add([record("what the man does is for you to say"), record("the sign", 5)], None)
    assert [hit.record.text for hit in index.search("What does the sign show?")] == ["the sign"]
    assert index.search("What is it?") == []
    assert len(index.search("is for you")) == 1, "nothing but such words is looked up as a phrase"


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60))
def test_a_question_may_hold_any_characters(crowded: tuple[VideoIndex, list[Record], np.ndarray], text: str):
    assert isinstance(crowded[0].search(text), list)


@pytest.mark.parametrize(
    "text", ['"', "a AND OR NOT", "text: near(a b)", "sign*", "-sign ^sign", "\x00sign", "🙂", "{x}"]
)
def test_the_syntax_of_the_full_text_search_means_nothing_in_a_question(index: VideoIndex, text: str):
    index.add([record("the sign")], None)
    assert [hit.record.text for hit in index.search(text)] == (["the sign"] if "sign" in text else [])


@pytest.mark.parametrize(
    "within", [Span(0, 3600), Span(100, 160), Span(1000, 1000.5), Span(7, 7), Span(3500, 9999), Span(5000, 6000), None]
)
@pytest.mark.parametrize("modalities", [None, [Modality.OBJECT], SEARCHED[:3], []])
def test_a_filtered_search_finds_what_exact_search_finds_inside(
    crowded: tuple[VideoIndex, list[Record], np.ndarray], within: Span | None, modalities: list[Modality] | None
):
    index, records, vectors = crowded
    query = noise(1, seed=7)[0]
    cosines = vectors @ query / np.linalg.norm(query)

    def passes(one: Record) -> bool:
        at, span = within, one.span
        in_time = at is None or at.contains(span.start) or at.overlaps(span) or span.contains(at.start)
        in_time = in_time or (at is not None and at.start == at.end == span.start)
        return in_time and (modalities is None or one.modality in modalities)

    inside = [at for at, one in enumerate(records) if passes(one)]
    best = [records[at].id for at in sorted(inside, key=lambda at: -cosines[at])[:8]]
    found = [hit.record.id for hit in index.search(vector=query, modalities=modalities, within=within)]
    assert found == best
    by_words = index.search("record", modalities=modalities, within=within, k=5000)
    assert {hit.record.id for hit in by_words} == {records[at].id for at in inside}
    timeline = index.timeline("v", modalities, within)
    assert timeline == in_order(records[at] for at in inside)


def test_equal_words_leave_the_choice_to_the_meaning(index: VideoIndex):
    index.add(
        [record(f"sign {'abc'[at % 3]}", at) for at in range(30)], np.stack([direction(at % 24) for at in range(30)])
    )
    hits = index.search("sign", direction(17), k=30)
    assert {hit.rank for hit in hits} == {1}
    assert hits[0].record.span.start == 17


def test_shots_are_in_the_timeline_and_in_no_search(index: VideoIndex):
    shot = record("shot 1 sign", 0, 30, modality=Modality.SHOT)
    index.add([shot, record("sign", 2)], np.stack([direction(0), direction(0)]))
    assert index.timeline("v", [Modality.SHOT]) == [shot]
    assert [hit.record.modality for hit in index.search("sign", direction(0))] == [Modality.SPEECH]
    assert index.search("sign", direction(0), modalities=[Modality.SHOT]) == []


def test_a_search_stays_in_the_videos_it_is_given(index: VideoIndex):
    for at, name in enumerate(["one", "two", "three"]):
        index.add([record("sign", video=name), record("door", 5, video=name)], np.stack([direction(at), direction(9)]))
    assert {hit.record.video for hit in index.search("sign", direction(9), k=20)} == {"one", "two", "three"}
    assert {hit.record.video for hit in index.search("sign", direction(9), videos=["two", "none"])} == {"two"}
    assert index.search("sign", direction(9), videos=["none"]) == []
    assert index.search("sign", direction(9), videos=[]) == []
    assert index.search(vector=direction(1), k=1)[0].record.video == "two"


def test_asking_for_nothing_finds_nothing_and_asking_wrongly_says_so(index: VideoIndex):
    index.add([record("sign")], direction(0)[None])
    index.add_frames("v", [1.0], direction(0)[None], [b"jpeg"])
    assert index.search("sign", direction(0), k=0) == []
    assert index.search_frames(direction(0), k=0) == []
    assert index.search("") == index.search("  ?! ") == []
    assert len(index.search("", direction(0))) == 1
    for wrong in (
        lambda: index.search(),
        lambda: index.search("sign", k=-1),
        lambda: index.search_frames(direction(0), k=-1),
        lambda: index.search(vector=np.ones((2, SIZE))),
        lambda: index.search(vector=np.full(SIZE, np.nan)),
    ):
        with pytest.raises(UsageError):
            wrong()


def test_vectors_of_another_model_are_refused_before_anything_is_written(index: VideoIndex):
    index.add([record("sign")], direction(0)[None])
    for wrong in (np.ones((1, SIZE + 1)), np.ones((2, SIZE)), np.ones(SIZE), np.full((1, SIZE), np.inf)):
        with pytest.raises(UsageError):
            index.add([record("door", 5)], wrong)
    with pytest.raises(UsageError, match="another embedding model"):
        index.search("door", np.ones(SIZE + 1))
    assert index.stats("v") == {"speech": 1, "frames": 0}
    assert index.add([record("door", 5)], direction(1)[None]) == 1
    assert index.add([], np.zeros((0, SIZE))) == 0


def test_a_vector_of_zeros_is_like_nothing(index: VideoIndex):
    index.add([record("empty"), record("full", 5)], np.stack([np.zeros(SIZE), direction(0)]))
    found = {hit.record.text: hit.similarity for hit in index.search("empty", direction(0))}
    assert found == {"full": pytest.approx(1.0, abs=1e-5), "empty": pytest.approx(0.0, abs=1e-5)}


@pytest.mark.parametrize("name", ["", "../escape", "a/b", "a b", ".hidden", "x" * 101, "ünïcode"])
def test_an_id_that_could_name_another_folder_is_refused(index: VideoIndex, name: str):
    for wrong in (
        lambda: index.add([record("sign", video=name)], direction(0)[None]),
        lambda: index.add_frames(name, [0.0], direction(0)[None], [b"jpeg"]),
        lambda: index.delete(name),
    ):
        with pytest.raises(UsageError):
            wrong()


def test_frames_are_found_by_likeness_with_time_score_and_picture(index: VideoIndex):
    times = [30.0, 10.0, 20.0]
    assert (
        index.add_frames("v", times, np.stack([direction(0), direction(0, 1), direction(2)]), [b"a", b"b", b"c"]) == 3
    )
    assert index.add_frames("v", [20.0, 40.0004], np.stack([direction(0)] * 2), [b"again", b"d"]) == 1
    assert index.frame_times("v").tolist() == [10.0, 20.0, 30.0, 40.0004]
    found = index.search_frames(direction(0), k=3)
    assert [(frame.time, frame.score) for frame in found] == [
        (30.0, pytest.approx(1.0, abs=1e-5)), (40.0004, pytest.approx(1.0, abs=1e-5)),
        (10.0, pytest.approx(0.5**0.5, abs=1e-5)),
    ]  # fmt: skip
    assert [frame.thumbnail.read_bytes() for frame in found if frame.thumbnail] == [b"a", b"d", b"b"]
    assert index.thumbnail("v", 22.0).read_bytes() == b"c", "a frame that is there stays as it is"
    assert index.thumbnail("v", 1e9).read_bytes() == b"d"
    assert not list(index.home.rglob("*.part"))


def test_the_address_of_a_picture_leads_to_its_file_and_nowhere_else(index: VideoIndex):
    index.add_frames("v", [10.0, 20.5], noise(2), [b"a", b"b"])
    assert index.thumbnail_address("v", 19.0) == "v/10000", "what is kept stands until it changes"
    assert index.thumbnail_address("v", 20.45) == "v/20500"
    assert index.thumbnail_address("v", 3.0) == "v/10000"
    assert index.thumbnail("v", 19.0).read_bytes() == b"b", "the nearest"
    assert index.thumbnail_at("v", 20500).read_bytes() == b"b"
    assert index.thumbnail_address("w", 1.0) is None
    (index.home / "20500.jpg").write_bytes(b"not a thumbnail")
    for video, ms in (("v", 1), ("w", 20500), ("..", 20500), ("v/../v", 20500), ("", 20500)):
        with pytest.raises(UnknownVideoError, match="no picture"):
            index.thumbnail_at(video, ms)


def test_the_curve_of_a_video_is_the_cosine_of_every_frame(index: VideoIndex):
    vectors, query = noise(300), noise(1, 5)[0]
    times = [at / 3 for at in range(300)]
    shuffled = random.Random(1).sample(range(300), 300)
    for half in (shuffled[:150], shuffled[150:]):
        index.add_frames("v", [times[at] for at in half], vectors[half], [b"jpeg"] * 150)
        curve_times, curve = index.frame_similarities(query, "v")
        expected = vectors @ query / np.linalg.norm(vectors, axis=1) / np.linalg.norm(query)
        seen = sorted(half) if half is not shuffled[150:] and len(curve) == 150 else list(range(300))
        assert curve_times.tolist() == [times[at] for at in seen]
        np.testing.assert_allclose(curve, expected[seen], atol=1e-3)
        assert curve.dtype == np.float32
    inside = index.search_frames(query, within=Span(20, 40), k=5)
    best = sorted((at for at in range(300) if 20 <= times[at] < 40), key=lambda at: -expected[at])[:5]
    assert [frame.time for frame in inside] == [times[at] for at in best]
    assert index.search_frames(query, within=Span(500, 600)) == []


def test_a_video_without_frames_has_an_empty_curve_and_no_picture(index: VideoIndex):
    times, scores = index.frame_similarities(direction(0), "v")
    assert len(times) == len(scores) == len(index.frame_times("v")) == 0
    assert index.search_frames(direction(0)) == []
    assert index.timeline("v") == []
    with pytest.raises(UnknownVideoError, match="no frames of 'v'"):
        index.thumbnail("v", 1.0)
    with pytest.raises(UsageError):
        index.add_frames("v", [-1.0], direction(0)[None], [b"jpeg"])
    with pytest.raises(UsageError):
        index.add_frames("v", [1.0], direction(0)[None], [])


def test_deleting_a_video_leaves_no_trace_of_it_and_all_of_the_others(index: VideoIndex):
    for name in ("gone", "kept"):
        index.library.put(Video(name, f"{name}.mp4", Path(f"/{name}.mp4")))
        index.library.cache(f"boxes of {name}", b"boxes", video=name)
        index.library.journal.begin(name, "screen_text", "1")
        index.add([record(f"secret of {name} {at}", at, video=name) for at in range(300)], noise(300))
        index.add_frames(name, list(range(300)), noise(300), [b"jpeg of " + name.encode()] * 300)
    index.frame_similarities(direction(0), "gone")
    before = index.stats("kept")
    assert index.delete("gone")
    assert not index.delete("gone")
    assert index.stats("gone") == {"frames": 0}
    assert index.stats() == index.stats("kept") == before
    assert {hit.record.video for hit in index.search("secret", direction(0), k=50)} == {"kept"}
    assert {frame.video for frame in index.search_frames(direction(0))} == {"kept"}
    assert len(index.frame_similarities(direction(0), "gone")[0]) == 0
    assert [video.name for video in index.library.all()] == ["kept.mp4"]
    assert index.library.cached("boxes of gone") is None
    assert not (index.home / "thumbnails" / "gone").exists()
    assert len([part for part in (index.home / "chroma").iterdir() if part.is_dir()]) == 2

    index.add([record("back again", video="gone")], direction(0)[None])
    [hit] = index.search(vector=direction(0), videos=["gone"])
    assert hit.record.text == "back again"


def test_what_chroma_missed_is_brought_there_when_the_index_is_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def fails(*_: object) -> None:
        raise HomeError("the disk is full")

    with VideoIndex(tmp_path) as index, monkeypatch.context() as broken:
        broken.setattr(Vectors, "add", fails)
        with pytest.raises(HomeError):
            index.add([record("sign")], direction(0)[None])
        assert [hit.record.text for hit in index.search("sign", direction(0))] == ["sign"], "its words are there"
    with VideoIndex(tmp_path) as index, monkeypatch.context() as broken:
        assert index.search(vector=direction(0))[0].similarity == pytest.approx(1.0, abs=1e-5)
        broken.setattr(Vectors, "drop", fails)
        with pytest.raises(HomeError):
            index.delete("v")
        assert index.search("sign", direction(0)) == []
    with VideoIndex(tmp_path) as index:
        index.add([record("door")], direction(1)[None])
        assert [hit.record.text for hit in index.search(vector=direction(0))] == ["door"]


def test_a_writer_that_is_killed_at_any_moment_loses_nothing_it_had_written(tmp_path: Path):
    code = """
        index = VideoIndex(home)
        for batch in range(10_000):
            rows = np.random.default_rng(batch).standard_normal((16, 24))
            records = [record(f"record {batch * 16 + at}", batch * 16 + at) for at in range(16)]
            index.add(records, rows)
            index.add_frames("v", [one.span.start for one in records], rows, [b"jpeg"] * 16)
            print(batch, flush=True)
        """
    reached, rows = 0, noise(1)
    for rounds in (3, 17):
        writer = in_a_new_process(code, tmp_path)
        assert writer.stdout is not None
        while int(writer.stdout.readline()) < reached + rounds:
            pass
        reached += rounds
        time.sleep(random.Random(rounds).uniform(0, 0.02))
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        with VideoIndex(tmp_path) as index:
            counts = index.stats()
            assert counts["speech"] >= 16 * reached
            for batch in range(reached):
                rows = np.random.default_rng(batch).standard_normal((16, SIZE))
                hits = index.search(vector=rows[5], k=1)
                assert hits[0].record.text == f"record {batch * 16 + 5}"
                assert index.search_frames(rows[5], k=1)[0].time == batch * 16 + 5
            assert len(index.search(vector=rows[0], k=5000)) == counts["speech"]
            assert len(index.frame_similarities(rows[0], "v")[0]) == counts["frames"]


def test_threads_ask_while_another_adds(index: VideoIndex):
    index.add([record(f"sign {at}", at) for at in range(64)], noise(64))
    failures: list[BaseException] = []
    stop = threading.Event()

    def ask(seed: int) -> None:
        try:
            while not stop.is_set():
                query = noise(1, seed)[0]
                assert len(index.search("sign", query, within=Span(0, 64), k=8)) == 8
                index.search_frames(query)
                index.frame_similarities(query, "w")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=ask, args=[seed]) for seed in range(3)]
    for thread in threads:
        thread.start()
    for batch in range(12):
        index.add([record(f"door {batch} {at}", at, video="w") for at in range(16)], noise(16, batch))
        index.add_frames("w", [batch * 16.0 + at for at in range(16)], noise(16, batch), [b"jpeg"] * 16)
    index.delete("w")
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []


def test_what_another_process_writes_is_found_by_every_index_that_is_open(index: VideoIndex):
    second = VideoIndex(index.home)
    reader = VideoIndex(index.home, read_only=True)
    index.add([record(f"ours {at}", at) for at in range(300)], noise(300, 1))
    for opened in (index, second, reader):
        opened.search(vector=noise(1)[0])
    theirs = """
        rows = np.random.default_rng(int(sys.argv[2])).standard_normal((300, 24))
        VideoIndex(home).add([record(f"theirs {sys.argv[2]} {at}", at) for at in range(300)], rows)
        """
    for seed in (2, 3):
        finished(in_a_new_process(theirs, index.home, seed))
        for opened in (index, second, reader):
            for at in range(0, 300, 30):
                query = np.random.default_rng(seed).standard_normal((300, SIZE))[at]
                assert opened.search(vector=query, k=1)[0].record.text == f"theirs {seed} {at}"
    index.add([record("ours again")], direction(3)[None])
    assert second.search(vector=direction(3), k=1)[0].record.text == "ours again"
    second.close()
    assert index.search(vector=direction(3), k=1)[0].record.text == "ours again"
    reader.close()


def test_two_writers_take_turns_and_one_that_holds_on_is_named(index: VideoIndex):
    other = in_a_new_process(
        """
        index = VideoIndex(home)
        with index.writing():
            index.add([record("held")], np.ones((1, 24)))
            print("holding", flush=True)
            time.sleep(1.5)
        """,
        index.home,
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "holding\n"
    with pytest.raises(HomeError, match=f"another vidscout is writing in {index.home}"), index.writing(wait=0):
        pytest.fail("two writers at once")
    assert [hit.record.text for hit in index.search("held", np.ones(SIZE))] == ["held"], "asking does not wait"
    assert index.add([record("waited", 5)], direction(0)[None]) == 1
    finished(other)
    assert len(index.search("held waited", direction(0))) == 2


def test_an_index_whose_chroma_folder_was_removed_says_so_and_answers(tmp_path: Path):
    with VideoIndex(tmp_path) as index:
        index.add([record("sign")], direction(0)[None])
    for part in sorted((tmp_path / "chroma").rglob("*"), reverse=True):
        part.unlink() if part.is_file() else part.rmdir()
    with VideoIndex(tmp_path) as index:
        assert len(index.search("sign")) == 1
        with noting() as notes:
            assert len(index.search(vector=direction(0))) == 1, "its vectors are in SQLite as well"
        assert "records-v is not in it any more" in notes[0]
        assert [one.again for one in index.repair()] == [1]
        assert index.delete("v")


@pytest.mark.skipif(sys.platform == "win32", reason="file modes and users are those of POSIX")
def test_an_index_of_somebody_else_can_be_asked_but_not_written():
    with tempfile.TemporaryDirectory() as folder:  # pytest's own temporary folders are closed to others
        home = Path(folder) / "home"
        with VideoIndex(home) as index:
            index.add([record(f"sign {at}", at) for at in range(400)], noise(400))
            index.add_frames("v", [1.0], direction(0)[None], [b"jpeg"])
        Path(folder).chmod(0o755)
        (scratch := Path(folder) / "scratch").mkdir()
        scratch.chmod(0o777)
        for part in (home, *home.rglob("*")):
            part.chmod(0o555 if part.is_dir() else 0o444)
        reader = in_a_new_process(
            """
            import chromadb, chromadb.api.rust, filelock, resource, tempfile
            if os.geteuid() == 0:
                os.setresuid(65534, 65534, 65534)
            os.environ["HOME"] = "/nowhere"
            tempfile.tempdir = sys.argv[2]
            query = np.random.default_rng(0).standard_normal((400, 24))[77]
            with VideoIndex(home, read_only=True) as index:
                print(index.search("sign 77", query, k=1)[0].record.text)
                print(round(index.search(vector=query)[0].similarity, 3))
                print(index.thumbnail("v", 0).read_bytes(), index.search_frames(np.eye(24)[0])[0].time)
            for attempt in (lambda: index.add([record("door")], np.ones((1, 24))), lambda: VideoIndex(home)):
                try:
                    attempt()
                except VidscoutError as error:
                    print(error)
            """,
            home,
            scratch,
        )
        out, err = reader.communicate(timeout=60)
        for part in (home, *home.rglob("*")):
            part.chmod(0o755)
        assert not list(scratch.iterdir()), "copies are removed when the index is closed"
    assert reader.returncode == 0, err
    assert out.splitlines() == [
        "sign 77",
        "1.0",
        "b'jpeg' 1.0",
        f"the index in {home} was opened for reading only",
        f"the folder {home} cannot be written: choose another folder with --home or VIDSCOUT_HOME",
    ]


@contextlib.contextmanager
def chroma_server(folder: Path, port: int) -> Iterator[None]:
    command = [Path(sys.executable).with_name("chroma"), "run", "--path", folder / "server", "--port", str(port)]
    server = subprocess.Popen(
        [*command, "--host", "127.0.0.1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
        env=os.environ | {"ANONYMIZED_TELEMETRY": "false"},
    )  # fmt: skip
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield
    finally:
        server.terminate()
        server.wait(10)


def test_a_chroma_server_holds_the_vectors_as_well(tmp_path: Path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address, rows = f"http://127.0.0.1:{port}", noise(1100)
    with VideoIndex(tmp_path / "home", address) as index, pytest.raises(HomeError, match=rf"no Chroma server.*{port}"):
        index.add([record("before")], direction(2)[None])
    with chroma_server(tmp_path, port), VideoIndex(tmp_path / "home", address) as index:
        assert index.search(vector=direction(2))[0].record.text == "before", "what it missed while it was down"
        index.add([record(f"sign {at}", at) for at in range(1100)], rows)
        index.add_frames("v", list(range(1100)), rows, [b"a"] * 1100)
        assert index.search("sign 7", rows[7], k=1)[0].record.text == "sign 7"
        assert index.search(vector=rows[7], within=Span(20, 22), k=9)
        assert index.search_frames(rows[2], k=1)[0].time == 2.0
        assert len(index.frame_similarities(rows[2], "v")[0]) == 1100
        with VideoIndex(tmp_path / "home", address, read_only=True) as second:
            assert second.search(vector=rows[9], k=1)[0].record.text == "sign 9"
    with chroma_server(tmp_path, port), VideoIndex(tmp_path / "home", address) as index:
        # chroma-core/chroma#7090: a server that was started anew does not load collections of more than 1,000 rows
        assert len(index.search(vector=rows[7], k=2000)) == 1101
        assert index.search(vector=rows[1099], k=1)[0].record.text == "sign 1099"
        shutil.rmtree(tmp_path / "home" / "matrices", ignore_errors=True)
        assert [index.search_frames(rows[at], k=1)[0].time for at in (3, 1099)] == [3.0, 1099.0]
        assert len(index.frame_similarities(rows[2], "v")[0]) == 1100, "all of them, from the server"
        assert index.delete("v")
        assert index.search(vector=direction(2)) == []
    assert not (tmp_path / "home" / "chroma").exists()


@pytest.mark.parametrize("address", ["localhost", "ftp://host", "http://", ""])
def test_what_is_no_address_of_a_server_is_refused(tmp_path: Path, address: str):
    with pytest.raises(UsageError, match="http://host:8000"):
        VideoIndex(tmp_path, address)
