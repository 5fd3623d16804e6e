"""Video-LLMs by transformers: tiny checkpoints of the real classes, against what transformers itself makes of them."""

import json
import math
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from checkpoints import IMAGE_LLMS, VIDEO_LLMS
from fed_tokens import Watch
from vidscout.tools.errors import BackendUnavailableError, OutOfMemoryError, UsageError, VidscoutError, WeightsError
from vidscout.tools.videollm import Finish, FramePart, Message
from vidscout.tools.videollm.families import of_checkpoint
from vidscout.tools.videollm.hub_model import Transformers
from vidscout.tools.videollm.interface import with_options

OPTIONS = ["a red door", "two dogs", "nobody", "a boat on the sea"]
COLOURS = [
    (200, 30, 30),
    (30, 200, 30),
    (30, 30, 200),
    (200, 200, 30),
    (30, 200, 200),
    (120, 60, 180),
    (9, 9, 9),
    (250,) * 3,
]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """These models are so small that threads would only wait for each other."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def frame(folder: Path, number: int, colour: tuple[int, ...], time: float | None = None) -> FramePart:
    """A frame with a pattern in that colour."""
    import numpy as np
    from PIL import Image

    noise = np.random.default_rng(number).normal(0, 30, (90, 160, 3))
    path = folder / f"{number}.png"
    Image.fromarray(np.clip(noise + colour, 0, 255).astype("uint8")).save(path)
    return FramePart(path, 3.0 * number if time is None else time)


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> list[FramePart]:
    folder = tmp_path_factory.mktemp("frames")
    return [frame(folder, number, colour) for number, colour in enumerate(COLOURS)]


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> FramePart:
    """A frame of another shape."""
    from PIL import Image

    path = tmp_path_factory.mktemp("wide") / "wide.png"
    Image.new("RGB", (400, 100), (90, 20, 60)).save(path)
    return FramePart(path, 40.0)


@pytest.fixture(scope="module")
def loaded(checkpoint: Callable[[str], Path]) -> Iterator[Callable[..., Transformers]]:
    """A loaded model by its name and options, one for all tests of this module."""
    known: dict[Any, Transformers] = {}

    def load(name: str, **options: Any) -> Transformers:
        options.setdefault("as_video", False)  # what the family prefers is told in test_families.py
        asked = (name, *sorted(options.items()))
        if asked not in known:
            known[asked] = Transformers(checkpoint(name), device="cpu", **options)
            known[asked].ready()
        model = known[asked]
        model._prefixes.clear()
        model._encoder.clear()
        return model

    yield load
    for model in known.values():
        model.close()


def asked(frames: Sequence[FramePart], question: str = "What is seen?", said: str = "look here") -> list[Message]:
    """A prompt as the packers make them: evidence between frames, and the question."""
    parts: list[str | FramePart] = ["Evidence:\n"]
    for number, part in enumerate(frames):
        parts += [part, f'[0:{number * 3:02}] said: "{said} {number}"\n']
    return [Message("system", ("Answer in a few words.",)), Message("user", (*parts, f"Question: {question}"))]


def text(content: str) -> dict[str, Any]:
    return {"type": "text", "text": content}


class Reference:
    """The same prompts by transformers' own way: its chat template with images in it, and one call of the model."""

    def __init__(self, folder: Path) -> None:
        import transformers

        self.processor = transformers.AutoProcessor.from_pretrained(folder)
        self.model = transformers.AutoModelForImageTextToText.from_pretrained(folder).eval()
        family = of_checkpoint(folder)
        self.images = {"images_kwargs": dict(family.images)} if family is not None and family.images else {}

    def inputs(self, messages: Sequence[Message]) -> Any:
        from PIL import Image

        chat = []
        if "raise_exception" in self.processor.chat_template:  # no turn for the system: its words go to the user
            user = Message("user", (messages[0].text + "\n\n", *messages[1].parts))
            messages = [user, *messages[2:]]
        for message in messages:
            content: list[dict[str, Any]] = []
            pending = ""
            for part in message.parts:
                if isinstance(part, str):
                    pending += part
                else:
                    content.append(text(f"{pending}[0:{int(part.time):02}]\n"))
                    content.append({"type": "image", "image": Image.open(part.path)})
                    pending = "\n"
            chat.append({"role": message.role, "content": [*content, text(pending)]})
        begun = messages[-1].role == "assistant"
        return self.processor.apply_chat_template(
            chat,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            add_generation_prompt=not begun,
            continue_final_message=begun,
            **self.images,
        )

    def next_letters(self, messages: Sequence[Message], count: int) -> list[float]:
        """Log-probabilities of the letters among all next tokens; each is one token in these tokenizers."""
        import torch

        with torch.inference_mode():
            logits = self.model(**self.inputs(messages)).logits[0, -1].float()
        ids = [self.processor.tokenizer.convert_tokens_to_ids(letter) for letter in "ABCD"[:count]]
        return torch.log_softmax(logits, -1)[ids].tolist()


