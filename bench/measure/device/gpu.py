"""What one device does with questions and with reading, by the real classes at their real sizes and random weights.

    python -m vidscout.bench.measure.device.gpu [--size small|8b] [--frames 8 32 64 128] [--new 32] [--out FILE]

Random weights compute what trained ones compute, so that times and memory hold; answers mean nothing. `8b` has the
sizes of Qwen3-VL-8B, SigLIP2 large and Whisper large-v3-turbo and wants a GPU; `small` runs on a CPU and only shows
that the script works. Told are:

- for a question over so many kept frames of 640×360: seconds to the first token, of a first question and of a second
  about the same frames, of the naive way (everything encoded and read anew for each question, in the same run), tokens
  a second after the first, and the most memory that was held;
- for reading: frames and seconds of sound a second by batch, as times real time at one frame a second;
- for a film read by stages side by side (`overlap.py`): each stage's share, the device's idle share, × real time;
- where `nvidia-smi` is here, which share of the run the device stood idle.
"""

import argparse
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ....tools.videollm import FramePart, Message
from ....tools.videollm.hub_model import Transformers
from .overlap import overlap

WIDE = (640, 360)
TEXT = {
    "small": {
        "hidden_size": 128,
        "intermediate_size": 256,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 32,
    },
    "8b": {
        "hidden_size": 4096,
        "intermediate_size": 12288,
        "num_hidden_layers": 36,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "head_dim": 128,
    },
}
"""Qwen3-VL-8B's text model; the vocabulary is the tokenizer's that is made here, so that it needs no download."""
VISION = {
    "small": {"depth": 2, "hidden_size": 64, "intermediate_size": 128, "num_heads": 4, "deepstack_visual_indexes": [0]},
    "8b": {
        "depth": 27,
        "hidden_size": 1152,
        "intermediate_size": 4304,
        "num_heads": 16,
        "deepstack_visual_indexes": [8, 16, 24],
    },
}
SIGLIP: dict[str, dict[str, Any]] = {
    "small": {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4},
    "8b": {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "num_attention_heads": 16},
}
WHISPER: dict[str, dict[str, Any]] = {
    "small": {"d_model": 64, "encoder_layers": 2, "encoder_attention_heads": 4, "encoder_ffn_dim": 128},
    "8b": {"d_model": 1280, "encoder_layers": 32, "encoder_attention_heads": 20, "encoder_ffn_dim": 5120},
}


@dataclass(frozen=True, slots=True)
class Question:
    """A question over so many frames."""

    frames: int
    tokens: int
    """Of the whole prompt."""
    first: float
    """Seconds to the first token."""
    second: float
    """The same for a second question about these frames."""
    naive: float
    """The same for that second question when nothing was kept."""
    speed: float
    """Tokens a second after the first."""
    memory: int
    """Bytes on the device at most; 0 on a CPU."""

    def row(self) -> str:
        return (
            f"| {self.frames} | {self.tokens:,} | {self.first:.2f} | {self.second:.2f} | {self.naive:.2f} "
            f"| {self.speed:.1f} | {self.memory / 1e9:.1f} |"
        )


QUESTIONS = (
    "| frames | prompt tokens | first token, s | second question, s | naive, s | tokens a second | GB at most |\n"
    "|---:|---:|---:|---:|---:|---:|---:|"
)
READING = "| part | batch | a second | × real time |\n|---|---:|---:|---:|"


