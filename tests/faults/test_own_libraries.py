"""With `libraries = "per-key"` nobody sees what another key or login has; with `shared`, conversations stay apart."""

import asyncio
import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from small_scout import FIRST, QUESTION, SECOND, filled, small_scout
from typer.testing import CliRunner
from vidscout import VideoScout
from vidscout.agent.api.app import application as api
from vidscout.agent.cli import app as cli
from vidscout.agent.guard.doors import Keys, Login, Logins
from vidscout.agent.inbox.inbox import Inbox
from vidscout.agent.inbox.libraries import Libraries
from vidscout.agent.mcp.server import http_application as mcp
from vidscout.agent.mcp.server import server
from vidscout.tools.errors import UsageError
from vidscout.web.serve import application as page
from vidscout.web.site import Site

HERE = "http://127.0.0.1:8000"
ADA, BOB = "key-of-ada", "key-of-bob"


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
def inbox(home: Path) -> Iterator[Inbox]:
    with small_scout(home, libraries="per-key") as scout:
        filled(scout, [FIRST])  # as it was before the setting
        inbox = Inbox(scout)
        yield inbox
        inbox.close()


@pytest.fixture
def own(inbox: Inbox) -> Iterator[Libraries]:
    """Ada has one video, Bob another one."""
    libraries = Libraries(inbox, Keys([ADA, BOB]).owners)
    for mine, video in zip(libraries.all.values(), (FIRST, SECOND), strict=True):
        filled(mine.scout, [video])
    yield libraries
    libraries.close()


def ids(answer: Any) -> list[str]:
    return [video["id"] for video in answer.json()["data"]]


def test_through_the_api_each_key_sees_its_own(inbox: Inbox, own: Libraries):
    with TestClient(api(inbox, (ADA, BOB), libraries=own), HERE) as client:
        assert ids(client.get("/v1/videos", headers=bearer(ADA))) == [FIRST]
        assert ids(client.get("/v1/videos", headers=bearer(BOB))) == [SECOND]
        assert client.get("/v1/videos").status_code == 401
        assert client.get("/health").status_code == 200
        for method, path in (
            ("GET", f"/v1/videos/{FIRST}"), ("DELETE", f"/v1/videos/{FIRST}"), ("GET", f"/v1/videos/{FIRST}/stages"),
            ("GET", f"/v1/videos/{FIRST}/frames/0.jpg"), ("GET", f"/v1/search?query=mirror&video={FIRST}"),
        ):  # fmt: skip
            theirs = client.request(method, path, headers=bearer(BOB))
            assert theirs.status_code in (400, 404), path
            assert FIRST not in theirs.text.replace(path, "") or "no video" in theirs.text
        assert client.get("/v1/search?query=mirror", headers=bearer(BOB)).json()["data"] != []
        found = client.get("/v1/search?query=mirror", headers=bearer(BOB)).json()["data"]
        assert {hit["video"] for hit in found} == {SECOND}
        asked = {"model": "vidscout", "video": FIRST, "messages": [{"role": "user", "content": QUESTION}]}
        assert client.post("/v1/chat/completions", json=asked, headers=bearer(BOB)).status_code == 404
        mine = client.post("/v1/chat/completions", json=asked, headers=bearer(ADA)).json()
        assert "silicon" in mine["choices"][0]["message"]["content"]


def test_through_the_page_each_login_sees_its_own(inbox: Inbox):
    logins = [Login("ada", "one"), Login("bob", "two")]
    libraries = Libraries(inbox, Logins(logins).owners)
    first, second = libraries.all.values()
    filled(first.scout, [FIRST])
    filled(second.scout, [SECOND])
    with TestClient(page(Site(inbox), logins=logins, libraries=libraries), "http://127.0.0.1:7860") as client:
        for login, mine, theirs in (("ada:one", FIRST, SECOND), ("bob:two", SECOND, FIRST)):
            basic = {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"}
            listed = client.get("/v1/videos", headers=basic).text
            assert mine in listed
            assert theirs not in listed
            assert "belongs to your login" in client.get("/settings", headers=basic).text
            assert client.get(f"/thumbnail/{mine}/0", headers=basic).status_code == 200
            assert client.get(f"/thumbnail/{theirs}/0", headers=basic).status_code == 404
            assert client.get(f"/transcript/{theirs}.txt", headers=basic).status_code == 404
        assert client.get("/").status_code == client.get("/v1/videos").status_code == 401
    libraries.close()


def call(client: TestClient, key: str, tool: str, **arguments: Any) -> dict[str, Any]:
    """Call one tool over HTTP."""
    headers = {**bearer(key), "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"}
    about = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    begun = client.post(
        "/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": about}, headers=headers
    )
    session = {"mcp-session-id": begun.headers.get("mcp-session-id", "")}
    ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    client.post("/mcp", json=ready, headers={**headers, **session})
    asked = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
    told = client.post("/mcp", json=asked, headers={**headers, **session})
    lines = [line.removeprefix("data: ") for line in told.text.splitlines() if line.startswith("data: {")]
    import json

    return json.loads(lines[-1] if lines else told.text)["result"]