@pytest.fixture(scope="module")
def reference(checkpoint: Callable[[str], Path]) -> Callable[[str], Reference]:
    return cache(lambda name: Reference(checkpoint(name)))


def finished(stream: Any) -> tuple[str, Finish]:
    written = ""
    while True:
        try:
            written += next(stream)
        except StopIteration as end:
            return written, end.value


@pytest.mark.parametrize("name", [*VIDEO_LLMS, *IMAGE_LLMS])
class TestEveryModel:
    def test_the_pixels_of_the_frames_reach_the_vision_tower(self, name, loaded, reference, frames):
        import torch

        model = loaded(name)
        expected = reference(name).inputs(asked(frames[:3]))["pixel_values"]
        with Watch(model) as watch:
            model.next_tokens(asked(frames[:3]))
        assert watch.looks == 1
        seen = watch.pixels[0]
        assert seen.numel() == expected.numel()
        assert torch.equal(seen.flatten().cpu(), expected.flatten())

    def test_the_beginning_of_a_prompt_is_read_ahead_of_the_question(self, name, loaded, frames):
        model = loaded(name)
        messages = asked(frames[:2])
        with Watch(model) as watch:
            model.warm(messages[:1])
            ahead = watch.tokens
            model.next_tokens(messages)
        assert ahead > len("Answer in a few words.")
        # LLaVA's pictures stand before the first word of a turn, and Gemma's are read together with all before them.
        if name not in ("llava-next-video", "gemma-3"):
            assert watch.tokens < ahead + model.count_tokens(messages) - len("Answer in a few words.")

    def test_another_picture_makes_another_answer(self, name, loaded, frames):
        model = loaded(name)
        red = model.next_tokens(asked([frames[0]]))
        blue = model.next_tokens(asked([FramePart(frames[2].path, frames[0].time)]))
        assert max(abs(red[token] - blue[token]) for token in red if token in blue) > 1e-3

    def test_counts_exactly_the_tokens_that_are_fed(self, name, loaded, reference, frames, wide):
        model = loaded(name)
        for shown in ([], frames[:1], frames[:5], [wide], [frames[0], wide, frames[1]]):
            messages = asked(shown, said="déjà vu")
            with Watch(model) as watch:
                model._prefixes.clear()
                model.next_tokens(messages)
            assert model.count_tokens(messages) == watch.tokens
            assert watch.tokens == reference(name).inputs(messages)["input_ids"].shape[1]

    def test_choose_is_the_log_probability_of_each_option_by_brute_force(self, name, loaded, reference, frames):
        model = loaded(name)
        messages = asked(frames[:4])
        model.next_tokens(asked(frames[:2], "Something else?"))  # leaves a prefix that is reused in part
        expected = [0.0] * 4
        for turn in range(4):
            order = [(place + turn) % 4 for place in range(4)]
            prompt = with_options(messages, [OPTIONS[number] for number in order])
            log_probabilities = reference(name).next_letters(prompt, 4)
            told = model.next_tokens(prompt)
            assert [told[letter] for letter in "ABCD"] == pytest.approx(log_probabilities, abs=1e-4)
            mass = [math.exp(value) for value in log_probabilities]
            for number, share in zip(order, mass, strict=True):
                expected[number] += share / sum(mass) / 4
        chosen = model.choose(messages, OPTIONS)
        assert [math.log(share) for share in chosen] == pytest.approx([math.log(share) for share in expected], abs=1e-4)
        in_order = reference(name).next_letters(with_options(messages, OPTIONS), 4)
        total = math.log(sum(math.exp(value) for value in in_order))
        chosen = [math.log(share) for share in model.choose(messages, OPTIONS, rotations=1)]
        assert chosen == pytest.approx([value - total for value in in_order], abs=1e-4)
        assert max(chosen) - min(chosen) > 0.01  # a model that liked all alike would prove nothing

    def test_four_options_in_four_orders_cost_hardly_more_than_one_prompt(self, name, loaded, frames):
        model = loaded(name)
        messages = asked(frames, said="there is quite a lot that somebody says about this in the video")
        one = model.count_tokens(with_options(messages, OPTIONS))
        with Watch(model) as watch:
            model.choose(messages, OPTIONS)
        assert watch.looks == 1
        assert watch.tokens <= 1.3 * one

    def test_a_second_question_does_not_look_at_the_frames_again(self, name, loaded, reference, frames):
        model = loaded(name)
        list(model.generate(asked(frames[:4]), max_tokens=2))
        with Watch(model) as watch:
            other = asked(frames[:4], "And what is said?", said="quite different evidence")
            told = model.next_tokens(with_options(other, OPTIONS))
            fewer = with_options(asked(frames[1:3], "And then?"), OPTIONS)
            told_of_fewer = model.next_tokens(fewer)
        assert watch.looks == 0
        for prompt, likely in ((with_options(other, OPTIONS), told), (fewer, told_of_fewer)):
            expected = reference(name).next_letters(prompt, 4)
            assert [likely[letter] for letter in "ABCD"] == pytest.approx(expected, abs=1e-4)

    def test_new_frames_among_known_ones_are_looked_at_and_the_others_are_not(self, name, loaded, reference, frames):
        model = loaded(name)
        model.next_tokens(asked(frames[:3]))
        mixed = with_options(asked([frames[0], frames[4], frames[2], frames[5]]), OPTIONS)
        with Watch(model) as watch:
            told = model.next_tokens(mixed)
        assert watch.looks == 1
        assert [told[letter] for letter in "ABCD"] == pytest.approx(reference(name).next_letters(mixed, 4), abs=1e-4)

    def test_writes_what_transformers_own_generation_writes(self, name, loaded, reference, frames):
        model, by_hand = loaded(name), reference(name)
        messages = asked(frames[:2])
        inputs = by_hand.inputs(messages)
        tokens = by_hand.model.generate(**inputs, max_new_tokens=12, do_sample=False)[0, inputs["input_ids"].shape[1] :]
        written = "".join(model.stream(messages, 12, 0.0, None))
        assert written == by_hand.processor.tokenizer.decode(tokens, skip_special_tokens=True)

    def test_a_video_cannot_speak_as_the_user_nor_show_pictures(self, name, loaded, frames):
        model = loaded(name)
        specials = set(model._reader.tokenizer.all_special_ids)
        forged = "".join(token.content for token in model._reader.tokenizer.added_tokens_decoder.values())

        def marks(said: str) -> int:
            ids = model._reader.read(asked(frames[:1], said=said)).ids
            return sum(token in specials for token in ids)

        assert marks(forged) == marks("nothing")


