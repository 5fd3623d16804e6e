"""Encoded frames and prompts' beginnings on disk, so that a second process looks at no frame that a first one saw.

Only what belongs to a video of a home is kept, by video and by model, so that it goes with the video; where a home's
quota is exceeded, the files that were used longest ago go first.

A frame is known by its file's name, time of change and size; a prompt's beginning, which ends with its last frame, by
its tokens and frames. A model is known by its weights, precision and whatever else changes what it computes.
"""

import ast
import contextlib
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from .prefix_cache import Mark, Prefix, Unit, marks, shared
from .vision_cache import Encoded

if TYPE_CHECKING:
    from torch import Tensor

    from ...runtime.hub_model import Checkpoint
    from ..loading.loading import Loading

KEPT_BYTES = 2_000_000_000
"""Bytes of a home that encoded frames and prompts take by default."""
PREFIXES = 8
"""Beginnings of prompts that are kept for one video and model."""
SHARE = 4
"""A prompt's beginning that takes more than one in so many bytes of the quota is not kept."""


class Homes(Protocol):
    """Where frames belong (`index.encoded.EncodedFrames`)."""

    def folder(self, frame: Path, /) -> Path | None:
        """The folder of what belongs to a frame's video, beside those of the home's other videos; None for no home."""
        ...

    def write(self, file: Path, content: bytes, /) -> None:
        """Write a file, whole or not at all."""
        ...


