"""The tools as assistants meet them: the official `mcp` client, over stdin and stdout and over HTTP."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from served import serving
from vidscout import VideoScout
from vidscout.agent.inbox.inbox import Inbox
from vidscout.agent.mcp.server import http_application

pytestmark = pytest.mark.models

TOOLS = {
    "ingest_video",
    "ask_video",
    "describe_video",
    "search_video",
    "list_videos",
    "video_stages",
    "list_people",
    "name_person",
    "detect_generated",
    "video_quality",
    "probe_video",
}
TOOLS |= {"find_moments", "video_highlights", "tell_me", "live_events"}
KEY = "a-key-for-tests"


def line(result: Any) -> str:
    """The one line of a tool's error."""
    assert result.is_error
    assert result.structured_content is None
    [content] = result.content
    assert "\n" not in content.text
    assert "Traceback" not in content.text
    return content.text


def over_stdio(home: Path, work: Callable[[Client], Awaitable[None]]) -> None:
    async def run() -> None:
        arguments = ["-m", "vidscout.agent.cli", "--home", str(home), "mcp"]
        command = StdioServerParameters(command=sys.executable, args=arguments, env=dict(os.environ))
        async with Client(command) as client:
            await work(client)

    asyncio.run(asyncio.wait_for(run(), 240))


def test_a_video_is_read_asked_about_and_searched_over_stdio(tmp_path: Path, bikes: Path):
    async def work(client: Client) -> None:
        seen: list[tuple[float, float | None, str | None]] = []

        async def see(progress: float, total: float | None, message: str | None) -> None:
            seen.append((progress, total, message))

        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == TOOLS | {"cut_clip"}
        assert all(tool.output_schema and tool.description for tool in tools.values())
        assert tools["ask_video"].input_schema["required"] == ["videos", "question"]

        read = await client.call_tool("ingest_video", {"source": str(bikes)}, progress_callback=see)
        assert not read.is_error, read.content
        video = read.structured_content or {}
        assert (video["name"], video["status"], video["progress"]) == ("bikes.mp4", "ready", 1.0)
        shares = [done for done, _, _ in seen]
        assert len(shares) >= 3
        assert shares == sorted(set(shares))
        assert seen[-1] == (1.0, 1.0, "ready")

        question = {"videos": [video["id"]], "question": "When does “TAXI” appear?"}
        seen.clear()
        answer = (await client.call_tool("ask_video", question, progress_callback=see)).structured_content or {}
        assert "0:03" in answer["text"]
        assert answer["citations"][0]["video"] == video["id"]
        assert "plan" in [message for _, _, message in seen]
        options = {**question, "question": "Which word is written?", "options": ["BAKERY", "TAXI"]}
        assert ((await client.call_tool("ask_video", options)).structured_content or {})["choice"] == "B"

        written = await client.call_tool("ask_video", {**options, "best_of": 2, "verify": "correct"})
        drafts = (written.structured_content or {})["drafts"]
        assert drafts == sorted(drafts, key=lambda draft: -draft["score"])
        assert len(drafts) == 2

        part = await client.call_tool("ask_video", {**question, "region": [3, [0, 0, 1, 1]]})
        assert [0, 0, 1, 1] in [one["box"] for one in (part.structured_content or {})["citations"]]

        found = await client.call_tool("search_video", {"query": "taxi", "modality": "screen_text", "k": 1})
        assert [moment["text"] for moment in (found.structured_content or {})["moments"]] == ["TAXI"]
        listed = (await client.call_tool("list_videos")).structured_content or {}
        assert [one["id"] for one in listed["videos"]] == [video["id"]]
        stages = (await client.call_tool("video_stages", {"video": video["id"]})).structured_content or {}
        assert {stage["state"] for stage in stages["stages"]} == {"done"}
        again = {"source": video["id"], "stages": ["smell"]}
        assert "no stage 'smell'; there are subtitles" in line(await client.call_tool("ingest_video", again))
        shown = (
            await client.call_tool("describe_video", {"video": video["id"], "style": "chapters"})
        ).structured_content
        assert (shown or {})["chapters"][0]["start"] == 0

        verdict = (await client.call_tool("detect_generated", {"video": video["id"]})).structured_content or {}
        assert verdict["label"] in ("real", "generated", "uncertain")
        quality = (await client.call_tool("video_quality", {"video": video["id"]})).structured_content or {}
        assert quality["level"] in ("bad", "poor", "fair", "good", "excellent")
        assert quality["measures"]
        blind = {"video": video["id"], "question": "Which word is written?"}
        assert "an answerer that sees frames" in line(await client.call_tool("probe_video", blind))

        moments = await client.call_tool("find_moments", {"query": "when can one read “TAXI”?"})
        [moment] = (moments.structured_content or {})["spans"]
        assert 2 <= moment["start"] <= 4
        best = await client.call_tool("video_highlights", {"video": video["id"], "seconds": 4})
        assert sum(one["end"] - one["start"] for one in (best.structured_content or {})["reel"]) <= 4
        cut = {"video": video["id"], "spans": [[2.0, 3.0]], "out": str(tmp_path / "taxi.mp4")}
        assert ((await client.call_tool("cut_clip", cut)).structured_content or {})["path"] == cut["out"]
        assert "--force" in line(await client.call_tool("cut_clip", cut))

        text = tmp_path / "film.mp4"
        text.write_text("no film")
        for tool, arguments, told in (
            ("ask_video", {"videos": ["nothing"], "question": "What?"}, "no video 'nothing'"),
            ("ask_video", {"videos": [], "question": "What?"}, "videos: "),
            ("ask_video", {**question, "options": ["one"]}, "multiple choice takes 2"),
            ("ask_video", {**question, "time_range": [5, 2]}, "the time range"),
            ("ask_video", {**question, "region": [3, [0.4, 0, 0.2, 1]]}, "is no box within 0 to 1"),
            ("search_video", {"query": "taxi", "modality": "smell"}, "no modality"),
            ("ingest_video", {"source": str(text)}, "film.mp4"),
            ("ingest_video", {"source": str(tmp_path / "none.mp4")}, "none.mp4"),
            ("ingest_video", {"source": "http://127.0.0.1:9/a.mp4"}, "not on the open internet"),
            ("ingest_video", {}, "source: "),
        ):
            assert told in line(await client.call_tool(tool, arguments))

    over_stdio(tmp_path / "home", work)


@asynccontextmanager
async def over_http(address: str, key: str) -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        httpx2.AsyncClient(headers=headers) as http,
        Client(streamable_http_client(f"{address}/mcp", http_client=http)) as client,
    ):
        yield client


def test_over_http_a_key_is_needed_and_files_of_the_server_are_out_of_reach(tmp_path: Path, bikes: Path):
    async def work(address: str) -> None:
        async with over_http(address, KEY) as client:
            assert {tool.name for tool in (await client.list_tools()).tools} == TOOLS
            assert "no video" in line(await client.call_tool("ingest_video", {"source": str(bikes)}))
            listed = (await client.call_tool("list_videos")).structured_content or {}
            assert listed == {"videos": []}
        async with httpx2.AsyncClient() as http:
            response = await http.post(f"{address}/mcp", json={})
            assert response.status_code == 401
            assert response.json()["error"]["code"] == "invalid_api_key"

    with (
        VideoScout("embedded", home=tmp_path / "home") as scout,
        serving(http_application(Inbox(scout), (KEY,))) as address,
    ):
        asyncio.run(asyncio.wait_for(work(address), 60))