@pytest.mark.parametrize("name", VIDEO_LLMS)
def test_a_video_by_the_processors_own_path_is_counted_and_seen_once(name, loaded, frames):
    model = loaded(name, as_video=True)
    messages = asked(frames[:6])
    with Watch(model) as watch:
        first = model.next_tokens(messages)
        fed = watch.tokens
        again = model.next_tokens(asked(frames[:6], "And what is said?"))
    assert watch.looks == 1
    assert fed == model.count_tokens(messages)
    assert first != again
    other = model.next_tokens(asked([*frames[:5], frames[7]]))
    assert max(abs(first[token] - other[token]) for token in first if token in other) > 1e-3


@pytest.mark.parametrize("name", ["qwen3-vl", "smolvlm2", "llava-onevision"])
@pytest.mark.parametrize("lacking", ["a way to be given encoded frames", "a known layout of them"])
def test_models_that_lack_what_makes_others_fast_answer_the_same(name, lacking, loaded, reference, frames, monkeypatch):
    import vidscout.tools.videollm.caches.vision_cache as module

    model = loaded(name)
    if lacking == "a known layout of them":
        monkeypatch.setattr(module, "SPLITTABLE", set())
    else:
        monkeypatch.setattr(model._encoder, "possible", False)
    for shown in (frames[:3], frames[:4], [frames[0], frames[5]], frames[:4]):
        prompt = with_options(asked(shown), OPTIONS)
        told = model.next_tokens(prompt)
        assert [told[letter] for letter in "ABCD"] == pytest.approx(reference(name).next_letters(prompt, 4), abs=1e-4)
    prompt = asked(frames[:4])
    with Watch(model) as watch:
        model.choose(prompt, OPTIONS)
    assert watch.looks <= 1
    model._encoder.clear()


