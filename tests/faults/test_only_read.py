"""A home that cannot be written, or that another process is writing into, is listed, searched and asked."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from filelock import FileLock
from small_scout import FIRST, QUESTION, filled, small_scout
from vidscout.tools.errors import HomeError

ASKED = """
import sys
sys.path.insert(0, sys.argv[1])
from small_scout import FIRST, QUESTION, small_scout
from vidscout.tools.errors import HomeError

with small_scout(sys.argv[2]) as scout:
    print(len(scout.videos()), "videos")
    print(scout.search("mirror")[0].text)
    answer = scout.ask(FIRST, QUESTION)
    print(answer.text, answer.notes)
    for work in (lambda: scout.ingest(sys.argv[0]), lambda: scout.forget(FIRST), scout.repair):
        try:
            work()
        except HomeError as error:
            print("one line:", error)
"""


@pytest.fixture
def full(home: Path) -> Path:
    with small_scout(home) as scout:
        filled(scout)
    return home


def on_a_disk_that_is_only_read(home: Path) -> subprocess.CompletedProcess[str]:
    """Run `ASKED` where the home lies on a mount that nobody can write to, root neither."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("there is no unshare here")
    flags = "-m" if os.geteuid() == 0 else "-rm"
    mounted = f'mount --bind "{home}" "{home}" && mount -o remount,bind,ro "{home}"'
    tried = subprocess.run([unshare, flags, "sh", "-c", mounted], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"the kernel mounts nothing here: {tried.stderr.strip()}")
    run = f'{mounted} && exec "$0" -c "$1" "$2" "$3"'
    tests = str(Path(__file__).parents[1])
    return subprocess.run(
        [unshare, flags, "sh", "-c", run, sys.executable, ASKED, tests, str(home)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_a_disk_that_is_only_read_is_asked(full: Path):
    done = on_a_disk_that_is_only_read(full)
    assert done.returncode == 0, done.stderr[-2000:]
    lines = done.stdout.splitlines()
    assert lines[0] == "2 videos"
    assert "silicon" in lines[1]
    assert "silicon" in lines[2]
    assert lines[2].endswith("[]"), "nothing is to be told of it"
    assert len(lines) == 6
    assert all(line.startswith("one line: ") and str(full) in line for line in lines[3:])


def test_while_another_process_writes_everything_is_asked_at_once(full: Path):
    writer = sqlite3.connect(full / "vidscout.sqlite", isolation_level=None)
    with closing(writer), FileLock(full / "writing.lock"):
        writer.execute("begin immediate")
        began = time.monotonic()
        with small_scout(full) as scout:
            assert len(scout.videos()) == 2
            assert "silicon" in scout.search("mirror")[0].text
            answer = scout.ask(FIRST, QUESTION)
            assert "silicon" in answer.text
            assert answer.notes == []
        assert time.monotonic() - began < 8
        writer.execute("rollback")


def test_what_another_process_holds_up_is_not_waited_for_at_the_start(full: Path):
    with small_scout(full) as scout:
        scout.index.forget(FIRST)  # its remnants are still owed
    with FileLock(full / "writing.lock"):
        began = time.monotonic()
        with small_scout(full) as scout:
            assert len(scout.videos()) == 1
        assert time.monotonic() - began < 5


def test_a_home_that_is_no_index_says_so_as_before(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(HomeError, match="cannot be used"):
        small_scout(tmp_path / "file")
