"""One memory budget for all models: they load on first use, and the least recently used idle one goes first.

The budget counts bytes of the GPU, or of RAM where there is none. A model that some thread is using is never unloaded.
"""

import ctypes
import gc
import json
import struct
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any, ClassVar, Protocol

from ..errors import OutOfMemoryError

SHARE_FOR_WEIGHTS = 0.85
"""Share of a GPU's free memory that weights may take; the rest is for activations and the KV cache."""

PATIENCE = 30.0
"""Seconds to wait for a busy model to become idle, before a needed one is loaded beside it."""

LARGE = 100_000_000
"""Bytes of an unloaded model from which it is worth a full garbage collection, a tenth of a second, to be rid of it."""

BYTES = {
    "F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2, "U16": 2,
    "I8": 1, "U8": 1, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1,
}  # fmt: skip
"""Of one number, by its name in the safetensors format."""

WIDTHS = {"float32": 4, "float16": 2, "bfloat16": 2, "int8": 1, "8bit": 1, "4bit": 0.5}
"""Bytes of one parameter by the precision that it is loaded in."""


class Model(Protocol):
    """What the budget knows of a backend."""

    role: ClassVar[str]
    name: ClassVar[str]
    weights: ClassVar[tuple[str, ...]]
    budget: "MemoryBudget | None"

    @property
    def is_ready(self) -> bool: ...
    def setup(self) -> None: ...
    def close(self) -> None: ...
    def footprint(self) -> int: ...
    def parts(self) -> "Sequence[Model]": ...


class MemoryBudget:
    """How many bytes the loaded models may hold together, and which of them goes when another needs the room.

    Safe from several threads. A thread that is using one model and needs a second does not wait for others, since they
    may be waiting for it: the second is then loaded beside, beyond the limit if need be.

    Args:
        limit: bytes; None counts and never unloads before memory really runs out.
        device: `cuda` counts only the models that lie there, `cpu` counts all.
        patience: seconds to wait for a busy model before another is loaded beside it.
    """

    def __init__(self, limit: int | None = None, device: str = "cpu", patience: float = PATIENCE) -> None:
        self.limit = limit
        self.device = device
        self.patience = patience
        self._changed = threading.Condition()
        self._taken: dict[Model, int] = {}
        self._loading: dict[Model, int] = {}
        self._users: dict[Model, list[int]] = {}
        """The threads that use a model now, each as often as it has begun to."""
        self._last_use: dict[Model, int] = {}
        self._ticks = count()

    @property
    def used(self) -> int:
        """Bytes that the models which are loaded, or being loaded, take as far as known."""
        with self._changed:
            return self._used()

    def admit(self, backend: Model) -> None:
        """From now on the backend loads, and may be unloaded, within this budget; so do those that it is made of."""
        backend.budget = self
        for part in backend.parts():
            if part.budget is not self:
                self.admit(part)

    @contextmanager
    def using(self, backend: Model) -> Iterator[None]:
        """While this is open the backend is not unloaded."""
        me = threading.get_ident()
        with self._changed:
            self._users.setdefault(backend, []).append(me)
            self._last_use[backend] = next(self._ticks)
        try:
            yield
        finally:
            with self._changed:
                self._users[backend].remove(me)
                self._changed.notify_all()

    @contextmanager
    def loading(self, backend: Model) -> Iterator[None]:
        """Make room for a backend, waiting for it if need be, and count it from now on.

        Raises:
            OutOfMemoryError: it needs more than the whole budget.
        """
        needed = backend.footprint() if self._counts(backend) else 0
        if self.limit is not None and needed > self.limit:
            raise OutOfMemoryError(
                f"{backend.role} backend {backend.name!r} needs about {size(needed)}, and models may take "
                f"{size(self.limit)} in all: choose a smaller model, or raise the setting memory_limit"
            )
        with self._changed:
            self._wait_for_room(backend, needed)
            self._taken[backend] = needed
            self._loading[backend] = self._loading.get(backend, 0) + 1
            self._last_use[backend] = next(self._ticks)
        try:
            yield
        finally:
            measured = loaded_bytes(backend) if backend.is_ready and self._counts(backend) else None
            with self._changed:
                self._loading[backend] -= 1
                if measured is not None:
                    self._taken[backend] = measured
                self._changed.notify_all()

    def unload_idle(self, keep: Model | None = None) -> list[str]:
        """Unload every idle model but one; returns what went, as `role (name)`."""
        gone = []
        with self._changed:
            while victim := self._least_recently_used(keep):
                self._unload(victim)
                gone.append(f"{victim.role} ({victim.name})")
        free_caches()
        return gone

    def _wait_for_room(self, backend: Model, needed: int) -> None:
        if self.limit is None:
            return
        until = time.monotonic() + self.patience
        while not backend.is_ready and self._used(without=backend) + needed > self.limit:
            if victim := self._least_recently_used(keep=backend):
                self._unload(victim)
            elif self._uses_another(backend) or not self._changed.wait(max(until - time.monotonic(), 0)):
                return

    def _used(self, without: Model | None = None) -> int:
        return sum(
            taken
            for backend, taken in self._taken.items()
            if backend is not without and (backend.is_ready or self._loading.get(backend))
        )

    def _least_recently_used(self, keep: Model | None = None) -> Model | None:
        idle = [
            backend
            for backend in self._taken
            if backend is not keep
            and backend.is_ready
            and self._counts(backend)
            and not self._users.get(backend)
            and not self._loading.get(backend)
        ]
        return min(idle, key=lambda backend: self._last_use.get(backend, 0), default=None)

    def _unload(self, victim: Model) -> None:
        victim.close()
        if self._taken.pop(victim, 0) >= LARGE:
            free_caches()

    def _uses_another(self, backend: Model) -> bool:
        me = threading.get_ident()
        return any(me in users for other, users in self._users.items() if other is not backend)

    def _counts(self, backend: Model) -> bool:
        return self.device == "cpu" or _on_gpu(backend)


