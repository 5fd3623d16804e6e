"""Files in parts, stopping and going on, copies for browsers, and the timeline, as programs ask for them."""

import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from fastapi.testclient import TestClient
from small_scout import FIRST, QUESTION, filled, small_scout
from vidscout.agent.api.app import application
from vidscout.agent.inbox.inbox import Inbox
from vidscout.agent.inbox.playable import decoded_by_browsers
from vidscout.agent.inbox.uploads import Limits
from vidscout.tools.index.videos import Video

HERE = "http://127.0.0.1:8000"
SMALLER = 2**16


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    with small_scout(tmp_path / "home") as scout:
        filled(scout, [FIRST])
        inbox = Inbox(scout, Limits(size=10**7))
        yield inbox
        inbox.close()


@pytest.fixture
def client(inbox: Inbox) -> Iterator[TestClient]:
    with TestClient(application(inbox), HERE) as client:
        yield client


def begin(client: TestClient, size: int, **more: Any) -> Any:
    return client.post("/v1/uploads", json={"name": "été.mp4", "size": size, "mark": "1", "owner": "me", **more})


def test_what_was_cut_off_goes_on_after_a_restart(inbox: Inbox, client: TestClient):
    content = bytes(range(256)) * 1024
    upload = begin(client, len(content)).json()
    where = f"/v1/uploads/{upload['id']}"
    told = client.put(f"{where}?offset=0", content=content[:SMALLER]).json()
    assert told["offset"] == SMALLER
    twice = client.put(f"{where}?offset=0", content=content[:SMALLER])
    assert twice.status_code == 400
    assert f"{SMALLER} bytes have arrived" in twice.json()["error"]["message"]
    with TestClient(application(inbox), HERE) as later:
        [unfinished] = later.get("/v1/uploads?owner=me").json()["data"]
        assert (unfinished["name"], unfinished["offset"]) == ("été.mp4", SMALLER)
        assert later.get("/v1/uploads?owner=somebody").json()["data"] == []
        assert begin(later, len(content)).json()["offset"] == SMALLER
        last = later.put(f"{where}?offset={SMALLER}", content=content[SMALLER:])
        assert last.status_code == 415, "it is no video"
        assert later.get(where).status_code == 404
        assert not list(inbox.scout.settings.home.rglob("*.part"))


def test_what_is_too_large_or_more_than_was_said_is_refused(client: TestClient):
    assert begin(client, 10**8).status_code == 413
    where = f"/v1/uploads/{begin(client, 10).json()['id']}"
    assert client.put(f"{where}?offset=0", content=b"x" * 11).status_code == 400
    assert client.put(f"{where}?offset=0", content=b"x" * (8 * 2**20 + 1)).status_code in (400, 413)
    assert client.delete(where).json()["data"] == []
    for odd in ("../../etc", "0" * 32, "%2e%2e%2fx"):
        assert client.get(f"/v1/uploads/{odd}").status_code == 404


def test_a_link_is_fetched_only_where_that_is_allowed(client: TestClient):
    refused = client.post("/v1/links", json={"url": "https://example.org/x.mp4"})
    assert refused.status_code == 400
    assert "the setting fetch allows it" in refused.json()["error"]["message"]


def test_nor_is_one_fetched_that_a_question_names_where_nothing_is_fetched(inbox: Inbox):
    closed = Inbox(inbox.scout, inbox.limits, fetches=False)
    part = {"type": "video_url", "video_url": {"url": "https://example.org/x.mp4"}}
    content = [part, {"type": "text", "text": QUESTION}]
    asked = {"model": "vidscout", "messages": [{"role": "user", "content": content}]}
    with TestClient(application(closed), HERE) as client:
        refused = client.post("/v1/chat/completions", json=asked)
    closed.close()
    assert refused.status_code == 400
    assert "the setting fetch allows it" in refused.json()["error"]["message"]


