"""Videos named by an address, from a real server on this machine."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_videos import steady, write
from served import FileServer, files_served
from vidscout import VideoScout
from vidscout.agent.cli.links import is_link, local
from vidscout.agent.inbox.public_addresses import FetchError, RefusedAddressError
from vidscout.tools.errors import UsageError


@pytest.fixture
def files(tmp_path: Path) -> Iterator[FileServer]:
    folder = tmp_path / "served"
    folder.mkdir()
    write(folder / "film.mp4", steady(2))
    with files_served(folder) as server:
        yield server


def test_addresses_are_told_from_names():
    assert is_link("https://example.org/a.mp4")
    assert is_link("HTTP://example.org/a.mp4")
    assert not any(map(is_link, ("a.mp4", "C:\\a.mp4", "vidscout://1234", "ftp.mp4")))


def test_without_leave_nothing_is_fetched_and_one_line_says_how(files: FileServer, tmp_path: Path):
    with VideoScout(home=tmp_path / "home") as scout, pytest.raises(UsageError, match="fetching is off: --fetch"):
        local(scout, f"{files.address}/film.mp4")
    assert files.answered == []


def test_with_leave_a_video_is_fetched_once_and_read_as_a_file(files: FileServer, tmp_path: Path):
    with VideoScout(home=tmp_path / "home", fetch=True, fetch_hosts=(files.host,)) as scout:
        path = local(scout, f"{files.address}/film.mp4")
        assert Path(path).name == "film.mp4"
        assert Path(path).read_bytes() == (tmp_path / "served" / "film.mp4").read_bytes()
        assert local(scout, f"{files.address}/film.mp4") == path
        assert [status for _, status in files.answered] == [200, 304]


def test_a_video_that_has_changed_is_fetched_again(files: FileServer, tmp_path: Path):
    with VideoScout(home=tmp_path / "home", fetch=True, fetch_hosts=(files.host,)) as scout:
        first = Path(local(scout, f"{files.address}/film.mp4")).read_bytes()
        other = write(tmp_path / "other.mp4", steady(3))
        shutil.copyfile(other, tmp_path / "served" / "film.mp4")
        os.utime(tmp_path / "served" / "film.mp4", (2e9, 2e9))
        again = Path(local(scout, f"{files.address}/film.mp4")).read_bytes()
    assert first != again == other.read_bytes()


def test_machines_that_only_this_one_reaches_are_refused(files: FileServer, tmp_path: Path):
    with VideoScout(home=tmp_path / "home", fetch=True) as scout, pytest.raises(RefusedAddressError):
        local(scout, f"{files.address}/film.mp4")
    assert files.answered == []


def test_what_is_not_there_is_said(files: FileServer, tmp_path: Path):
    scout = VideoScout(home=tmp_path / "home", fetch=True, fetch_hosts=(files.host,))
    with scout, pytest.raises(FetchError, match="answered 404"):
        local(scout, f"{files.address}/gone.mp4")


def test_a_name_that_is_no_address_stays_as_it_is(tmp_path: Path):
    with VideoScout(home=tmp_path / "home") as scout:
        assert local(scout, "film.mp4") == "film.mp4"
