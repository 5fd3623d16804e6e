"""From a conversation with frames to what a transformers model is fed."""

import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from ..records import clock
from .base import FramePart, Message, defused

if TYPE_CHECKING:
    pass

KEPT_PIXELS = 4
"""Sets of frames whose pixels are kept: a packer counts the tokens of one several times."""
KEPT_COUNTS = 512

CLOCK_RATE = 10
"""Frames a second in which a video's times are told to its processor, which rounds them to whole frames."""

FrameKey = tuple[str, int, int, float]
"""Path, time of change in nanoseconds, bytes, and time in the video where it matters (0 for single images)."""


@dataclass(frozen=True)
class Read:
    """A prompt as the model gets it."""

    inputs: dict[str, Any]
    """Tensors on the CPU, `input_ids` (1, tokens) among them."""
    frames: tuple[FramePart, ...]
    keys: tuple[FrameKey, ...]
    alike: bool
    """Whether all frames have the same size, and so the same number of tokens."""

    @property
    def ids(self) -> list[int]:
        return self.inputs["input_ids"][0].tolist()

    @property
    def is_video(self) -> bool:
        return "pixel_values_videos" in self.inputs


class Reader:
    """Writes conversations in a model's own chat template and reads frames with its own processor.

    Args:
        processor: what `AutoProcessor` loaded.
        as_video: give the frames of a message as one video, where its first frame stands, instead of as images; they
            then have the first one's size.
    """

    def __init__(self, processor: Any, as_video: bool = False) -> None:
        self.processor = processor
        self.tokenizer = processor.tokenizer
        self.as_video = as_video
        if as_video and getattr(processor, "video_processor", None) is None:
            raise UsageError(f"{type(processor).__name__} has no path for videos: leave as_video out")
        marks = [
            token.content
            for token in self.tokenizer.added_tokens_decoder.values()
            if len(token.content) > 1 and (token.special or re.fullmatch(r"[<\[].*[>\]]", token.content))
        ]
        self._marks = re.compile("|".join(map(re.escape, sorted(marks, key=len, reverse=True))) or r"(?!)")
        self._counts: OrderedDict[Any, int] = OrderedDict()
        self._lock = threading.RLock()
        self._pixels: list[_Remembered] = []
        for part in ("image_processor", "video_processor"):
            if getattr(processor, part, None) is not None:
                remembered = _Remembered(getattr(processor, part))
                setattr(processor, part, remembered)
                self._pixels.append(remembered)

    def read(self, messages: Sequence[Message]) -> Read:
        """Tokens and pixels of a prompt.

        Raises:
            UsageError: a frame's file cannot be read.
        """
        frames = tuple(frame for message in messages for frame in message.frames)
        keys = tuple(self._key(frame) for frame in frames)
        text = self.write(messages)
        pictures = _opened(frames)
        bos = self.tokenizer.bos_token
        options: dict[str, Any] = {"text": [text], "return_tensors": "pt"}
        if bos is not None and text.startswith(bos):
            options["add_special_tokens"] = False
        try:
            with self._lock:  # the processor and what it remembers serve one prompt at a time
                for remembered in self._pixels:
                    remembered.showing = keys
                if pictures and self.as_video:
                    options |= self._as_videos(messages, pictures)
                elif pictures:
                    options["images"] = [pictures]  # those of one prompt: alone, LLaVA-OneVision cuts each into tiles
                inputs = dict(self.processor(**options))
        except OSError as error:
            raise UsageError(f"a frame of the prompt cannot be read: {error}") from error
        finally:
            for picture in pictures:
                picture.close()
        alike = len({picture.size for picture in pictures}) <= 1 or self.as_video
        return Read(inputs, frames, keys, alike)

    def count(self, messages: Sequence[Message]) -> int:
        """Tokens of a prompt, those of its frames included: exactly what `read` gives."""
        asked = tuple((m.role, m.text, tuple((self._key(f), f.time) for f in m.frames)) for m in messages)
        known = self._counts.get(asked)
        if known is None:
            known = self.read(messages).inputs["input_ids"].shape[1]
            with self._lock:
                self._counts[asked] = known
                while len(self._counts) > KEPT_COUNTS:
                    self._counts.popitem(last=False)
        return known

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
            return self.processor.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
        try:
            return self.processor.apply_chat_template(chat, tokenize=False, continue_final_message=True)
        except ValueError:  # a template that rewrites what the assistant says
            asked = self.processor.apply_chat_template(chat[:-1], tokenize=False, add_generation_prompt=True)
            return asked + self._defused(messages[-1].text)

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
        if text:
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
            videos.append(np.stack([np.asarray(picture.convert("RGB").resize(shown[0].size)) for picture in shown]))
            numbers = [round(frame.time * CLOCK_RATE) for frame in message.frames]
            total = numbers[-1] + 1
            metadata.append(
                {
                    "fps": float(CLOCK_RATE),
                    "total_num_frames": total,
                    "duration": total / CLOCK_RATE,
                    "frames_indices": numbers,
                }
            )
        return {"videos": videos, "video_metadata": metadata, "do_sample_frames": False}

    def _key(self, frame: FramePart) -> FrameKey:
        try:
            file = Path(frame.path).stat()
        except OSError as error:
            raise UsageError(f"the frame {frame.path} cannot be read: {error.strerror}") from None
        return (str(frame.path), file.st_mtime_ns, file.st_size, frame.time if self.as_video else 0.0)


class _Remembered:
    """An image or video processor that does not look twice at the frames it was shown last."""

    def __init__(self, processor: Any) -> None:
        self.processor = processor
        self.showing: tuple[FrameKey, ...] = ()
        self._seen: OrderedDict[Any, Any] = OrderedDict()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.processor, name)

    def __call__(self, pictures: Any, *more: Any, **options: Any) -> Any:
        from transformers import BatchFeature

        asked = (self.showing, repr(sorted(options.items(), key=lambda item: item[0])))
        if asked not in self._seen:
            self._seen[asked] = self.processor(pictures, *more, **options)
            while len(self._seen) > KEPT_PIXELS:
                self._seen.popitem(last=False)
        self._seen.move_to_end(asked)
        return BatchFeature(dict(self._seen[asked]))  # processors take entries out of what they are given


def _opened(frames: Sequence[FramePart]) -> list[Any]:
    from PIL import Image

    pictures: list[Any] = []
    try:
        for frame in frames:
            picture = Image.open(frame.path)
            pictures.append(picture if picture.mode == "RGB" else picture.convert("RGB"))
    except OSError as error:
        for picture in pictures:
            picture.close()
        raise UsageError(f"a frame of the prompt cannot be read: {error}") from error
    return pictures


def _template_error() -> type[Exception]:
    from jinja2.exceptions import TemplateError

    return TemplateError
