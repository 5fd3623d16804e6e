"""What each memory of a video, and each packed cache, holds and changes, on a model of random weights.

    python -m vidscout.bench.measure.tokens.memories [--frames 16] [--kept FILE] [--only WHAT …]

The model is that of `compress`, size `small`, in the files of a checkpoint; the frames are drawn likewise. For each
memory: tokens that a question is read behind, bytes that are kept of the video, seconds of one core for reading the
video and for a question's first token, and the cosine between the logits after a question and those of full
attention. With random weights the cosine says how much of the input is still there, and nothing about answers.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....tools.videollm.hub_model import Transformers
from ....tools.videollm.interface import FramePart, Message
from ....tools.videollm.memory.infinipot import InfiniPot
from ....tools.videollm.memory.rekv import Rekv
from ....tools.videollm.memory.stream_memory import StreamMemory
from ....tools.videollm.memory.vidkv import KINDS, cache_bytes
from .compress import MERGE, PATCH, SIZES, TEMPORAL, drawn

if TYPE_CHECKING:
    from torch import Tensor

OPENING, QUESTION = "Answer briefly.", "Where is the red square, and when does the ground change?"
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>")
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.content is string %}{{ m.content }}{% else %}"
    "{% for c in m.content %}{% if c.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>{% else %}"
    "{{ c.text }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@dataclass(frozen=True, slots=True)
class Held:
    """One memory."""

    name: str
    tokens: int
    """That a question is read behind."""
    bytes: int
    """Of keys and values of the video."""
    reading: float
    """Seconds of the processors for the video."""
    first: float
    """And for the first token of an answer after that."""
    cosine: float

    def row(self) -> str:
        """A line for a Markdown table with the columns of HEADER."""
        return (
            f"| {self.name} | {self.tokens:,} | {self.bytes / 1e6:.1f} | {self.reading:.1f} | {self.first:.2f} "
            f"| {self.cosine:.3f} |"
        )


HEADER = (
    "| memory | tokens behind a question | MB | reading the video, s | first token, s | cosine of logits |\n"
    "|---|---:|---:|---:|---:|---:|"
)


def checkpoint(folder: Path, size: str = "small") -> Path:
    """Write the model's files: weights, configuration, a tokenizer of bytes."""
    import torch
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    plain = Tokenizer(models.BPE(vocab={token: n for n, token in enumerate([*letters, *SPECIAL])}, merges=[]))
    plain.pre_tokenizer, plain.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    plain.add_special_tokens(list(SPECIAL))
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=plain, eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )
    tokenizer.chat_template = TEMPLATE
    number = {token: len(letters) + n for n, token in enumerate(SPECIAL)}
    text, vision = SIZES[size]
    channels = text["hidden_size"] // text["num_attention_heads"] // 2
    rope = {"rope_type": "default", "rope_theta": 1e6}
    rope["mrope_section"] = [channels // 4, channels * 3 // 8, channels * 3 // 8]
    pixels: dict[str, Any] = {"patch_size": PATCH, "temporal_patch_size": TEMPORAL, "merge_size": MERGE}
    merged = {"patch_size": PATCH, "spatial_merge_size": MERGE, "temporal_patch_size": TEMPORAL}
    config = transformers.Qwen2_5_VLConfig(
        text_config={**text, "vocab_size": len(tokenizer), "rope_parameters": rope, "max_position_embeddings": 32768},
        vision_config={**vision, **merged, "out_hidden_size": text["hidden_size"]},
        image_token_id=number["<|image_pad|>"],
        vision_start_token_id=number["<|vision_start|>"],
        vision_end_token_id=number["<|vision_end|>"],
    )
    torch.manual_seed(0)
    transformers.Qwen2_5_VLForConditionalGeneration(config).save_pretrained(folder)
    images, videos = transformers.Qwen2VLImageProcessor(**pixels), transformers.Qwen2VLVideoProcessor(**pixels)
    transformers.Qwen2_5_VLProcessor(images, tokenizer, videos, chat_template=TEMPLATE).save_pretrained(folder)
    return folder


class Bench:
    """One checkpoint, one video, one question."""

    def __init__(self, folder: Path, frames: int) -> None:
        self.folder = checkpoint(folder / "checkpoint")
        self.frames = []
        for number, picture in enumerate(drawn(frames)):
            path = folder / f"{number}.png"
            picture.save(path)
            self.frames.append(FramePart(path, 2.0 * number))
        self.whole: Tensor | None = None

    def model(self, **options: Any) -> Transformers:
        """A model as a new process loads it."""
        model = Transformers(self.folder, device="cpu", as_video=False, **options)
        model.ready()
        return model

    def full(self, name: str, **options: Any) -> Held:
        """Full attention; the first one is what the others are compared with."""
        shown = [Message("system", (OPENING,)), Message("user", (*self.frames, QUESTION))]
        with closing(self.model(**options)) as model:
            prompt = model._prompt(shown)
            video = prompt.frames[-1].end
            began = time.process_time()
            model._prefill(prompt, video)
            read = time.process_time()
            logits = model._prefill(prompt)[0]
            first = time.process_time() - read
            assert model._prefixes.last is not None
            held = cache_bytes(model._prefixes.last.cache)
        return self._held(name, video, held, read - began, first, logits)

    def memory(self, name: str, kind: Callable[[Transformers], Any]) -> Held:
        """Of a class of `tools.videollm.memory`."""
        with closing(self.model()) as model:
            model._prompt([Message("user", (*self.frames, "?"))])  # encoded beforehand, as for full attention
            memory = kind(model)
            began = time.process_time()
            kept = memory.remember(self.frames, OPENING)
            read = time.process_time()
            logits = memory.logits(kept, QUESTION)
            first = time.process_time() - read
            behind = memory.recalled(kept, memory.question(kept, QUESTION))[0].get_seq_length()
        return self._held(name, behind, kept.bytes, read - began, first, logits)

    def _held(self, name: str, tokens: int, held: int, reading: float, first: float, logits: "Tensor") -> Held:
        import torch

        self.whole = logits if self.whole is None else self.whole
        cosine = float(torch.nn.functional.cosine_similarity(logits, self.whole, dim=0))
        return Held(name, tokens, held, reading, first, cosine)


def memories(frames: int) -> Mapping[str, Callable[[Bench], Held]]:
    """What is measured, by name; sizes are shares of the video."""

    def rekv(fetched: int) -> Callable[[Bench], Held]:
        name = f"`rekv`, {fetched} of {frames} blocks"
        return lambda bench: bench.memory(name, lambda model: Rekv(model, fetched=fetched))

    def infinipot(budget: int) -> Callable[[Bench], Held]:
        return lambda bench: bench.memory(f"`infinipot`, {budget:,}", lambda model: InfiniPot(model, budget=budget))

    def stream(fetched: int) -> Callable[[Bench], Held]:
        name = f"`stream_memory`, {fetched} clips of 4"
        return lambda bench: bench.memory(name, lambda model: StreamMemory(model, clip=4, kept=256, fetched=fetched))

    def packed(kind: str) -> Callable[[Bench], Held]:
        return lambda bench: bench.full(f"full attention, `{kind}`", kv_cache=kind)

    found: dict[str, Callable[[Bench], Held]] = {"full": lambda bench: bench.full("full attention")}
    found |= {f"rekv {n}": rekv(n) for n in (frames, frames // 2, frames // 4, 2)}
    found |= {f"infinipot {n}": infinipot(n) for n in (2048, 1024, 512)}
    found |= {f"stream {n}": stream(n) for n in (frames // 4, 2)}
    return found | {kind: packed(kind) for kind in ("fp8", *KINDS)}


def main() -> None:
    """Print a table."""
    import torch

    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--kept", type=Path, help="a file of lines to which what was measured goes, to go on from it")
    parser.add_argument("--only", nargs="+", metavar="WHAT", help="of what is measured, as `full`, `fp8`, `rekv 4`")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    kept: Path | None = asked.kept
    known: dict[str, Held] = {}
    if kept is not None and kept.is_file():
        for line in kept.read_text(encoding="utf-8").splitlines():
            told = json.loads(line)
            what = told.pop("what")
            known[what] = Held(**told)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), asked.frames)
        for what, measure in memories(asked.frames).items():
            if what != "full" and (what in known or what not in (asked.only or [what])):
                continue  # with the first all others are compared
            known[what] = measure(bench)
            if kept is not None:
                with kept.open("a", encoding="utf-8") as file:
                    file.write(f"{json.dumps({'what': what, **asdict(known[what])})}\n")
    print("\n".join([HEADER, *(held.row() for held in known.values())]))


if __name__ == "__main__":
    main()
