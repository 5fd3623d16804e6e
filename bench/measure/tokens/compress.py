"""What each compressor of visual tokens saves and changes, on a model of random weights.

    python -m vidscout.bench.measure.tokens.compress [--size small|7b] [--frames 8] [--rounds 3] [--spec evs:0.25 …]
        [--picture docs/compress.svg] [--kept FILE] [--json]

The model is transformers' own Qwen2.5-VL class with its published preprocessing; `small` has 512 channels in 8 layers
and runs on two cores, `7b` has the sizes of Qwen2.5-VL-7B and wants a GPU. `hired` is measured with the LLaVA-NeXT
class of that size, which cuts a picture into five tiles of 256 tokens. The frames are drawn: a textured ground, a
square that moves over it, another ground from the middle on. Told are visual tokens, the arithmetic of reading the
prompt, seconds for compressing and for reading (medians over the rounds; on a CPU those of one core, since threads that
wait for each other count as work), the share of the time that reading all tokens took in the same process, bytes of
keys and values, and the cosine between the logits after a question and those with all tokens. With random weights the
cosine says how much of the input the model can still tell apart, and nothing about answers.
"""

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....tools.errors import VidscoutError
from ....tools.videollm.attending.pruning import Pruner, pruner
from ....tools.videollm.attending.tower import watched
from ....tools.videollm.compress import Compressor, Grid, Layout, Mix, Scene, compressor
from ....tools.videollm.compress.base import unit
from .picture import picture

if TYPE_CHECKING:
    from torch import Tensor

SPECS = (
    *(f"{name}:{share}" for name in ("aim", "evs", "fastvid", "pool", "vidcom2") for share in ("0.1", "0.25", "0.5")),
    *(f"{name}:{cap}" for name in ("bvllm", "promptpool", "sample") for cap in ("200", "500", "1000")),
    *("tome:0.1x2", "tome:0.25x2", "tome:0.5x2"),
    *("aim:0.1:prune", "aim:0.25:prune", "aim:0.5:prune", "hired:0.1", "hired:0.25", "hired:0.5"),
    *("delta:32", "delta:64", "delta:128", "dycoke:0.1", "dycoke:0.3", "dycoke:0.5", "progressive_pool:4x2"),
    *("progressive_pool:8x4", "stride:2", "stride:4"),
)
"""`hired` is for tiles, and so is measured with `Tiled`, beside all of that model's tokens."""

SIZES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "small": (
        {
            "hidden_size": 512,
            "intermediate_size": 1408,
            "num_hidden_layers": 8,
            "num_attention_heads": 8,
            "num_key_value_heads": 2,
        },
        {"depth": 4, "hidden_size": 256, "intermediate_size": 512, "num_heads": 4, "fullatt_block_indexes": [1, 3]},
    ),
    "7b": (
        {
            "hidden_size": 3584,
            "intermediate_size": 18944,
            "num_hidden_layers": 28,
            "num_attention_heads": 28,
            "num_key_value_heads": 4,
        },
        {"depth": 32, "hidden_size": 1280, "intermediate_size": 3420, "num_heads": 16},
    ),
}
PATCH, MERGE, TEMPORAL = 14, 2, 2
"""Qwen2.5-VL's published preprocessing."""
SIDE = 448
"""Pixels of a frame's sides: 256 tokens."""
VOCABULARY, PLACEHOLDER = 1000, 999


@dataclass(frozen=True, slots=True)
class Cost:
    """One compressor at one amount."""

    spec: str
    tokens: int
    """Visual tokens that are left."""
    flops: float
    """Multiplications and additions of reading the prompt, by formula."""
    compress_seconds: float
    prefill_seconds: float
    cache_bytes: int
    cosine: float
    share: float = 1.0
    """Of the seconds that compressing and reading took of those for reading all tokens, in the same process."""

    def row(self) -> str:
        """A line for a Markdown table with the columns of HEADER."""
        return (
            f"| `{self.spec}` | {self.tokens:,} | {self.flops / 1e9:.0f} | {self.compress_seconds:.3f} "
            f"| {self.prefill_seconds:.2f} | {self.share:.2f} | {self.cache_bytes / 1e6:.1f} | {self.cosine:.3f} |"
        )


