"""From a conversation with frames to what a transformers model is fed."""

import re
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from ..errors import UsageError
from ..records import clock
from .families import Family
from .frame_data import CLOCK_RATE
from .interface import FramePart, Message, defused

KEPT_PIXELS = 4
"""Sets of frames whose pixels are kept: a packer counts the tokens of one several times."""
KEPT_COUNTS = 512
KEPT_SHAPES = 256
"""Sets of frames' sizes of which is remembered what the processor makes of them."""
SMALL = 10_000
"""Numbers in a tensor that is kept whole, whatever it holds."""

FrameKey = tuple[str, int, int, float]
"""Path, time of change in nanoseconds, bytes, and time in the video where it matters (0 for single images)."""


class Drops(Protocol):
    """Whatever leaves out visual tokens of a prompt (`shortening.Shortener`)."""

    def dropped(self, inputs: Mapping[str, Any], frames: Sequence[FramePart], alike: bool, /) -> int:
        """How many tokens of a prompt fall away."""
        ...


@dataclass(frozen=True)
class PromptInputs:
    """A prompt as the model gets it."""

    inputs: dict[str, Any]
    """Tensors on the CPU, `input_ids` (1, tokens) among them."""
    frames: tuple[FramePart, ...]
    keys: tuple[FrameKey, ...]
    alike: bool
    """Whether all frames have the same size, and so the same number of tokens."""

    @property
    def ids(self) -> list[int]:
        """The prompt's tokens."""
        return self.inputs["input_ids"][0].tolist()

    @property
    def is_video(self) -> bool:
        """Whether the frames went in as a video rather than as pictures."""
        return "pixel_values_videos" in self.inputs


