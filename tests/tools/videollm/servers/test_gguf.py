"""A GGUF model with a projector reads frames: the text model is the embedded one, the tower tiny and random."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from gguf_files import projector
from vidscout.tools.errors import AnswererError, UsageError
from vidscout.tools.videollm import FramePart, Message
from vidscout.tools.videollm.servers.llama_cpp import LlamaCpp, _chat

pytestmark = pytest.mark.models

WIDTH = 896
"""Of Qwen2.5-0.5B's embeddings."""
EACH = 16
"""Tokens of a picture: 56×56 pixels in patches of 14."""


@pytest.fixture(scope="module")
def sees(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaCpp]:
    folder = tmp_path_factory.mktemp("gguf")
    model = LlamaCpp(projector=projector(folder / "mmproj-tiny.gguf", WIDTH), context=1024, threads=1)
    model.ready()
    yield model
    model.close()


def frames(folder: Path, *colours: tuple[int, int, int]) -> list[FramePart]:
    from PIL import Image

    found = []
    for number, colour in enumerate(colours):
        path = folder / f"{number}-{'-'.join(map(str, colour))}.jpg"
        Image.new("RGB", (64, 48), colour).save(path)
        found.append(FramePart(path, 65.0 * number))
    return found


def asked(shown: Sequence[FramePart]) -> list[Message]:
    return [Message("user", (*shown, "What colour?"))]


RED, BLUE = (220, 20, 20), (20, 20, 220)


def test_frames_reach_the_model_and_change_what_it_says(sees: LlamaCpp, tmp_path: Path):
    assert sees.accepts_frames
    red, again, blue = (sees.next_tokens(asked(frames(tmp_path, colour))) for colour in (RED, RED, BLUE))
    assert red == pytest.approx(again, abs=1e-3)
    common = red.keys() & blue.keys()
    assert max(abs(red[token] - blue[token]) for token in common) > 0.01 or red.keys() != blue.keys()


def test_a_frame_costs_its_tokens_and_its_time(sees: LlamaCpp, tmp_path: Path):
    shown = frames(tmp_path, RED, BLUE, RED)
    one, two = (sees.count_tokens(asked(shown[:count])) for count in (1, 2))
    without = sees.count_tokens([Message("user", ("What colour?",))])
    assert EACH < one - without <= EACH + 12
    assert EACH < two - one <= EACH + 12
    answer = "".join(sees.generate(asked(shown[:2]), max_tokens=3))
    assert answer


def test_each_frame_stands_behind_its_own_time(tmp_path: Path):
    [message] = _chat(asked(frames(tmp_path, RED, BLUE, RED)))
    kinds = [part["type"] for part in message["content"]]
    assert kinds == ["text", "image_url", "text", "image_url", "text", "image_url", "text"], (
        "no two images are adjacent"
    )
    told = [part["text"].strip() for part in message["content"] if part["type"] == "text"]
    assert told == ["[0:00]", "[1:05]", "[2:10]", "What colour?"]


def test_a_model_without_a_projector_reads_no_frames(tmp_path: Path):
    model = LlamaCpp()
    assert not model.accepts_frames
    with pytest.raises(UsageError, match="reads no frames"):
        list(model.generate(asked(frames(tmp_path, RED))))


def test_the_family_is_known_by_the_files_name(tmp_path: Path):
    model = LlamaCpp(tmp_path / "Qwen3-VL-8B-Instruct-Q4_K_M.gguf", projector=tmp_path / "mmproj-F16.gguf")
    assert model.family is not None
    assert model.family.title == "Qwen3-VL"
    assert model.frame_cost(640, 360) == 238
    assert model.source == "llama.cpp/Qwen3-VL-8B-Instruct-Q4_K_M+mmproj-F16.1"


def test_a_projector_that_is_not_there_or_fits_no_model_is_one_line(tmp_path: Path):
    with pytest.raises(UsageError, match=r"there is no projector file .*absent\.gguf"):
        LlamaCpp(projector=tmp_path / "absent.gguf").ready()
    misfit: Any = LlamaCpp(projector=projector(tmp_path / "other.gguf", 64), threads=1)
    with pytest.raises(AnswererError, match="cannot load") as caught:
        misfit.ready()
    assert "\n" not in str(caught.value)
