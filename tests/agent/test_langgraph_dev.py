"""The graphs as LangGraph's own tooling opens them."""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Iterator
from hashlib import blake2b
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest
from blockbuster import blockbuster_ctx
from langgraph.graph.state import CompiledStateGraph
from vidscout.agent import langgraph_dev as studio
from vidscout.bench.data import fetched

ROOT = Path(studio.__file__).parents[1]
LANGGRAPH_CLI = "langgraph-cli[inmem]==0.4.40"


def test_langgraph_json_names_graphs_that_are_there():
    named = json.loads((ROOT / "langgraph.json").read_text(encoding="utf-8"))["graphs"]
    for name, where in named.items():
        module, _, attribute = where.partition(":")
        graph = getattr(import_module(module), attribute)
        assert isinstance(graph, CompiledStateGraph), name


def test_the_answer_graph_is_seen_inside():
    drawn = studio.answer.get_graph(xray=True)
    assert any("gather" in node for node in drawn.nodes)


@pytest.fixture
def studio_over(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The graphs over the index of the tests."""
    monkeypatch.setenv("VIDSCOUT_HOME", str(home))
    studio.scout.cache_clear()
    yield
    studio.scout().close()
    studio.scout.cache_clear()


@pytest.mark.models
@pytest.mark.usefixtures("studio_over")
def test_its_nodes_never_block_the_event_loop(lecture: Path):
    async def run() -> tuple[dict[str, Any], dict[str, Any]]:
        with blockbuster_ctx():
            read = await studio.ingest.ainvoke(studio.Read(str(lecture)))
            return read, await studio.answer.ainvoke(studio.Asked("What is the mirror made of?", [str(lecture)]))

    read, end = asyncio.run(run())
    assert list(end["found"]) == [read["video"]]
    assert "silicon" in end["text"].lower()
    assert end["evidence"][0]["text"]


@pytest.fixture(scope="session")
def langgraph_command() -> Path:
    """`langgraph` in an environment of its own, kept between runs beside the test videos.

    Its server wants a newer protobuf than Ray allows, so it lies on top of the packages of this environment, which it
    sees but does not change: 47 MB, about 20 s to install.
    """
    packages = sysconfig.get_path("purelib")
    key = blake2b(f"{LANGGRAPH_CLI} {packages} {sys.version}".encode(), digest_size=6).hexdigest()
    made = fetched.folder() / f"langgraph-{key}"
    if not (made / "ready").exists():
        shutil.rmtree(made, ignore_errors=True)
        venv.create(made, with_pip=False, symlinks=True)
        [site] = made.glob("lib/python*/site-packages")
        (site / "below.pth").write_text(f"import site; site.addsitedir({packages!r})\n")
        install = [
            sys.executable,
            "-m",
            "pip",
            "--python",
            made / "bin" / "python",
            "install",
            "--quiet",
            LANGGRAPH_CLI,
        ]
        done = subprocess.run(install, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            pytest.skip(f"langgraph-cli could not be installed: {done.stderr.strip().splitlines()[-1]}")
        (made / "ready").touch()
    return made / "bin" / "langgraph"


@pytest.mark.models
@pytest.mark.slow
def test_langgraph_dev_answers(langgraph_command: Path, home: Path, lecture: Path, tmp_path: Path):
    shutil.copy(ROOT / "langgraph.json", tmp_path)  # beside it the server keeps its state
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "log").touch()
    environment = {
        **os.environ,
        "VIDSCOUT_HOME": str(home),
        "PYTHONPATH": str(ROOT.parent),
        "LANGSMITH_TRACING": "false",
    }
    start = [langgraph_command, "dev", "--no-browser", "--no-reload", "--port", str(port)]
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(start, cwd=tmp_path, env=environment, stdout=log, stderr=log)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=180) as client:
            end = time.monotonic() + 120
            while not _up(client):
                assert server.poll() is None, (tmp_path / "log").read_text()[-4000:]
                assert time.monotonic() < end, "it does not come up"
                time.sleep(0.5)
            asked = {"question": "What is the mirror made of?", "videos": [str(lecture)]}
            answer = client.post("/runs/wait", json={"assistant_id": "answer", "input": asked})
    finally:
        server.terminate()
        server.wait(30)
    told = (tmp_path / "log").read_text()
    assert answer.status_code == 200, told[-4000:]
    assert "silicon" in answer.json()["text"].lower(), told[-4000:]
    assert "Blocking" not in told


def _up(client: httpx.Client) -> bool:
    try:
        return client.get("/ok").status_code == 200
    except httpx.TransportError:
        return False