class Reader:
    """Writes conversations in a model's own chat template and reads frames with its own processor.

    Args:
        processor: what `AutoProcessor` loaded.
        as_video: give the frames of a message as one video, where its first frame stands, instead of as images; they
            then have the first one's size. A processor that fuses two frames of a video is given each twice.
        family: how the model is shown frames and told not to think aloud, where that is known.
    """

    def __init__(self, processor: Any, as_video: bool = False, family: Family | None = None) -> None:
        self.processor = processor
        self.tokenizer = processor.tokenizer
        self.as_video = as_video
        self._images = {"images_kwargs": dict(family.images)} if family is not None and family.images else {}
        self._template = {family.thinking: False} if family is not None and family.thinking else {}
        if as_video and getattr(processor, "video_processor", None) is None:
            raise UsageError(f"{type(processor).__name__} has no path for videos: leave as_video out")
        marks = [
            token.content
            for token in self.tokenizer.added_tokens_decoder.values()
            if len(token.content) > 1 and (token.special or re.fullmatch(r"[<\[].*[>\]]", token.content))
        ]
        self._marks = re.compile("|".join(map(re.escape, sorted(marks, key=len, reverse=True))) or r"(?!)")
        self.shortener: Drops | None = None
        """What takes visual tokens off a prompt that was read; set once it is known by whom it is read."""
        self._counts: OrderedDict[Any, int] = OrderedDict()
        self._sizes: dict[FrameKey, tuple[int, int]] = {}
        self._lock = threading.RLock()
        self._pixels: list[_Remembered] = []
        for part in ("image_processor", "video_processor"):
            if getattr(processor, part, None) is not None:
                remembered = _Remembered(getattr(processor, part))
                setattr(processor, part, remembered)
                self._pixels.append(remembered)

    def read(self, messages: Sequence[Message]) -> PromptInputs:
        """Tokens and pixels of a prompt.

        Raises:
            UsageError: a frame's file cannot be read.
        """
        frames = tuple(frame for message in messages for frame in message.frames)
        pictures = [_opened(frame) for frame in frames]
        keys = tuple(self._key(frame) for frame in frames)
        try:
            inputs = self._processed(messages, pictures, keys)
        except OSError as error:
            raise UsageError(f"a frame of the prompt cannot be read: {error}") from error
        finally:
            for picture in pictures:
                picture.close()
        alike = len({picture.size for picture in pictures}) <= 1 or self.as_video
        return PromptInputs(inputs, frames, keys, alike)

    def count(self, messages: Sequence[Message]) -> int:
        """Tokens of a prompt, those of its frames included: exactly what `read` gives and a shortener leaves.

        How many tokens a frame takes depends on its size alone, so that no pixel is read, and other frames of the same
        sizes cost nothing to count.
        """
        asked = tuple(
            (m.role, *(p if isinstance(p, str) else (self._key(p), p.time, p.compress) for p in m.parts))
            for m in messages
        )
        known = self._counts.get(asked)
        if known is None:
            frames = [frame for message in messages for frame in message.frames]
            sizes = {self._size(frame, self._key(frame)) for frame in frames}
            inputs = self.hollow(messages)
            known = inputs["input_ids"].shape[1]
            if self.shortener is not None:
                known -= self.shortener.dropped(inputs, frames, len(sizes) <= 1 or self.as_video)
            with self._lock:
                self._counts[asked] = known
                while len(self._counts) > KEPT_COUNTS:
                    self._counts.popitem(last=False)
        return known

    def hollow(self, messages: Sequence[Message]) -> dict[str, Any]:
        """What the processor makes of a prompt by the sizes of its frames: all but the pixels."""
        from PIL import Image

        frames = [frame for message in messages for frame in message.frames]
        sizes = [self._size(frame, self._key(frame)) for frame in frames]
        shapes = tuple((*size, frame.time if self.as_video else 0.0) for size, frame in zip(sizes, frames, strict=True))
        blank = [Image.new("RGB", size) for size in sizes]
        return self._processed(messages, blank, shapes, hollow=True)

    def _processed(
        self, messages: Sequence[Message], pictures: list[Any], keys: tuple[Any, ...], hollow: bool = False
    ) -> dict[str, Any]:
        text = self.write(messages)
        options: dict[str, Any] = {"text": [text], "return_tensors": "pt"}
        bos = self.tokenizer.bos_token
        if bos is not None and text.startswith(bos):
            options["add_special_tokens"] = False
        if pictures and self.as_video:
            options |= self._as_videos(messages, pictures)
        elif pictures:
            options |= self._images
            options["images"] = [pictures]  # those of one prompt: alone, LLaVA-OneVision cuts each into tiles
        with self._lock:  # the processor and what it remembers serve one prompt at a time
            for remembered in self._pixels:
                remembered.show(keys, hollow)
            inputs = dict(self.processor(**options))
        if "second_per_grid_ts" in inputs:  # which Qwen2.5-VL's processor takes for the frames to begin at 0:00
            inputs["second_per_grid_ts"] = self._seconds_a_patch(messages)
        return inputs

    def _seconds_a_patch(self, messages: Sequence[Message]) -> Any:
        import torch

        shown = [[frame.time for frame in message.frames] for message in messages if message.frames]
        return torch.tensor([(max(times) - min(times)) / max(len(times) - 1, 1) or 1.0 for times in shown])

    def write(self, messages: Sequence[Message]) -> str:
        """The prompt in the chat template, a placeholder for each frame, ready for the answer or amid it."""
        begun = messages[-1].role == "assistant"
        try:
            return self._rendered(messages, begun)
        except _template_error():  # templates without a system's turn: Gemma, LLaVA
            if messages[0].role != "system" or len(messages) < 2:
                raise
            first = replace(messages[1], parts=(messages[0].text + "\n\n", *messages[1].parts))
            return self._rendered([first, *messages[2:]], begun)

    def _rendered(self, messages: Sequence[Message], begun: bool) -> str:
        chat = [{"role": message.role, "content": self._content(message)} for message in messages]
        if not begun:
            return self._templated(chat, add_generation_prompt=True)
        try:
            return self._templated(chat, continue_final_message=True)
        except ValueError:  # a template that rewrites what the assistant says
            return self._templated(chat[:-1], add_generation_prompt=True) + self._defused(messages[-1].text)

    def _templated(self, chat: list[dict[str, Any]], **how: bool) -> str:
        return self.processor.apply_chat_template(chat, tokenize=False, **self._template, **how)

    def _content(self, message: Message) -> list[dict[str, str]]:
        content: list[dict[str, str]] = []
        text = ""
        if self.as_video and message.frames:
            text = f"[{', '.join(clock(frame.time) for frame in message.frames)}]\n"
        for part in message.parts:
            if isinstance(part, str):
                text += self._defused(part)
                continue
            if self.as_video:
                if any(piece["type"] == "video" for piece in content):
                    continue
            else:
                text += f"[{clock(part.time)}]\n"
            if text:
                content.append({"type": "text", "text": text})
            content.append({"type": "video" if self.as_video else "image"})
            text = "\n"
        if text or not content:
            content.append({"type": "text", "text": text})
        return content

    def _defused(self, text: str) -> str:
        """Nothing in a text may pass for a token by which this model tells turns or pictures apart."""
        return self._marks.sub(lambda mark: f"{mark[0][0]} {mark[0][1:]}", defused(text))

    def _as_videos(self, messages: Sequence[Message], pictures: list[Any]) -> dict[str, Any]:
        import numpy as np

        videos: list[np.ndarray] = []
        metadata: list[dict[str, Any]] = []
        left = iter(pictures)
        for message in messages:
            if not message.frames:
                continue
            shown = [next(left) for _ in message.frames]
            fused = getattr(self.processor.video_processor, "temporal_patch_size", None) or 1
            pictures_once = [np.asarray(picture.convert("RGB").resize(shown[0].size)) for picture in shown]
            videos.append(np.repeat(np.stack(pictures_once), fused, axis=0))
            numbers = [round(frame.time * CLOCK_RATE) for frame in message.frames for _ in range(fused)]
            total = max(numbers) + 1
            metadata.append(
                {
                    "fps": float(CLOCK_RATE),
                    "total_num_frames": total,
                    "duration": total / CLOCK_RATE,
                    "frames_indices": numbers,
                }
            )
        return {"videos": videos, "video_metadata": metadata, "do_sample_frames": False}

    def _size(self, frame: FramePart, key: FrameKey) -> tuple[int, int]:
        if key not in self._sizes:
            with _opened(frame) as picture:
                self._sizes[key] = picture.size
        return self._sizes[key]

    def _key(self, frame: FramePart) -> FrameKey:
        try:
            file = Path(frame.path).stat()
        except OSError as error:
            raise UsageError(f"the frame {frame.path} cannot be read: {error.strerror}") from None
        return (str(frame.path), file.st_mtime_ns, file.st_size, frame.time if self.as_video else 0.0)