def test_counting_looks_at_sizes_only(loaded, frames, monkeypatch):
    from PIL.ImageFile import ImageFile

    model = loaded("llava-next-video")
    counted = model.count_tokens(asked(frames[1:4], said="nobody counted this before"))
    monkeypatch.setattr(ImageFile, "load", lambda self: pytest.fail("a frame was decoded"))
    processor = model._reader._pixels[0].processor
    monkeypatch.setattr(processor, "preprocess", lambda *_, **__: pytest.fail("pixels were computed"))
    assert model.count_tokens(asked(frames[4:7], said="nobody counted this before")) == counted
    with pytest.raises(pytest.fail.Exception, match=r"decoded|computed"):
        model.next_tokens(asked(frames[4:7]))


def test_the_gaps_between_frames_are_told_to_a_model_that_asks_for_them(loaded, frames):
    model = loaded("qwen2.5-vl", as_video=True)
    late = [FramePart(f.path, 600 + 2.5 * number) for number, f in enumerate(frames[:5])]
    assert model._reader.read(asked(late)).inputs["second_per_grid_ts"].tolist() == [2.5]


def test_a_frame_that_changed_on_disk_is_looked_at_again(loaded, tmp_path):
    model = loaded("qwen2.5-vl")
    before = model.next_tokens(asked([frame(tmp_path, 1, COLOURS[0])]))
    with Watch(model) as watch:
        after = model.next_tokens(asked([frame(tmp_path, 1, COLOURS[2], time=3.0)]))
    assert watch.looks == 1
    assert before != after


def test_a_video_carries_its_times(loaded, frames):
    model = loaded("qwen3-vl", as_video=True)
    prompt = model._reader.tokenizer.decode(model._reader.read(asked(frames[:4])).ids)
    assert re.findall(r"<([\d.]+) seconds>", prompt) == ["0.0", "3.0", "6.0", "9.0"]
    assert "[0:00, 0:03, 0:06, 0:09]" in prompt


def test_frames_of_other_sizes_fit_into_one_video(loaded, frames, wide):
    model = loaded("llava-onevision", as_video=True)
    messages = asked([frames[0], wide])
    with Watch(model) as watch:
        assert model.next_tokens(messages)
    assert watch.tokens == model.count_tokens(messages)


def test_a_generation_that_is_closed_computes_no_more(loaded, frames):
    model = loaded("smolvlm2")
    with Watch(model) as watch:
        stream = model.generate(asked(frames[:2]), max_tokens=200)
        next(stream)
        stream.close()
        fed = len(watch.fed)
        time.sleep(0.05)
    assert fed < 20
    assert len(watch.fed) == fed


def test_stops_at_its_limits(loaded, frames):
    model = loaded("llava-next-video")
    with Watch(model) as watch:
        assert finished(model.stream(asked(frames[:1]), 7, 0.0, None))[1] is Finish.LENGTH
    assert len(watch.fed) == 7
    assert finished(model.generate(asked(frames[:1]), deadline=time.monotonic() - 1)) == ("", Finish.DEADLINE)
    assert finished(model.generate(asked(frames[:1]), max_tokens=400))[1] in (Finish.REPETITION, Finish.LENGTH)


