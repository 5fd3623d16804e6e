"""Models are pulled from a hub that runs on a local port and speaks the real one's API."""

import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from checkpoints import build
from local_hub import COMMIT, NEWER, LocalHub
from safetensors.torch import save
from vidscout.tools.errors import WeightsError
from vidscout.tools.runtime import memory_budget as memory
from vidscout.tools.runtime.hub_model import Checkpoint
from vidscout.tools.weights import catalogue as weights
from vidscout.tools.weights import hub as snapshots
from vidscout.tools.weights import pull as pulling
from vidscout.tools.weights.pull import PullProgress, verify

REPO = "tests/model"
WEIGHTS = save({"w": torch.arange(5000, dtype=torch.float32)})
FILES = {
    "README.md": b"# A model",
    "config.json": b'{"model_type": "bert"}',
    "model.safetensors": WEIGHTS,
    "pytorch_model.bin": b"a pickle",
    "modeling_model.py": b"raise SystemExit",
    "merges.txt": b"a b",
    "chat_template.jinja": b"{{ messages }}",
    "onnx/model.onnx": b"another format",
}
FETCHED = {"config.json", "model.safetensors", "merges.txt", "chat_template.jinja"}


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalHub]:
    with LocalHub({REPO: {COMMIT: dict(FILES)}}) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
        monkeypatch.setenv("VIDSCOUT_WEIGHTS", str(tmp_path / "weights"))
        monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)  # the hub is our own server
        yield hub


def pull(*names: str, **options: Any) -> list[PullProgress]:
    seen: list[PullProgress] = []
    pulling.pull(names or [REPO], on_progress=seen.append, **options)
    return seen


def catalogue(tmp_path: Path, **fields: str) -> Path:
    table = {"role": "answerer", "title": "A model", "publisher": "The tests", "licence": "MIT", "hub": REPO, **fields}
    path = tmp_path / "catalogue.toml"
    path.write_text("[model]\n" + "\n".join(f"{key} = {json.dumps(value)}" for key, value in table.items()))
    return path


def test_a_model_comes_as_data_and_nothing_else(hub: LocalHub):
    seen = pull()
    place = weights.folder(REPO)
    assert {path.name for path in place.rglob("*") if path.is_file()} == FETCHED
    assert set(hub.downloads()) == FETCHED
    assert (place / "model.safetensors").read_bytes() == WEIGHTS
    assert place.name == COMMIT
    assert [event.detail for event in seen if event.stage == "note"] == [
        f"{REPO}: the catalogue pins no commit of it, so what came is what the hub gave: {COMMIT}, which is kept until "
        "--upgrade",
        f"{REPO} comes with Python code, which was not fetched (--trust-remote-code)",
    ]
    assert seen[-1].stage == "done"


def test_progress_counts_the_bytes_up_to_the_last(hub: LocalHub):
    told = [event for event in pull() if event.stage == "download"]
    whole = sum(len(FILES[name]) for name in FETCHED)
    assert {event.total for event in told} == {whole}
    assert [event.done for event in told] == sorted(event.done for event in told)
    assert told[0].done == 0
    assert told[-1].done == whole


def test_python_code_comes_only_when_somebody_says_so(hub: LocalHub):
    pull(trust_remote_code=True)
    assert "modeling_model.py" in hub.downloads()


def test_what_is_here_is_not_asked_for_again(hub: LocalHub):
    pull()
    hub.requests.clear()
    assert [event.stage for event in pull()] == ["present"]
    assert hub.requests == []
    pull(force=True)
    assert set(hub.downloads()) == FETCHED


def test_an_unpinned_model_stays_at_its_first_commit_until_it_is_upgraded(hub: LocalHub, tmp_path: Path):
    pull()
    hub.repos[REPO][NEWER] = {**FILES, "config.json": b'{"model_type": "newer"}'}
    shutil.rmtree(tmp_path / "hub")
    pull()
    assert weights.folder(REPO).name == COMMIT == weights.commit(REPO)
    pull(upgrade=True)
    assert weights.folder(REPO).name == NEWER == weights.commit(REPO)
    assert b"newer" in (weights.folder(REPO) / "config.json").read_bytes()


def test_a_branch_is_no_commit_and_that_is_said(hub: LocalHub, tmp_path: Path):
    entry = weights.entries(catalogue(tmp_path, revision="main"))["model"]
    assert not entry.pinned
    [note, _] = [event.detail for event in pull(f"{REPO}@main") if event.stage == "note"]
    assert note.startswith(f"{REPO}@main: 'main' names no commit, so what came is what the hub gave: {COMMIT}")
    notes = [event.detail for event in pull(f"{REPO}@{COMMIT}") if event.stage == "note"]
    assert not [note for note in notes if "commit" in note]


def test_a_pinned_model_ignores_what_the_hub_calls_main_and_an_upgrade(hub: LocalHub, tmp_path: Path):
    hub.repos[REPO][NEWER] = dict(FILES)
    pinned = catalogue(tmp_path, revision=COMMIT)
    pulling.pull(["model"], catalogue=pinned, upgrade=True)
    assert weights.folder("model", pinned).name == COMMIT
    assert weights.entries(pinned)["model"].pinned


def test_the_record_of_commits_says_which_files_belong_to_a_model(hub: LocalHub, tmp_path: Path):
    pull()
    recorded = json.loads((tmp_path / "weights" / weights.COMMITS).read_text())
    assert recorded == {REPO: {"commit": COMMIT, "files": {name: len(FILES[name]) for name in FETCHED}}}


