"""What programs do to the API that nobody means: hang up, come all at once, send nothing, or half of a character."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from made_videos import steady, write
from served import files_served, serving
from small_scout import FIRST, QUESTION, filled, small_scout
from vidscout.agent.api.app import application
from vidscout.agent.inbox.inbox import Inbox
from vidscout.agent.inbox.questions_at_once import AT_ONCE
from vidscout.agent.network import download

ASKED: dict[str, Any] = {"model": "vidscout", "video": FIRST, "messages": [{"role": "user", "content": QUESTION}]}


@pytest.fixture
def inbox(home: Path) -> Iterator[Inbox]:
    with small_scout(home, fetch_hosts=("127.0.0.1",)) as scout:
        inbox = Inbox(filled(scout), hosts=("127.0.0.1",))
        yield inbox
        inbox.close()


@pytest.fixture
def client(inbox: Inbox) -> Iterator[httpx.Client]:
    with serving(application(inbox)) as address, httpx.Client(base_url=address, timeout=60) as client:
        yield client


def line(response: httpx.Response) -> str:
    """The one line of an error."""
    message = response.json()["error"]["message"]
    assert "\n" not in message
    return message


def test_eight_clients_that_hang_up_block_nobody(inbox: Inbox, client: httpx.Client, monkeypatch: pytest.MonkeyPatch):
    free, asked = threading.Event(), []
    embedding = inbox.scout.role("text_embedding")

    def slow() -> None:
        asked.append(1)
        free.wait(3)

    monkeypatch.setattr(embedding, "fault", slow)
    body = httpx.Request("POST", "http://x", json={**ASKED, "time_range": [0, 59]}).content
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{client.base_url.port}\r\nContent-Type: "
    head += f"application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    for _ in range(AT_ONCE):
        with socket.create_connection(("127.0.0.1", client.base_url.port or 0)) as gone:
            gone.sendall(head.encode() + body)
            time.sleep(0.05)
    time.sleep(0.6)
    monkeypatch.setattr(embedding, "fault", None)
    free.set()
    began = time.monotonic()
    assert client.post("/v1/chat/completions", json=ASKED).status_code == 200
    assert time.monotonic() - began < 10
    with ExitStack() as places:
        for _ in range(AT_ONCE):  # all are free again; where one stays taken this raises
            places.enter_context(inbox.asking())


def test_twenty_at_once_are_all_answered(client: httpx.Client):
    statuses: list[int] = []

    def ask() -> None:
        statuses.append(httpx.post(f"{client.base_url}/v1/chat/completions", json=ASKED, timeout=60).status_code)

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 20


def test_a_video_that_waits_is_deleted_at_once(
    inbox: Inbox, client: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    busy, free = threading.Event(), threading.Event()

    def reading(*_: Any, **__: Any) -> Iterator[Any]:
        busy.set()
        free.wait(30)
        yield from ()

    monkeypatch.setattr(type(inbox.scout), "ingest_events", reading)
    sent = []
    for number in (2, 3):
        film = write(tmp_path / f"{number}.mkv", steady(number, 5))
        answered = client.post("/v1/videos", files={"file": (film.name, film.read_bytes())})
        sent.append(answered.json()["id"])
        assert busy.wait(10)
    began = time.monotonic()
    deleted = client.delete(f"/v1/videos/{sent[1]}")
    assert (deleted.status_code, deleted.json()["id"]) == (200, sent[1])
    assert time.monotonic() - began < 2
    assert client.get(f"/v1/videos/{sent[1]}").status_code == 404
    assert len([one for one in inbox.uploads.iterdir() if one.suffix == ".mkv"]) == 1
    free.set()


def test_an_empty_upload_is_told_so_and_leaves_nothing(inbox: Inbox, client: httpx.Client):
    for name in ("film.mp4", ""):
        refused = client.post("/v1/videos", files={"file": (name, b"")})
        assert refused.status_code == 400
        assert line(refused)
    assert not list(inbox.uploads.glob("*"))


HALF = '{"model": "vidscout", "video": "%s", "messages": [{"role": "user", "content": "%s"}]}'


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", HALF % (FIRST, "what \\ud83d?")),
        ("/v1/chat/completions", HALF % ("\\ude00", "what?")),
        ("/v1/search", '{"query": "\\ud83d"}'),
        ("/v1/detect", '{"video": "\\ud83d"}'),
    ],
)
def test_half_of_a_character_is_refused_with_a_line(client: httpx.Client, path: str, body: str):
    refused = client.post(path, content=body, headers={"Content-Type": "application/json"})
    assert refused.status_code == 400
    assert "half of a character" in line(refused)


def test_what_clients_of_other_servers_send_is_taken_or_refused_clearly(client: httpx.Client):
    assert client.post("/v1/chat/completions", json={**ASKED, "max_tokens": 16384}).status_code == 200
    picture = [{"type": "text", "text": "?"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}]
    refused = client.post("/v1/chat/completions", json={**ASKED, "messages": [{"role": "user", "content": picture}]})
    assert refused.status_code == 400
    assert line(refused).startswith("pictures are not looked at")
    assert client.head("/v1/models").status_code == 200
    assert client.head("/v1/models").content == b""


def test_a_preflight_needs_no_key_and_tells_only_those_who_may_ask(inbox: Inbox):
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    with serving(application(inbox, ("a-key",))) as address:
        for origin, status in (("http://localhost:3000", 204), ("https://evil.example", 403)):
            answered = httpx.options(f"{address}/v1/chat/completions", headers={"Origin": origin, **asks})
            assert answered.status_code == status
            allowed = answered.headers.get("access-control-allow-origin")
            assert allowed == (origin if status == 204 else None)


class Dripping(threading.Thread):
    """A server that sends a byte now and then."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listening.getsockname()[1]}/film.mp4"
        self.open = 0
        self.start()

    def run(self) -> None:
        while True:
            connection, _ = self.listening.accept()
            threading.Thread(target=self._drip, args=(connection,), daemon=True).start()

    def _drip(self, connection: socket.socket) -> None:
        self.open += 1
        try:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while True:
                connection.sendall(b"x")
                time.sleep(0.05)
        except OSError:
            self.open -= 1


def test_slow_fetches_block_nobody_and_end_when_their_clients_have_gone(
    inbox: Inbox, client: httpx.Client, tmp_path: Path
):
    drip = Dripping()
    body = {"model": "vidscout", "video": drip.address, "messages": [{"role": "user", "content": QUESTION}]}
    for _ in range(6):
        with pytest.raises(httpx.TimeoutException):
            httpx.post(f"{client.base_url}/v1/chat/completions", json=body, timeout=0.4)
    write(tmp_path / "film.mkv", steady(1, 5))
    with files_served(tmp_path) as files:
        began = time.monotonic()
        inbox.fetch(f"{files.address}/film.mkv")
        assert time.monotonic() - began < 5
    end = time.monotonic() + 10
    while drip.open and time.monotonic() < end:
        time.sleep(0.1)
    assert drip.open == 0


def test_a_server_that_sends_too_slowly_is_given_up(inbox: Inbox, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(download, "PATIENCE", 0.3)
    with pytest.raises(download.FetchError, match="given up"):
        inbox.fetch(Dripping().address)
