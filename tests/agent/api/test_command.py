"""`vidscout api` as a process: how it starts, and how it ends."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from vidscout import VideoScout
from vidscout.agent.inbox.inbox import Inbox

from .conftest import KEY, refused

pytestmark = pytest.mark.models


@contextmanager
def started(*arguments: str, home: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command in a process and a session of its own, and the address that it prints."""
    process = subprocess.Popen(
        [sys.executable, "-m", "vidscout.agent.cli", "--home", str(home), "api", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://\S+/v1", line)
        assert found, line
        yield process, found[0]
    finally:
        process.kill()
        process.wait(10)


def test_an_interrupt_in_the_middle_of_reading_leaves_no_process(tmp_path: Path, lecture: Path):
    headers = {"Authorization": f"Bearer {KEY}"}
    with (
        started("--key", KEY, home=tmp_path) as (process, address),
        httpx.Client(base_url=address, headers=headers, timeout=60) as client,
    ):
        video = client.post("/videos", files={"file": lecture.open("rb")}).json()["id"]
        end = time.monotonic() + 60
        while not client.get(f"/videos/{video}").json()["stages"]:
            assert time.monotonic() < end
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        assert "Traceback" not in errors
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, 0)
    with VideoScout("embedded", home=tmp_path) as scout:
        assert [one.status for one in scout.videos()] == ["reading"]
    assert list((tmp_path / "arriving").iterdir()) == []  # nothing half sent stays


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--host", "0.0.0.0"], "give a key with --key"),
        (["--key", ""], "an API key is empty"),
        (["--max-upload", "much"], "is not a size"),
    ],
)
def test_a_server_that_must_not_start_says_why_in_one_line(tmp_path: Path, arguments: list[str], told: str):
    done = subprocess.run(
        [sys.executable, "-m", "vidscout.agent.cli", "--home", str(tmp_path), "api", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_port_that_is_taken_is_told(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "vidscout.agent.cli", "--home", str(tmp_path), "api", "--port", port],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    assert "cannot listen on 127.0.0.1:" in done.stderr


def test_keys_and_hosts_may_come_from_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("VIDSCOUT_API_KEYS", json.dumps([KEY]))
    monkeypatch.setenv("VIDSCOUT_FETCH_HOSTS", json.dumps(["media.example:8080"]))
    with VideoScout("embedded", home=tmp_path) as scout:
        assert [key.get_secret_value() for key in scout.settings.api_keys] == [KEY]
        assert KEY not in repr(scout.settings)
        assert Inbox(scout, hosts=scout.settings.fetch_hosts).rules.trusts("MEDIA.example", 8080)
    with started(home=tmp_path) as (_, address):
        refused(httpx.get(f"{address}/models"), 401, "invalid_api_key")
        assert httpx.get(f"{address}/models", headers={"Authorization": f"Bearer {KEY}"}).status_code == 200
