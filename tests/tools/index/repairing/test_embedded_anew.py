"""Records whose vectors are by another embedding than today's."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from made_stages import Hashed
from vidscout.tools.errors import HomeError, UsageError
from vidscout.tools.index.repairing.embedded_anew import AT_ONCE
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.payloads import Shot, Spoken
from vidscout.tools.records import Record, Span

OLD, NEW = Hashed(8), Hashed(16)
RECORDS = 2 * AT_ONCE + 10


def record(at: int) -> Record:
    return Record.of("v", Span(at, at + 1), Spoken(f"word{at} is said"), 1.0, "test/1")


def fill(index: VideoIndex) -> None:
    """A video of which one stage has made records, with vectors of the old embedding, and a shot without."""
    records = [*map(record, range(RECORDS)), Record.of("v", Span(0, 9), Shot(1), 1.0, "test/1")]
    vectors = np.stack(OLD.run([one.text for one in records]))
    index.library.journal.begin("v", "speech", "speech/1")
    index.replace("v", "speech", records, vectors)
    index.library.journal.done("v", "speech", OLD.source)


@pytest.fixture
def index(tmp_path: Path) -> VideoIndex:
    index = VideoIndex(tmp_path / "home")
    fill(index)
    return index


def meant(index: VideoIndex, at: int, embedding: Hashed = NEW) -> Record:
    [vector] = embedding.run([record(at).text])
    return index.search(vector=vector, videos=["v"], k=1)[0].record


def embedding_of(index: VideoIndex) -> str:
    return index.library.journal.entries("v")["speech"].embedding


def test_all_records_are_found_by_the_new_embedding_and_nothing_is_due_any_more(index: VideoIndex):
    assert index.embedded_by_another("v", NEW.source)
    told: list[tuple[int, int]] = []
    assert index.embed_anew("v", NEW.source, NEW.run, lambda done, total: told.append((done, total))) == RECORDS
    assert [meant(index, at) for at in (0, AT_ONCE, RECORDS - 1)] == [record(0), record(AT_ONCE), record(RECORDS - 1)]
    assert told == [(done, RECORDS) for done in (0, AT_ONCE, 2 * AT_ONCE, RECORDS)]
    assert not index.embedded_by_another("v", NEW.source)
    assert index.embed_anew("v", NEW.source, lambda texts: pytest.fail("nothing is to be embedded")) == 0
    assert embedding_of(index) == NEW.source


def test_records_of_a_video_that_no_stage_wrote_are_left_alone(tmp_path: Path):
    with VideoIndex(tmp_path / "other") as index:
        index.add([record(1)], np.stack(OLD.run([record(1).text])))
        assert not index.embedded_by_another("v", NEW.source)
        assert index.embed_anew("v", NEW.source, NEW.run) == 0
        assert meant(index, 1, OLD) == record(1)


def test_vectors_of_frames_stay_as_they_are(index: VideoIndex):
    index.add_frame_vectors("v", [1.0, 2.0], {"": np.eye(4)[:2]})
    index.keep_frames("v", [1.0, 2.0])
    index.embed_anew("v", NEW.source, NEW.run)
    times, vectors = index.frame_vectors("v")
    assert times.tolist() == []  # no frame was kept, only vectors
    assert vectors.shape[0] == 0
    assert index._vectors.fetch("frames-v")[0] == ["1000", "2000"]


def test_an_embedding_that_fails_at_once_leaves_everything_as_it_was(index: VideoIndex):
    def fails(texts: Sequence[str]) -> list[np.ndarray]:
        raise RuntimeError("no embedding")

    with pytest.raises(RuntimeError, match="no embedding"):
        index.embed_anew("v", NEW.source, fails)
    assert meant(index, 3, OLD) == record(3)
    assert embedding_of(index) == OLD.source


def interrupted(index: VideoIndex, embedding: Hashed = NEW) -> None:
    """Embed one batch, then fail."""
    asked: list[str] = []

    def fails_later(texts: Sequence[str]) -> list[np.ndarray]:
        if len(asked) > AT_ONCE:
            raise RuntimeError("interrupted")
        asked.extend(texts)
        return embedding.run(texts)

    with pytest.raises(RuntimeError, match="interrupted"):
        index.embed_anew("v", embedding.source, fails_later)


def test_what_was_interrupted_is_found_by_words_and_gone_on_with(index: VideoIndex):
    interrupted(index)
    assert index.embedded_by_another("v", NEW.source)
    assert index.search(f"word{RECORDS - 1}", NEW.run(["x"])[0], videos=["v"], k=1)[0].record == record(RECORDS - 1)
    asked: list[str] = []
    index.embed_anew("v", NEW.source, lambda texts: asked.extend(texts) or NEW.run(texts))
    assert record(0).text not in asked[1:], "the first batch had its vectors"
    assert len(asked) == 1 + RECORDS - AT_ONCE
    assert meant(index, 0) == record(0)
    assert meant(index, RECORDS - 1) == record(RECORDS - 1)


def test_a_third_embedding_begins_anew_after_one_that_was_interrupted(index: VideoIndex):
    interrupted(index)
    third = Hashed(24)
    index.embed_anew("v", third.source, third.run)
    assert meant(index, 0, third) == record(0)
    with pytest.raises(UsageError, match="another embedding model"):
        meant(index, 0, NEW)


def test_a_process_that_is_killed_meanwhile_leaves_what_another_goes_on_with(tmp_path: Path):
    home = tmp_path / "home"
    with VideoIndex(home) as index:
        fill(index)
    code = f"""
    import os, signal, sys
    from pathlib import Path
    from made_stages import Hashed
    from vidscout.tools.index.video_index import VideoIndex
    new, given = Hashed(16), []
    def embed(texts):
        given.extend(texts)
        if len(given) > {2 * AT_ONCE}:
            os.kill(os.getpid(), signal.SIGKILL)
        return new.run(texts)
    VideoIndex(Path(sys.argv[1])).embed_anew("v", new.source, embed)
    """
    paths = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(code), str(home)], env=os.environ | paths)
    assert killed.returncode == -9
    with VideoIndex(home) as index:
        left, total = index._store.count_unembedded("v")
        assert 0 < left < total == RECORDS
        index.embed_anew("v", NEW.source, NEW.run)
        assert [meant(index, at) for at in range(0, RECORDS, 31)] == [record(at) for at in range(0, RECORDS, 31)]


def test_a_record_that_is_replaced_meanwhile_does_not_come_back(index: VideoIndex):
    replaced = False

    def embed(texts: Sequence[str]) -> list[np.ndarray]:
        nonlocal replaced
        if len(texts) > 1 and not replaced:
            replaced = True
            index.replace("v", "speech", [record(1)], np.stack(NEW.run([record(1).text])))
        return NEW.run(texts)

    index.embed_anew("v", NEW.source, embed)
    assert [one.text for one in index.timeline("v")] == [record(1).text]
    assert meant(index, 1) == record(1)


def test_a_home_that_is_only_read_says_so_before_a_model_is_asked(index: VideoIndex):
    with VideoIndex(index.home, read_only=True) as read, pytest.raises(HomeError, match="for reading only"):
        read.embed_anew("v", NEW.source, lambda texts: pytest.fail("a model was asked"))


def test_videos_that_are_searched_by_words_only_ask_no_vectors(index: VideoIndex):
    [vector] = NEW.run([record(5).text])
    with pytest.raises(UsageError, match="another embedding model"):
        index.search("word7", vector, videos=["v"])
    index.words_only.add("v")
    [hit, *_] = index.search("word7", vector, videos=["v"])
    assert (hit.record, hit.similarity) == (record(7), 0.0)


def test_a_stage_that_begins_again_still_says_which_embedding_its_records_have(index: VideoIndex):
    index.library.journal.begin("v", "speech", "speech/2")
    assert index.embedded_by_another("v", NEW.source)