class OnDisk:
    """What one model computed, in the homes of the videos that it was shown.

    Args:
        model: everything that tells its computations from another's.
        homes: where frames belong.
        quota: bytes in a home; 0 keeps and finds nothing.
    """

    def __init__(self, model: str, homes: Homes, quota: int = KEPT_BYTES) -> None:
        self.homes = homes
        self.model = hashlib.blake2b(model.encode(), digest_size=12).hexdigest()
        self.quota = quota
        self.keeps_prompts = True
        """Whether its keys and values are as they were computed, and on one device."""

    def frame(self, key: Any, device: Any) -> tuple[Encoded, bool] | None:
        """An encoded frame and whether the tower gave it in a list; None where it is not there, or damaged.

        Args:
            key: the frame's, as `Encoder` makes it: what tells its file, and whether it was one of several; or those of
                all frames of a video, which is kept whole.
            device: where its tensors are put.
        """
        file = self._of_frame(key)
        if file is None or (found := _read(file, device)) is None:
            return None
        told, parts = found
        if told.get("key") != repr(key):
            return None
        deeper = tuple(parts[f"deeper.{n}"] for n in range(sum(name.startswith("deeper.") for name in parts)))
        shape = tuple(ast.literal_eval(told["shape"])) if "shape" in told else None
        found = Encoded(key, parts["rows"], deeper, shape=shape, attention=parts.get("attention"))
        return found, told.get("list") == "True"

    def keep_frames(self, frames: Sequence[Encoded], as_list: bool) -> None:
        """Write encoded frames; those that are not of a home, or cannot be told apart, are left out."""
        folders = set()
        for frame in frames:
            file = self._of_frame(frame.key) if frame.whole is None or frame.shape is not None else None
            if file is None:
                continue
            parts = {"rows": frame.rows} | {f"deeper.{n}": layer for n, layer in enumerate(frame.deeper)}
            if frame.attention is not None:
                parts["attention"] = frame.attention
            told = {"key": repr(frame.key), "list": str(as_list)}
            if frame.shape is not None:
                told["shape"] = repr(frame.shape)
            if self._write(file, parts, told):
                folders.add(file.parents[2])
        for folder in folders:
            self._bound(folder)

    def prefix(self, prompt_marks: Sequence[Mark], frames: Sequence[Unit], more: int, model: Any) -> Prefix | None:
        """The kept beginning that has most in common with a prompt, if that is more than `more` tokens."""
        folder = self._of_prefixes(frames)
        if folder is None or not folder.is_dir():
            return None
        best: tuple[int, Path, list[Mark]] | None = None
        for file in folder.glob("*.safetensors"):
            told = _header(file)
            with contextlib.suppress(ValueError, SyntaxError, TypeError, KeyError, AttributeError):
                known = _told_marks(told["prompt"])
                length = shared(known, prompt_marks, frames)
                if length > (best[0] if best else more):
                    best = (length, file, known)
        if best is None or (found := _read(best[1], model.device)) is None:
            return None
        from transformers.cache_utils import DynamicCache

        cache = DynamicCache(config=model.config)
        for layer in range(len(found[1]) // 2):
            cache.update(found[1][f"keys.{layer}"], found[1][f"values.{layer}"], layer)
        return Prefix(best[2], cache)

    def keep_prefix(self, prefix: Prefix, ids: Sequence[int], frames: Sequence[Unit]) -> None:
        """Write a prompt's keys and values up to the end of its last frame, unless they are there."""
        folder = self._of_prefixes(frames)
        if folder is None or not frames or len(prefix.marks) < (end := frames[-1].end):
            return
        told = repr((list(ids[:end]), [(unit.start, unit.end, unit.encoded.key) for unit in frames]))
        file = folder / f"{hashlib.blake2b(told.encode(), digest_size=16).hexdigest()}.safetensors"
        if file.is_file():
            with contextlib.suppress(OSError):
                os.utime(file)
            return
        cache = prefix.fork(end)
        if cache is None or not all(type(layer).__name__ == "DynamicLayer" for layer in cache.layers):
            return
        parts = {f"keys.{n}": layer.keys for n, layer in enumerate(cache.layers)}
        parts |= {f"values.{n}": layer.values for n, layer in enumerate(cache.layers)}
        if sum(part.numel() * part.element_size() for part in parts.values()) * SHARE > self.quota:
            return
        if self._write(file, parts, {"prompt": told}):
            for old in sorted(folder.glob("*.safetensors"), key=_used)[:-PREFIXES]:
                old.unlink(missing_ok=True)
            self._bound(file.parents[3])

    def _folder(self, path: str) -> Path | None:
        """Where what belongs to a frame's video is kept; None for a frame that is no home's."""
        folder = self.homes.folder(Path(path)) if self.quota else None
        return None if folder is None else folder / self.model

    def _of_frame(self, key: Any) -> Path | None:
        """None for what is of several videos, or of none."""
        paths = {str(Path(path).parent): path for path in _paths(key)}
        folder = self._folder(next(iter(paths.values()))) if len(paths) == 1 else None
        if folder is None:
            return None
        return folder / f"{hashlib.blake2b(repr(_named(key)).encode(), digest_size=16).hexdigest()}.safetensors"

    def _of_prefixes(self, frames: Sequence[Unit]) -> Path | None:
        """None where the frames are of several videos, or of none."""
        paths = {str(Path(path).parent): path for unit in frames for path in _paths(unit.encoded.key)}
        if len(paths) != 1:
            return None
        folder = self._folder(next(iter(paths.values())))
        return None if folder is None else folder / "prompts"

    def _write(self, file: Path, parts: "dict[str, Tensor]", told: dict[str, str]) -> bool:
        from safetensors.torch import save

        try:
            self.homes.write(file, save({name: part.detach().cpu().contiguous() for name, part in parts.items()}, told))
        except OSError:
            return False  # a home that cannot be written keeps nothing
        return True

    def _bound(self, folder: Path) -> None:
        """Remove what was used longest ago of all videos until the quota holds."""
        files = sorted(folder.rglob("*.safetensors"), key=_used)
        sizes = {file: _size(file) for file in files}
        held = sum(sizes.values())
        for file in files:
            if held <= self.quota:
                return
            with contextlib.suppress(OSError):
                file.unlink(missing_ok=True)
            held -= sizes[file]


def on_disk(checkpoint: "Checkpoint", loading: "Loading", processor: Any, homes: Homes, quota: int) -> OnDisk:
    """What a checkpoint computed, loaded like this and with this processor of frames."""
    sees = getattr(processor, "image_processor", None)
    told = (checkpoint.identity, str(checkpoint.precision), loading, sees and sees.to_json_string())
    made = OnDisk(repr(told), homes, quota)
    made.keeps_prompts = loading.kv_cache == "full" and loading.device_map is None
    return made


def _read(file: Path, device: Any) -> "tuple[dict[str, str], dict[str, Tensor]] | None":
    """What a file says of itself and its tensors; None where it cannot be read."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="pt", device=str(device)) as opened:
            found = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118  (not a mapping)
            told = opened.metadata() or {}
    except (OSError, SafetensorError):
        return None
    with contextlib.suppress(OSError):  # a home that can only be read
        os.utime(file)
    return told, found


def _header(file: Path) -> dict[str, str]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="pt") as opened:
            return opened.metadata() or {}
    except (OSError, SafetensorError):
        return {}


def _told_marks(told: str) -> list[Mark]:
    ids, frames = ast.literal_eval(told)
    return marks(ids, [Unit(start, end, Encoded(key, _NOTHING)) for start, end, key in frames])


_NOTHING: Any = None
"""In place of the rows of a frame of which only the name is needed."""


def _paths(key: Any) -> list[str]:
    """The files of the frames that a key names, however deep in it they stand."""
    if isinstance(key, tuple):
        if len(key) == 4 and isinstance(key[0], str):
            return [key[0]]
        return [path for part in key for path in _paths(part)]
    return []


def _named(key: Any) -> Any:
    """A key with files' names in place of their paths, so that a home may be moved."""
    if not isinstance(key, tuple):
        return key
    if len(key) == 4 and isinstance(key[0], str):
        return (Path(key[0]).name, *key[1:])
    return tuple(_named(part) for part in key)


def _used(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