def test_a_model_of_which_a_file_has_gone_is_not_here_and_the_next_pull_brings_that_file(hub: LocalHub):
    pull()
    gone = weights.folder(REPO) / "merges.txt"
    gone.resolve().unlink()
    gone.unlink()
    assert not weights.present(REPO)
    with pytest.raises(WeightsError, match=f"run `vidscout models pull {REPO}`"):
        weights.folder(REPO)
    hub.requests.clear()
    pull()
    assert hub.downloads() == ["merges.txt"]
    assert weights.present(REPO)


def test_verify_notices_a_changed_byte(hub: LocalHub):
    pull()
    assert verify(REPO) == []
    blob = (weights.folder(REPO) / "model.safetensors").resolve()
    blob.write_bytes(WEIGHTS[:-1] + b"\x01")
    [problem] = verify(REPO)
    assert "model.safetensors" in problem


def test_weights_that_are_pickled_only_are_refused(hub: LocalHub):
    del hub.repos[REPO][COMMIT]["model.safetensors"]
    with pytest.raises(WeightsError, match="no weights as safetensors; pickled weights are not fetched"):
        pull()
    assert hub.downloads() == []


def gated(hub: LocalHub) -> None:
    hub.gated.add(REPO)


def private(hub: LocalHub) -> None:
    hub.private.add(REPO)


def failing(hub: LocalHub) -> None:
    hub.failing = True


def down(hub: LocalHub) -> None:
    os.environ["HF_ENDPOINT"] = "http://127.0.0.1:9"


def offline(hub: LocalHub) -> None:
    os.environ["HF_HUB_OFFLINE"] = "1"


def full(hub: LocalHub) -> None:
    snapshots.shutil.disk_usage = lambda path: type("Usage", (), {"free": 10})()  # pyright: ignore


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        (gated, "is gated: accept its licence on the hub, then log in with `hf auth login` or set HF_TOKEN"),
        (private, "is not on the hub, or it is private: log in"),
        (failing, "was refused by the hub at http://127.0.0.1"),
        (down, "the model hub at http://127.0.0.1:9 cannot be reached"),
        (offline, "HF_HUB_OFFLINE is set, so the model hub was not asked for it"),
        (full, "are free in .*HF_HOME"),
    ],
)
def test_what_goes_wrong_is_one_line_that_says_what_to_do(
    hub: LocalHub, monkeypatch: pytest.MonkeyPatch, trouble, says: str
):
    monkeypatch.setattr(os, "environ", os.environ.copy())
    monkeypatch.setattr(snapshots.shutil, "disk_usage", shutil.disk_usage)
    trouble(hub)
    with pytest.raises(WeightsError, match=says) as error:
        pull()
    assert "\n" not in str(error.value)
    assert str(error.value).startswith(REPO)
    assert not weights.present(REPO)


def test_a_download_that_breaks_off_is_noticed_and_the_next_pull_finishes_it(hub: LocalHub):
    hub.cut.add("model.safetensors")
    with pytest.raises(WeightsError, match=REPO):
        pull()
    assert not weights.present(REPO)
    hub.cut.clear()
    pull()
    assert (weights.folder(REPO) / "model.safetensors").read_bytes() == WEIGHTS


def test_two_pulls_at_once_fetch_every_file_once(hub: LocalHub):
    threads = [threading.Thread(target=pull) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(hub.downloads()) == sorted(FETCHED)


def test_what_another_program_left_in_the_hubs_cache_counts_when_it_is_whole(hub: LocalHub, tmp_path: Path):
    folder = tmp_path / "hub" / "models--tests--model"
    place = folder / "snapshots" / NEWER
    place.mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text(NEWER)
    (place / "config.json").write_text("{}")
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (place / "model.safetensors.index.json").write_text(json.dumps(index))
    (place / "model-1.safetensors").write_bytes(WEIGHTS)
    assert not weights.present(REPO)
    (place / "model-2.safetensors").write_bytes(WEIGHTS)
    assert weights.folder(REPO) == place
    assert hub.requests == []


def test_a_pulled_model_loads_as_transformers_loads_it_and_its_memory_is_known_before(hub: LocalHub, tmp_path: Path):
    folder = build("clip", tmp_path / "clip")
    hub.repos["tests/clip"] = {COMMIT: {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}}
    pull("tests/clip")
    hub.requests.clear()
    checkpoint = Checkpoint("tests/clip", device="cpu")
    model = checkpoint.load("AutoModel")
    assert type(model).__name__ == "CLIPModel"
    held = model.get_memory_footprint()
    assert held * 0.9 <= memory.checkpoint_bytes(weights.folder("tests/clip"), "float32") <= held * 1.1
    assert replace(checkpoint, dtype="float16").load("AutoModel").get_memory_footprint() < held * 0.6
    assert hub.downloads() == []


@pytest.mark.parametrize(("forbidden", "expected"), [("1", None), ("", True)])
def test_whether_the_hub_can_be_reached(hub: LocalHub, monkeypatch: pytest.MonkeyPatch, forbidden: str, expected):
    monkeypatch.setenv("HF_HUB_OFFLINE", forbidden)
    assert snapshots.reachable() is expected


def test_a_hub_that_never_answers_is_given_up_after_a_moment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    with socket.socket() as full:  # nobody accepts, so the second connection waits
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{full.getsockname()[1]}")
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        began = time.monotonic()
        assert snapshots.reachable(timeout=0.3) is False
        assert time.monotonic() - began < 2
        for one in waiting:
            one.close()
