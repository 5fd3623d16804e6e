"""Any video-LLM of a model hub, in this process: what `AutoModelForImageTextToText` loads."""

import inspect
import math
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ..errors import AnswererError, UsageError
from ..runtime.hub_model import FromHub
from ..runtime.memory_budget import expected_bytes
from . import batched
from .caches.on_disk import KEPT_BYTES, OnDisk, on_disk
from .caches.prefix_cache import Prefix, Prefixes, Unit, can_be_cut, forked_cache, marks, new_cache, shared, units
from .caches.vision_cache import Encoded, Encoder
from .compress import Compressor, compressor
from .compress.base import unit
from .context.adapting import Adapting
from .context.extending import Frequencies, extension, limit
from .context.placing import place
from .context.positions import checked_stride
from .families import of_checkpoint
from .interface import Finish, Message, VideoLLM
from .loading.adapters import Adapter
from .loading.loading import Loading, failures
from .processor_inputs import Reader
from .prompt import Prompt
from .shortening import Shortener
from .thoughts import AT_MOST
from .tokens import Writer, ends, likely, picked, placeholder, spelling_letters

if TYPE_CHECKING:
    from torch import Tensor

PORTION = 4096
"""Tokens of a prompt that are fed at once; a deadline is looked at between two portions."""

LONGEST_CONTEXT = 32768
"""Tokens that are used by default of a context that may be far longer than the memory for it."""


