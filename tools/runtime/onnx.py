"""onnxruntime sessions that share a machine with each other."""

from pathlib import Path
from typing import Any


def session(model: Path | bytes, threads: int | None = None) -> Any:
    """An onnxruntime `InferenceSession` on the CPU.

    Args:
        model: an ONNX file, or what is in one.
        threads: of one forward pass; by default onnxruntime takes all physical cores.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    # Idle threads would otherwise spin on the cores that the other models in this process need.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    source = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