def test_an_answer_takes_no_longer_than_its_seconds(checkpoint, frames):
    model = Transformers(checkpoint("smolvlm2"), device="cpu", seconds=0.3)
    model.ready()
    model._ends = set()
    began = time.monotonic()
    *_, finish = finished(model.generate(asked(frames[:2]), max_tokens=10_000, temperature=5.0))
    assert finish is Finish.DEADLINE
    assert time.monotonic() - began < 3
    model.close()


def test_the_end_token_ends_an_answer(loaded, frames):
    model = loaded("qwen2.5-vl")
    messages = asked(frames[:1])
    first = int(model._prefill(model._prompt(messages))[0].argmax())
    ends, model._ends = model._ends, {first}
    try:
        assert finished(model.generate(messages)) == ("", Finish.STOP)
    finally:
        model._ends = ends


def test_questions_at_once_get_the_answers_that_they_get_alone(loaded, frames):
    model = loaded("qwen3-vl")
    prompts = [asked(frames[n : n + 3], f"Question number {n}?") for n in range(4)]
    alone = ["".join(model.stream(prompt, 8, 0.0, None)) for prompt in prompts]
    together: dict[int, str] = {}

    def ask(number: int) -> None:
        together[number] = "".join(model.stream(prompts[number], 8, 0.0, None))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[number] for number in range(4)] == alone


@pytest.mark.parametrize("kind", ["fp8", "quanto", "hqq"])
def test_a_quantised_cache_answers_nearly_the_same(kind, loaded, frames):
    if kind != "fp8":
        pytest.importorskip({"quanto": "optimum.quanto", "hqq": "hqq"}[kind])
    messages = asked(frames[:4])
    full = loaded("qwen2.5-vl").next_tokens(with_options(messages, OPTIONS))
    model = loaded("qwen2.5-vl", kv_cache=kind)
    with Watch(model) as watch:
        shares = model.choose(messages, OPTIONS)
    assert sum(shares) == pytest.approx(1)
    assert watch.tokens <= 2 * model.count_tokens(with_options(messages, OPTIONS))  # begun alike, computed once
    rounded = model.next_tokens(with_options(messages, OPTIONS))
    assert rounded["A"] == pytest.approx(full["A"], abs=0.5)


def test_a_model_without_a_path_for_videos_says_so(checkpoint):
    with pytest.raises(UsageError, match="no path for videos"):
        Transformers(checkpoint("gemma-3"), device="cpu", as_video=True).ready()


def test_a_deadline_holds_while_a_long_prompt_is_read(loaded, frames, monkeypatch):
    import vidscout.tools.videollm.hub_model as module

    model = loaded("qwen2.5-vl")
    messages = asked(frames, said="word " * 40)
    whole = model.next_tokens(messages)
    model._prefixes.clear()
    monkeypatch.setattr(module, "PORTION", 100)
    with Watch(model) as watch:
        in_portions = model.next_tokens(messages)
        assert len(watch.fed) > 10
        assert max(watch.fed) < 300
        assert sum(watch.fed) == model.count_tokens(messages)
        assert in_portions == pytest.approx(whole, abs=1e-4)
        del watch.fed[:]
        model._prefixes.clear()
        feed, model._feed = model._feed, lambda *args: (time.sleep(0.1), feed(*args))[1]
        try:
            assert finished(model.generate(messages, deadline=time.monotonic() + 0.25)) == ("", Finish.DEADLINE)
        finally:
            del model._feed
        assert 0 < len(watch.fed) < 6


def test_a_template_without_a_turn_for_the_system_gets_its_words_with_the_question(loaded, frames):
    model = loaded("qwen2.5-vl")
    template = model._reader.processor.chat_template
    refusing = "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    model._reader.processor.chat_template = refusing + template
    try:
        written = model._reader.write(asked(frames[:1]))
    finally:
        model._reader.processor.chat_template = template
    assert "Answer in a few words.\n\nEvidence:" in written
    assert "system" not in written


