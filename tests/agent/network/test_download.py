"""Fetching a video by address, from real servers on this machine."""

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from served import FileServer, files_served
from vidscout.agent.inbox.uploads import TooLargeError
from vidscout.agent.network.download import fetch
from vidscout.agent.network.public_addresses import FetchError, RefusedAddressError, Rules, is_public
from vidscout.tools.errors import CancelledError

MOST = 10**7


@pytest.fixture
def files(tmp_path: Path, bikes: Path) -> Iterator[FileServer]:
    folder = tmp_path / "served"
    folder.mkdir()
    shutil.copyfile(bikes, folder / "bikes.mp4")
    with files_served(folder) as server:
        yield server


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1",
        "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
    ],
)  # fmt: skip
def test_an_address_of_this_machine_or_its_neighbours_is_not_public(address: str):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])
def test_an_address_of_the_open_internet_is_public(address: str):
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433", "0x7f.1", "127.1"])
def test_this_machine_is_refused_however_it_is_written(host: str, files: FileServer, tmp_path: Path):
    port = files.server_address[1]
    with pytest.raises(FetchError):
        fetch(f"http://{host}:{port}/bikes.mp4", tmp_path / "got", Rules(MOST))
    assert files.answered == []
    assert not (tmp_path / "got").exists()


def test_a_listed_host_is_fetched_from(files: FileServer, tmp_path: Path, bikes: Path):
    got = fetch(f"{files.address}/bikes.mp4?a=b c#t=3", tmp_path / "got", Rules(MOST, hosts=[files.host]))
    assert got.name == "bikes.mp4"
    assert (tmp_path / "got").read_bytes() == bikes.read_bytes()


def test_a_host_listed_with_its_port_opens_no_other_port(files: FileServer, tmp_path: Path):
    with pytest.raises(RefusedAddressError):
        fetch(f"{files.address}/bikes.mp4", tmp_path / "got", Rules(MOST, hosts=["127.0.0.1:1"]))
    assert files.answered == []


@pytest.mark.parametrize("where", ["http://127.0.0.1:{port}/bikes.mp4", "file:///etc/passwd", "ftp://localhost/x"])
def test_a_redirect_is_checked_like_the_address_itself(where: str, files: FileServer, tmp_path: Path):
    files.redirects["/moved.mp4"] = where.format(port=files.server_address[1])
    trusted = Rules(MOST, hosts=["localhost"])
    with pytest.raises(FetchError):
        fetch(f"http://localhost:{files.server_address[1]}/moved.mp4", tmp_path / "got", trusted)
    assert [path for path, _ in files.answered] == ["/moved.mp4"]


def test_a_redirect_to_a_trusted_place_is_followed_but_not_forever(files: FileServer, tmp_path: Path):
    files.redirects |= {"/moved.mp4": "bikes.mp4", "/round.mp4": "/round.mp4"}
    rules = Rules(MOST, hosts=[files.host])
    assert fetch(f"{files.address}/moved.mp4", tmp_path / "got", rules).name == "bikes.mp4"
    with pytest.raises(FetchError, match="redirects more than 5 times"):
        fetch(f"{files.address}/round.mp4", tmp_path / "again", rules)


def test_the_address_that_was_checked_is_the_one_that_is_asked(
    files: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A name server that gives another answer the second time is never asked a second time."""
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[object]:
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "192.0.2.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    real = socket.getaddrinfo

    def resolved(host: str, port: int, *more: object, **options: object) -> object:
        return rebinding(host, port) if host == "video.test" else real(host, port, *more, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    port = files.server_address[1]
    fetch(f"http://video.test:{port}/bikes.mp4", tmp_path / "got", Rules(MOST, hosts=["video.test"]))
    assert asked == ["video.test"]
    asked.clear()
    with pytest.raises(RefusedAddressError):
        fetch(f"http://video.test:{port}/bikes.mp4", tmp_path / "again", Rules(MOST))
    assert len(files.answered) == 1


@pytest.mark.parametrize(
    "url", ["", "bikes.mp4", "file:///etc/passwd", "gopher://example.org/", "http://", "http://[::1", "http://a:b@c/d"]
)
def test_what_is_no_http_address_is_refused_in_one_line(url: str, tmp_path: Path):
    with pytest.raises(FetchError) as refused:
        fetch(url, tmp_path / "got", Rules(MOST))
    assert "\n" not in str(refused.value)


def test_more_bytes_than_are_taken_are_refused_and_nothing_stays(files: FileServer, tmp_path: Path):
    with pytest.raises(TooLargeError, match=r"more than 1\.0 KB"):
        fetch(f"{files.address}/bikes.mp4", tmp_path / "got", Rules(1000, hosts=[files.host]))
    assert not (tmp_path / "got").exists()


def test_a_server_that_hides_the_size_is_cut_off_at_the_limit(tmp_path: Path):
    with Endless(b"x" * 1024) as port, pytest.raises(TooLargeError):
        fetch(f"http://127.0.0.1:{port}/film.mp4", tmp_path / "got", Rules(10_000, hosts=["127.0.0.1"]))
    assert not (tmp_path / "got").exists()


def test_a_server_that_trickles_is_given_up_in_time(tmp_path: Path):
    rules = Rules(MOST, seconds=1.0, hosts=["127.0.0.1"])
    began = time.monotonic()
    with Endless(b"x", pause=0.1) as port, pytest.raises(FetchError, match="in time"):
        fetch(f"http://127.0.0.1:{port}/film.mp4", tmp_path / "got", rules)
    assert time.monotonic() - began < 5
    assert not (tmp_path / "got").exists()


def test_whoever_stops_waiting_stops_the_transfer(tmp_path: Path):
    with Endless(b"x" * 1024, pause=0.01) as port, pytest.raises(CancelledError):
        fetch(
            f"http://127.0.0.1:{port}/film.mp4",
            tmp_path / "got",
            Rules(MOST, hosts=["127.0.0.1"]),
            cancelled=lambda: True,
        )
    assert not (tmp_path / "got").exists()


def test_what_has_not_changed_is_not_sent_again(files: FileServer, tmp_path: Path):
    rules = Rules(MOST, hosts=[files.host])
    first = fetch(f"{files.address}/bikes.mp4", tmp_path / "got", rules)
    again = fetch(f"{files.address}/bikes.mp4", tmp_path / "again", rules, stamp=first.stamp)
    assert again.unchanged
    assert not (tmp_path / "again").exists()
    assert [status for _, status in files.answered] == [200, 304]


def test_a_missing_file_and_a_closed_port_are_one_line_each(files: FileServer, tmp_path: Path):
    rules = Rules(MOST, hosts=["127.0.0.1"])
    with pytest.raises(FetchError, match="answered 404"):
        fetch(f"{files.address}/none.mp4", tmp_path / "got", rules)
    with pytest.raises(FetchError, match="could not be asked"):
        fetch("http://127.0.0.1:1/none.mp4", tmp_path / "got", rules)


class Endless:
    """A server that never ends its answer."""

    def __init__(self, piece: bytes, pause: float = 0.0) -> None:
        self._piece, self._pause = piece, pause
        self._over = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> int:
        self._thread.start()
        return self._socket.getsockname()[1]

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._socket.close()
        self._thread.join(5)

    def _serve(self) -> None:
        connection, _ = self._socket.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
            try:
                while not self._over.wait(self._pause):
                    connection.sendall(self._piece)
            except OSError:
                return