def test_over_mcp_each_key_sees_its_own(inbox: Inbox, own: Libraries):
    with TestClient(mcp(inbox, (ADA, BOB), libraries=own), HERE) as client:
        for key, video in ((ADA, FIRST), (BOB, SECOND)):
            listed = call(client, key, "list_videos")["structuredContent"]["videos"]
            assert [one["id"] for one in listed] == [video]
        refused = call(client, BOB, "ask_video", videos=[FIRST], question=QUESTION)
        assert refused["isError"]


def test_over_mcp_conversations_of_two_keys_are_two(home: Path, monkeypatch: pytest.MonkeyPatch):
    named: list[str | None] = []
    stream = VideoScout.stream

    def watched(self: VideoScout, *rest: Any, **options: Any) -> Any:
        named.append(options["conversation"])
        return stream(self, *rest, **options)

    monkeypatch.setattr(VideoScout, "stream", watched)
    with small_scout(home) as scout:
        inbox = Inbox(filled(scout))
        with TestClient(mcp(inbox, (ADA, BOB)), HERE) as client:
            for key in (ADA, ADA, BOB):
                asked = {"videos": [FIRST], "question": QUESTION, "conversation": "ours"}
                assert not call(client, key, "ask_video", **asked).get("isError")
        inbox.close()
    first, second, third = named
    assert first == second != third
    assert ADA not in f"{named}"


def test_libraries_of_ones_own_need_keys_and_vectors_of_ones_own(inbox: Inbox, home: Path):
    with pytest.raises(UsageError, match="needs keys or logins"):
        api(inbox)
    with pytest.raises(UsageError, match="setting libraries"):
        small_scout(home, libraries="everybody")


def test_hints_say_what_a_tool_does(home: Path):
    with small_scout(home) as scout:
        inbox = Inbox(scout)
        for fetches in (False, True):
            tools = {tool.name: tool for tool in asyncio.run(server(inbox, local=True, fetches=fetches).list_tools())}
            hints = {name: tool.annotations for name, tool in tools.items()}
            for name, hint in hints.items():
                assert hint is not None
                assert hint.destructive_hint is False
                asks = name in ("ask_video", "describe_video", "detect_generated", "video_quality", "probe_video")
                reaches_out = name == "ingest_video" or (fetches and asks)
                assert hint.open_world_hint is reaches_out, name
                assert hint.read_only_hint is not (reaches_out or name in ("name_person", "tell_me", "cut_clip")), name
        inbox.close()


def test_a_question_reads_no_file_and_fetches_nothing_unless_that_is_allowed(home: Path, tmp_path: Path):
    film = tmp_path / "film.mp4"
    film.write_bytes(b"x" * 100)
    with small_scout(home) as scout:
        inbox = Inbox(scout)
        with TestClient(mcp(inbox, (ADA,)), HERE) as client:
            for named in ("https://example.org/film.mp4", str(film)):
                told = call(client, ADA, "ask_video", videos=[named], question=QUESTION)
                assert told["isError"]
                assert any(word in told["content"][0]["text"] for word in ("ingest_video", "no video"))
        inbox.close()


@pytest.mark.parametrize("command", [["api", "--key", "s3cret"], ["mcp", "--http", "--key", "s3cret"]])
def test_a_key_on_the_command_line_works_with_a_warning(
    command: list[str], home: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("vidscout.agent.http_server.serve", lambda make, *rest: make(1))
    monkeypatch.setattr("vidscout.agent.http_server.end_soon", lambda: None)  # it ends the process, however long it is
    done = CliRunner().invoke(cli, ["--home", str(home), *command])
    assert done.exit_code == 0, done.output
    assert "--key-file or VIDSCOUT_API_KEY" in done.output
    assert "s3cret" not in done.output


def test_keys_and_logins_come_from_files(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    served: list[Any] = []
    monkeypatch.setattr("vidscout.agent.http_server.serve", lambda make, *rest: served.append(make(1)))
    monkeypatch.setattr("vidscout.agent.http_server.end_soon", lambda: None)
    file = tmp_path / "keys"
    file.write_text(f"# ours\n\n{ADA}\n {BOB} \n")
    done = CliRunner().invoke(cli, ["--home", str(home), "api", "--key-file", str(file), "--libraries", "per-key"])
    assert done.exit_code == 0, done.output
    assert "processes" not in done.output
    assert len(list((home / "libraries").iterdir())) == 2
    with TestClient(served[0], HERE) as client:
        assert client.get("/v1/models", headers=bearer(BOB)).status_code == 200
        assert client.get("/v1/models", headers=bearer("# ours")).status_code == 401
    for content in ("", "# nothing\n"):
        file.write_text(content)
        done = CliRunner().invoke(cli, ["--home", str(home), "api", "--key-file", str(file)])
        assert "is empty" in str(done.exception)
