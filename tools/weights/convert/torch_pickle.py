"""Tensors of a PyTorch checkpoint (`.pth`, `.pt`, `.bin`) as NumPy arrays, without torch and without running code.

A checkpoint is a pickle beside raw numbers, and a pickle is a programme: read as usual it calls whatever it names. Here
it may name what a dictionary of tensors is made of, and nothing else. The two layouts are those of torch's
`serialization.py`: a zip archive since torch 1.6, five pickles and the numbers in one file before.
"""

import io
import math
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ...errors import WeightsError
from .onnx_graph import Array

MAGIC = 0x1950A86A20F9469CFC6C
"""What the first of the five pickles of the layout before torch 1.6 holds."""
PROTOCOL = 1001
"""What the second one holds."""

ELEMENTS = {
    "DoubleStorage": "<f8", "FloatStorage": "<f4", "HalfStorage": "<f2", "LongStorage": "<i8", "IntStorage": "<i4",
    "ShortStorage": "<i2", "CharStorage": "<i1", "ByteStorage": "<u1", "BoolStorage": "<?",
}  # fmt: skip
"""NumPy's name for the numbers of a storage, by torch's class. NumPy has no bfloat16: such a checkpoint is refused."""


def load_tensors(path: Path, within: str = "") -> dict[str, Array]:
    """The tensors of a state dictionary by name, in its order; arrays in C order that own their memory.

    Args:
        path: the checkpoint.
        within: key of the state dictionary, where it lies in a dictionary with other things.

    Raises:
        WeightsError: the file is damaged, holds something else than a dictionary of tensors, or names a function or
            class that such a dictionary does not need; nothing that it names was called.
    """
    try:
        with path.open("rb") as file:
            state, numbers = _of_zip(file) if zipfile.is_zipfile(file) else _of_five_pickles(file)
            state = state[within] if within else state
            if not isinstance(state, dict) or not all(isinstance(tensor, _Tensor) for tensor in state.values()):
                raise pickle.UnpicklingError("it holds something else than a dictionary of tensors")
            return {str(name): _array(tensor, numbers(tensor.storage)) for name, tensor in state.items()}
    except _DAMAGE as error:
        raise WeightsError(f"{path}: cannot be read as a PyTorch checkpoint: {error}") from error


_DAMAGE = (
    pickle.UnpicklingError, zipfile.BadZipFile, EOFError, OSError, KeyError, IndexError, TypeError, ValueError,
    AttributeError, OverflowError, MemoryError, NotImplementedError,
)  # fmt: skip
"""What reading damaged or hostile bytes can raise in `pickle`, `zipfile` and NumPy."""


@dataclass(frozen=True, slots=True)
class _Storage:
    """A row of numbers that tensors are views of."""

    key: str
    elements: str
    """A value of `ELEMENTS`."""
    size: int
    """How many numbers."""


@dataclass(frozen=True, slots=True)
class _Tensor:
    """A view of a storage; offset and strides count numbers, not bytes."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Rebuild:
    """What `torch._utils._rebuild_tensor_v2` is called with. An object without attributes, so that a pickle cannot set
    any, as it could on a function."""

    __slots__ = ()

    def __call__(self, storage: Any, offset: int, shape: Any, strides: Any, *_about_gradients: Any) -> _Tensor:
        if not isinstance(storage, _Storage):
            raise pickle.UnpicklingError("a tensor that is a view of no storage")
        return _Tensor(storage, int(offset), tuple(map(int, shape)), tuple(map(int, strides)))


_ALLOWED: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _Rebuild(),
    **{("torch", name): elements for name, elements in ELEMENTS.items()},
}
"""All that a pickle may name. A storage's class is a string here: it cannot be called, and takes no attributes."""


class _OnlyTensors(pickle.Unpickler):
    """Reads a pickle that may name what `_ALLOWED` has, and nothing else."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        try:
            return _ALLOWED[module_name, global_name]
        except KeyError:
            raise pickle.UnpicklingError(
                f"it names {module_name}.{global_name}, which no dictionary of tensors needs"
            ) from None

    def persistent_load(self, pid: Any, /) -> _Storage:
        kind, elements, key, _device, size, *view = pid
        if kind != "storage" or elements not in ELEMENTS.values() or any(part is not None for part in view):
            raise pickle.UnpicklingError("it refers to something else than a storage")
        return _Storage(str(key), elements, int(size))


Numbers = Callable[[_Storage], Array]


def _of_zip(file: BinaryIO) -> tuple[Any, Numbers]:
    """The state and where its numbers are, of the layout since torch 1.6: `NAME/data.pkl`, `NAME/data/KEY`."""
    archive = zipfile.ZipFile(file)
    [pickled] = [name for name in archive.namelist() if name.endswith("/data.pkl")]
    folder = pickled.removesuffix("data.pkl")
    if f"{folder}byteorder" in archive.namelist() and archive.read(f"{folder}byteorder") != b"little":
        raise pickle.UnpicklingError("its numbers are big-endian")
    state = _OnlyTensors(io.BytesIO(archive.read(pickled))).load()

    def numbers(storage: _Storage) -> Array:
        return np.frombuffer(archive.read(f"{folder}data/{storage.key}"), storage.elements, storage.size)

    return state, numbers


def _of_five_pickles(file: BinaryIO) -> tuple[Any, Numbers]:
    """The same of the layout before: magic number, protocol, byte order, state, keys of the storages; then of each
    storage its size as a 64-bit number and its numbers."""
    file.seek(0)
    if _OnlyTensors(file).load() != MAGIC or _OnlyTensors(file).load() != PROTOCOL:
        raise pickle.UnpicklingError("it does not begin as one")
    if not _OnlyTensors(file).load()["little_endian"]:
        raise pickle.UnpicklingError("its numbers are big-endian")
    unpickler = _OnlyTensors(file)
    state, keys = unpickler.load(), _OnlyTensors(file).load()
    elements = {tensor.storage.key: tensor.storage.elements for tensor in _tensors_in(state)}
    stored: dict[str, Array] = {}
    for key in keys:
        size = int.from_bytes(file.read(8), "little")
        kind = np.dtype(elements[key])
        stored[key] = np.frombuffer(file.read(size * kind.itemsize), kind, size)
    return state, lambda storage: stored[storage.key]


def _tensors_in(part: Any) -> Iterator[_Tensor]:
    """All tensors in dictionaries and lists, however deep."""
    if isinstance(part, _Tensor):
        yield part
    elif isinstance(part, dict | list | tuple):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from _tensors_in(inner)


def _array(tensor: _Tensor, numbers: Array) -> Array:
    """A tensor's own numbers.

    Raises:
        ValueError: it would reach beyond its storage.
    """
    last = tensor.offset + sum((side - 1) * stride for side, stride in zip(tensor.shape, tensor.strides, strict=True))
    if min(tensor.offset, *tensor.shape, *tensor.strides, 0) < 0 or (math.prod(tensor.shape) and last >= len(numbers)):
        raise ValueError("a tensor reaches beyond its storage")
    width = numbers.itemsize
    view = np.lib.stride_tricks.as_strided(
        numbers[tensor.offset :], tensor.shape, [stride * width for stride in tensor.strides], writeable=False
    )
    return np.array(view, order="C")
