"""`compose.yaml` and the `Dockerfile`: what they say must be true of this package, whether or not Docker is here."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml
from vidscout.agent.profiles.profile import EMBEDDED, profile, weights_of
from vidscout.agent.settings import Settings, load
from vidscout.tools.runtime.backend import backend

ROOT = Path(__file__).parent.parent
SERVERS = ("web", "chroma", "vllm", "postgres")


def with_defaults(text: str) -> str:
    """Variables replaced by what stands in the file for when they are not set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load(with_defaults((ROOT / "compose.yaml").read_text(encoding="utf-8")))


def test_it_is_a_compose_file_by_the_specifications_own_schema(compose: dict[str, Any]):
    from jsonschema.validators import validator_for

    shipped = resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    known = json.loads(shipped.read_text(encoding="utf-8"))
    schema = validator_for(known)(known)
    assert [error.message for error in schema.iter_errors(compose)] == []
    web = {**compose["services"]["web"], "volume": []}
    [error] = schema.iter_errors({**compose, "services": {"web": web}})
    assert "'volume'" in error.message


def test_every_variable_has_a_default_and_is_named_at_the_top():
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    used = set(re.findall(r"\$\{(\w+)", text))
    assert used == set(re.findall(r"\$\{(\w+):-", text))
    introduction = text.partition("\nname:")[0]
    assert [name for name in sorted(used) if not re.search(rf"\b{name}\b", introduction)] == []


def test_every_server_has_a_health_check_a_volume_and_comes_back(compose: dict[str, Any]):
    assert set(compose["services"]) == set(SERVERS)
    for name, service in compose["services"].items():
        assert service["healthcheck"]["test"][0] == "CMD", name
        assert service["restart"] == "unless-stopped", name
        for volume in service["volumes"]:
            source = volume.partition(":")[0]
            assert source in compose["volumes"] or source.startswith("./"), volume


def test_the_page_waits_until_its_servers_are_healthy_and_is_seen_on_this_machine_only(compose: dict[str, Any]):
    web = compose["services"]["web"]
    assert {name: how["condition"] for name, how in web["depends_on"].items()} == dict.fromkeys(
        ("chroma", "vllm", "postgres"), "service_healthy"
    )
    assert all(
        port.startswith("127.0.0.1:") for service in compose["services"].values() for port in service.get("ports", [])
    )


@pytest.mark.parametrize("name", ["vllm", "web"])
def test_whatever_loads_models_sees_the_gpu(compose: dict[str, Any], name: str):
    [device] = compose["services"][name]["deploy"]["resources"]["reservations"]["devices"]
    assert device["driver"] == "nvidia"
    assert device["capabilities"] == ["gpu"]


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (401, True), (404, False), (500, False), (None, False)])
def test_a_page_that_asks_for_a_password_is_healthy_and_one_that_fails_is_not(
    compose: dict[str, Any], status: int | None, healthy: bool
):
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert status is not None
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None: ...

    command, *arguments = compose["services"]["web"]["healthcheck"]["test"][1:]
    assert (command, arguments[0]) == ("python", "-c"), "which the image has"
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        check = arguments[1].replace("7860", str(server.server_port))
        if status is None:
            server.socket.close()
        else:
            threading.Thread(target=server.serve_forever, daemon=True).start()
        ended = subprocess.run([sys.executable, "-c", check], capture_output=True, check=False, timeout=30)
        if status is not None:
            server.shutdown()
    assert (ended.returncode == 0) is healthy


def test_chroma_run_takes_the_options_it_is_given(compose: dict[str, Any]):
    command = compose["services"]["chroma"]["command"]
    asked = [Path(sys.executable).with_name(command[0]), *command[1:], "--help"]
    told = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=60)
    assert told.returncode == 0, told.stderr
    assert {part for part in command if part.startswith("--")} <= set(re.findall(r"--\w+", told.stdout))
    [volume] = compose["services"]["chroma"]["volumes"]
    assert volume.endswith(f":{command[command.index('--path') + 1]}")
    assert compose["services"]["web"]["environment"]["VIDSCOUT_CHROMA_SERVER"].endswith(f":{command[-1]}")


