"""What is known of each family of video-LLMs: how frames are shown to it, and what one costs (`families.toml`)."""

import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

AROUND = 18
"""Most tokens around a frame: of its time, of line breaks, and of the marks of where it begins and ends."""


@dataclass(frozen=True, slots=True)
class Family:
    """A family of video-LLMs, as `families.toml` describes it."""

    title: str
    models: tuple[str, ...]
    """`model_type` of its configurations."""
    names: tuple[str, ...]
    """What the names of its checkpoints hold, in small letters."""
    path: Literal["images", "video"]
    """How frames go best: as images, each with its time as text before it, or as one video."""
    time: Literal["stamp", "step", "none"]
    """What tells the time of a frame on the video path."""
    images: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """Options of the processor for a frame that is an image."""
    token: int | None = None
    """Side in pixels of the square that a token stands for; `None` where a frame's size does not matter."""
    pixels: tuple[int, int] | None = None
    """Least and most pixels of an image."""
    tokens: int | None = None
    """Tokens of a frame that is an image, where its size does not matter."""
    video_tokens: int | None = None
    """The same for a frame of a video."""
    size: int | None = None
    """Pixels of the longer side to which every frame is scaled."""
    fuses: bool = False
    """Whether two adjacent frames of a video are fused into one, so that each must be sent twice."""
    thinking: str | None = None
    """The switch of its chat template that turns thinking aloud off."""
    thinks: tuple[str, ...] = ()
    """What the names of those checkpoints hold that think aloud whatever the switch says."""
    gpu_dtype: str | None = None
    """Precision on a GPU, where the checkpoint's own is a wider one."""

    def cost(self, width: int, height: int) -> int:
        """Tokens of one frame of so many pixels, without those that mark where it begins and ends."""
        if self.token is None:
            return (self.video_tokens if self.path == "video" else self.tokens) or 0
        columns, rows = (max(1, round(side / self.token)) for side in (width, height))
        if self.pixels is not None:
            scale = math.sqrt(width * height / self.pixels[1])
            if scale > 1:
                columns, rows = (max(1, math.floor(side / scale / self.token)) for side in (width, height))
            elif width * height < self.pixels[0]:
                scale = math.sqrt(self.pixels[0] / (width * height))
                columns, rows = (math.ceil(side * scale / self.token) for side in (width, height))
        return columns * rows

    def longest_side(self, tokens: int, shape: float = 16 / 9) -> int:
        """Pixels of the longer side of a frame that costs at most so many tokens; where all cost the same, its size.

        Args:
            tokens: of one frame.
            shape: width by height of the frame.
        """
        if self.token is None:
            return self.size or 0
        shape = max(shape, 1 / shape)
        columns = max(1, math.floor(math.sqrt(max(tokens, 1) * shape)))
        while columns > 1 and self.cost(columns * self.token, round(columns * self.token / shape)) > tokens:
            columns -= 1
        return columns * self.token

    def with_marks(self, width: int, height: int) -> int:
        """`cost`, and the time and the marks that stand around a frame."""
        return self.cost(width, height) + AROUND

    def thinks_aloud(self, name: str) -> bool:
        """Whether a checkpoint of that name writes thoughts before its answer, and cannot be told not to."""
        return any(part in name.lower() for part in self.thinks)


def of_checkpoint(model: str | Path | None) -> Family | None:
    """The family of a folder's configuration, or of a name where there is no such folder."""
    try:
        about = json.loads((Path(str(model)) / "config.json").read_bytes())
    except (OSError, ValueError):
        return of_name(str(model))
    return of_model(about.get("model_type"))


@cache
def families() -> tuple[Family, ...]:
    """Every family that is known."""
    listed = tomllib.loads(Path(__file__).with_name("families.toml").read_text(encoding="utf-8"))
    made = []
    for title, about in listed.items():
        fields: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in about.items()
        }
        made.append(Family(title, **fields))
    return tuple(made)


def of_model(model_type: str | None) -> Family | None:
    """The family of a configuration's `model_type`, or `None` where it is not known."""
    return next((family for family in families() if model_type in family.models), None)


def of_name(name: str) -> Family | None:
    """The family of a checkpoint by its name, as a server tells it; the longest match decides.

    >>> of_name("Qwen/Qwen3-VL-8B-Instruct").title
    'Qwen3-VL'
    """
    name = name.lower()
    found = [(len(part), family) for family in families() for part in family.names if part in name]
    return max(found, key=lambda pair: pair[0])[1] if found else None
