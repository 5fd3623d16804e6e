"""A video read into a shard, and taken into an index as a whole or not at all."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from vidscout.tools.errors import HomeError, SupersededError, UsageError
from vidscout.tools.index.home import DATABASE, SHARDS, THUMBNAILS
from vidscout.tools.index.pictures import PACK
from vidscout.tools.index.rows.people import How, Named
from vidscout.tools.index.rows.reading_token import holding
from vidscout.tools.index.shards.contents import contents_of
from vidscout.tools.index.shards.shard import Arrival, Shard
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.index.videos import Video
from vidscout.tools.payloads import Spoken, TextLines
from vidscout.tools.records import Record, Span

VIDEO = "v1"
SIZE = 16
DICE = np.random.default_rng(5)


def vectors(rows: int) -> np.ndarray:
    return DICE.standard_normal((rows, SIZE)).astype(np.float32)


def spoken(at: float, text: str) -> Record:
    return Record.of(VIDEO, Span(at, at + 2), Spoken(text), 0.9, "ears/1")


def begun(index: VideoIndex, token: str = "reading") -> None:
    """What a home knows of a video whose reading has just begun."""
    index.library.begin_reading(Video(VIDEO, "v.mp4", Path("/v.mp4")), token)
    index.library.journal.begin(VIDEO, "speech", "ears/1")


def read_into(folder: Path, index: VideoIndex, frames: int = 5) -> list[Path]:
    """A shard as a reader leaves it: speech and frames with vectors."""
    shard = Shard(folder, contents_of(index.library.database, VIDEO))
    said = [spoken(3 * at, f"sentence number {at}") for at in range(4)]
    shard.index.library.journal.append(VIDEO, "speech", [(1.0, b"heard")], 8.0)
    shard.index.replace(VIDEO, "speech", said, vectors(4))
    pictures = [b"\xff\xd8picture %d" % at for at in range(frames)]
    shard.index.add_frames(VIDEO, range(frames), {"eyes/1": vectors(frames)}, pictures)
    shard.index.library.journal.observed(VIDEO, "speech")
    shard.index.library.journal.done(VIDEO, "speech", "words/1")
    known = shard.index.library.get(VIDEO)
    assert known is not None
    shard.index.library.put(Video(VIDEO, known.name, known.path, status="ready", counts={"frames": frames}))
    return shard.sealed()


def arrived(home: Path, files: list[Path]) -> Arrival:
    arrival = Arrival(home, VIDEO)
    for file in files:
        content = file.read_bytes()
        for at in range(0, len(content), 4096):
            arrival.write(file.name, content[at : at + 4096])
    return arrival


@pytest.fixture
def index(tmp_path: Path) -> Iterator[VideoIndex]:
    with VideoIndex(tmp_path / "home") as index:
        begun(index)
        yield index


def test_what_was_read_into_a_shard_is_found_in_the_index(index: VideoIndex, tmp_path: Path):
    files = read_into(tmp_path / "shard", index)
    assert [file.name for file in files] == [DATABASE, PACK]
    assert index.stats(VIDEO) == {"frames": 0}
    assert arrived(index.home, files).taken_by(index) == 4
    assert [record.text for record in index.timeline(VIDEO)] == [f"sentence number {at}" for at in range(4)]
    assert index.search("number 2")[0].record.span.start == 6
    kept = index.record_vectors(VIDEO, [index.timeline(VIDEO)[1].id])
    [[vector]] = [list(kept.values())]
    assert index.search(vector=vector, k=1)[0].record.span.start == 3, "Chroma has them too"
    times, rows = index.frame_vectors(VIDEO)
    assert times.tolist() == [0, 1, 2, 3, 4]
    [best] = index.search_frames({"eyes/1": rows[3]}, k=1)
    assert best.time == 3
    assert best.thumbnail is not None
    assert best.thumbnail.read_bytes() == b"\xff\xd8picture 3"
    video = index.library.get(VIDEO)
    assert video is not None
    assert (video.status, video.counts, video.path) == ("ready", {"frames": 5}, Path("/v.mp4"))
    entry = index.library.journal.entry(VIDEO, "speech")
    assert entry is not None
    assert entry.done
    assert list(index.library.journal.observations(VIDEO, "speech")) == [(1.0, b"heard")]
    assert not (index.home / SHARDS / VIDEO).exists()


def test_pictures_are_one_file_until_they_are_asked_for(index: VideoIndex, tmp_path: Path):
    arrived(index.home, read_into(tmp_path / "shard", index, 40)).taken_by(index)
    folder = index.home / THUMBNAILS / VIDEO
    assert [file.name for file in folder.iterdir()] == [PACK]
    assert index.thumbnail(VIDEO, 7.2).read_bytes() == b"\xff\xd8picture 7"
    assert {file.name for file in folder.iterdir()} == {PACK, "7000.jpg"}
    index.keep_frames(VIDEO, [7, 8])
    assert index.frame_times(VIDEO).tolist() == [7, 8]
    assert index.thumbnail(VIDEO, 39).read_bytes() == b"\xff\xd8picture 8"
    assert (folder / PACK).stat().st_size < 1000
    index.delete(VIDEO)
    assert not folder.exists()


def test_a_home_that_is_only_read_shows_packed_pictures(index: VideoIndex, tmp_path: Path):
    arrived(index.home, read_into(tmp_path / "shard", index)).taken_by(index)
    folder = index.home / THUMBNAILS / VIDEO
    with VideoIndex(index.home, read_only=True) as reading:
        folder.chmod(0o500)
        try:
            picture = reading.thumbnail(VIDEO, 2)
        finally:
            folder.chmod(0o700)
        assert picture.read_bytes() == b"\xff\xd8picture 2"


def test_a_second_reading_replaces_the_first_and_keeps_what_people_said(index: VideoIndex, tmp_path: Path):
    arrived(index.home, read_into(tmp_path / "shard", index)).taken_by(index)
    begun(index)
    files = read_into(tmp_path / "again", index, 3)  # its own vectors, and two frames fewer
    shard_frames = 5  # those that the shard was begun with
    first, second = index.timeline(VIDEO)[:2]
    assert index.correct(first, spoken(0, "what was really said"), vectors(1)[0])
    index.people.rename(VIDEO, {"Speaker 1": Named("Ada", How.USER)})
    assert arrived(index.home, files).taken_by(index) == 0
    texts = [record.text for record in index.timeline(VIDEO)]
    assert texts == ["what was really said", *(f"sentence number {at}" for at in range(1, 4))]
    assert index.people.names(VIDEO)["Speaker 1"].name == "Ada"
    assert len(index.record_vectors(VIDEO, [record.id for record in index.timeline(VIDEO)])) == 4
    assert len(index.frame_times(VIDEO)) == shard_frames
    assert second.id in {record.id for record in index.timeline(VIDEO)}


def test_records_that_are_gone_leave_no_vectors(index: VideoIndex, tmp_path: Path):
    index.replace(VIDEO, "screen_text", [Record.of(VIDEO, Span(0, 1), TextLines(("old",)), 1, "eyes/0")], vectors(1))
    [old] = index.timeline(VIDEO)
    files = read_into(tmp_path / "shard", index)
    with VideoIndex(tmp_path / "shard") as shard:
        shard.replace(VIDEO, "screen_text", [], None)
    arrived(index.home, files).taken_by(index)
    assert old.id not in {record.id for record in index.timeline(VIDEO)}
    assert not index.record_vectors(VIDEO, [old.id])
    assert not index.search("old")


def test_a_shard_of_a_reading_that_another_one_followed_is_not_taken(index: VideoIndex, tmp_path: Path):
    arrival = arrived(index.home, read_into(tmp_path / "shard", index))
    index.library.begin_reading(Video(VIDEO, "v.mp4", Path("/v.mp4")), "a later one")
    with holding(VIDEO, "reading"), pytest.raises(SupersededError):
        arrival.taken_by(index)
    assert index.stats(VIDEO) == {"frames": 0}


def test_vectors_of_another_length_leave_everything_as_it_was(index: VideoIndex, tmp_path: Path):
    files = read_into(tmp_path / "shard", index)
    index.add([spoken(30, "here meanwhile")], DICE.standard_normal((1, SIZE + 1)))
    before = [record.id for record in index.timeline(VIDEO)]
    with pytest.raises(UsageError, match="another embedding model"):
        arrived(index.home, files).taken_by(index)
    assert [record.id for record in index.timeline(VIDEO)] == before
    assert index.stats(VIDEO)["frames"] == 0


@pytest.mark.parametrize("damage", ["half a database", "no pictures"])
def test_a_shard_that_is_not_whole_is_refused(index: VideoIndex, tmp_path: Path, damage: str):
    database, pictures = read_into(tmp_path / "shard", index)
    if damage == "no pictures":
        pictures.write_bytes(b"")
    else:
        database.write_bytes(database.read_bytes()[:5000])
    with pytest.raises(HomeError) as refused:
        arrived(index.home, [database, pictures]).taken_by(index)
    assert "\n" not in str(refused.value)
    assert index.stats(VIDEO) == {"frames": 0}


KILLED = """
import os, signal, sys
from pathlib import Path
from vidscout.tools.index.shards import contents, shard
from vidscout.tools.index.video_index import VideoIndex

