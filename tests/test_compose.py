"""`compose.yaml` and the `Dockerfile`: what they say must be true of this package, whether or not Docker is here."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from vidscout.agent.profiles import profile
from vidscout.agent.settings import Settings, load
from vidscout.tools.base import backend

ROOT = Path(__file__).parent.parent
SERVERS = ("web", "chroma", "vllm", "postgres")


def with_defaults(text: str) -> str:
    """Variables replaced by what stands in the file for when they are not set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load(with_defaults((ROOT / "compose.yaml").read_text(encoding="utf-8")))


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


def test_the_video_llm_reserves_a_gpu(compose: dict[str, Any]):
    [device] = compose["services"]["vllm"]["deploy"]["resources"]["reservations"]["devices"]
    assert device["driver"] == "nvidia"
    assert device["capabilities"] == ["gpu"]


def test_images_from_elsewhere_are_pinned(compose: dict[str, Any]):
    for service in compose["services"].values():
        if "build" not in service:
            assert re.search(r":v?\d+(\.\d+)*$", service["image"]), service["image"]


def test_every_variable_of_ours_is_a_setting_or_read_by_the_code(compose: dict[str, Any]):
    files = [path for folder in ("tools", "agent", "web") for path in (ROOT / folder).rglob("*.py")]
    code = "".join(path.read_text(encoding="utf-8") for path in files)
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    named = {*compose["services"]["web"]["environment"], *re.findall(r"\bVIDSCOUT_\w+(?==)", dockerfile)}
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
    assert f"--model={answerer.options['model']}" in compose["services"]["vllm"]["command"]
    assert settings.chroma_server == "http://chroma:8000"
    limit = next(part for part in compose["services"]["vllm"]["command"] if "limit-mm" in part)
    assert json.loads(limit.partition("=")[2])["image"] >= chosen.frames


def test_the_image_is_built_from_files_and_extras_that_exist():
    import tomllib

    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    [asked] = re.findall(r"^ARG EXTRAS=(.*)$", dockerfile, re.MULTILINE)
    assert set(asked.split(",")) <= set(extras)
    assert (ROOT / "constraints.txt").is_file()
    assert "USER vidscout" in dockerfile, "not as root"


def test_docker_compose_accepts_it():
    docker = shutil.which("docker")
    asked = [docker or "docker", "compose", "version"]
    if docker is None or subprocess.run(asked, capture_output=True, check=False).returncode != 0:
        pytest.skip("docker compose is not installed")
    config = [docker, "compose", "--file", ROOT / "compose.yaml", "config", "--quiet"]
    said = subprocess.run(config, capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]})
    assert said.returncode == 0, said.stderr