class Transformers(FromHub, VideoLLM):
    """A checkpoint of Qwen-VL, SmolVLM, LLaVA, InternVL, Gemma and their like, by folder or hub id.

    Frames go through the checkpoint's own processor, each with its time as text before it. What is computed once is
    kept: the vision tower's output by frame, and the keys and values of prompts, so that what is new is what costs.
    """

    name: ClassVar[str] = "transformers"
    accepts_frames = True
    requires = ("torch", "transformers", "torchvision", "PIL")
    install = "pip install 'vidscout[gpu]'"
    default = "smolvlm2-500m-video"
    _disk: OnDisk | None = None
    _shortener: Shortener | None = None
    _reader: Any = None
    _encoder: Any = None

    def __init__(
        self,
        model: str | Path | None = None,
        *,
        revision: str | None = None,
        dtype: str | None = None,
        device: str = "auto",
        device_map: str | Mapping[str, Any] | None = None,
        attention: str | None = None,
        quantization: Literal["4bit", "8bit"] | None = None,
        kv_cache: Literal["full", "fp8", "quanto", "hqq", "vidkv-1.5", "vidkv-1.58", "vidkv-2"] = "full",
        trust_remote_code: bool = False,
        adapter: str | Path | None = None,
        as_video: bool | None = None,
        compress: str | None = None,
        most_frames: int | None = None,
        context: int = LONGEST_CONTEXT,
        disk_quota: int = KEPT_BYTES,
        visual_stride: float = 1.0,
        extend: str | None = None,
        seconds: float | None = None,
    ) -> None:
        """Choose the model; nothing is loaded yet.

        Args:
            model: a folder with a checkpoint in hub layout, an entry of the catalogue, or a hub id that was pulled.
            revision: commit of the hub repository.
            dtype: precision of the weights; `auto` is the checkpoint's own on a GPU and float32 on a CPU.
            device: `cpu`, `cuda`, `cuda:1`; `auto` takes a GPU where there is one.
            device_map: spread the layers over several devices, as accelerate does (`auto`); then `device` is unused.
            attention: which implementation, as `loading.implementation` takes it.
            quantization: load the weights in 4 or 8 bits by bitsandbytes.
            kv_cache: precision of keys and values; all but `full` go on from behind a prompt's frames only.
            trust_remote_code: run the code that a repository brings; nothing of it is checked.
            adapter: a folder with a PEFT adapter, as LoRA, for the checkpoint.
            as_video: give frames as one video, or as images; by default as is best for its family (`families.toml`).
            compress, most_frames: fewer visual tokens (see `compress`), as `evs:0.25`; frames of a prompt at most.
            context: most tokens of prompt and answer together.
            disk_quota: bytes in a home for encoded frames and prompts' beginnings, kept for the next process.
            visual_stride: from one visual token's position to the next: experimental, see `context.positions`.
            extend: more tokens than it was trained on, by `vcw:TOKENS` or `intp:FRAMES`; see `context.extending`.
            seconds: the longest that an answer may take.

        Raises: UsageError for an option that there is not.
        """
        super().__init__(model, revision=revision, device=device, dtype=dtype, trust_remote_code=trust_remote_code)
        self.adapter, stride = Adapter.of(adapter), checked_stride(visual_stride)
        self.loading = Loading(device_map, attention, quantization, kv_cache, stride, self.adapter)
        self.extension = extension(extend)
        self.family = of_checkpoint(self.checkpoint.model)
        self.as_video = self.family is not None and self.family.path == "video" if as_video is None else as_video
        self.compressor = compressor(compress) if compress else None
        self.compresses = not self.as_video
        self.thoughts = AT_MOST if self.family is not None and self.family.thinks_aloud(self.model) else 0
        self.most_frames, self.seconds, self.disk_quota = most_frames, seconds, disk_quota
        self.context = self._most_context = context
        self._running, self._prefixes, self._adapting = threading.RLock(), Prefixes(), Adapting()

    @property
    def model(self) -> str:
        """The checkpoint's name, as it was given."""
        return str(self.checkpoint.model)

    @property
    def source(self) -> str:
        return super().source if self.adapter is None else f"{super().source}+{self.adapter.identity}"

    def footprint(self) -> int:
        return expected_bytes(self, self.loading.quantization)

    def setup(self) -> None:
        self._model, self._processor = self.loading.load(self.checkpoint)
        new_cache(self.loading.kv_cache, self._model.config)  # refuses layers that it cannot keep
        self._reader, self._adapting = Reader(self._processor, self.as_video, self.family), Adapting()
        self._encoder = Encoder(self._model, self._reader)
        self._placeholder = partial(placeholder, self._model.config)
        if self.homes is not None:
            disk = on_disk(self.checkpoint, self.loading, self._processor, self.homes, self.disk_quota)
            self._encoder.disk, self._disk = disk, disk if disk.keeps_prompts else None
        self._shorten_by(self.compressor)
        config = self._model.config.get_text_config(decoder=True)
        most, positions = self._most_context, getattr(config, "max_position_embeddings", None)
        self.context = limit(self.extension, most, positions, self.loading.visual_stride)
        if self.extension is not None:
            self._adapting.frequencies = Frequencies(self._model, self.extension)
            self._encoder.take_at_once(self.extension.at_once)
        if self.loading.visual_stride < 1 and (self.as_video or hasattr(self._encoder.base, "get_rope_index")):
            raise UsageError(f"visual_stride is for frames of models with plain positions, not for {self.model}")
        self._ends = ends(self._model, self._reader.tokenizer)
        self._letters = spelling_letters(self._reader.tokenizer)

    def shed(self) -> None:
        """Let go of what is kept to save time, when memory has run out: encoded frames, the last prompt's cache."""
        with self._running:
            self._prefixes.clear()
            if self._encoder is not None:
                self._encoder.clear()

    def close(self) -> None:
        with self._running:
            self._reader = self._encoder = self._shortener = None
            self._prefixes.clear()
            super().close()

    def stream(
        self,
        messages: Sequence[Message],
        max_tokens: int,
        temperature: float,
        deadline: float | None,
        schema: Mapping[str, Any] | None = None,
    ) -> Generator[str, None, Finish]:
        del schema  # not bound; see `binds_schema`
        if self.seconds is not None:
            deadline = min(deadline or math.inf, time.monotonic() + self.seconds)
        prompt = self._prompt(messages)
        logits, cache = self._prefill(prompt, deadline=deadline)
        writer = Writer(self._reader.tokenizer)
        for written in range(max_tokens):
            if deadline is not None and time.monotonic() >= deadline:
                raise TimeoutError
            token = picked(logits, temperature)
            if token in self._ends:
                break
            if piece := writer.add(token):
                yield piece
            length = len(prompt.ids) + written + 1
            if length >= self.context or written + 1 == max_tokens:
                if piece := writer.rest():
                    yield piece
                return Finish.LENGTH
            logits = self._step(prompt, cache, token, length - 1)
        if piece := writer.rest():
            yield piece
        return Finish.STOP

    def next_tokens(self, messages: Sequence[Message]) -> Mapping[str, float]:
        self.ready()
        logits, _ = self._prefill(self._prompt(messages))
        return likely(logits, self._reader.tokenizer, self._letters)

    def next_tokens_each(self, prompts: Sequence[Sequence[Message]]) -> list[Mapping[str, float]]:
        """What the prompts begin with in common is computed once, in whatever precision the cache keeps it."""
        self.ready()
        ready = [self._prompt(messages) for messages in prompts]
        common = len(ready[0].ids) - 1
        for prompt in ready:
            common = min(common, shared(ready[0].marks, prompt.marks, prompt.frames), len(prompt.ids) - 1)
        if common:
            self._prefill(ready[0], common)
        beginning = self._prefixes.last
        with self._running, failures(self.model), self._adapting.reading(ready[0]):
            told = batched.next_logits(self._model, beginning, ready, common)
        told = told or [self._prefill(prompt, beginning=beginning)[0] for prompt in ready]
        return [likely(logits, self._reader.tokenizer, self._letters) for logits in told]

    def count_tokens(self, messages: Sequence[Message]) -> int:
        with self.in_use():
            return self._reader.count(messages)

    def warm(self, messages: Sequence[Message]) -> None:
        if messages[-1].role == "system":  # templates want a question before an answer
            messages = [*messages, Message("user", ("\n",))]
        with self.in_use():
            self._prefill(self._prompt(messages))

    def _prompt(self, messages: Sequence[Message], bounded: bool = True) -> Prompt:
        reader, encoder = self._reader, self._encoder
        if reader is None:
            raise AnswererError("the answerer was closed before it could answer")
        read = reader.read(messages)
        ids = read.ids
        length = len(ids)
        if reader.shortener is not None:
            length -= reader.shortener.dropped(read.inputs, read.frames, read.alike)
        if bounded and length >= self.context:
            raise UsageError(
                f"the prompt has {length:,} tokens, and {self.model} takes {self.context:,} with an answer"
            )
        frames: list[Unit] = []
        encoded: list[Encoded] = []
        if read.frames:
            with self._running, failures(self.model):
                mark = self._placeholder("video" if read.is_video else "image")
                if encoder.possible:
                    encoded = encoder.encode(read)
                    frames = units(ids, mark, encoded)
                else:
                    places = [n for n, token in enumerate(ids) if token == mark] or [0, len(ids) - 1]
                    rows = self._model.get_input_embeddings().weight[:0]
                    frames = [Unit(places[0], places[-1] + 1, Encoded(read.keys, rows))]
        prompt = Prompt(read, ids, frames, marks(ids, frames), None)
        text = self._model.config.get_text_config(decoder=True)
        place(prompt, encoder.base, self._placeholder("image"), self.loading.visual_stride, text)
        if self._shortener is None or not frames:
            return self._adapting.stretch(prompt)
        with self._running, failures(self.model):
            return self._adapting.stretch(self._shorten(self._shortener, prompt, encoded))

    def _shorten_by(self, compressor: Compressor | None) -> None:
        if self._encoder.possible:
            self._encoder.attends = compressor is not None and compressor.attends
            both = (self._placeholder("image"), self._placeholder("video"))
            self._shortener = self._reader.shortener = Shortener(compressor, both, self._processor)
            self._adapting.prune_by(self._model, compressor)
            return
        self.compresses = False
        if compressor is not None:
            raise UsageError(f"{self.model} takes no encoded frames, so compress = {compressor.name} cannot be had")

    def _shorten(self, shortener: Shortener, prompt: Prompt, encoded: list[Encoded]) -> Prompt:
        """The prompt with the visual tokens that are kept, each at the position that it had."""
        query = None
        if shortener.asks(prompt.read.frames):
            words = sorted(set(prompt.ids[prompt.frames[-1].end :]))  # one query, however options are ordered
            query = unit(self._model.get_input_embeddings().weight[words].detach()).mean(0)
        shorter = shortener.shorten(prompt.read, encoded, query)
        if shorter is None:
            return prompt
        ids = shorter.read.ids
        frames = units(ids, self._placeholder("video" if prompt.read.is_video else "image"), shorter.encoded)
        positions = prompt.positions if prompt.positions is None else prompt.positions[..., shorter.keep]
        offset = prompt.offset + len(prompt.ids) - len(ids)
        return Prompt(shorter.read, ids, frames, marks(ids, frames), positions, offset)

    def _prefill(
        self,
        prompt: Prompt,
        length: int | None = None,
        beginning: Prefix | None = None,
        deadline: float | None = None,
    ) -> "tuple[Tensor, Any]":
        """Feed a prompt, or its first tokens, and keep its cache; what the last one had in common is not fed again.

        Returns:
            Logits of what follows, (vocabulary,), and a cache that may be continued.

        Raises:
            TimeoutError: the deadline has passed.
        """
        length = len(prompt.ids) if length is None else length
        with self._running:
            whole = self._adapting.prunes(prompt)
            known = beginning or (None if whole else self._prefixes.nearest(prompt.marks))
            start, cache = self._begun(prompt, length, known, beginning is None)
            with failures(self.model):
                *portions, end = self._portions(prompt, start, length, cut=can_be_cut(cache))
                for place in portions:
                    self._feed(prompt, cache, start, place)
                    start = place
                    if not can_be_cut(cache) and prompt.frames and place == prompt.frames[-1].end:
                        self._prefixes.keep(known := Prefix(prompt.marks[:place], forked_cache(cache)), None)
                    if deadline is not None and time.monotonic() >= deadline:
                        raise TimeoutError
                logits = self._feed(prompt, cache, start, end)
            kept = Prefix(prompt.marks[:length], forked_cache(cache), prompt.frames[-1].end if whole else 0)
            self._prefixes.keep(kept, known)
            if self._disk is not None and self._adapting.plain(prompt):
                self._disk.keep_prefix(kept, prompt.ids, prompt.frames)
            return logits, cache

    def _begun(self, prompt: Prompt, length: int, known: Prefix | None, looks: bool) -> tuple[int, Any]:
        """How many of a prompt's tokens need not be fed, and a cache of them."""
        start, cache = self._continued(known, prompt, length)
        first = prompt.frames[0].start if prompt.frames else length
        disk = self._disk if looks and self._adapting.plain(prompt) and start <= first < length else None
        if disk is not None and (kept := disk.prefix(prompt.marks, prompt.frames, first, self._model)):
            start, cache = self._continued(kept, prompt, length)
        if cache is None:
            return 0, new_cache(self.loading.kv_cache, self._model.config)
        return start, cache

    def _continued(self, known: Prefix | None, prompt: Prompt, length: int) -> tuple[int, Any]:
        if known is None:
            return 0, None
        start = min(shared(known.marks, prompt.marks, prompt.frames), length - 1)
        start = next((u.start for u in prompt.frames if u.start < start < u.end), start)
        cache = known.fork(start) if self._can_start(prompt, start) else None
        return (0, None) if cache is None else (start, cache)

    def _portions(self, prompt: Prompt, start: int, length: int, cut: bool = True) -> list[int]:
        """Where the parts end in which a prompt is fed: not inside a frame; all at once where tokens are dropped; also
        behind the frames where the cache cannot be `cut` there later, for the next question about them."""
        if self._adapting.prunes(prompt):
            return [length]
        if not cut and prompt.frames and start < (last := prompt.frames[-1].end) < length:
            return [*self._portions(prompt, start, last), *self._portions(prompt, last, length)]
        ends = []
        while start + PORTION < length:
            start += PORTION
            start = next((unit.end for unit in prompt.frames if unit.start < start < unit.end), start)
            if start < length and self._can_start(prompt, start):
                ends.append(start)
        return [*ends, length]

    def _can_start(self, prompt: Prompt, start: int) -> bool:
        """Whether the rest of a prompt may be fed by itself.

        Not where frames in it look at each other both ways (Gemma), nor where frames cannot be fed in part.
        """
        if start <= 0:
            return False
        if all(unit.end <= start for unit in prompt.frames):
            return True
        return self._encoder.possible and "token_type_ids" not in prompt.read.inputs

    def _feed(self, prompt: Prompt, cache: Any, start: int, end: int) -> "Tensor":
        import torch

        takes = inspect.signature(self._model.forward).parameters
        placed = self._encoder.placed
        inputs: dict[str, Any] = {"input_ids": placed(prompt.read.inputs["input_ids"][:, start:end])}
        if prompt.positions is not None:
            inputs["position_ids"] = placed(prompt.positions[..., start:end])
        for name in ("token_type_ids", "mm_token_type_ids"):
            if start == 0 and name in takes and name in prompt.read.inputs:
                inputs[name] = placed(prompt.read.inputs[name][:, :end])
        ahead = [unit.encoded for unit in prompt.frames if start <= unit.start < end]
        if ahead and self._encoder.possible:
            inputs["mm_encoder_outputs"] = self._encoder.joined(ahead, prompt.read.is_video)
        elif ahead:
            own = {"input_ids", "attention_mask", "token_type_ids", "mm_token_type_ids"}
            inputs |= {name: placed(value) for name, value in prompt.read.inputs.items() if name not in own}
        with torch.inference_mode(), self._adapting.reading(prompt, start, end, self._model.device):
            output = self._model(**inputs, past_key_values=cache, use_cache=True, logits_to_keep=1)
        return output.logits[0, -1].float()

    def _step(self, prompt: Prompt, cache: Any, token: int, place: int) -> "Tensor":
        import torch

        with self._running, failures(self.model), torch.inference_mode(), self._adapting.reading(prompt):
            if self._model is None:
                raise AnswererError("the answerer was closed in the middle of its answer")
            inputs: dict[str, Any] = {"input_ids": torch.tensor([[token]], device=self._model.device)}
            if prompt.positions is not None:
                position = torch.tensor([place + prompt.offset], device=self._model.device)
                inputs["position_ids"] = position.expand(*prompt.positions.shape[:-1], 1)
            output = self._model(**inputs, past_key_values=cache, use_cache=True, logits_to_keep=1)
        return output.logits[0, -1].float()
