"""`vidscout bench latency` asks whichever backend plays the answerer."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from scripted import Scripted
from typer.testing import CliRunner
from vidscout.bench.cli import app
from vidscout.bench.measure.device.latency import latencies
from vidscout.tools.videollm import Message
from vidscout.tools.videollm.hub_model import Transformers

FIRST, EACH = 0.12, 0.02


class Slow(Scripted):
    """Takes so long to its first piece, and to each of the others."""

    def stream(self, messages: Sequence[Message], max_tokens: int, *rest: Any, **named: Any) -> Any:
        time.sleep(FIRST)
        for _ in range(max_tokens):
            yield "a "
            time.sleep(EACH)
        return None


def test_the_first_token_and_the_speed_are_measured(tmp_path: Path):
    [one, two] = latencies(Slow(sees=True), tmp_path, [1, 3], 5)
    assert (one.frames, two.frames) == (1, 3)
    for told in (one, two):
        assert FIRST <= told.first < 5 * FIRST
        assert FIRST <= told.second < 5 * FIRST
        assert 0 < told.speed <= 1 / EACH


def test_one_that_reads_no_frames_is_asked_without(tmp_path: Path):
    [told] = latencies(Slow(), tmp_path, [8, 32], 2)
    assert told.frames == 0


def test_a_model_of_the_real_class_is_measured(checkpoint, tmp_path: Path):
    model = Transformers(checkpoint("qwen3-vl"), device="cpu", as_video=False)
    [few, many] = latencies(model, tmp_path, [1, 2], 3)
    assert many.tokens > few.tokens > 0
    assert min(few.first, few.second, many.first) > 0
    model.close()


def test_the_command_is_there():
    assert "latency" in CliRunner().invoke(app, ["--help"]).output


@pytest.mark.parametrize(("shown", "warned"), [(96, False), (97, True)])
def test_more_frames_than_a_models_authors_used_are_told_of(shown: int, warned: bool):
    from vidscout.graphs.answer.nodes.pack import beyond

    told = beyond(shown, "JaronTHU/Video-CCAM-9B")
    assert bool(told) is warned
    assert not warned or told == [
        "97 frames are shown, and JaronTHU/Video-CCAM-9B was used with at most 96 by its authors: it may answer worse"
    ]
    assert beyond(500, "Qwen/Qwen3-VL-8B-Instruct") == []
