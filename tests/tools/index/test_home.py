"""A home is for its owner alone, whatever the umask; what was open before is closed, and nothing else is touched."""

import os
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from vidscout.tools.index.home import private_file, private_folder
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.records import Modality, Record, Span

pytestmark = pytest.mark.skipif(os.name != "posix", reason="file modes are those of POSIX")


@pytest.fixture(params=[0o000, 0o022], ids=["umask 0", "umask 022"])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def open_to_others(home: Path) -> list[str]:
    """What in a home, and whether itself, others could read, with its mode."""
    paths = (home, *home.rglob("*"))
    return [f"{path.relative_to(home)} {mode(path):o}" for path in paths if mode(path) & 0o077]


def fill(index: VideoIndex, rows: int = 300) -> None:
    vectors = np.random.default_rng(0).standard_normal((rows, 8))
    records = [Record("v", Span(at, at + 1), Modality.SPEECH, f"word {at}", 0.9, "test/1") for at in range(rows)]
    index.add(records, vectors)
    index.add_frames("v", [float(at) for at in range(rows)], vectors, [b"jpeg"] * rows)
    index.frame_similarities(vectors[0], "v")


@pytest.mark.usefixtures("umask")
def test_everything_that_is_made_in_a_home_is_its_owners_alone(tmp_path: Path):
    home = tmp_path / "data" / "home"
    with VideoIndex(home) as index:
        fill(index)
        with index.writing():
            names = {path.name for path in home.rglob("*") if path.is_file()}
            assert names >= {"vidscout.sqlite", "vidscout.sqlite-wal", "writing.lock", "chroma.sqlite3", "0.jpg"}
            assert "data_level0.bin" in names, "Chroma has written a graph"
            assert open_to_others(home) == []
        fill(index, 700)  # graphs are written again
        assert open_to_others(home) == []
    assert mode(home.parent) == 0o700, "made for it"


def test_an_open_home_of_an_earlier_version_is_closed_when_it_is_opened_to_write(tmp_path: Path):
    home = tmp_path / "home"
    with VideoIndex(home) as index:
        fill(index)
    for path in (home, *home.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    VideoIndex(home, read_only=True).close()
    assert mode(home) == 0o755, "who only reads changes nothing"
    VideoIndex(home).close()
    assert open_to_others(home) == []
    (home / "vidscout.sqlite").chmod(0o400)
    home.chmod(0o500)
    private_folder(home)
    private_file(home / "vidscout.sqlite")
    assert (mode(home), mode(home / "vidscout.sqlite")) == (0o500, 0o400), "nothing is loosened"
    home.chmod(0o700)


def test_a_home_in_a_folder_with_other_things_closes_only_what_is_its_own(tmp_path: Path):
    folder = tmp_path / "project"
    (folder / "uploads").mkdir(parents=True)
    (folder / "uploads" / "site.css").write_text("of a web site")
    for path in (folder, folder / "uploads", folder / "uploads" / "site.css"):
        path.chmod(0o755)
    (folder / "notes.txt").write_text("mine")
    (folder / "notes.txt").chmod(0o644)
    with VideoIndex(folder) as index:
        fill(index, 10)
    assert mode(folder) == 0o755
    assert mode(folder / "uploads" / "site.css") == 0o755
    VideoIndex(folder).close()
    assert mode(folder) == 0o755
    assert mode(folder / "notes.txt") == 0o644
    assert (mode(folder / "vidscout.sqlite"), mode(folder / "thumbnails")) == (0o600, 0o700)


def test_links_in_a_home_are_not_followed(tmp_path: Path):
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o755)
    (outside / "file").write_text("of somebody")
    (outside / "file").chmod(0o644)
    home = tmp_path / "home"
    with VideoIndex(home) as index:
        fill(index, 5)
    (home / "thumbnails" / "link").symlink_to(outside, target_is_directory=True)
    (home / "thumbnails" / "file").symlink_to(outside / "file")
    (home / "thumbnails").chmod(0o755)
    VideoIndex(home).close()
    assert (mode(outside), mode(outside / "file"), mode(home / "thumbnails")) == (0o755, 0o644, 0o700)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can own files as somebody else")
def test_what_belongs_to_somebody_else_is_left_as_it_is(tmp_path: Path):
    home = tmp_path / "home"
    with VideoIndex(home) as index:
        fill(index, 5)
    for path in (home, *home.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
        os.chown(path, 1234, 1234)
    VideoIndex(home).close()
    assert mode(home) == 0o777
    assert mode(home / "thumbnails" / "v" / "0.jpg") == 0o666


def test_a_file_that_sqlite_has_open_keeps_its_locks(tmp_path: Path):
    home = tmp_path / "home"
    code = """
        import sqlite3, sys
        db = sqlite3.connect(sys.argv[1], timeout=0)
        try:
            db.execute("begin immediate")
        except sqlite3.OperationalError as error:
            print(error)
        """
    with VideoIndex(home) as index, index.library.database.writing():
        private_file(home / "vidscout.sqlite")
        command = [sys.executable, "-c", textwrap.dedent(code), home / "vidscout.sqlite"]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "database is locked\n"