def test_a_prompt_that_does_not_fit_is_refused(checkpoint, frames):
    model = Transformers(checkpoint("qwen2.5-vl"), device="cpu", context=300)
    with pytest.raises(UsageError, match="300"):
        next(model.generate(asked(frames, said="word " * 50)))
    model.close()


def test_more_frames_than_the_model_may_see_are_refused(checkpoint, frames):
    model = Transformers(checkpoint("qwen2.5-vl"), device="cpu", most_frames=2)
    with pytest.raises(UsageError, match="3 frames"):
        next(model.generate(asked(frames[:3])))
    model.close()


def test_a_frame_that_is_gone_is_named(loaded, tmp_path):
    gone = FramePart(tmp_path / "gone.jpg", 1.0)
    with pytest.raises(UsageError, match=r"gone\.jpg"):
        next(loaded("smolvlm2").generate(asked([gone])))
    gone.path.write_bytes(b"not a picture")
    with pytest.raises(UsageError, match=r"gone\.jpg"):
        next(loaded("smolvlm2").generate(asked([gone])))


@pytest.mark.parametrize(
    "lost", ["config.json", "model.safetensors", "tokenizer.json", "preprocessor_config.json|processor_config.json"]
)
def test_a_checkpoint_with_a_missing_file_is_one_clear_line(checkpoint, tmp_path, lost):
    folder = shutil.copytree(checkpoint("qwen2.5-vl"), tmp_path / "broken")
    for name in lost.split("|"):
        (folder / name).unlink(missing_ok=True)
    with pytest.raises(WeightsError, match="broken") as caught:
        Transformers(folder, device="cpu").ready()
    assert "\n" not in str(caught.value)


def test_weights_that_lack_tensors_are_not_filled_with_random_ones(checkpoint, tmp_path):
    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(checkpoint("qwen2.5-vl"), tmp_path / "partial")
    tensors = load_file(folder / "model.safetensors")
    lost = next(name for name in tensors if "layers.1" in name)
    save_file({name: t for name, t in tensors.items() if name != lost}, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(WeightsError, match=lost.split("layers")[-1].split(".", 2)[-1]):
        Transformers(folder, device="cpu").ready()


def test_a_model_without_image_support_is_named(tmp_path, checkpoint):
    from transformers import LlamaConfig, LlamaForCausalLM

    folder = shutil.copytree(checkpoint("qwen2.5-vl"), tmp_path / "text-only")
    small = LlamaConfig(
        hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, vocab_size=300
    )
    LlamaForCausalLM(small).save_pretrained(folder)
    with pytest.raises(UsageError, match="without image support"):
        Transformers(folder, device="cpu").ready()


def test_code_that_comes_with_weights_is_not_run_unasked(checkpoint, tmp_path):
    folder = shutil.copytree(checkpoint("qwen2.5-vl"), tmp_path / "remote")
    about = json.loads((folder / "config.json").read_text())
    about |= {"model_type": "own", "auto_map": {"AutoConfig": "own.Own", "AutoModelForImageTextToText": "own.Own"}}
    (folder / "config.json").write_text(json.dumps(about))
    (folder / "own.py").write_text("raise SystemExit('ran')")
    with pytest.raises(WeightsError, match="trust_remote_code"):
        Transformers(folder, device="cpu").ready()


def test_a_model_that_was_not_pulled_is_not_fetched():
    with pytest.raises(WeightsError, match="models pull"):
        Transformers("nobody/such-a-model").ready()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"device": "cuda:7"}, "CUDA"),
        ({"device_map": {"": "cuda:0"}}, "CUDA"),
        ({"quantization": "4bit"}, "bitsandbytes"),
        ({"attention": "flash"}, "flash"),
        ({"kv_cache": "hqq"}, "hqq"),
        ({"kv_cache": "quanto"}, "quanto"),
    ],
)
def test_what_is_asked_for_and_not_here_is_one_clear_line(checkpoint, options, told):
    import torch

    if torch.cuda.is_available() or any(map(_installed, ("bitsandbytes", "flash_attn", "hqq", "optimum"))):
        pytest.skip("this machine has some of it")
    with pytest.raises((UsageError, BackendUnavailableError), match=told) as caught:
        Transformers(checkpoint("qwen2.5-vl"), **options).ready()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("options", [{"quantization": "3bit"}, {"kv_cache": "zip"}, {"attention": "none"}])
