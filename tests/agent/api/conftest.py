"""A running API over an index with one short video in it."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import openai
import pytest
from served import FileServer, files_served, serving
from vidscout import VideoScout
from vidscout.agent.api.app import application
from vidscout.agent.inbox.inbox import Inbox
from vidscout.agent.inbox.uploads import Limits

KEY = "a-key-for-tests"
MOST = 3 * 10**6
"""Bytes of a file: the trailer has more."""


@dataclass(frozen=True)
class Served:
    """A running API."""

    address: str
    inbox: Inbox
    files: FileServer
    """Another server, that videos may be fetched from."""
    video: str
    """Id of the video that has been read."""

    @property
    def client(self) -> openai.OpenAI:
        return openai.OpenAI(base_url=f"{self.address}/v1", api_key=KEY, max_retries=0, timeout=120)

    @property
    def http(self) -> httpx.Client:
        return httpx.Client(base_url=self.address, headers={"Authorization": f"Bearer {KEY}"}, timeout=120)


def refused(response: httpx.Response, status: int, code: str) -> str:
    """The message of an error in OpenAI's shape."""
    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["code"] == code
    assert "\n" not in error["message"]
    assert "Traceback" not in response.text
    return error["message"]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, bikes: Path, carphone: Path) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("files")
    shutil.copyfile(carphone, folder / "carphone.mp4")
    (folder / "page.html").write_text("<html>no film</html>")
    with VideoScout("embedded", home=tmp_path_factory.mktemp("api")) as scout, files_served(folder) as files:
        [read] = scout.ingest(bikes)
        inbox = Inbox(scout, Limits(MOST, 20.0), hosts=(files.host,))
        with serving(application(inbox, (KEY, "another-key"))) as address:
            yield Served(address, inbox, files, read.video)
        inbox.close()