def test_the_health_check_of_chroma_sees_it_come_up(compose: dict[str, Any], tmp_path: Path):
    chroma = compose["services"]["chroma"]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
    here = {"/data": str(tmp_path), "0.0.0.0": "127.0.0.1", "8000": port}
    command: list[str] = [here.get(part) or part for part in chroma["command"]]
    check = [sys.executable, "-c", chroma["healthcheck"]["test"][-1].replace(":8000/", f":{port}/")]
    assert subprocess.run(check, capture_output=True, check=False).returncode != 0
    command[0] = str(Path(sys.executable).with_name(command[0]))
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            until = time.monotonic() + 60
            while subprocess.run(check, capture_output=True, check=False).returncode != 0:
                assert server.poll() is None
                assert time.monotonic() < until, "it has not become healthy"
                time.sleep(0.2)
        finally:
            server.terminate()


def test_the_pages_own_profile_is_what_is_pulled_and_weights_of_a_hub_outlive_the_container(
    compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    web = compose["services"]["web"]
    for name, value in web["environment"].items():
        monkeypatch.setenv(name, value or "")
    [pulled] = re.findall(r"models pull --profile (\w+)", web["command"][-1])
    assert pulled == load().profile
    assert set(weights_of(profile(pulled))) == set(weights_of(EMBEDDED)) - {"qwen2.5-coder-0.5b-instruct-q4"}
    from vidscout.tools.weights.hub import hub_cache

    kept = [Path(volume.split(":")[1]) for volume in web["volumes"] if volume.partition(":")[0] in compose["volumes"]]
    assert any(hub_cache().is_relative_to(place) for place in kept)


def test_images_from_elsewhere_are_pinned(compose: dict[str, Any]):
    for service in compose["services"].values():
        if "build" not in service:
            assert re.search(r":v?\d+(\.\d+)*$", service["image"]), service["image"]


def test_every_variable_of_ours_is_a_setting_or_read_by_the_code(compose: dict[str, Any]):
    files = [path for folder in ("tools", "agent", "web") for path in (ROOT / folder).rglob("*.py")]
    code = "".join(path.read_text(encoding="utf-8") for path in files)
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    given = set(compose["services"]["web"]["environment"]) - {"HF_HOME", "HF_TOKEN"}  # which huggingface_hub reads
    named = {*given, *re.findall(r"\bVIDSCOUT_\w+(?==)", dockerfile)}
    assert {"VIDSCOUT_HOME", "VIDSCOUT_CHROMA_SERVER", "VIDSCOUT_CHECKPOINTS", "VIDSCOUT_PROFILES"} <= named
    for name in named:
        assert name.startswith("VIDSCOUT_"), name
        is_setting = name.removeprefix("VIDSCOUT_").lower() in Settings.model_fields
        assert is_setting or f'"{name}"' in code, name


def test_the_settings_give_a_profile_that_asks_vllm(compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch):
    for name, value in compose["services"]["web"]["environment"].items():
        monkeypatch.setenv(name, value or "")
    settings = load()
    chosen = profile(settings.profile, settings.profiles)
    answerer = chosen.roles["answerer"]
    backend("answerer", answerer.backend)
    assert answerer.options["base_url"] == "http://vllm:8000/v1"
    vllm = compose["services"]["vllm"]
    assert vllm["entrypoint"] == ["vllm", "serve"]
    assert vllm["command"][0] == answerer.options["model"], "`vllm serve` takes the model first"
    assert all(part.startswith("--") for part in vllm["command"][1:])
    assert settings.chroma_server == "http://chroma:8000"
    limit = next(part for part in compose["services"]["vllm"]["command"] if "limit-mm" in part)
    assert json.loads(limit.partition("=")[2])["image"]["count"] >= chosen.frames


def test_the_image_is_built_from_files_and_extras_that_exist():
    import tomllib

    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    [asked] = re.findall(r"^ARG EXTRAS=(.*)$", dockerfile, re.MULTILINE)
    assert set(asked.split(",")) <= set(extras)
    assert (ROOT / "constraints.txt").is_file()
    assert "USER vidscout" in dockerfile, "not as root"


def docker_compose() -> list[str] | None:
    """How to call Docker Compose 2 or later, as Docker's plugin or by itself, where it is installed."""
    for way in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(way[0]) is not None:
            said = subprocess.run([*way, "version", "--short"], capture_output=True, text=True, check=False)
            if said.returncode == 0 and re.match(r"v?([2-9]|\d\d)", said.stdout):
                return way
    return None


def test_docker_compose_accepts_it():
    if (way := docker_compose()) is None:
        pytest.skip("docker compose is not installed")
    config = [*way, "--file", ROOT / "compose.yaml", "config", "--quiet"]
    said = subprocess.run(config, capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]})
    assert said.returncode == 0, said.stderr


