"""Forgetting means gone: nothing of a forgotten video is in any byte of its home, and a kill leaves all or nothing."""

import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from vidscout import VideoScout
from vidscout.agent.inbox.uploads import Limits, accept
from vidscout.tools.errors import HomeError, UnknownVideoError
from vidscout.tools.index.vectors.chroma import Vectors
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.index.videos import Video
from vidscout.tools.records import Modality, Record, Span

GONE, KEPT = "a1" * 16, "b2" * 16
SECRET, ORDINARY = "xylophonist", "barometer"
KILLS = 12


def traces(home: Path, *texts: str) -> list[tuple[str, str]]:
    """Files of a home that hold one of these texts, in any case and usual encoding, compressed or not."""
    found = []
    for file in home.rglob("*"):
        if not file.is_file():
            continue
        content = file.read_bytes()
        parts = [content, *inflated(content)]
        for text in texts:
            forms = {form.encode(code) for form in (text, text.capitalize()) for code in ("utf-8", "utf-16-le")}
            if text in str(file) or any(form in part for form in forms for part in parts):
                found.append((text, str(file.relative_to(home))))
    return found


def inflated(content: bytes) -> Iterator[bytes]:
    for start in re.finditer(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08", content):
        try:
            yield zlib.decompressobj(47).decompress(content[start.start() :], 2**20)
        except zlib.error:
            continue


def test_no_byte_of_a_forgotten_lecture_stays_in_the_home(
    copied_home: Callable[[Path], Path], lecture: Path, trailer: Path, tmp_path: Path
):
    mine = copied_home(tmp_path / "home")
    with VideoScout(home=mine, packer="grid", fast=True) as scout:
        upload = accept(Path(shutil.copy(lecture, tmp_path / "sent.mp4")), mine / "uploads", Limits())
        second = accept(Path(shutil.copy(lecture, tmp_path / "again.mp4")), mine / "uploads", Limits())
        for path in (upload.path, second.path):
            scout.ingest(path)
        gone, kept = scout.find(upload.path).id, scout.find(trailer).id
        spoken = " ".join(record.text.lower() for record in scout.index.timeline(gone, [Modality.SPEECH]))
        said = max(re.findall("[a-z]+", spoken), key=len)
        scout.ask(upload.path, f"Where is {said} explained?", conversation="lecture")
        before = scout.ask(kept, "What does the title say?", conversation="trailer")
        scout.ask([kept, gone], f"Who says {said}?", conversation="both")
        scout.ask(gone, "What is shown?")
        handed = scout.ask([kept, gone], f"find every time they mention the {said}", conversation="every")
        assert handed.route == ["ground"]
    assert {file.partition("/")[0] for _, file in traces(mine, said, gone)} >= {
        "vidscout.sqlite", "conversations.sqlite", "thumbnails", "matrices", "chroma",
    }  # fmt: skip

    aside = mine / "damaged" / kept  # a graph of another video that was set aside: seen to hold this id, by chance
    aside.mkdir(parents=True, exist_ok=True)
    (aside / "data_level0.bin").write_text(gone, encoding="utf-8")
    with VideoScout(home=mine) as scout:
        scout.forget(gone)
        assert traces(mine, said, gone, said[:7]) == [], "while everything is open"
        with pytest.raises(UnknownVideoError):
            scout.find(gone)
    assert traces(mine, said, gone, said[:7]) == []
    assert not list((mine / "uploads").iterdir())
    assert lecture.is_file()
    with VideoScout(home=mine, packer="grid", fast=True) as scout:
        again = scout.ask(kept, "What does the title say?", conversation="trailer")
        assert (again.text, again.evidence) == (before.text, before.evidence)
        assert len(scout.index.frame_similarities(scout.models.frame_query("a dragon"), kept)[0])


def copied(template: Path, home: Path) -> Path:
    """A copy of a home in which the uploads are its own."""
    shutil.copytree(template, home)
    with VideoIndex(home) as index:
        for video in index.library.all():
            index.library.put(replace(video, path=home / "uploads" / video.name))
    return home


def record(video: str, word: str, at: int) -> Record:
    return Record(video, Span(at, at + 2), Modality.SPEECH, f"the {word} number {at}", 0.9, "test/1")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two videos, pictures, uploads and conversations, written without any model."""
    from langgraph.checkpoint.sqlite import SqliteSaver

    home = tmp_path_factory.mktemp("template") / "home"
    with VideoIndex(home) as index:
        for video, word in ((GONE, SECRET), (KEPT, ORDINARY)):
            rows = np.random.default_rng(len(word)).standard_normal((40, 16))
            upload = home / "uploads" / f"{word}.mp4"
            upload.parent.mkdir(exist_ok=True)
            upload.write_bytes(b"the file of the " + word.encode())
            index.library.put(Video(video, f"{word}.mp4", upload, status="ready"))
            index.add([record(video, word, at) for at in range(40)], rows)
            index.add_frames(video, [float(at) for at in range(40)], rows, [b"picture of the " + word.encode()] * 40)
            index.library.cache(f"detect-{video[:4]}", word.encode(), video)
            index.frame_similarities(rows[0], video)
    with SqliteSaver.from_conn_string(str(home / "conversations.sqlite")) as saver:
        saver.setup()
        for video, word in ((GONE, SECRET), (KEPT, ORDINARY)):
            for step in range(3):
                values = {"videos": [video], "text": f"{word} {step}"}
                checkpoint = {"v": 1, "id": f"{step}", "ts": "2026", "channel_values": values, "channel_versions": {},
                              "versions_seen": {}, "updated_channels": None}  # fmt: skip
                config = {"configurable": {"thread_id": f"about {word}", "checkpoint_ns": ""}}
                put = saver.put(config, checkpoint, {"source": "loop", "step": step, "parents": {}}, {})  # type: ignore[arg-type]
                saver.put_writes(put, [("text", f"{word} written")], "task")
    return home


def whole(home: Path, video: str, word: str) -> bool:
    """Whether a video has everything that the template gave it; False where it has nothing at all."""
    with VideoScout(home=home) as scout:
        index = scout.index
        if index.library.get(video) is None:
            return False
        rows = np.random.default_rng(len(word)).standard_normal((40, 16))
        assert index.stats(video) == {"speech": 40, "frames": 40}
        assert len(index.search(word, k=100)) == 40
        assert index.search(vector=rows[7], videos=[video], k=1)[0].record.span.start == 7
        assert index.search_frames(rows[9], videos=[video], k=1)[0].time == 9
        assert len(index.frame_similarities(rows[0], video)[0]) == 40
        assert index.thumbnail(video, 5.0).read_bytes() == b"picture of the " + word.encode()
        assert index.library.cached(f"detect-{video[:4]}") == word.encode()
        assert (home / "uploads" / f"{word}.mp4").is_file()
    assert f"{word} 2" in (home / "conversations.sqlite").read_bytes().decode("latin-1")
    return True


KILLER = """
    import os, shutil, signal, sys
    from dataclasses import replace
    import chromadb, chromadb.api.rust, filelock, langgraph.checkpoint.sqlite, numpy
    from pathlib import Path
    from vidscout import VideoScout

    template, folder, gone, kills = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    ours = ("index/removal.py", "index/video_index.py", "index/vectors/chroma.py", "index/rows/sqlite.py",
            "index/store.py", "agent/conversations/forgetting.py")

    def forget(home, last):
        lines = 0
        def line(frame, event, _):
            nonlocal lines
            lines += event == "line"
            if lines == last:
                os.kill(os.getpid(), signal.SIGKILL)
            return line
        with VideoScout(home=home) as scout:
            for video in scout.library.all():  # the home has been copied
                scout.library.put(replace(video, path=home / "uploads" / video.name))
            sys.settrace(lambda frame, event, _: line if frame.f_code.co_filename.endswith(ours) else None)
            scout.forget(gone)
            sys.settrace(None)
        return lines

    def apart(home, last):
        read, write = os.pipe()
        if not (child := os.fork()):
            os.write(write, str(forget(home, last)).encode())
            os._exit(0)
        os.close(write)
        _, status = os.waitpid(child, 0)
        return os.WTERMSIG(status), os.read(read, 20).decode()

    for number in range(kills + 1):
        home = folder / str(number)
        shutil.copytree(template, home)
        if number == 0:
            killed, lines = apart(home, 0)
        else:
            killed, _ = apart(home, max(1, (number * 2 - 1) * int(lines) // (2 * kills)))
        print(number, killed, flush=True)
    """


@pytest.mark.skipif(sys.platform == "win32", reason="signals and fork are those of POSIX")
def test_a_kill_at_any_point_of_forgetting_leaves_all_or_nothing(template: Path, tmp_path: Path):
    command = [sys.executable, "-c", textwrap.dedent(KILLER), template, tmp_path, GONE, str(KILLS)]
    out = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout
    killed = [tuple(map(int, line.split())) for line in out.splitlines()]
    assert [how for _, how in killed] == [0, *[signal.SIGKILL] * KILLS]
    stayed = []
    for number, _ in killed:
        home = tmp_path / str(number)
        stayed.append(whole(home, GONE, SECRET))
        assert whole(home, KEPT, ORDINARY)
        if not stayed[-1]:
            assert traces(home, SECRET, GONE) == [], f"killed at {number}"
        else:
            with VideoScout(home=home) as scout:
                scout.forget(GONE)
            assert traces(home, SECRET, GONE) == []
    assert {*stayed} == {True, False}, "some of the points were before the transaction, some after it"
    assert stayed[1:] == sorted(stayed[1:], reverse=True)


def test_what_a_locked_file_keeps_goes_at_the_next_start(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("vidscout.agent.conversations.checkpoints.PATIENCE", 0.5)
    home = copied(template, tmp_path / "home")
    reader = sqlite3.connect(home / "conversations.sqlite", isolation_level=None)
    reader.execute("begin immediate")
    with VideoScout(home=home) as scout, pytest.raises(HomeError, match=r"conversations\.sqlite"):
        scout.forget(GONE)
    reader.execute("rollback")
    reader.close()
    assert traces(home, SECRET)
    VideoScout(home=home).close()
    assert traces(home, SECRET, GONE) == []


def test_what_chroma_fails_at_keeps_nothing_else_from_going(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def fails(*_: object) -> None:
        raise HomeError("the server is out of reach")

    home = copied(template, tmp_path / "home")
    with VideoScout(home=home) as scout, monkeypatch.context() as broken:
        broken.setattr(Vectors, "drop", fails)
        with pytest.raises(HomeError, match="out of reach"):
            scout.forget(GONE)
        assert scout.index.search(SECRET) == []
    assert {file.partition("/")[0] for _, file in traces(home, SECRET, GONE)} <= {"chroma", "vidscout.sqlite"}
    VideoScout(home=home).close()
    assert traces(home, SECRET, GONE) == []


def test_reading_a_video_anew_keeps_its_conversations_and_its_upload(template: Path, tmp_path: Path):
    home = copied(template, tmp_path / "home")
    with VideoIndex(home) as index:
        assert index.delete(GONE)
        assert index.stats(GONE) == {"frames": 0}
    assert {file for _, file in traces(home, SECRET)} >= {"conversations.sqlite", f"uploads/{SECRET}.mp4"}


def test_only_uploads_are_deleted_and_no_file_elsewhere(template: Path, tmp_path: Path):
    home, outside = copied(template, tmp_path / "home"), tmp_path / "film.mp4"
    outside.write_bytes(b"a file of the user's own")
    (home / "uploads" / f"{SECRET}.mp4.json").write_text("its receipt")
    with VideoScout(home=home) as scout:
        scout.library.put(Video(GONE, "film.mp4", outside, status="ready"))
        link = home / "uploads" / "link.mp4"
        link.symlink_to(outside)
        scout.library.put(Video(KEPT, "link.mp4", link, status="ready"))
        scout.forget(GONE)
        scout.forget(KEPT)
    assert outside.read_bytes() == b"a file of the user's own"