def video_llm(size: str, folder: Path, device: str) -> Transformers:
    """A model of that size with random weights, loaded as a hub's checkpoint is."""
    import torch
    import transformers as t
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    names = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>")
    alphabet = [*sorted(pre_tokenizers.ByteLevel.alphabet()), *names, "<|video_pad|>"]
    raw = Tokenizer(models.BPE(vocab={token: n for n, token in enumerate(alphabet)}, merges=[]))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)  # pyright: ignore[reportAttributeAccessIssue]
    raw.decoder = decoders.ByteLevel()  # pyright: ignore[reportAttributeAccessIssue]
    raw.add_special_tokens([*names, "<|video_pad|>"])
    tokenizer: Any = t.PreTrainedTokenizerFast(tokenizer_object=raw, eos_token=names[2], pad_token=names[0])
    number = tokenizer.convert_tokens_to_ids
    text = TEXT[size]
    sections = [text["head_dim"] // 8, text["head_dim"] * 3 // 16, text["head_dim"] * 3 // 16]
    rope = {"rope_type": "default", "rope_theta": 5e6, "mrope_section": sections, "mrope_interleaved": True}
    config = t.Qwen3VLConfig(
        text_config={**text, "vocab_size": len(tokenizer), "rope_parameters": rope, "max_position_embeddings": 262144},
        vision_config={**VISION[size], "out_hidden_size": text["hidden_size"]},
        image_token_id=number("<|image_pad|>"),
        video_token_id=number("<|video_pad|>"),
        vision_start_token_id=number("<|vision_start|>"),
        vision_end_token_id=number("<|vision_end|>"),
    )
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device):
            model = t.Qwen3VLForConditionalGeneration(config).eval()
    finally:
        torch.set_default_dtype(before)
    pixels: dict[str, Any] = {"patch_size": 16, "temporal_patch_size": 2, "merge_size": 2}
    processor = t.Qwen3VLProcessor(
        t.Qwen2VLImageProcessor(**pixels, size={"shortest_edge": 65536, "longest_edge": 16777216}),
        tokenizer,
        t.Qwen3VLVideoProcessor(**pixels),
        chat_template=(
            "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.content is string %}{{ m.content }}{% else %}"
            "{% for c in m.content %}{% if c.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
            "{% else %}{{ c.text }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
            "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
        ),
    )
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    del model
    return Transformers(folder, device=device, dtype="bfloat16" if device == "cuda" else None)


def pictures(folder: Path, count: int) -> list[FramePart]:
    """Frames of noise, so that no two are alike."""
    import numpy as np
    from PIL import Image

    noise = np.random.default_rng(0)
    found = []
    for number in range(count):
        path = folder / f"frame-{number}.jpg"
        if not path.exists():
            Image.fromarray(noise.integers(0, 255, (*WIDE[::-1], 3), dtype=np.uint8)).save(path, quality=85)
        found.append(FramePart(path, 30.0 * number))
    return found


def asked(frames: Sequence[FramePart], question: str) -> list[Message]:
    """A prompt as the packers make one."""
    return [Message("system", ("Answer briefly.",)), Message("user", ("Evidence:\n", *frames, f"Question: {question}"))]


def timed_answer(model: Transformers, messages: Sequence[Message], new: int) -> tuple[float, float]:
    """Seconds to the first token, and tokens a second after it."""
    began = time.perf_counter()
    first, written = 0.0, 0
    logits, cache = model._prefill(prompt := model._prompt(messages))
    first = time.perf_counter() - began
    token = int(logits.argmax())
    for written in range(1, new):  # ends of an answer mean nothing with random weights
        token = int(model._step(prompt, cache, token, len(prompt.ids) + written - 1).argmax())
    return first, max(written, 1) / max(time.perf_counter() - began - first, 1e-9)


def questions(model: Transformers, folder: Path, counts: Sequence[int], new: int) -> Iterator[Question]:
    """Each number of frames in turn."""
    import torch

    on_gpu = torch.cuda.is_available() and model._model.device.type == "cuda"
    for count in counts:
        frames = pictures(folder, count)
        model.shed()
        if on_gpu:
            torch.cuda.reset_peak_memory_stats()
        first, speed = timed_answer(model, asked(frames, "What is seen?"), new)
        second, _ = timed_answer(model, asked(frames, "Who speaks at the end?"), 1)
        model.shed()
        naive, _ = timed_answer(model, asked(frames, "Who speaks at the end?"), 1)
        memory = torch.cuda.max_memory_allocated() if on_gpu else 0
        yield Question(count, model.count_tokens(asked(frames, "What is seen?")), first, second, naive, speed, memory)


