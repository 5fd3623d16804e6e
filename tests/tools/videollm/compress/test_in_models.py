"""Compressed prompts through tiny checkpoints of the real classes: counts, positions, caches."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from fed_tokens import Watch
from vidscout.tools.errors import UsageError
from vidscout.tools.videollm import FramePart, Message
from vidscout.tools.videollm.compress import COMPRESSORS, compressor
from vidscout.tools.videollm.hub_model import Transformers

NAMES = ("qwen2.5-vl", "qwen3-vl", "smolvlm2", "llava-onevision", "llava-next-video", "internvl3")
SPECS = {
    "aim": "0.3",
    "bvllm": "7",
    "delta": "2",
    "dycoke": "0.3",
    "evs": "0.4",
    "fastvid": "0.3",
    "hired": "0.3",
    "pool": "0.3",
    "progressive_pool": "2x2",
    "promptpool": "7",
    "sample": "7",
    "stride": "2",
    "tome": "0.3x2",
    "vidcom2": "0.3",
}
EVERYTHING = {
    "stride": "1",
    "progressive_pool": "1",
    "bvllm": "99999",
    "promptpool": "99999",
    "sample": "99999",
    "delta": "99999",
}


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> list[FramePart]:
    """Six frames, the first three nearly the same."""
    import numpy as np
    from PIL import Image

    folder = tmp_path_factory.mktemp("frames")
    made = []
    for number, seed in enumerate((1, 1, 1, 4, 5, 6)):
        noise = np.random.default_rng(seed).normal(120, 60, (90, 160, 3))
        noise[:8, :8] = 20 * number
        path = folder / f"{number}.png"
        Image.fromarray(np.clip(noise, 0, 255).astype("uint8")).save(path)
        made.append(FramePart(path, 3.0 * number))
    return made


@pytest.fixture(scope="module")
def loaded(checkpoint: Callable[[str], Path]) -> Iterator[Callable[..., Transformers]]:
    known: dict[Any, Transformers] = {}

    def load(name: str, compress: str | None = None, **options: Any) -> Transformers:
        """The same object whatever compresses, so that each checkpoint is loaded once."""
        options.setdefault("as_video", False)  # what the family prefers is told in test_families.py
        asked = (name, *sorted(options.items()))
        if asked not in known:
            known[asked] = Transformers(checkpoint(name), device="cpu", compress=compress or "evs", **options)
            known[asked].ready()
        model = known[asked]
        model.compressor = compressor(compress) if compress else None
        model._shorten_by(model.compressor)
        model._reader._counts.clear()
        model._prefixes.clear()
        model._encoder.clear()
        return model

    yield load
    for model in known.values():
        model.close()


def asked(frames: Sequence[FramePart], question: str = "What is seen?") -> list[Message]:
    parts: list[str | FramePart] = ["Evidence:\n"]
    for frame in frames:
        parts += [frame, 'said: "look"\n']
    return [Message("system", ("Answer briefly.",)), Message("user", (*parts, f"Question: {question}"))]


def logits(model: Transformers, messages: Sequence[Message]) -> torch.Tensor:
    return model._prefill(model._prompt(messages))[0]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("as_video", [False, True], ids=["images", "video"])
def test_what_is_counted_is_what_is_fed(name, as_video, loaded, frames):
    for one, amount in SPECS.items():
        model = loaded(name, as_video=as_video, compress=f"{one}:{amount}")
        messages = asked(frames)
        with Watch(model) as watch:
            model.next_tokens(messages)
        assert watch.tokens == model.count_tokens(messages)
        assert watch.tokens < loaded(name, as_video=as_video).count_tokens(messages)


@pytest.mark.parametrize("name", NAMES)
def test_everything_kept_is_nothing_changed(name, loaded, frames):
    assert set(SPECS) == set(COMPRESSORS)
    whole = logits(loaded(name), asked(frames))
    for one in SPECS:
        kept = logits(loaded(name, compress=f"{one}:{EVERYTHING.get(one, '1')}"), asked(frames))
        assert torch.equal(kept, whole)


@pytest.mark.parametrize("as_video", [False, True], ids=["images", "video"])
def test_a_kept_token_stays_where_it_was_in_space_and_time(as_video, loaded, frames):
    whole = loaded("qwen2.5-vl", as_video=as_video)._prompt(asked(frames))
    model = loaded("qwen2.5-vl", as_video=as_video, compress="evs:0.4")
    cut = model._prompt(asked(frames))
    assert whole.positions is not None
    assert cut.positions is not None
    assert len(cut.ids) == cut.positions.shape[-1]
    places = {tuple(place) for place in whole.positions[:, 0].T.tolist()}
    assert {tuple(place) for place in cut.positions[:, 0].T.tolist()} <= places
    assert cut.positions[:, 0, -1].tolist() == whole.positions[:, 0, -1].tolist()
    assert cut.offset + len(cut.ids) == whole.offset + len(whole.ids)  # what is written goes on from the same place


def test_times_stay_as_text(loaded, frames):
    model = loaded("qwen3-vl", as_video=True, compress="stride:2")
    prompt = model._reader.tokenizer.decode(model._prompt(asked(frames)).ids)
    assert prompt.count("seconds>") == 6  # each frame twice, since two that follow each other are fused
    images = loaded("qwen3-vl", compress="stride:2")
    prompt = images._reader.tokenizer.decode(images._prompt(asked(frames)).ids)
    assert all(f"[0:{3 * n:02}]" in prompt for n in range(6))


def test_rows_of_inner_layers_are_cut_alike(loaded, frames):
    model = loaded("qwen3-vl", compress="aim:0.3")
    for unit in model._prompt(asked(frames)).frames:
        assert [len(layer) for layer in unit.encoded.deeper] == [len(unit.encoded.rows)] * 2


@pytest.mark.parametrize("spec", ["evs:0.4", "fastvid:0.3", "aim:0.3", "pool:0.3", "bvllm:9"])
def test_a_second_question_reads_only_what_is_new(spec, loaded, frames):
    model = loaded("qwen2.5-vl", compress=spec)
    first = asked(frames)
    logits(model, first)
    with Watch(model) as watch:
        again = logits(model, asked(frames, "Who speaks?"))
    assert watch.looks == 0
    if not model.compressor.asks:
        assert watch.tokens < 40
    model._prefixes.clear()
    assert torch.allclose(logits(model, asked(frames, "Who speaks?")), again, atol=1e-4)


@pytest.mark.parametrize("spec", ["promptpool:7", "bvllm:7"])
def test_options_in_another_order_are_the_same_question(spec, loaded, frames):
    model = loaded("qwen2.5-vl", compress=spec)
    options = ["a red door", "two dogs", "nobody"]
    with Watch(model) as watch:
        shares = model.choose(asked(frames), options)
    assert sum(shares) == pytest.approx(1)
    assert watch.tokens < 1.7 * model.count_tokens(asked(frames))  # three orders of the options


def test_frames_that_make_others_what_they_are_are_part_of_their_name(loaded, frames):
    """Merged from other frames, a frame is not the same although it and its places are."""
    model = loaded("qwen2.5-vl", compress="pool:2x2x2")
    one = logits(model, asked([frames[0], frames[3], *frames[4:]]))
    with_cache = logits(model, asked([frames[0], frames[4], *frames[4:]]))
    model._prefixes.clear()
    assert torch.allclose(logits(model, asked([frames[0], frames[4], *frames[4:]])), with_cache, atol=1e-4)
    assert not torch.allclose(one, with_cache, atol=1e-4)


def test_an_answer_is_written_from_a_compressed_prompt(loaded, frames):
    for name in NAMES:
        model = loaded(name, compress="evs:0.4")
        assert "".join(model.stream(asked(frames), 6, 0.0, None)) == "".join(model.stream(asked(frames), 6, 0.0, None))


@pytest.mark.parametrize("name", ["llava-next-video", "llava-onevision"])
def test_hired_takes_the_towers_own_attention(name, loaded, frames, caplog):
    model = loaded(name, compress="hired:0.3", attention="eager")
    shown = model._encoder.encode(model._reader.read(asked(frames[:3])))
    assert all(frame.attention is not None for frame in shown)
    for frame in shown:
        attention = frame.attention
        assert attention.shape == (len(frame.rows), 3)
        heads, tiles = 4, attention[attention[:, 2] >= 0, 2].unique()
        assert bool((attention[attention[:, 2] < 0, :2] == 0).all())  # line ends
        assert len(tiles) > (1 if name == "llava-next-video" else 0)
        assert float(attention[:, :2].max()) <= heads * 17
    logits(model, asked(frames[:3]))
    assert not [line for line in caplog.messages if "hired" in line]


def test_attention_lies_as_the_rows_do(loaded, frames):
    """What is noted of a tile's patch is found at the row that the tile's patch became."""
    model = loaded("llava-next-video", compress="hired:0.3", attention="eager")
    read = model._reader.read(asked(frames[:1]))
    [frame] = model._encoder.encode(read)
    grabbed: list[torch.Tensor] = []
    tower = model._encoder.base.vision_tower
    layer = next(part for name, part in tower.named_modules() if name.endswith("self_attn"))
    hook = layer.register_forward_hook(lambda _, __, output: grabbed.append(output[1]))
    model._encoder.clear()
    model._encoder.encode(read)
    hook.remove()
    base_tile = grabbed[0][0].sum(0)[0, 1:]  # the first tile is the whole picture, and comes first
    assert torch.allclose(frame.attention[: len(base_tile), 0], base_tile, atol=1e-5)


def test_a_model_without_a_way_to_be_given_rows_says_so(checkpoint, monkeypatch):
    import vidscout.tools.videollm.caches.vision_cache as module

    class Impossible(module.Encoder):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            self.possible = False

    monkeypatch.setattr("vidscout.tools.videollm.hub_model.Encoder", Impossible)
    with pytest.raises(UsageError, match="compress = evs"):
        Transformers(checkpoint("smolvlm2"), device="cpu", compress="evs").ready()


def test_an_unknown_compressor_is_told_at_once():
    with pytest.raises(UsageError, match="no compressor 'zip'"):
        Transformers("smolvlm2-500m-video", compress="zip:0.5")


def test_frames_that_say_how_are_made_fewer_and_others_not(loaded, frames):
    model = loaded("qwen2.5-vl")
    low = [replace(frame, compress="pool:0.25") for frame in frames[:3]]
    messages = asked([*low, *frames[3:]])
    with Watch(model) as watch:
        model.next_tokens(messages)
    assert watch.tokens == model.count_tokens(messages)
    whole = model._prompt(asked(frames)).frames
    prompt = model._prompt(messages)
    assert [len(unit.encoded.rows) for unit in prompt.frames[3:]] == [len(unit.encoded.rows) for unit in whole[3:]]
    assert len(prompt.frames[0].encoded.rows) < len(whole[0].encoded.rows) / 2
    assert watch.looks == 1  # how a frame is shown does not change what the tower sees


def test_frames_that_say_the_same_are_taken_together(loaded, frames):
    model = loaded("qwen2.5-vl")
    every = [replace(frame, compress="stride:2") for frame in frames]
    assert len(model._prompt(asked(every)).frames) == 3