at, home, files = sys.argv[1], Path(sys.argv[2]), [Path(file) for file in sys.argv[3:]]

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

target, name = {
    "while it arrives": (shard.Arrival, "taken_by"),
    "before the transaction": (contents.ContentsStore, "take"),
    "inside the transaction": (contents.ContentsStore, "_take_vectors"),
    "before Chroma is told": (VideoIndex, "keep_frames"),
}[at]
with VideoIndex(home) as index:
    arrival = shard.Arrival(home, "v1")
    for file in files:
        arrival.write(file.name, file.read_bytes())
    setattr(target, name, die)
    arrival.taken_by(index)
"""


@pytest.mark.parametrize(
    "at", ["while it arrives", "before the transaction", "inside the transaction", "before Chroma is told"]
)
def test_a_process_that_is_killed_leaves_the_video_taken_or_not_taken(tmp_path: Path, at: str):
    home = tmp_path / "home"
    with VideoIndex(home) as index:
        begun(index)
        files = read_into(tmp_path / "shard", index)
    ended = subprocess.run([sys.executable, "-c", KILLED, at, home, *files], check=False, timeout=120)
    assert ended.returncode == -signal.SIGKILL
    with VideoIndex(home) as index:
        taken = at == "before Chroma is told"
        assert index.stats(VIDEO) == ({"speech": 4, "frames": 5} if taken else {"frames": 0})
        if not taken:
            assert arrived(home, files).taken_by(index) == 4
        times, rows = index.frame_vectors(VIDEO)
        assert len(times) == 5
        [best] = index.search_frames({"eyes/1": rows[3]}, k=1)
        assert best.time == 3
        assert index.thumbnail(VIDEO, 3).read_bytes() == b"\xff\xd8picture 3"
        assert not (home / SHARDS / VIDEO).exists() or taken


def test_a_shard_that_was_left_is_gone_on_with(index: VideoIndex, tmp_path: Path):
    contents = contents_of(index.library.database, VIDEO)
    first = Shard(tmp_path / "shard", contents)
    first.index.library.journal.append(VIDEO, "speech", [(1.0, b"heard")], 4.0)
    shutil.copytree(first.folder, tmp_path / "killed")  # as a kill leaves it: nobody closed it
    second = Shard(tmp_path / "killed", contents)
    entry = second.index.library.journal.entry(VIDEO, "speech")
    assert entry is not None
    assert entry.position == 4.0
    for one in (first, second):
        one.index.close()


def test_only_a_shards_files_are_written(index: VideoIndex):
    from vidscout.tools.errors import ServingError

    with pytest.raises(ServingError, match="no file"):
        Arrival(index.home, VIDEO).write(f"..{os.sep}config.toml", b"")
