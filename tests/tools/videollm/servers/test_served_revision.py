"""Which revision of a model a server runs: a part of what its records say they are from."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from vidscout.tools.errors import UsageError
from vidscout.tools.perception.captions.by_prompt import ByPrompt
from vidscout.tools.videollm.servers.openai_server import OpenAiServer, revision_of

RUNS = "9cdc6310a8cb770ce18efaf4e9935334512aee45"


@pytest.fixture
def address() -> Iterator[str]:
    """A server that serves a folder of the hub's cache, as vLLM tells it."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None: ...

        def do_GET(self) -> None:
            root = f"/models/hub/models--maker--model/snapshots/{RUNS}"
            listed = {"id": "model", "owned_by": "vllm", "max_model_len": 2048, "root": root}
            body = json.dumps({"object": "list", "data": [listed]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


def test_a_records_source_names_model_and_revision():
    answerer = OpenAiServer(model="model", revision=RUNS)
    assert answerer.source.startswith(f"openai/model@{RUNS}.")
    assert answerer.source in ByPrompt(answerer).source
    assert "@" not in OpenAiServer(model="model").source


@pytest.mark.parametrize("named", [RUNS, RUNS[:7]])
def test_a_server_that_runs_it_is_taken(address: str, named: str):
    answerer = OpenAiServer(address, model="model", revision=named, retries=0)
    answerer.ready()
    assert f"model@{named}" in answerer.source


def test_a_server_that_runs_another_revision_is_refused(address: str):
    answerer = OpenAiServer(address, model="model", revision="0" * 40, retries=0)
    with pytest.raises(UsageError, match=f"runs revision {RUNS} of model, and this profile names 0000") as refused:
        answerer.ready()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("about", [{}, {"root": "maker/model"}, {"root": None}])
def test_a_server_that_tells_none_tells_none(about: dict[str, str]):
    assert revision_of(about) is None
