"""Checkpoints whose weights were quantised before they were published: what each method needs to run.

transformers reads them by the configuration that they bring; what is missing is told before anything is loaded.
"""

import json
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BackendUnavailableError, UsageError

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Method:
    """A way of quantising, by the name that configurations give it."""

    modules: tuple[str, ...]
    """That must be importable, by the checks of transformers 5.23."""
    install: str
    gpu: bool = False
    """Whether it has kernels for NVIDIA GPUs only."""


METHODS = {
    "awq": Method(("gptqmodel", "accelerate"), "pip install gptqmodel accelerate"),
    "gptq": Method(("gptqmodel", "optimum"), "pip install gptqmodel optimum"),
    "vptq": Method(("vptq", "accelerate"), "pip install vptq accelerate", gpu=True),
    "fp8": Method(("accelerate",), "pip install accelerate"),
    "compressed-tensors": Method(("compressed_tensors",), "pip install compressed-tensors"),
    "bitsandbytes": Method(("bitsandbytes", "accelerate"), "pip install bitsandbytes accelerate"),
    "hqq": Method(("hqq",), "pip install hqq"),
}
"""FP8 without a GPU of compute capability 8.9 is unpacked to 16 bits when it is loaded; the others compute as they
are."""


def method_of(folder: Path) -> str | None:
    """How a checkpoint's weights are quantised, by its configuration; None where they are not."""
    try:
        about = json.loads((folder / "config.json").read_bytes())
    except (OSError, ValueError):
        return None  # loading it says what is wrong
    quantised = about.get("quantization_config") if isinstance(about, dict) else None
    if not isinstance(quantised, dict):
        return None
    return str(quantised.get("quant_method") or "bitsandbytes")


def check(folder: Path, place: "torch.device") -> str | None:
    """The method of a checkpoint, if what it needs is here.

    Raises:
        BackendUnavailableError: a package is not installed.
        UsageError: it has kernels for another kind of device only.
    """
    name = method_of(folder)
    method = METHODS.get(name or "")
    if method is None:
        return name  # unknown ones are for transformers to read or to refuse
    if missing := [module for module in method.modules if find_spec(module) is None]:
        raise BackendUnavailableError(
            f"{folder} is quantised by {name}, which needs {', '.join(missing)}: {method.install}"
        )
    if method.gpu and place.type != "cuda":
        raise UsageError(f"{folder} is quantised by {name}, which runs on an NVIDIA GPU only, not on {place.type}")
    return name
