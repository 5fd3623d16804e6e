"""What a question will take is known before weights are loaded, and is what it then takes."""

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner
from vidscout import VideoScout
from vidscout.agent.asking.estimating import fitting
from vidscout.agent.cli import app
from vidscout.tools.errors import UsageError
from vidscout.tools.videollm import FramePart, Message
from vidscout.tools.videollm.estimate import COPIES, EARLIER, Estimate, Estimator, checked
from vidscout.tools.videollm.hub_model import Transformers
from vidscout.tools.videollm.memory.vidkv import cache_bytes


def asked(frames: list[FramePart]) -> list[Message]:
    return [Message("system", ("Answer briefly.",)), Message("user", (*frames, "Question: who speaks?"))]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("qwen2.5-vl", {}),
        ("qwen2.5-vl", {"compress": "evs:0.4"}),
        ("qwen3-vl", {"as_video": True}),
        ("smolvlm2", {}),
        ("llava-onevision", {"compress": "pool:0.25", "as_video": False}),
    ],
)
def test_tokens_and_bytes_are_those_of_the_answer(name: str, options: dict[str, Any], checkpoint, frames):
    model = Transformers(checkpoint(name), device="cpu", **options)
    found = Estimator(model).of(asked(frames), 10)
    assert not model.is_ready
    with closing(model):
        model.ready()
        assert found.prompt == model.count_tokens(asked(frames))
        prompt = model._prompt(asked(frames))
        model._prefill(prompt)
        assert model._prefixes.last is not None
        read = cache_bytes(model._prefixes.last.cache)
        assert found.cache == pytest.approx(COPIES * read * (found.prompt + 10) / found.prompt, rel=1e-6)
        rows = sum(len(unit.encoded.rows) for unit in prompt.frames)
        assert rows <= found.visual < found.prompt
        assert found.context == model.context


def test_prompts_that_came_before_are_counted_too(checkpoint: Callable[[str], Path]):
    with closing(Transformers(checkpoint("smolvlm2"), device="cpu")) as model:
        said = Estimator(model).of([Message("user", ("a" * 200,))], 1)
        model.ready()
        for letter in "abcde":  # which begin with nothing in common but the template's opening
            model.next_tokens([Message("user", (letter * 200,))])
        held = [cache_bytes(prefix.cache) for prefix in model._prefixes._kept]
        assert len(held) == 1 + EARLIER
        assert sum(held[:-1]) == said.earlier


def test_a_packed_cache_takes_no_more_than_is_said(checkpoint: Callable[[str], Path]):
    long = [Message("user", ("hello there " * 100,))]
    for kind in ("vidkv-1.5", "vidkv-2"):
        with closing(Transformers(checkpoint("qwen2.5-vl"), device="cpu", kv_cache=kind)) as model:
            said = Estimator(model).of(long, 1).cache / COPIES
            model.ready()
            model.next_tokens(long)
            assert model._prefixes.last is not None
            packed, loose = (
                model._prefixes.last.cache.layers[0].packed,
                model._prefixes.last.cache.layers[0].keys.shape[-2],
            )
            assert packed > 5 * loose
            whole = Estimator(Transformers(checkpoint("qwen2.5-vl"), device="cpu")).of(long, 1).cache / COPIES
            rest = whole * loose / (packed + loose)
            assert cache_bytes(model._prefixes.last.cache) <= said + rest


def test_past_the_models_limit_is_one_line(checkpoint: Callable[[str], Path], frames: list[FramePart]):
    found = Estimator(Transformers(checkpoint("qwen2.5-vl"), device="cpu", context=100)).of(asked(frames), 10)
    for fit, says in ((2, "show at most 2 frames, or compress them"), (0, "also without frames: set max_new_tokens")):
        with pytest.raises(UsageError, match=f"past the 100 that it takes.*{says}") as refused:
            checked(found, "it", fit)
        assert "\n" not in str(refused.value)
    assert checked(replace(found, context=found.prompt + 10), "it").fits


def test_as_many_frames_as_fit_are_told(checkpoint: Callable[[str], Path], frames: list[FramePart]):
    estimator = Estimator(Transformers(checkpoint("qwen2.5-vl"), device="cpu"))
    six = estimator.of(asked(frames[:6]), 10)
    estimator.model._most_context = six.prompt + 10

    def with_so_many(count: int) -> Estimate:
        return estimator.of(asked(frames[:count]), 10)

    assert fitting(with_so_many, 8) == 6
    estimator.model._most_context = 5
    assert fitting(with_so_many, 8) == 0


def test_with_a_stride_positions_are_the_limit(checkpoint: Callable[[str], Path], frames: list[FramePart]):
    folder = checkpoint("smolvlm2")
    plain = Estimator(Transformers(folder, device="cpu", as_video=False)).of(asked(frames), 10)
    estimator = Estimator(Transformers(folder, device="cpu", as_video=False, visual_stride=0.25))
    estimator._text.max_position_embeddings = plain.prompt + 9  # one fewer than it takes without a stride
    strided = estimator.of(asked(frames), 10)
    assert strided.fits
    assert strided.prompt == plain.prompt
    estimator._text.max_position_embeddings = plain.prompt - plain.visual + plain.visual // 4
    with pytest.raises(UsageError, match=r"past the positions that it knows, by \d+: show at most 3 frames"):
        checked(estimator.of(asked(frames), 10), "it", 3)


def test_what_loading_would_refuse_is_refused_beforehand(checkpoint: Callable[[str], Path]):
    with pytest.raises(UsageError, match="models with plain positions"):
        Estimator(Transformers(checkpoint("qwen2.5-vl"), device="cpu", visual_stride=0.25))
    with pytest.raises(UsageError, match="context, the most tokens"):
        Estimator(Transformers(checkpoint("qwen2.5-vl"), device="cpu", context=0)).of(asked([]), 1)


def test_a_scout_says_it_of_a_video_and_the_command_line_refuses(
    bikes: Path, checkpoint: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    answerer = {"backend": "transformers", "model": str(checkpoint("qwen2.5-vl")), "device": "cpu", "context": 2000}
    profiles = {"tiny": {"base": "embedded", "stages": ["thumbnails"], "roles": {"answerer": answerer}}}
    home = tmp_path / "home"
    with VideoScout("tiny", home, profiles=profiles, frames=4, token_budget=400) as scout:
        [read] = scout.ingest([bikes])
        few = scout.estimate(read.video)
        assert (few.frames_wanted, few.context) == (4, 2000)
        assert 0 < few.frames <= 4
        assert 0 < few.visual <= 400
        assert few.visual < few.prompt <= 2000 - few.answer
        assert not scout.role("answerer").is_ready
        with pytest.raises(UsageError, match="past the 2,000"):
            scout.with_settings(max_new_tokens=1990).estimate(read.video)
    monkeypatch.setenv("VIDSCOUT_PROFILES", json.dumps(profiles))
    monkeypatch.setenv("VIDSCOUT_PROFILE", "tiny")
    command = ["--home", str(home), "estimate", read.video, "--frames", "4"]
    said = CliRunner().invoke(app, [*command, "--json"])
    assert said.exit_code == 0, said.output
    assert json.loads(said.output)["frames_wanted"] == 4
    monkeypatch.setenv("VIDSCOUT_MAX_NEW_TOKENS", "1990")
    with pytest.raises(UsageError, match="past the 2,000"):  # which the program turns into one line and exit code 2
        CliRunner().invoke(app, command, catch_exceptions=False)