class _Remembered:
    """An image or video processor that does not look twice at the frames it was shown last, or at frames' sizes."""

    def __init__(self, processor: Any) -> None:
        self.processor = processor
        self._showing: tuple[tuple[Any, ...], bool] = ((), False)
        self._seen: OrderedDict[Any, Any] = OrderedDict()
        self._shapes: OrderedDict[Any, Any] = OrderedDict()

    def show(self, keys: tuple[Any, ...], hollow: bool) -> None:
        """Say what the next pictures are; hollow ones have sizes only."""
        self._showing = (keys, hollow)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.processor, name)

    def __call__(self, pictures: Any, *more: Any, **options: Any) -> Any:
        from transformers import BatchFeature

        keys, hollow = self._showing
        asked = (keys, repr(sorted(options.items(), key=lambda item: item[0])))
        seen, most = (self._shapes, KEPT_SHAPES) if hollow else (self._seen, KEPT_PIXELS)
        if asked not in seen:
            made = dict(self.processor(pictures, *more, **options))
            seen[asked] = {name: _emptied(value) for name, value in made.items()} if hollow else made
            while len(seen) > most:
                seen.popitem(last=False)
        seen.move_to_end(asked)
        return BatchFeature(dict(seen[asked]))  # processors take entries out of what they are given


def _emptied(value: Any) -> Any:
    """A tensor of pixels of the same shape that takes no memory; anything small as it is."""
    import numpy as np
    import torch

    if isinstance(value, torch.Tensor) and value.is_floating_point() and value.numel() > SMALL:
        return value.new_zeros(1).expand(value.shape)
    if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size > SMALL:
        return np.broadcast_to(value.dtype.type(0), value.shape)
    if isinstance(value, list):
        return [_emptied(part) for part in value]
    return value


def _opened(frame: FramePart) -> Any:
    """The picture in a frame's file, read when it is needed."""
    from PIL import Image

    try:
        picture = Image.open(frame.path)
    except OSError as error:
        raise UsageError(f"the frame {frame.path} cannot be read: {error}") from None
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _template_error() -> type[Exception]:
    from jinja2.exceptions import TemplateError

    return TemplateError
