"""What a vision tower makes of frames, kept by frame: a second question about them does not look at them again."""

import inspect
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Protocol

from ...errors import UsageError
from ..attending.tower import watched
from ..context.interleaved import by_frame, groups, in_order
from ..interface import Message
from ..processor_inputs import PromptInputs, Reader

if TYPE_CHECKING:
    from torch import Tensor

KEPT_BYTES = 512 * 1024 * 1024
"""Most bytes of encoded frames that are kept; a frame of a 7B model takes two to ten million."""

SPLITTABLE = {"last_hidden_state", "pooler_output", "hidden_states", "attentions", "deepstack_features"}
"""Outputs of a vision tower of which we know which row belongs to which frame."""


@dataclass(frozen=True)
class Encoded:
    """A frame, or a whole video, as the language model sees it."""

    key: Any
    rows: "Tensor"
    """(tokens, width)."""
    deeper: "tuple[Tensor, ...]" = ()
    """The same of inner layers, for models that add them to those of the language model (DeepStack)."""
    whole: Any = None
    """The vision tower's output as it was, where it is not known how to divide it."""
    shape: tuple[int, ...] | None = None
    """Of a whole video's rows in the tower's output, where rows and deeper rows are all that the model takes of it."""
    attention: "Tensor | None" = None
    """(tokens, 3): what `attending.tower` noted, where it was asked for and is to be had."""

    @property
    def bytes(self) -> int:
        """How much memory it takes."""
        return sum(part.numel() * part.element_size() for part in (self.rows, *self.deeper))


class Disk(Protocol):
    """Whatever keeps encoded frames beyond this process (`on_disk.OnDisk`)."""

    def frame(self, key: Any, device: Any, /) -> tuple[Encoded, bool] | None:
        """An encoded frame, and whether the tower gave it in a list; None where it is not kept."""
        ...

    def keep_frames(self, frames: Sequence[Encoded], as_list: bool, /) -> None:
        """Keep encoded frames."""
        ...


