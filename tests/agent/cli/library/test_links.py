"""Videos named by an address, from a real server on this machine."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_videos import steady, write
from served import FileServer, files_served
from vidscout import VideoScout
from vidscout.agent.cli.library.links import is_link, local
from vidscout.agent.inbox.uploads import TooLargeError
from vidscout.agent.network.public_addresses import FetchError, RefusedAddressError
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


PAGE = """<!DOCTYPE html><html><head><title>A film</title></head>
<body><h1>A film</h1><video src="{source}" controls></video></body></html>"""


def paged(tmp_path: Path, source: str) -> None:
    (tmp_path / "served" / "watch.html").write_text(PAGE.format(source=source), encoding="utf-8")


def test_without_the_extra_a_page_is_one_line(files: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "yt_dlp", None)
    monkeypatch.delitem(sys.modules, "vidscout.agent.inbox.watch_pages", raising=False)
    paged(tmp_path, "film.mp4")
    scout = VideoScout(home=tmp_path / "home", fetch=True, fetch_hosts=(files.host,))
    with scout, pytest.raises(FetchError, match=r"is a page and no video file.*vidscout\[pages\]"):
        local(scout, f"{files.address}/watch.html")


class TestPages:
    @pytest.fixture(autouse=True)
    def _extra(self) -> None:
        pytest.importorskip("yt_dlp")

    def test_the_video_on_a_page_is_fetched_once(self, files: FileServer, tmp_path: Path):
        paged(tmp_path, "film.mp4")
        with VideoScout(home=tmp_path / "home", fetch=True, fetch_hosts=(files.host,)) as scout:
            path = local(scout, f"{files.address}/watch.html")
            assert Path(path).read_bytes() == (tmp_path / "served" / "film.mp4").read_bytes()
            asked = len(files.answered)
            assert local(scout, f"{files.address}/watch.html") == path
            assert files.answered[asked:] == [("/watch.html", 304)]

    def test_a_page_leads_to_no_machine_that_only_this_one_reaches(self, files: FileServer, tmp_path: Path):
        with files_served(tmp_path / "served") as inner:
            paged(tmp_path, f"{inner.address}/film.mp4")
            scout = VideoScout(home=tmp_path / "home", fetch=True, fetch_hosts=(files.host,))
            with scout, pytest.raises(RefusedAddressError, match="not on the open internet"):
                local(scout, f"{files.address}/watch.html")
            assert inner.answered == []

    def test_nor_does_a_redirect_of_the_video(self, files: FileServer, tmp_path: Path):
        with files_served(tmp_path / "served") as inner:
            files.redirects["/moved.mp4"] = f"{inner.address}/film.mp4"
            paged(tmp_path, "moved.mp4")
            scout = VideoScout(home=tmp_path / "home", fetch=True, fetch_hosts=(files.host,))
            with scout, pytest.raises(RefusedAddressError, match="not on the open internet"):
                local(scout, f"{files.address}/watch.html")
            assert inner.answered == []

    def test_a_page_without_a_video_is_one_line(self, files: FileServer, tmp_path: Path):
        (tmp_path / "served" / "watch.html").write_text("<html><body>Nothing here.</body></html>", encoding="utf-8")
        scout = VideoScout(home=tmp_path / "home", fetch=True, fetch_hosts=(files.host,))
        with scout, pytest.raises(FetchError, match="no video was found on the page"):
            local(scout, f"{files.address}/watch.html")

    def test_a_video_that_is_too_large_is_given_up(
        self, files: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        from vidscout.agent.cli.library import links

        paged(tmp_path, "film.mp4")
        monkeypatch.setattr(links, "LARGEST", 1000)
        scout = VideoScout(home=tmp_path / "home", fetch=True, fetch_hosts=(files.host,))
        with scout, pytest.raises(TooLargeError):
            local(scout, f"{files.address}/watch.html")