HEADER = (
    "| compressor | visual tokens | GFLOPs | compressing, s | reading, s | of reading all | keys and values, MB "
    "| cosine of logits |\n|---|---:|---:|---:|---:|---:|---:|---:|"
)


class Bench:
    """A model with one prompt: some text, the frames, a question."""

    def __init__(self, size: str, frames: int) -> None:
        import torch
        from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

        torch.manual_seed(0)
        text, vision = SIZES[size]
        channels = text["hidden_size"] // text["num_attention_heads"] // 2
        sections = [channels // 4, channels * 3 // 8, channels * 3 // 8]
        rope = {"rope_type": "default", "rope_theta": 1e6, "mrope_section": sections}
        config = Qwen2_5_VLConfig(
            text_config={**text, "vocab_size": VOCABULARY, "rope_parameters": rope},
            vision_config={
                **vision,
                "patch_size": PATCH,
                "spatial_merge_size": MERGE,
                "temporal_patch_size": TEMPORAL,
                "out_hidden_size": text["hidden_size"],
            },
            image_token_id=PLACEHOLDER,
        )
        device = "cuda" if torch.cuda.is_available() and size == "7b" else "cpu"
        with torch.device(device):
            self.model: Any = Qwen2_5_VLForConditionalGeneration(config).eval()
        if size == "7b":
            self.model = self.model.to(torch.bfloat16)
        self.device, self.config = device, config.get_text_config()
        self.pruner: Pruner | None = None
        self.attention: Tensor | None = None
        self.tiles: Tensor | None = None
        self._read(drawn(frames))

    def _read(self, pictures: list[Any]) -> None:
        import torch
        import transformers

        pixels: dict[str, Any] = {"patch_size": PATCH, "temporal_patch_size": TEMPORAL, "merge_size": MERGE}
        processor = transformers.Qwen2VLImageProcessor(**pixels)
        seen = processor(pictures, return_tensors="pt").to(self.device)
        grid = seen["image_grid_thw"]
        side = [(int(height) // MERGE, int(width) // MERGE) for _, height, width in grid.tolist()]
        self.layout = Layout(tuple(Grid(height, width) for height, width in side))
        base = self.model.model
        with torch.inference_mode():
            features = base.get_image_features(seen["pixel_values"].to(self.model.dtype), grid, return_dict=True)
            self.rows = torch.cat(list(features.pooler_output))
        ids = list(range(1, 41))
        for height, width in side:
            ids += [50, *([PLACEHOLDER] * (height * width)), 51]
        ids += range(60, 90)
        self.ids = torch.tensor([ids], device=self.device)
        kinds = (self.ids == PLACEHOLDER).int()
        self.positions, _ = base.get_rope_index(self.ids, image_grid_thw=grid, mm_token_type_ids=kinds)
        with torch.inference_mode():
            self.embedded = self.model.get_input_embeddings()(self.ids)
            self.query = unit(self.embedded[0, -30:]).mean(0)

    def cost(self, spec: str | None, rounds: int, whole: "Tensor | None") -> "tuple[Cost, Tensor]":
        """Of one compressor, or of none; `whole` are the logits with all tokens."""
        import torch

        scene = Scene(self.layout, self.rows, self.query, self.attention, self.tiles)
        asked = compressor(spec) if spec else None
        compressing, reading = [], []
        mix, logits = Mix(torch.arange(self.layout.patches)), self.query
        cache: Any = None
        self._prune_by(asked)
        for _ in range(rounds):
            began = self._clock()
            mix = asked.mix(scene) if asked is not None else mix
            made = mix.to(self.device).of(self.rows)
            compressing.append(self._clock() - began)
            logits, cache, seconds = self._prefill(mix.seats.to(self.device), made)
            reading.append(seconds)
        if asked is not None and len(mix.seats) != asked.kept(self.layout):
            raise VidscoutError(f"{spec} kept {len(mix.seats)} tokens and had promised {asked.kept(self.layout)}")
        length = self.ids.shape[1] - self.layout.patches + len(mix.seats)
        held = sum(part.numel() * part.element_size() for layer in cache.layers for part in (layer.keys, layer.values))
        cosine = 1.0 if whole is None else float(torch.nn.functional.cosine_similarity(logits, whole, dim=0))
        done = flops(self.config, length, self._dropped(len(mix.seats)))
        seconds = statistics.median(compressing) if spec else 0.0
        found = Cost(spec or "all", len(mix.seats), done, seconds, statistics.median(reading), held, cosine)
        return found, logits

    def _clock(self) -> float:
        """Seconds of the processors, which other work on the machine does not add to; on a GPU those of the clock."""
        return time.perf_counter() if self.device == "cuda" else time.process_time()

    def _prune_by(self, asked: Compressor | None) -> None:
        """Have the model drop tokens as a compressor wants it; only then is its attention computed openly."""
        inside = None if asked is None else asked.inside
        self.model.set_attn_implementation("eager" if inside else "sdpa")
        if inside is not None:
            self.pruner = pruner(self.model, self.pruner, asked)
        elif self.pruner is not None:
            self.pruner.schedule = None

    def _pruning(self, visual: "Tensor") -> Any:
        active = self.pruner is not None and self.pruner.active
        return self.pruner.reading(visual) if active and self.pruner is not None else nullcontext()

    def _dropped(self, visual: int) -> list[int]:
        """How many visual tokens are gone in each layer."""
        if self.pruner is None or self.pruner.schedule is None:
            return []
        return [visual - left for left in self.pruner.schedule.counts(visual, self.config.num_hidden_layers)]

    def _prefill(self, seats: "Tensor", made: "Tensor") -> "tuple[Tensor, Any, float]":
        import torch
        from transformers.cache_utils import DynamicCache

        places = (self.ids[0] == PLACEHOLDER).nonzero().flatten()
        keep = self.ids[0] != PLACEHOLDER
        keep[places[seats]] = True
        embedded = self.embedded.clone()
        embedded[0, places[seats]] = made.to(embedded.dtype)
        cache = DynamicCache(config=self.config)
        began = self._clock()
        with torch.inference_mode(), self._pruning(self.ids[0, keep] == PLACEHOLDER):
            output = self.model(
                inputs_embeds=embedded[:, keep], position_ids=self.positions[..., keep], past_key_values=cache,
                use_cache=True, logits_to_keep=1,
            )  # fmt: skip
            logits = output.logits[0, -1].float()
        if self.device == "cuda":
            torch.cuda.synchronize()
        return logits, cache, self._clock() - began


class Tiled(Bench):
    """The same with LLaVA-NeXT's class, whose tower tells its attention: for `hired`."""

    FRAMES = 2

    def __init__(self, size: str, frames: int) -> None:
        import torch
        from transformers import LlavaNextConfig, LlavaNextForConditionalGeneration

        torch.manual_seed(0)
        vision = {"hidden_size": 256, "intermediate_size": 512, "num_hidden_layers": 4, "num_attention_heads": 4}
        config = LlavaNextConfig(
            text_config={**SIZES[size][0], "model_type": "llama", "vocab_size": VOCABULARY},
            vision_config={**vision, "model_type": "clip_vision_model", "image_size": SIDE // 2, "patch_size": PATCH},
            image_token_index=PLACEHOLDER,
            image_grid_pinpoints=[[SIDE, SIDE]],
        )
        self.device, self.config = "cpu", config.get_text_config()
        self.model = LlavaNextForConditionalGeneration(config).eval()
        self.pruner = None
        self._read(drawn(min(frames, self.FRAMES)))

    def _read(self, pictures: list[Any]) -> None:
        import torch
        import transformers

        processor = transformers.LlavaNextImageProcessor(
            size={"shortest_edge": SIDE // 2},
            crop_size={"height": SIDE // 2, "width": SIDE // 2},
            image_grid_pinpoints=[[SIDE, SIDE]],
        )
        seen = processor(pictures, return_tensors="pt")
        base = self.model.model
        self.model.set_attn_implementation("eager")
        with torch.inference_mode(), watched(base) as attention:
            features = base.get_image_features(seen["pixel_values"], seen["image_sizes"], return_dict=True)
        parts = list(features.pooler_output)
        self.rows = torch.cat(parts)
        told = attention.by_row(base, seen["image_sizes"], [len(part) for part in parts])
        if told is None:
            raise VidscoutError("the tower told no attention")
        noted = torch.cat([part + torch.tensor([0.0, 0.0, 100.0 * n]) for n, part in enumerate(told)])
        self.attention, self.tiles = noted[:, :2], noted[:, 2].long()
        self.layout = Layout(tuple(Grid(1, len(part)) for part in parts))
        ids = list(range(1, 41))
        for part in parts:
            ids += [50, *([PLACEHOLDER] * len(part)), 51]
        self.ids = torch.tensor([[*ids, *range(60, 90)]])
        self.positions = torch.arange(self.ids.shape[1])[None]
        with torch.inference_mode():
            self.embedded = self.model.get_input_embeddings()(self.ids)
            self.query = unit(self.embedded[0, -30:]).mean(0)


def flops(config: Any, tokens: int, dropped: Sequence[int] = ()) -> float:
    """Multiplications and additions of reading so many tokens in one go: weights, and attention under a causal mask.

    Args:
        config: of the language model.
        tokens: that go into the first layer.
        dropped: by layer, how many of them are gone there.
    """
    width, inner = config.hidden_size, config.intermediate_size
    of_keys = width // config.num_attention_heads * config.num_key_value_heads
    weights = 2 * width * width + 2 * width * of_keys + 3 * width * inner
    lengths = [tokens - gone for gone in dropped] or [tokens] * config.num_hidden_layers
    return sum(2.0 * weights * length + 2.0 * length * length * width for length in lengths)


def drawn(frames: int, seed: int = 0) -> list[Any]:
    """Pictures of a ground with a moving square; the ground changes in the middle."""
    import numpy as np
    from PIL import Image

    generator = np.random.default_rng(seed)
    grounds = [generator.integers(0, 255, (16, 16, 3), dtype=np.uint8) for _ in range(2)]
    pictures = []
    for number in range(frames):
        ground = Image.fromarray(grounds[2 * number // frames]).resize((SIDE, SIDE))
        ground.paste((250, 40, 40), (30 * number % (SIDE - 90), 150, 30 * number % (SIDE - 90) + 90, 240))
        pictures.append(ground)
    return pictures


def measured(size: str, frames: int, rounds: int, specs: Sequence[str], kept: Path | None = None) -> list[Cost]:
    """The costs of all tokens and of each compressor.

    Args:
        size: of `SIZES`.
        frames: in the prompt.
        rounds: of which the medians are taken.
        specs: compressors with their amounts.
        kept: a file of what was measured under these options before, which is not measured again.
    """
    known = {} if kept is None or not kept.is_file() else {
        cost.spec: cost for cost in (Cost(**json.loads(line)) for line in kept.read_text(encoding="utf-8").splitlines())
    }  # fmt: skip
    tiled = [spec for spec in specs if spec.startswith("hired")]
    rows = []
    for kind, all_tokens, own in (
        (Bench, "all", [s for s in specs if s not in tiled]),
        (Tiled, "all of a LLaVA", tiled),
    ):
        if not own:
            continue
        if all_tokens not in known or any(spec not in known for spec in own):
            bench = kind(size, frames)
            first, whole = bench.cost(None, rounds, None)
            for spec in [all_tokens, *own]:
                if spec in known:
                    continue
                cost = replace(first, spec=all_tokens) if spec == all_tokens else bench.cost(spec, rounds, whole)[0]
                cost = replace(cost, share=(cost.compress_seconds + cost.prefill_seconds) / first.prefill_seconds)
                known[spec] = cost
                if kept is not None:
                    with kept.open("a", encoding="utf-8") as file:
                        file.write(f"{json.dumps(asdict(cost))}\n")
        rows += [known[all_tokens], *(known[spec] for spec in own)]
    return rows


def main() -> None:
    """Print a table, or JSON."""
    import torch

    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--size", choices=sorted(SIZES), default="small")
    parser.add_argument("--frames", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--spec", action="append", help="a compressor and its amount; by default a list of all")
    parser.add_argument("--picture", type=Path, help="an SVG file to draw")
    parser.add_argument("--kept", type=Path, help="a file of lines to which what was measured goes, to go on from it")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    costs = measured(asked.size, asked.frames, asked.rounds, asked.spec or SPECS, asked.kept)
    if asked.picture:
        of_one_model = [cost for cost in costs if not cost.spec.startswith(("hired", "all of"))]
        asked.picture.write_text(picture(of_one_model), encoding="utf-8")
    if asked.json:
        print(json.dumps([asdict(cost) for cost in costs], indent=1))
    else:
        print("\n".join([HEADER, *(cost.row() for cost in costs)]))


if __name__ == "__main__":
    main()