def test_going_on_takes_the_file_where_it_is_and_never_removes_it(inbox: Inbox, client: TestClient, tmp_path: Path):
    own = tmp_path / "own.mp4"
    made(own, "mp4", "mpeg4")
    beside = tmp_path / "own.mp4.json"
    beside.write_text("{}")
    video = inbox.scout.library.identify(own)
    inbox.scout.library.put(Video(video, "own.mp4", own, duration=1.0, status="reading"))
    assert client.post(f"/v1/videos/{video}/resume", json={}).status_code == 202
    ended(inbox, video)
    assert own.is_file()
    assert beside.is_file()
    inbox.scout.library.put(Video(video, "own.mp4", tmp_path / "gone.mp4", duration=1.0, status="reading"))
    gone = client.post(f"/v1/videos/{video}/resume", json={})
    assert "has gone" in gone.json()["error"]["message"]


def ended(inbox: Inbox, video: str) -> None:
    for _ in range(600):
        if not inbox.is_coming(video):
            return
        time.sleep(0.05)
    raise AssertionError("it is still being read")


@pytest.mark.parametrize(("container", "codec", "copied"), [("matroska", "libx264", True), ("avi", "mpeg4", False)])
def test_a_copy_for_browsers_encodes_only_what_they_cannot_decode(
    inbox: Inbox, client: TestClient, tmp_path: Path, container: str, codec: str, copied: bool
):
    source = tmp_path / "odd.bin"
    made(source, container, codec)
    assert decoded_by_browsers(source) is copied
    video = inbox.scout.library.identify(source)
    inbox.scout.library.put(Video(video, "odd", source, duration=1.0, status="ready"))
    assert client.get(f"/v1/videos/{video}/playable.mp4").status_code == 404
    assert client.post(f"/v1/videos/{video}/playable").json()["state"] in ("making", "ready")
    while (state := client.get(f"/v1/videos/{video}/playable").json()["state"]) == "making":
        time.sleep(0.05)
    assert state == "ready"
    got = client.get(f"/v1/videos/{video}/playable.mp4", headers={"range": "bytes=4-7"})
    assert (got.status_code, got.content, got.headers["content-type"]) == (206, b"ftyp", "video/mp4")
    path = inbox.playable.path(video)
    with av.open(str(path)) as copy, av.open(str(source)) as original:
        assert copy.streams.video[0].codec_context.name == "h264"
        same = [bytes(p) for p in copy.demux(video=0) if p.size] == [
            bytes(p) for p in original.demux(video=0) if p.size
        ]
    assert same is copied or container == "matroska"  # the framing of H.264's packets differs between the containers
    assert decoded_by_browsers(path)
    inbox.forget(video)
    assert not path.exists()


def made(path: Path, container: str, codec: str) -> None:
    """A second of grey that becomes lighter."""
    with av.open(str(path), "w", format=container) as out:
        stream: Any = out.add_stream(codec, rate=Fraction(25))
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(25):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number * 10, np.uint8), format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def test_the_timeline_has_a_lane_for_each_sense_that_found_something(client: TestClient):
    told = client.get(f"/v1/videos/{FIRST}/timeline").json()
    assert [lane["kind"] for lane in told["lanes"]] == ["speech", "screen_text"]
    assert all(start < end and text for lane in told["lanes"] for start, end, text, _ in lane["bars"])
    assert client.get(f"/v1/videos/{FIRST}/thumbnail?t=1").headers["content-type"] == "image/jpeg"
    assert client.get("/v1/videos/nothing/timeline").status_code == 404


def test_what_has_been_read_so_far_can_be_asked_about(inbox: Inbox, client: TestClient):
    known = inbox.scout.find(FIRST)
    inbox.scout.library.put(replace(known, status="reading"))
    asked = {"model": "vidscout", "video": FIRST, "messages": [{"role": "user", "content": QUESTION}]}
    assert client.post("/v1/chat/completions", json=asked).status_code == 409
    answer = client.post("/v1/chat/completions", json={**asked, "partial": True}).json()
    assert "silicon carbide" in answer["choices"][0]["message"]["content"]


def test_settings_hold_for_the_question_that_they_come_with(client: TestClient):
    asked = {"model": "vidscout", "video": FIRST, "messages": [{"role": "user", "content": QUESTION}]}
    for settings, status in (({"selector": "no such"}, 400), ({"profile": "no such"}, 400), ({"max_rounds": 1}, 200)):
        assert client.post("/v1/chat/completions", json={**asked, "settings": settings}).status_code == status, settings
