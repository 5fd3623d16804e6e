"""A prompt with fewer visual tokens: placeholders, positions and encoded frames cut alike."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from .caches.vision_cache import Encoded, rows_of
from .compress.base import Compressor, Grid, Layout, Mix, Scene, compressor, together
from .interface import FramePart
from .processor_inputs import PromptInputs

if TYPE_CHECKING:
    from torch import Tensor

BY_TOKEN = ("input_ids", "attention_mask", "token_type_ids", "mm_token_type_ids")
"""What a processor gives with one number a token."""


@dataclass(frozen=True)
class Shorter:
    """What is left of a prompt."""

    read: PromptInputs
    encoded: list[Encoded]
    """In order; those of which nothing is left are gone."""
    keep: "Tensor"
    """(tokens of the whole prompt,), whether each is left."""


class Shortener:
    """Cuts prompts as compressors say; how many tokens that takes off is known before a pixel is read.

    Args:
        compressor: for frames that name none themselves; None leaves them whole.
        placeholders: the tokens in whose place pictures' and videos' rows stand.
        processor: tells how its family lays rows out.
    """

    def __init__(
        self, compressor: Compressor | None, placeholders: tuple[int | None, int | None], processor: Any
    ) -> None:
        self.compressor = compressor
        self._image, self._video = placeholders
        self._merge = getattr(getattr(processor, "image_processor", None), "merge_size", 1) or 1
        names = ("image_seq_length", "image_seq_len", "num_image_tokens")
        self._tile = next((size for name in names if (size := getattr(processor, name, None))), 0)

    def dropped(self, inputs: Mapping[str, Any], frames: Sequence[FramePart], alike: bool) -> int:
        """How many tokens of a prompt fall away.

        Args:
            inputs: what the processor gives; pixels are not looked at.
            frames: what is shown.
            alike: whether all have one size, or go in as a video.
        """
        if self.compressor is None and not any(frame.compress for frame in frames):
            return 0
        layout = self.layout(inputs, len(frames), alike)
        return sum(part.dropped for part in self._parts(layout, frames))

    def asks(self, frames: Sequence[FramePart]) -> bool:
        """Whether what is kept of these frames depends on the question."""
        by = {self.compressor, *(_compressor(frame.compress) for frame in frames if frame.compress)}
        return any(one is not None and one.asks for one in by)

    def _parts(self, layout: Layout, frames: Sequence[FramePart]) -> "list[_Part]":
        """The frames by what makes them fewer. Where frames cannot be told apart, nobody's own wish is met."""
        if len(frames) != len(layout.frames):
            return [_Part(self.compressor, layout, tuple(range(len(layout.frames))))]
        by: dict[Compressor | None, list[int]] = {}
        for place, frame in enumerate(frames):
            by.setdefault(_compressor(frame.compress) if frame.compress else self.compressor, []).append(place)
        return [
            _Part(one, Layout(tuple(layout.frames[n] for n in places)), tuple(places)) for one, places in by.items()
        ]

    def layout(self, inputs: Mapping[str, Any], frames: int, alike: bool) -> Layout:
        """How the rows of a prompt lie; those of frames whose division is not known are one line."""
        video = "pixel_values_videos" in inputs
        rows = int((inputs["input_ids"][0] == (self._video if video else self._image)).sum()) if frames else 0
        if not rows:
            return Layout(())
        sizes = inputs.get("video_grid_thw" if video else "image_grid_thw")
        if sizes is not None:
            grids = [
                Grid(height // self._merge, width // self._merge)
                for times, height, width in sizes.tolist()
                for _ in range(times)
            ]
            if sum(grid.patches for grid in grids) == rows:
                return Layout(tuple(grids))
        if not alike or rows < frames:
            return Layout((Grid(1, rows),))
        each, over = divmod(rows, frames)
        grids = [self._grid(each)] * frames
        grids[-1] = replace(grids[-1], separators=grids[-1].separators + over)
        return Layout(tuple(grids))

    def _grid(self, rows: int) -> Grid:
        """One frame's rows: a square, tiles one below the other, or a line; with a line end behind it, or without."""
        for separators in (0, 1):
            patches = rows - separators
            side = math.isqrt(self._tile)
            if side and side**2 == self._tile and patches and patches % self._tile == 0:
                return Grid(patches // side, side, separators)
        for separators in (0, 1):
            side = math.isqrt(rows - separators)
            if side and side**2 == rows - separators:
                return Grid(side, side, separators)
        return Grid(1, rows)

    def shorten(self, read: PromptInputs, encoded: Sequence[Encoded], query: "Tensor | None") -> Shorter | None:
        """The prompt with what the compressor keeps; None where that is everything."""
        import torch

        if not self.dropped(read.inputs, read.frames, read.alike):
            return None
        layout = self.layout(read.inputs, len(read.frames), read.alike)
        rows = torch.cat([frame.rows for frame in encoded])
        patches, separators = _places(layout, rows.device)
        told = [frame.attention for frame in encoded if frame.attention is not None]
        attention = torch.cat(told)[patches] if len(told) == len(encoded) else None
        tiles = None if attention is None else _numbered(attention[:, 2], [f.rows for f in encoded], patches)
        whole = Scene(layout, rows[patches], query, None if attention is None else attention[:, :2], tiles)
        parts = self._parts(layout, read.frames)
        mix = together([part.mix(whole) for part in parts])
        seats = torch.cat([patches[mix.seats], separators])
        order = seats.argsort()
        layers = [rows, *(torch.cat(layer) for layer in zip(*(_deeper(frame) for frame in encoded), strict=True))]
        made = [torch.cat([mix.of(layer[patches]), layer[separators]])[order] for layer in layers]
        seats = seats[order]
        keep = self._kept_tokens(read, seats)
        left = _by_frame(encoded, seats, made, _Origin(mix, patches))
        inputs = {name: value[:, keep] if name in BY_TOKEN else value for name, value in read.inputs.items()}
        return Shorter(replace(read, inputs=inputs), left, keep)

    def _kept_tokens(self, read: PromptInputs, seats: "Tensor") -> "Tensor":
        ids = read.inputs["input_ids"][0]
        keep = ids != (self._video if read.is_video else self._image)
        keep[(~keep).nonzero().flatten()[seats.cpu()]] = True
        return keep


@cache
def _compressor(spec: str) -> Compressor:
    return compressor(spec)


@dataclass(frozen=True)
class _Part:
    """Frames of a prompt that one compressor takes together."""

    compressor: Compressor | None
    layout: Layout
    places: tuple[int, ...]
    """Of these frames among all."""

    @property
    def dropped(self) -> int:
        if self.compressor is None or not self.layout.patches:
            return 0
        return self.layout.patches - self.compressor.kept(self.layout)

    def mix(self, whole: Scene) -> "tuple[Tensor, Mix]":
        """Which patches of the whole prompt these are, and what is made of them."""
        import torch

        offsets = whole.layout.offsets
        device = whole.rows.device
        index = torch.cat([torch.arange(offsets[n], offsets[n + 1], device=device) for n in self.places])
        if self.compressor is None or not self.dropped:
            return index, Mix(torch.arange(len(index), device=device))
        attention = None if whole.attention is None else whole.attention[index]
        tiles = None if whole.tiles is None else whole.tiles[index]
        mix = self.compressor.mix(Scene(self.layout, whole.rows[index], whole.query, attention, tiles)).to(device)
        kept = self.layout.patches - self.dropped
        if len(mix.seats) != kept:
            raise RuntimeError(f"{self.compressor.name} kept {len(mix.seats)} rows and had promised {kept}")
        return index, mix


@dataclass(frozen=True)
class _Origin:
    """What made rows what they are, so that frames made alike have one name in the cache of prompts."""

    mix: Mix
    patches: "Tensor"

    def digest(self, encoded: Sequence[Encoded], place: int, start: int, end: int) -> tuple[Any, ...]:
        """The name of frame `place`, whose rows go from `start` to before `end`: exact, by what went into it."""
        import torch

        seats = self.patches[self.mix.seats]
        own = (start <= seats) & (seats < end)
        parts = [seats[own] - start]
        keys: list[Any] = [encoded[place].key]
        if self.mix.outputs is not None and self.mix.inputs is not None and self.mix.weights is not None:
            pairs = own[self.mix.outputs]
            inputs = self.patches[self.mix.inputs[pairs]]
            parts += [inputs - start, self.mix.outputs[pairs] - int(own.long().argmax()), self.mix.weights[pairs]]
            begin = 0
            for other in encoded:
                if bool(((begin <= inputs) & (inputs < begin + len(other.rows))).any()):
                    keys.append((other.key, begin - start))
                begin += len(other.rows)
        told = hashlib.blake2b(digest_size=16)
        for part in parts:
            told.update((part if part.is_floating_point() else part.to(torch.int64)).cpu().numpy().tobytes())
        return (*keys, told.digest())


def _by_frame(encoded: Sequence[Encoded], seats: "Tensor", made: "Sequence[Tensor]", origin: _Origin) -> list[Encoded]:
    """The kept rows by the frame in whose place they stand."""
    left = []
    start = 0
    for place, frame in enumerate(encoded):
        end = start + len(frame.rows)
        own = (start <= seats) & (seats < end)
        if bool(own.any()):
            layers = [layer[own] for layer in made]
            left.append(Encoded(origin.digest(encoded, place, start, end), layers[0], tuple(layers[1:])))
        start = end
    return left


def _places(layout: Layout, device: Any) -> "tuple[Tensor, Tensor]":
    """Where the patches and where the separators are among all rows."""
    import torch

    marks = [
        torch.tensor([True] * grid.patches + [False] * grid.separators, dtype=torch.bool) for grid in layout.frames
    ]
    is_patch = torch.cat(marks).to(device)
    return is_patch.nonzero().flatten(), (~is_patch).nonzero().flatten()


def _deeper(frame: Encoded) -> "tuple[Tensor, ...]":
    """A frame's rows for inner layers (DeepStack), also where the vision tower's output was kept as it was."""
    if frame.whole is None:
        return frame.deeper
    return tuple(rows_of(layer) for layer in getattr(frame.whole, "deepstack_features", None) or ())


def _numbered(tiles: "Tensor", frames: "Sequence[Tensor]", patches: "Tensor") -> "Tensor":
    """Numbers of tiles that are the same in no two frames."""
    import torch

    frame = torch.cat([torch.full((len(rows),), n, device=tiles.device) for n, rows in enumerate(frames)])[patches]
    return frame * 100_000 + tiles.long() + 1