LOOKED_THROUGH = 1.0
"""Seconds for which one look through all objects is enough."""
_looked_through = -LOOKED_THROUGH


def free_caches() -> None:
    """Give memory that nothing refers to any more back to the system and the GPU.

    Looking through all objects holds up every thread for a tenth of a second and more. Where that was done less than
    `LOOKED_THROUGH` ago, as when all branches of a question run out of memory at once, only the young are looked at.
    """
    global _looked_through
    if time.monotonic() - _looked_through < LOOKED_THROUGH:
        gc.collect(1)
    else:
        gc.collect()
        _looked_through = time.monotonic()
    torch: Any = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "cuda") and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
    _trim()


def _trim() -> None:
    """Have glibc give back what is free: it keeps pages between allocations, for each thread that ever made some."""
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):  # another C library, which gives back by itself
            ctypes.CDLL(None).malloc_trim(0)


def expected_bytes(backend: Model, precision: str | None = None) -> int:
    """Bytes that a backend will take, from the files that it loads; 0 when they are not known or not here.

    A folder of safetensors is counted by its tensors at the precision asked for, anything else by its files' sizes.

    Args:
        backend: names its weights, and perhaps a `dtype`.
        precision: one of `WIDTHS`, where it is not the backend's `dtype`.
    """
    from ..weights import catalogue as weights

    asked = getattr(backend, "checkpoint", backend)
    model = getattr(asked, "model", None)
    dtype = precision or str(getattr(asked, "dtype", None) or "")
    if dtype == "auto":
        dtype = "float16" if _on_gpu(backend) else "float32"
    names = [str(model)] if model is not None else list(backend.weights)
    total = 0
    for name in names:
        folder = Path(name)
        if (entry := weights.entries().get(name)) is not None:
            pulled = checkpoint_bytes(weights.folder(name), dtype) if entry.hub and weights.present(name) else 0
            total += pulled or sum(file.size for file in entry.files) or entry.size
        elif folder.exists() or (cached := weights.snapshot(name, getattr(asked, "revision", None))) is None:
            total += checkpoint_bytes(folder, dtype)
        else:
            total += checkpoint_bytes(cached, dtype)
    return total


def checkpoint_bytes(path: Path, dtype: str = "") -> int:
    """Bytes of a checkpoint in memory, read from the headers of its safetensors, else the size of its files.

    Args:
        path: a file, or a folder of a model.
        dtype: the precision that floating-point numbers are loaded in, one of `WIDTHS`; by default the stored one.
    """
    if path.is_file():
        return path.stat().st_size
    shards = sorted(path.glob("*.safetensors")) if path.is_dir() else []
    if not shards:
        kept = (".bin", ".gguf", ".onnx", ".pt", ".pth")
        return sum(file.stat().st_size for file in path.glob("*") if file.suffix in kept) if path.is_dir() else 0
    total = 0.0
    for shard in shards:
        for name, tensor in _header(shard).items():
            if name != "__metadata__":
                width = BYTES.get(tensor["dtype"], 4)
                if tensor["dtype"] in {"F64", "F32", "F16", "BF16"}:
                    width = WIDTHS.get(dtype, width)
                total += width * _product(tensor["shape"])
    return int(total)


def loaded_bytes(backend: Model) -> int | None:
    """What a loaded backend's transformers models say that they hold; None when it has none."""
    models = [part for part in vars(backend).values() if callable(getattr(part, "get_memory_footprint", None))]
    return sum(int(model.get_memory_footprint()) for model in models) if models else None


def size(number: float) -> str:
    """Bytes for people, in decimal units.

    >>> size(16_600_000_000), size(4_500_000)
    ('16.6 GB', '4 MB')
    """
    return f"{number / 1e9:.1f} GB" if number >= 1e9 else f"{number / 1e6:.0f} MB"


def _on_gpu(backend: Model) -> bool:
    """Whether it would lie on a GPU if there is one."""
    asked = getattr(backend, "checkpoint", backend)
    if (gpu := getattr(asked, "gpu", ...)) is not ...:  # EasyOCR's way of saying it; None is where there is one
        return gpu is not False
    return str(getattr(asked, "device", None) or "cpu").startswith(("cuda", "auto"))


def _header(shard: Path) -> dict[str, Any]:
    with shard.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        return json.loads(file.read(length))


def _product(shape: Sequence[int]) -> int:
    total = 1
    for side in shape:
        total *= side
    return total
