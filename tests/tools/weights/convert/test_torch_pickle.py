"""Checkpoints that torch wrote, read without it; and pickles that would run something."""

import os
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from vidscout.tools.errors import WeightsError
from vidscout.tools.weights import catalogue as weights
from vidscout.tools.weights.convert.torch_pickle import MAGIC, PROTOCOL, load_tensors

Layout = Callable[[Any, Path], None]


def as_zip(state: Any, path: Path) -> None:
    torch.save(state, path)


def as_five_pickles(state: Any, path: Path) -> None:
    torch.save(state, path, _use_new_zipfile_serialization=False)


def in_a_zip(pickled: bytes, path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/data.pkl", pickled)


def after_three_pickles(pickled: bytes, path: Path) -> None:
    path.write_bytes(b"".join(pickle.dumps(one, 2) for one in (MAGIC, PROTOCOL, {"little_endian": True})) + pickled)


class Runs:
    """Unpickled as usual, this calls a function."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize("layout", [as_zip, as_five_pickles])
def test_tensors_are_read_as_torch_wrote_them(layout: Layout, tmp_path: Path):
    whole = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)
    state = OrderedDict(
        whole=whole,
        transposed=whole.transpose(0, 2),
        part=whole[1, 1:, ::2],
        repeated=torch.tensor([3.0]).expand(4),
        number=torch.tensor(7),
        none=torch.zeros(0, 3),
        yes=torch.tensor([True, False]),
        half=torch.tensor([0.5, -2.0], dtype=torch.float16),
        bytes=torch.tensor([1, 255], dtype=torch.uint8),
    )
    layout(state, tmp_path / "state.pth")
    read = load_tensors(tmp_path / "state.pth")
    assert list(read) == list(state)
    for name, tensor in state.items():
        assert read[name].dtype == tensor.numpy().dtype, name
        assert np.array_equal(read[name], tensor.numpy()), name


@pytest.mark.models
def test_the_published_weights_are_read_bit_for_bit_as_by_torch():
    file = weights.folder("efficientnet-lite0") / "efficientnet-lite0.pth"
    wanted, read = torch.load(file, weights_only=True), load_tensors(file)
    assert list(read) == list(wanted)
    assert all(read[name].tobytes() == tensor.numpy().tobytes() for name, tensor in wanted.items())


@pytest.mark.parametrize("write", [in_a_zip, after_three_pickles])
@pytest.mark.parametrize("function", [os.mkdir, eval, getattr])
def test_a_pickle_that_would_run_something_is_refused_and_runs_nothing(
    write: Callable[[bytes, Path], None], function: Callable[..., Any], tmp_path: Path
):
    made = tmp_path / "made"
    arguments = {os.mkdir: (str(made),), eval: (f"__import__('os').mkdir({str(made)!r})",), getattr: ("", "join")}
    hostile = pickle.dumps({"weight": Runs(function, *arguments[function])}, 2)
    pickle.loads(hostile)
    assert function is getattr or made.is_dir(), "the pickle would do nothing anyway"
    if made.is_dir():
        made.rmdir()
    write(hostile, tmp_path / "hostile.pth")
    with pytest.raises(WeightsError, match=rf"hostile\.pth.*names .*{function.__name__}"):
        load_tensors(tmp_path / "hostile.pth")
    assert not made.exists()


def test_a_pickle_cannot_change_what_reads_it(tmp_path: Path):
    change = pickle.PROTO + b"\x02ctorch._utils\n_rebuild_tensor_v2\n}X\x06\x00\x00\x00secretK\x01sb."
    in_a_zip(change, tmp_path / "hostile.pth")
    with pytest.raises(WeightsError, match="attribute"):
        load_tensors(tmp_path / "hostile.pth")


@pytest.mark.parametrize(
    ("held", "reason"),
    [
        (torch.nn.Linear(2, 2), "Linear"),
        ([torch.zeros(2)], "dictionary of tensors"),
        ({"weight": torch.zeros(2), "epoch": 3}, "dictionary of tensors"),
        ({"weight": torch.zeros(2, dtype=torch.bfloat16)}, "BFloat16Storage"),
    ],
)
def test_anything_else_than_a_dictionary_of_tensors_is_refused(held: Any, reason: str, tmp_path: Path):
    as_zip(held, tmp_path / "other.pth")
    with pytest.raises(WeightsError, match=reason):
        load_tensors(tmp_path / "other.pth")


@pytest.mark.parametrize("layout", [as_zip, as_five_pickles])
def test_a_damaged_file_is_named(layout: Layout, tmp_path: Path):
    layout({"weight": torch.zeros(1000)}, tmp_path / "cut.pth")
    whole = (tmp_path / "cut.pth").read_bytes()
    for length in (0, 10, len(whole) // 4, len(whole) - 100):
        (tmp_path / "cut.pth").write_bytes(whole[:length])
        with pytest.raises(WeightsError, match=r"cut\.pth"):
            load_tensors(tmp_path / "cut.pth")


def test_a_tensor_does_not_reach_beyond_its_storage(tmp_path: Path):
    as_five_pickles({"weight": torch.arange(4.0)}, tmp_path / "far.pth")
    stored = (tmp_path / "far.pth").read_bytes()
    shape = pickle.BININT1 + b"\x04" + pickle.TUPLE1
    assert stored.count(shape) == 1
    (tmp_path / "far.pth").write_bytes(stored.replace(shape, pickle.BININT1 + b"\x40" + pickle.TUPLE1))
    with pytest.raises(WeightsError, match="beyond its storage"):
        load_tensors(tmp_path / "far.pth")