def reading(size: str, device: str, batches: Sequence[int]) -> Iterator[str]:
    """What the parts of reading that run on the device do a second, by batch."""
    import torch
    import transformers as t

    dtype = torch.float16 if device == "cuda" else torch.float32
    looks: Any = t.SiglipVisionModel(t.SiglipVisionConfig(**SIGLIP[size], image_size=256, patch_size=16))
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    listens: Any = WhisperEncoder(t.WhisperConfig(**WHISPER[size], num_mel_bins=128))
    for name, module, shape, seconds in (
        ("frames to vectors (SigLIP2 large)", looks, (3, 256, 256), 1.0),
        ("sound to features (Whisper large-v3-turbo's encoder)", listens, (128, 3000), 30.0),
    ):
        module = module.to(device, dtype).eval()
        for batch in batches:
            given = torch.zeros((batch, *shape), device=device, dtype=dtype)
            speed = batch / shortest(lambda module=module, given=given: module(given), device)
            yield f"| {name} | {batch} | {speed:.1f} | {speed * seconds:.0f} |"


def shortest(work: Callable[[], Any], device: str, rounds: int = 3) -> float:
    """Seconds of the fastest of some rounds, after one that does not count."""
    import torch

    best = float("inf")
    with torch.inference_mode():
        for number in range(rounds + 1):
            began = time.perf_counter()
            work()
            if device == "cuda":
                torch.cuda.synchronize()
            if number:
                best = min(best, time.perf_counter() - began)
    return best


@contextmanager
def watching() -> Iterator[Callable[[], float | None]]:
    """Asks `nvidia-smi` twice a second, where it is; gives the share of the time in which the device did nothing."""
    busy: list[float] = []
    over = threading.Event()

    def look() -> None:
        query = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
        while not over.wait(0.5):
            told = subprocess.run(query, capture_output=True, text=True, check=False)
            if told.returncode == 0 and told.stdout.strip():
                busy.append(float(told.stdout.splitlines()[0]))

    thread = threading.Thread(target=look, daemon=True)
    if shutil.which("nvidia-smi"):
        thread.start()
    try:
        yield lambda: 1 - sum(busy) / len(busy) / 100 if busy else None
    finally:
        over.set()


def device_name() -> str:
    """What this runs on, in words."""
    import torch

    return torch.cuda.get_device_name(0) if torch.cuda.is_available() else f"CPU ({platform.machine()})"


def report(size: str, counts: Sequence[int], new: int, batches: Sequence[int], film: int = 128) -> str:
    """The whole measurement as Markdown."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    command = "python -m vidscout.bench.measure.device.gpu " + " ".join(sys.argv[1:])
    lines = [f"# {device_name()}, {datetime.now(UTC):%Y-%m-%d}", "", f"`{command.strip()}`, size `{size}`.", ""]
    with tempfile.TemporaryDirectory() as folder, watching() as idle:
        model = video_llm(size, Path(folder) / "model", device)
        model.ready()
        timed_answer(model, asked(pictures(Path(folder), 1), "What?"), 2)  # kernels are chosen in a first call
        lines += ["## A question over kept frames", "", QUESTIONS]
        lines += [question.row() for question in questions(model, Path(folder), counts, new)]
        model.close()
        lines += ["", "## Reading", "", READING, *reading(size, device, batches), ""]
        lines += ["## Stages side by side", "", "| stage | share of the work |", "| --- | ---: |"]
        lines += [*overlap(size, device, SIGLIP[size], film), ""]
        share = idle()
    told = "not known: there is no nvidia-smi" if share is None else f"{share:.0%}"
    return "\n".join([*lines, f"The device's idle share over the run, loading included: {told}.", ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=sorted(TEXT), help="by default 8b on a GPU and small elsewhere")
    parser.add_argument("--frames", type=int, nargs="+", default=[8, 32, 64, 128])
    parser.add_argument("--new", type=int, default=32, help="tokens to write")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 32, 64])
    parser.add_argument("--film", type=int, default=512, help="frames of the film that is read")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    import torch

    size = arguments.size or ("8b" if torch.cuda.is_available() else "small")
    told = report(size, arguments.frames, arguments.new, arguments.batches, arguments.film)
    print(told)
    if arguments.out is not None:
        arguments.out.write_text(told, encoding="utf-8")


if __name__ == "__main__":
    main()
