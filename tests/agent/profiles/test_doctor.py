import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from local_hub import LocalHub


def doctor(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    before, after = [a for a in arguments if a != "--json"], [a for a in arguments if a == "--json"]
    code = "from vidscout.agent.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *before, "doctor", *after],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "VIDSCOUT_PROFILE": "auto", **environment},
        check=False,
    )


def checks(tmp_path: Path, *arguments: str, **environment: str) -> dict[str, dict]:
    """What the doctor found on a machine where nothing has been pulled."""
    nothing = {"VIDSCOUT_WEIGHTS": str(tmp_path / "weights"), "HF_HUB_CACHE": str(tmp_path / "hub")}
    home = {"VIDSCOUT_HOME": str(tmp_path / "home")}
    done = doctor(*arguments, "--json", **{**nothing, **home, **environment})
    assert done.returncode == 4, done.stderr
    return {check["what"]: check for check in json.loads(done.stdout)["checks"]}


def test_the_doctor_says_which_profile_auto_is_and_why(tmp_path: Path):
    found = checks(tmp_path, CUDA_VISIBLE_DEVICES="")
    assert found["profile"]["found"].startswith("embedded: CPU only")
    assert (
        "(auto: nothing has been pulled — not gpu: no NVIDIA GPU — not laptop: its weights" in found["profile"]["found"]
    )
    assert found["model hub"]["found"] == "not asked, since HF_HUB_OFFLINE is set"
    assert found["memory for models"]["found"] == "no limit in RAM (memory_limit)"
    assert found["speech (faster-whisper)"]["mend"] == "vidscout models pull whisper-base-ct2"


def test_a_hub_that_can_be_reached_makes_a_fresh_machine_a_laptop(tmp_path: Path):
    pytest.importorskip("torchvision")
    with LocalHub() as hub:
        found = checks(tmp_path, HF_HUB_OFFLINE="0", HF_ENDPOINT=hub.address, CUDA_VISIBLE_DEVICES="")
        assert hub.requests == [], "a knock is enough"
    assert found["profile"]["found"].startswith("laptop")
    assert "nothing has been pulled, and the hub can be reached" in found["profile"]["found"]
    assert found["model hub"]["ok"]
    assert found["answerer (transformers)"]["mend"] == "vidscout models pull smolvlm2-500m-video"


def test_a_hub_that_is_down_is_told_and_keeps_nobody_waiting(tmp_path: Path):
    found = checks(tmp_path, HF_HUB_OFFLINE="0", HF_ENDPOINT="http://127.0.0.1:9", CUDA_VISIBLE_DEVICES="")
    assert found["model hub"]["found"] == "http://127.0.0.1:9 cannot be reached"
    assert found["profile"]["found"].startswith("embedded")


def test_a_profile_of_ones_own_is_examined_by_its_own_weights(tmp_path: Path):
    mine = {"mine": {"base": "laptop", "roles": {"answerer": {"model": "someone/model", "revision": "v2"}}}}
    found = checks(tmp_path, "--profile", "mine", VIDSCOUT_PROFILES=json.dumps(mine), VIDSCOUT_MEMORY_LIMIT="6GB")
    assert found["profile"]["found"].endswith("(as asked)")
    assert found["answerer (transformers)"]["mend"] == "vidscout models pull someone/model@v2"
    assert "6.0 GB" in found["memory for models"]["found"]


def test_what_gpu_would_need_is_said_though_it_was_not_chosen(tmp_path: Path):
    found = checks(tmp_path, CUDA_VISIBLE_DEVICES="")
    assert not found["profile gpu"]["needed"]
    assert found["profile gpu"]["found"].startswith("no NVIDIA GPU")


def test_an_unknown_profile_is_one_line(tmp_path: Path):
    done = doctor("--profile", "nothing", VIDSCOUT_HOME=str(tmp_path))
    assert done.returncode == 2
    there = "auto, embedded, laptop, gpu, gpu-two-encoders, served"
    assert done.stderr == f"vidscout: no profile 'nothing'; there are {there}\n"


def test_help_asks_nobody_anything_and_loads_no_model_library():
    code = """
        import socket, sys
        socket.create_connection = socket.socket.connect = None
        from vidscout.agent.cli import app
        try:
            app(["--help"])
        except SystemExit:
            pass
        import vidscout.agent.profiles.profile
        print([name for name in ("torch", "transformers", "huggingface_hub", "chromadb") if name in sys.modules])
    """
    import textwrap

    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, "VIDSCOUT_PROFILE": "auto", "HF_HUB_OFFLINE": "0"},
    )
    assert done.stdout.splitlines()[-1] == "[]"