def test_an_option_that_there_is_not_is_told_at_once(options):
    with pytest.raises(UsageError, match="there are"):
        Transformers("anything", **options)


def test_layers_are_placed_by_a_device_map(checkpoint, frames):
    pytest.importorskip("accelerate")
    model = Transformers(checkpoint("qwen2.5-vl"), device_map="cpu")
    assert "".join(model.generate(asked(frames[:1]), max_tokens=3))
    model.close()


def test_a_closed_model_says_so_and_loads_again(checkpoint, frames):
    model = Transformers(checkpoint("smolvlm2"), device="cpu")
    stream = model.generate(asked(frames[:1]), max_tokens=50, temperature=0.0)
    next(stream)
    model.close()
    with pytest.raises(VidscoutError, match="closed"):
        list(stream)
    assert "".join(model.generate(asked(frames[:1]), max_tokens=4))
    model.close()


def _installed(name: str) -> bool:
    from importlib.util import find_spec

    return find_spec(name) is not None


def test_memory_that_runs_out_is_sought_first_in_what_is_kept_to_save_time(checkpoint, frames, monkeypatch):
    import torch

    model = Transformers(checkpoint("qwen2.5-vl"), device="cpu")
    question = [Message("user", (*frames[:2], "What is seen?"))]
    expected = "".join(model.generate(question, max_tokens=4))
    assert model._prefixes.last is not None
    assert model._encoder._kept
    feed, kept = model._feed, []

    def short(*arguments: Any) -> Any:
        kept.append((model._prefixes.last is not None, arguments[2]))
        if len(kept) == 1:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")
        return feed(*arguments)

    monkeypatch.setattr(model, "_feed", short)
    assert "".join(model.generate(question, max_tokens=4)) == expected
    assert kept[0][0]
    assert kept[1] == (False, 0), "read anew from its first token"
    model.close()


def test_memory_that_runs_out_while_options_are_weighed_is_one_clear_line(loaded, frames, monkeypatch):
    import torch

    model = loaded("smolvlm2")
    tries = []

    def full(*_: Any) -> Any:
        tries.append(1)
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    monkeypatch.setattr(model, "_feed", full)
    with pytest.raises(OutOfMemoryError) as caught:
        model.choose(asked(frames[:2]), OPTIONS)
    assert len(tries) == 2
    assert "\n" not in str(caught.value)
    with pytest.raises(OutOfMemoryError):
        list(model.generate(asked(frames[:2])))


@pytest.mark.parametrize("name", ["qwen2.5-vl", "qwen3-vl", "smolvlm2", "internvl3"])
def test_the_orders_of_a_choice_are_read_as_one_batch_and_weighed_as_one_by_one(name, loaded, frames, monkeypatch):
    from vidscout.tools.videollm import batched

    model = loaded(name)
    prompts = [with_options(asked(frames[:2]), [*OPTIONS[n:], *OPTIONS[:n]]) for n in range(4)]
    with Watch(model) as watch:
        together = model.next_tokens_each(prompts)
    assert len(watch.fed) == 2, "the beginning, and all that follows it"
    model._prefixes.clear()
    monkeypatch.setattr(batched, "fits", lambda *_: False)
    for one, other in zip(model.next_tokens_each(prompts), together, strict=True):
        assert [one[letter] for letter in "ABCD"] == pytest.approx([other[letter] for letter in "ABCD"], abs=1e-4)


def test_a_plan_between_two_questions_costs_neither_its_beginning(loaded, frames):
    model = loaded("qwen2.5-vl")
    plan = [Message("system", ("Say as JSON what to look up.",)), Message("user", ("Question: What is seen?",))]
    model.next_tokens(asked(frames[:4]))
    model.next_tokens(plan)
    with Watch(model) as watch:
        model.next_tokens(asked(frames[:4], "What is seen? Tell more."))
        model.next_tokens([*plan[:1], Message("user", ("Question: What is said?",))])
    assert watch.looks == 0
    assert watch.tokens < 80, "the ends of two questions"