CARD = 24e9
"""Bytes of the smallest card that it is for."""
BESIDE = 2.5e9
"""Bytes that vLLM needs beside weights and cache: CUDA's context, graphs, activations of one batch. An estimate."""


@dataclass(frozen=True)
class Served:
    """What a model takes on a card, as published with it."""

    weights: float
    """Bytes of its files."""
    layers: int
    heads: int
    """Of keys and values."""
    channels: int
    token: int
    """Side of the square of pixels that a token stands for."""
    cache_bytes: int = 2
    """Of one number in the cache."""


SERVED = {
    "Qwen/Qwen3-VL-8B-Instruct-FP8": Served(10.6e9, 36, 8, 128, 32),
    "Qwen/Qwen3-VL-8B-Instruct": Served(17.5e9, 36, 8, 128, 32),
    "Qwen/Qwen2.5-VL-7B-Instruct": Served(16.6e9, 28, 4, 128, 28),
}


def taken(command: list[str]) -> tuple[float, float]:
    """Bytes that a server needs by its own options, and bytes that it may take of the card."""
    options = dict(part.removeprefix("--").split("=", 1) for part in command if part.startswith("--"))
    model = SERVED[command[0]]
    images = json.loads(options["limit-mm-per-prompt"])["image"]
    shape = images if isinstance(images, dict) else {"count": images, "width": 4096, "height": 4096}
    context = int(options["max-model-len"])
    frames = shape["count"] * (shape["width"] // model.token) * (shape["height"] // model.token)
    cache = 2 * model.layers * model.heads * model.channels * model.cache_bytes * max(context, 0)
    encoded = min(frames, context) * 4096 * 2  # rows of one prompt's frames, in two bytes a number
    return model.weights + cache + encoded + BESIDE, float(options["gpu-memory-utilization"]) * CARD


def test_the_server_fits_on_a_card_of_24_gb(compose: dict[str, Any]):
    needed, given = taken(compose["services"]["vllm"]["command"])
    assert needed <= given


@pytest.mark.parametrize(
    "command",
    [
        [
            "Qwen/Qwen2.5-VL-7B-Instruct",
            "--gpu-memory-utilization=0.8",
            "--max-model-len=32768",
            '--limit-mm-per-prompt={"image": 64}',
        ],
        [
            "Qwen/Qwen3-VL-8B-Instruct",
            "--gpu-memory-utilization=0.85",
            "--max-model-len=16384",
            '--limit-mm-per-prompt={"image": {"count": 16, "width": 1280, "height": 720}}',
        ],
    ],
)
def test_what_does_not_fit_is_found_by_the_same_sum(command: list[str]):
    needed, given = taken(command)
    assert needed > given


def test_the_page_asks_for_no_more_frames_and_tokens_than_the_server_takes(compose: dict[str, Any]):
    from vidscout.tools.videollm.families import of_name

    command = compose["services"]["vllm"]["command"]
    options = dict(part.removeprefix("--").split("=", 1) for part in command if part.startswith("--"))
    chosen = json.loads(compose["services"]["web"]["environment"]["VIDSCOUT_PROFILES"])["compose"]
    family = of_name(command[0])
    assert family is not None
    assert chosen["frames"] * family.with_marks(640, 360) <= 0.8 * chosen["token_budget"], "every frame has room"
    assert chosen["token_budget"] + 1024 <= int(options["max-model-len"])
    images = json.loads(options["limit-mm-per-prompt"])["image"]
    assert chosen["frames"] <= images["count"]
    assert re.fullmatch("[0-9a-f]{40}", options["revision"])
