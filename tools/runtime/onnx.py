"""onnxruntime sessions that share a machine with each other."""

import ctypes
from contextlib import suppress
from pathlib import Path
from typing import Any


def session(model: Path | bytes, threads: int | None = None, *, fuses: bool = True) -> Any:
    """An onnxruntime `InferenceSession` on the CPU.

    Args:
        model: an ONNX file, or what is in one.
        threads: of one forward pass; by default onnxruntime takes all physical cores.
        fuses: look for nodes that can be one, beside folding what is constant; a graph in which there are none to be
            found is loaded sooner without.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    # Idle threads would otherwise spin on the cores that the other models in this process need.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    if not fuses:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    source = model if isinstance(model, bytes) else str(model)
    made = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    _give_back_memory()
    return made


def _give_back_memory() -> None:
    """Return what loading took and freed to the system; glibc would keep it, which was 0.9 GB for a model of 0.7 GB."""
    with suppress(OSError, AttributeError):  # another C library than glibc
        ctypes.CDLL(None).malloc_trim(0)
