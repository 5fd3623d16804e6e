"""A video is read once by the answerer, and asked in another `VideoScout` without being read again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fed_tokens import Watch
from typer.testing import CliRunner
from vidscout import VideoScout
from vidscout.agent.cli import app
from vidscout.tools.errors import UsageError
from vidscout.tools.index.home import ENCODED


@pytest.mark.parametrize("kind", ["rekv", "stream_memory"])
def test_another_process_answers_without_the_tower_and_forgetting_removes_it(
    kind: str, bikes: Path, checkpoint: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    answerer: dict[str, Any] = {
        "backend": "transformers",
        "model": str(checkpoint("qwen2.5-vl")),
        "device": "cpu",
        "as_video": False,
    }
    profiles = {"tiny": {"base": "embedded", "stages": ["thumbnails"], "roles": {"answerer": answerer}}}
    home = tmp_path / "home"
    with VideoScout("tiny", home, profiles=profiles, max_new_tokens=4) as scout:
        [read] = scout.ingest([bikes])
        with pytest.raises(UsageError, match="nothing is remembered"):
            list(scout.recall(read.video, "Who rides?"))
        with pytest.raises(UsageError, match="no memory 'zip'; there are rekv, stream_memory"):
            scout.remember(read.video, "zip")
        made = scout.remember(read.video, kind, 3)
        first = "".join(scout.recall(read.video, "Who rides?"))
    assert (made.frames, made.kind) == (3, kind)
    file = home / ENCODED / read.video / "memories" / f"{kind}.pt"
    assert file.stat().st_size > made.bytes // 2 > 0  # a summary of one clip is that clip, and written once
    assert file.stat().st_mode & 0o077 == 0
    with VideoScout("tiny", home, profiles=profiles, max_new_tokens=4) as scout:
        model = scout.role("answerer")
        model.ready()
        with Watch(model) as watch:
            assert "".join(scout.recall(read.video, "Who rides?")) == first
        assert watch.looks == 0
        assert watch.fed[0] < 60  # the question alone: frames have more
        scout.forget(read.video)
    assert not file.exists()


def test_an_answerer_that_cannot_remember_says_so_in_one_line(bikes: Path, tmp_path: Path):
    profiles = {"plain": {"base": "embedded", "stages": ["thumbnails"]}}
    with VideoScout("plain", tmp_path / "home", profiles=profiles) as scout:
        [read] = scout.ingest([bikes])
        with pytest.raises(UsageError, match="does not") as refused:
            scout.remember(read.video)
    assert "\n" not in str(refused.value)


def test_the_command_line_remembers_and_recalls(
    bikes: Path, checkpoint: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    answerer: dict[str, Any] = {
        "backend": "transformers",
        "model": str(checkpoint("smolvlm2")),
        "device": "cpu",
        "as_video": False,
    }
    profiles = {"tiny": {"base": "embedded", "stages": ["thumbnails"], "roles": {"answerer": answerer}}}
    with VideoScout("tiny", tmp_path / "home", profiles=profiles) as scout:
        [read] = scout.ingest([bikes])
    for name, value in {"PROFILES": json.dumps(profiles), "PROFILE": "tiny", "MAX_NEW_TOKENS": "4"}.items():
        monkeypatch.setenv(f"VIDSCOUT_{name}", value)
    command = ["--home", str(tmp_path / "home")]
    made = CliRunner().invoke(app, [*command, "remember", read.video, "--frames", "2", "--json"])
    assert json.loads(made.output)["frames"] == 2, made.output
    said = CliRunner().invoke(app, [*command, "recall", read.video, "Who rides?", "--json"])
    assert json.loads(said.output)["video"] == read.video, said.output
