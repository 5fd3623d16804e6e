"""What a video-LLM computed for a home's frames is there for the next process, and goes with the video."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from fed_tokens import Watch
from vidscout.tools.index.encoded import EncodedFrames
from vidscout.tools.index.home import ENCODED
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.videollm import FramePart, Message
from vidscout.tools.videollm.hub_model import Transformers

VIDEO = "a1b2c3"


@pytest.fixture
def shown(frames: list[FramePart], tmp_path: Path) -> list[FramePart]:
    """Frames as a home keeps them."""
    VideoIndex(tmp_path).close()
    folder = tmp_path / "thumbnails" / VIDEO
    folder.mkdir(parents=True)
    return [FramePart(Path(shutil.copy(one.path, folder)), one.time) for one in frames[:4]]


@pytest.fixture
def started(checkpoint: Callable[[str], Path]) -> Iterator[Callable[..., Transformers]]:
    """A model as a new process loads it."""
    made: list[Transformers] = []

    def start(name: str = "qwen2.5-vl", **options: object) -> Transformers:
        how: Any = {"device": "cpu", "as_video": False, **options}
        made.append(Transformers(checkpoint(name), **how))
        made[-1].homes = EncodedFrames()
        made[-1].ready()
        return made[-1]

    yield start
    for model in made:
        model.close()


def asked(frames: list[FramePart], question: str) -> list[Message]:
    return [Message("system", ("Answer briefly.",)), Message("user", (*frames, f"Question: {question}"))]


def logits(model: Transformers, messages: list[Message]) -> torch.Tensor:
    return model._prefill(model._prompt(messages))[0]


@pytest.mark.parametrize("name", ["qwen2.5-vl", "qwen3-vl", "smolvlm2", "llava-onevision"])
def test_another_process_looks_at_no_frame_and_reads_only_the_question(name, started, shown):
    logits(started(name), asked(shown, "Who speaks?"))
    expected = logits(started(name, disk_quota=0), asked(shown, "What is written?"))
    second = started(name)
    prompt = second._prompt(asked(shown, "What is written?"))
    with Watch(second) as watch:
        found = logits(second, asked(shown, "What is written?"))
    assert watch.looks == 0
    assert watch.fed == [len(prompt.ids) - prompt.frames[-1].end]
    assert torch.allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("name", ["qwen2.5-vl", "qwen3-vl", "llava-onevision", "llava-next-video", "video-llava"])
def test_frames_that_went_in_as_a_video_are_kept_too(name, started, shown):
    logits(started(name, as_video=True), asked(shown, "Who speaks?"))
    expected = logits(started(name, as_video=True, disk_quota=0), asked(shown, "What is written?"))
    second = started(name, as_video=True)
    prompt = second._prompt(asked(shown, "What is written?"))
    with Watch(second) as watch:
        found = logits(second, asked(shown, "What is written?"))
    assert watch.looks == 0
    assert watch.fed == [len(prompt.ids) - prompt.frames[-1].end]
    assert torch.allclose(found, expected, atol=1e-4)
    other = [*shown[:3], FramePart(shown[3].path, shown[3].time + 1)]  # of another time, so another video
    with Watch(second) as watch:
        logits(second, asked(other, "What is written?"))
    assert watch.looks == 1


def test_other_frames_of_the_video_cost_what_is_new(started, shown):
    logits(started(), asked(shown[:3], "Who speaks?"))
    second, whole = started(), started(disk_quota=0)
    with Watch(second) as watch, Watch(whole) as everything:
        found, expected = (logits(model, asked(shown[1:], "Who speaks?")) for model in (second, whole))
    assert 0 < sum(map(len, watch.pixels)) < sum(map(len, everything.pixels))
    assert (
        sum(len(pixels) for pixels in watch.pixels)
        < sum(len(u.encoded.rows) for u in second._prompt(asked(shown[1:], "?")).frames) * 4
    )
    assert torch.allclose(found, expected, atol=1e-4)


def test_compressed_prompts_are_kept_apart(started, shown):
    logits(started(), asked(shown, "Who speaks?"))
    logits(started(compress="evs:0.5"), asked(shown, "Who speaks?"))
    second = started(compress="evs:0.5")
    with Watch(second) as watch:
        found = logits(second, asked(shown, "Why?"))
    assert watch.looks == 0
    assert len(watch.fed) == 1
    assert torch.allclose(found, logits(started(compress="evs:0.5", disk_quota=0), asked(shown, "Why?")), atol=1e-4)


def test_a_changed_frame_another_model_and_damage_are_noticed(started, shown, tmp_path):
    logits(started(), asked(shown, "Who speaks?"))
    shutil.copy(shown[0].path, shown[1].path)
    changed = started()
    with Watch(changed) as watch:
        logits(changed, asked(shown, "Who speaks?"))
    assert watch.looks == 1
    other = started("qwen3-vl")
    with Watch(other) as watch:
        logits(other, asked(shown, "Who speaks?"))
    assert watch.looks == 1
    for file in (tmp_path / ENCODED).rglob("*.safetensors"):
        file.write_bytes(file.read_bytes()[:50])
    damaged = started()
    assert torch.allclose(
        logits(damaged, asked(shown, "Why?")), logits(started(disk_quota=0), asked(shown, "Why?")), atol=1e-4
    )


def test_a_quota_holds_and_what_was_used_longest_ago_goes(started, shown, tmp_path):
    model = started(disk_quota=30_000)
    logits(model, asked(shown, "Who speaks?"))
    files = list((tmp_path / ENCODED).rglob("*.safetensors"))
    assert files
    assert sum(file.stat().st_size for file in files) <= 30_000
    assert not list((tmp_path / ENCODED).rglob("*.part"))


def test_what_is_kept_is_for_its_owner_and_goes_with_the_video(started, shown, tmp_path):
    logits(started(), asked(shown, "Who speaks?"))
    kept = tmp_path / ENCODED / VIDEO
    assert list(kept.rglob("*.safetensors"))
    assert all(file.stat().st_mode & 0o077 == 0 for file in kept.rglob("*"))
    index = VideoIndex(tmp_path)
    index.forget(VIDEO)
    index.close()
    assert not kept.exists()


def test_frames_of_no_home_and_a_home_that_cannot_be_written_keep_nothing(
    started, frames, shown, tmp_path, monkeypatch
):
    before = set(frames[0].path.parent.iterdir())
    logits(started(), asked(frames[:2], "Who speaks?"))
    assert set(frames[0].path.parent.iterdir()) == before

    def full(self: EncodedFrames, file: Path, content: bytes) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(EncodedFrames, "write", full)
    assert bool(torch.isfinite(logits(started(), asked(shown, "Who speaks?"))).all())
    assert not (tmp_path / ENCODED).exists()
