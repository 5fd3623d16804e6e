"""What was sent survives the process that took it; what it left half sent does not."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from vidscout import VideoScout
from vidscout.agent.inbox.arrivals import Arrivals
from vidscout.agent.inbox.inbox import Inbox
from vidscout.agent.inbox.uploads import Limits, accept, left_behind

TAKES = """
import sys, time
from pathlib import Path
from vidscout import VideoScout
from vidscout.agent.inbox.inbox import Inbox
with VideoScout("embedded", home=sys.argv[1]) as scout:
    inbox = Inbox(scout)
    (inbox.arrivals.place()).write_bytes(b"half of a file")
    reading = inbox.take(Path(sys.argv[2]), "My talk.mp4", "ada")
    while not reading.stages:
        time.sleep(0.01)
    print("reads", flush=True)
    time.sleep(60)
"""


def wait_until(holds: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.05)


@pytest.mark.models
def test_a_video_whose_reader_was_killed_keeps_its_name_and_is_read_on(tmp_path: Path, lecture: Path):
    home, sent = tmp_path / "home", Path(shutil.copyfile(lecture, tmp_path / "arrived"))
    reader = subprocess.Popen([sys.executable, "-c", TAKES, str(home), str(sent)], stdout=subprocess.PIPE, text=True)
    assert reader.stdout is not None
    assert reader.stdout.readline() == "reads\n"
    with VideoScout("embedded", home=home) as scout:
        assert Inbox(scout).readings.active() == [], "the process that took it is alive"
        os.kill(reader.pid, signal.SIGKILL)
        reader.wait()
        reader.stdout.close()
        assert [video.name for video in scout.videos()] == ["My talk.mp4"]
        inbox = Inbox(scout)
        [reading] = inbox.readings.active()
        assert (reading.upload.name, reading.owner) == ("My talk.mp4", "ada")
        wait_until(lambda: reading.ended is not None)
        assert reading.state == "ready", reading.message
        assert [(video.name, video.status) for video in scout.videos()] == [("My talk.mp4", "ready")]
        assert sorted(inbox.uploads.iterdir()) == [scout.videos()[0].path]
        assert not list((home / "arriving").iterdir()), "what was half sent is swept"
        assert inbox.forget(reading.video) == "My talk.mp4"
        assert not list(inbox.uploads.iterdir())
        inbox.close()


@pytest.mark.models
def test_what_waits_when_the_server_is_closed_is_read_by_the_next_one(
    elsewhere: VideoScout, tmp_path: Path, lecture: Path, bunny: Path
):
    inbox = Inbox(elsewhere)
    first = inbox.take(Path(shutil.copyfile(lecture, tmp_path / "a")), "talk.mp4")
    second = inbox.take(Path(shutil.copyfile(bunny, tmp_path / "b")), "rabbit.mp4")
    wait_until(lambda: bool(first.stages))
    inbox.close()
    wait_until(lambda: second.ended is not None)
    inbox = Inbox(elsewhere)
    assert [reading.upload.name for reading in inbox.readings.active()] == ["talk.mp4", "rabbit.mp4"]
    inbox.close()


@pytest.mark.models
def test_what_its_owner_stopped_is_not_taken_up_again(elsewhere: VideoScout, tmp_path: Path, lecture: Path):
    inbox = Inbox(elsewhere)
    reading = inbox.take(Path(shutil.copyfile(lecture, tmp_path / "a")), "talk.mp4", "ada")
    wait_until(lambda: bool(reading.stages))
    assert inbox.readings.cancel("ada") == 1
    wait_until(lambda: reading.ended is not None)
    inbox.close()
    assert Inbox(elsewhere).readings.active() == []


def test_a_folder_is_swept_only_when_its_process_is_gone(tmp_path: Path):
    first = Arrivals(tmp_path)
    half = first.place()
    half.write_bytes(b"half")
    second = Arrivals(tmp_path)
    assert half.exists()
    assert second.alive(first.process)
    first.close()
    assert not half.exists()
    assert not second.alive(first.process)
    assert not list((tmp_path / "arriving").iterdir())


def test_what_nobody_claims_is_swept_by_its_age(tmp_path: Path):
    old, fresh = tmp_path / "arriving" / "old", tmp_path / "arriving" / "fresh"
    for folder in (old, fresh):
        folder.mkdir(parents=True)
        (folder / "part").write_bytes(b"x")
    long_ago = time.time() - 3 * 24 * 3600
    for path in (old / "part", old):
        os.utime(path, (long_ago, long_ago))
    Arrivals(tmp_path)
    assert not old.exists()
    assert fresh.exists()


def test_a_receipt_that_is_damaged_or_whose_file_never_came_is_removed(tmp_path: Path, bunny: Path):
    kept = accept(
        Path(shutil.copyfile(bunny, tmp_path / "a.mp4")), tmp_path / "uploads", Limits(), "a.mp4", owner="ada"
    )
    (tmp_path / "uploads" / "0.mp4.json").write_text("{", encoding="utf-8")
    gone = accept(Path(shutil.copyfile(bunny, tmp_path / "b.mp4")), tmp_path / "uploads", Limits())
    gone.path.unlink()
    assert left_behind(tmp_path / "uploads", lambda _: False) == [kept]
    assert left_behind(tmp_path / "uploads", lambda _: True) == []
    assert sorted((tmp_path / "uploads").iterdir()) == [kept.path, kept.receipt]