class Encoder:
    """Asks a model's vision tower, at most once a frame.

    Works with every model that takes `mm_encoder_outputs`; for others `possible` is false.
    """

    def __init__(self, model: Any, reader: Reader) -> None:
        self.reader = reader
        self.base = model.model if hasattr(getattr(model, "model", None), "get_image_features") else model
        self.device, self.dtype = model.device, model.dtype
        self.possible = "mm_encoder_outputs" in inspect.signature(model.forward).parameters
        self.attends = False
        """Whether the tower's attention is noted too."""
        self._as_list = True
        self._kept: OrderedDict[Any, Encoded] = OrderedDict()
        self.disk: Disk | None = None
        """What outlives this process."""
        self._at_once: int | None = None

    def take_at_once(self, frames: int | None) -> None:
        """Give the tower so many frames of a video at a time, in interleaved groups; None for all of them.

        Raises:
            UsageError: frames have other sizes in it where there are fewer of them.
        """
        if frames is not None and hasattr(self.base, "get_rope_index"):
            raise UsageError("extend = intp: this encoder takes any number of frames, and fits their size to it")
        self._at_once = frames

    def encode(self, read: PromptInputs) -> list[Encoded]:
        """The frames of a prompt in order; or one for all of them, where they cannot be told apart."""
        if read.is_video:
            return [self._kept_or(read.keys, lambda: self._kept_video(read) or self._new_video(read))]
        several = len(read.keys) > 1  # LLaVA-OneVision cuts a picture into tiles only when it is the only one
        self._recall([(key, several) for key in read.keys])
        unseen = [n for n, key in enumerate(read.keys) if (key, several) not in self._kept]
        if (read.keys, several) in self._kept:
            return [self._kept_or((read.keys, several), lambda: self._images(read)[0])]
        if unseen:
            if len(unseen) == 1 and several:
                unseen.append(next(n for n in range(len(read.keys)) if n not in unseen))
            if len(unseen) < len(read.keys):
                shown = tuple(read.frames[n] for n in sorted(unseen))
                new = self._images(self.reader.read([Message("user", shown)]))
                if len(new) < len(shown):  # not divisible, so there is nothing to put together
                    new = self._images(read)
            else:
                new = self._images(read)
            if len(new) == 1 and several:
                return [self._kept_or((read.keys, several), lambda: new[0])]
            found = {encoded.key: encoded for encoded in new}
            for encoded in new:
                self._kept[encoded.key] = encoded
            if self.disk is not None:
                self.disk.keep_frames(new, self._as_list)
        else:
            found = {}
        encoded = [found.get((key, several)) or self._kept[(key, several)] for key in read.keys]
        for key in read.keys:
            self._kept.move_to_end((key, several))
        self._forget()
        return encoded

    def joined(self, encoded: Sequence[Encoded], is_video: bool) -> dict[str, Any]:
        """`mm_encoder_outputs` of these frames, in this order."""
        import torch

        if encoded[0].whole is not None:
            output = encoded[0].whole
        else:
            rows = [part.rows for part in encoded]
            output = SimpleNamespace(
                pooler_output=rows if self._as_list else torch.cat(rows)[None],
                deepstack_features=[
                    [part.deeper[layer] for part in encoded] for layer in range(len(encoded[0].deeper))
                ],
            )
        return {"video" if is_video else "image": output}

    def clear(self) -> None:
        """Forget every encoded frame."""
        self._kept.clear()

    def _recall(self, keys: Sequence[Any]) -> None:
        """Bring frames back from the disk; with the tower's attention where that is asked for."""
        if self.disk is None:
            return
        for key in keys:
            if key in self._kept or (found := self.disk.frame(key, self.device)) is None:
                continue
            if not self.attends or found[0].attention is not None:
                self._kept[key], self._as_list = found

    def _images(self, read: PromptInputs) -> list[Encoded]:
        with watched(self.base) if self.attends else nullcontext() as attention:
            output = self._asked(self.base.get_image_features, read)
        several = len(read.keys) > 1
        keys = [(key, several) for key in read.keys]
        pooled = output.pooler_output
        self._as_list = isinstance(pooled, list | tuple)
        divided = divide(pooled, len(keys), read.alike) if set(output.keys()) <= SPLITTABLE else None
        deeper: list[list[Tensor]] = []
        for layer in getattr(output, "deepstack_features", None) or ():
            if divided is not None and (layer := divide(layer, len(keys), read.alike)) is not None:
                deeper.append(layer)
            else:
                divided = None
        if divided is None:
            return [Encoded((read.keys, several), rows_of(pooled), whole=output)]
        told = (
            attention.by_row(self.base, read.inputs.get("image_sizes"), list(map(len, divided))) if attention else None
        )
        return [
            Encoded(key, rows, tuple(layer[place] for layer in deeper), attention=told[place] if told else None)
            for place, (key, rows) in enumerate(zip(keys, divided, strict=True))
        ]

    def _kept_video(self, read: PromptInputs) -> Encoded | None:
        """A whole video as the disk has it, in the shape in which the tower gave it."""
        found = None if self.disk is None else self.disk.frame(read.keys, self.device)
        if found is None or found[0].shape is None:
            return None
        kept, self._as_list = found
        return replace(kept, whole=_whole(kept, self._as_list))

    def _new_video(self, read: PromptInputs) -> Encoded:
        made = self._video(read) if self._at_once is None else self._in_groups(read, self._at_once)
        if self.disk is not None:
            self.disk.keep_frames([made], self._as_list)
        return made

    def _video(self, read: PromptInputs) -> Encoded:
        output = self._asked(self.base.get_video_features, read)
        pooled = output.pooler_output
        self._as_list = isinstance(pooled, list | tuple)
        rows = rows_of(pooled)
        if not set(output.keys()) <= SPLITTABLE or (self._as_list and len(pooled) != 1):
            return Encoded(read.keys, rows, whole=output)
        deeper = tuple(rows_of(layer) for layer in getattr(output, "deepstack_features", None) or ())
        return Encoded(read.keys, rows, deeper, output, tuple((pooled[0] if self._as_list else pooled).shape))

    def _in_groups(self, read: PromptInputs, at_once: int) -> Encoded:
        """A video whose frames the tower sees in groups of so many, in the order of its frames."""
        import torch

        members = groups(len(read.frames), at_once)
        made = []
        for group in members:
            frames = [replace(read.frames[n], time=read.frames[n].time + place / 8) for place, n in enumerate(group)]
            made.append(self._video(self.reader.read([Message("user", tuple(frames))])))
        layers = []
        for layer in zip(*((group.rows, *group.deeper) for group in made), strict=True):
            parts = [by_frame(rows, at_once) for rows in layer]
            if any(part is None for part in parts):
                raise UsageError(f"extend = intp:{at_once}: it is not known which token belongs to which frame")
            ordered = in_order([part for part in parts if part is not None], members, len(read.frames))
            layers.append(torch.cat([*ordered, layer[0][sum(map(len, parts[0] or ())) :]]))
        one = made[0].shape or made[0].rows.shape
        of_frames = len(one) == 3 and one[0] == at_once  # else a video's, with or without its place in a batch
        shape = (len(read.frames), *one[1:]) if of_frames else (*one[:-2], *layers[0].shape)
        joined = Encoded(read.keys, layers[0], tuple(layers[1:]), shape=shape)
        return replace(joined, whole=_whole(joined, self._as_list))

    def _asked(self, tower: Callable[..., Any], read: PromptInputs) -> Any:
        import torch

        takes = inspect.signature(tower).parameters
        inputs = {name: self.placed(value) for name, value in read.inputs.items() if name in takes}
        with torch.inference_mode():
            return tower(**inputs, return_dict=True)

    def placed(self, value: Any) -> Any:
        """A tensor on the model's device, in its precision if it holds fractions."""
        if not hasattr(value, "to"):
            return value
        return value.to(self.device, self.dtype) if value.is_floating_point() else value.to(self.device)

    def _kept_or(self, key: Any, look: "Callable[[], Encoded]") -> Encoded:
        if key not in self._kept:
            self._kept[key] = look()
        self._kept.move_to_end(key)
        self._forget()
        return self._kept[key]

    def _forget(self) -> None:
        held = sum(encoded.bytes for encoded in self._kept.values())
        while held > KEPT_BYTES and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            held -= oldest.bytes


def _whole(video: Encoded, as_list: bool) -> Any:
    """What a model takes of a vision tower's output for one video."""
    rows = video.rows.reshape(video.shape or video.rows.shape)
    return SimpleNamespace(
        pooler_output=[rows] if as_list else rows, deepstack_features=[[layer] for layer in video.deeper]
    )


def rows_of(features: Any) -> "Tensor":
    """Features of any nesting as (tokens, width)."""
    import torch

    if isinstance(features, list | tuple):
        return torch.cat([rows_of(part) for part in features])
    return features.reshape(-1, features.shape[-1])


def divide(features: Any, count: int, alike: bool) -> "list[Tensor] | None":
    """Features by frame, each (tokens, width), or None where it cannot be known which row belongs to which frame."""
    if len(features) == count and (isinstance(features, list | tuple) or features.dim() == 3):
        return [rows_of(part) for part in features]
    rows = rows_of(features)
    if alike and len(rows) % count == 0:
        return list(rows.split(len(rows) // count))
    return None
