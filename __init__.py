"""vidscout answers questions about long videos and shows when in the video the answer is.

Importing this package loads no model and no heavy library: names are resolved on first use.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .agent.answer import Answer, Evidence
    from .agent.scout import VideoScout
    from .agent.settings import Settings
    from .tools.errors import VidscoutError
    from .tools.records import Modality, Record, Span

__version__ = "0.1.0"

_TELLS_NOBODY = {
    "ORT_DISABLE_TELEMETRY": "1",  # onnxruntime's wheels send events to Microsoft, and look for this when imported
    "ANONYMIZED_TELEMETRY": "False",  # Chroma
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "RAY_USAGE_STATS_ENABLED": "0",
    "DO_NOT_TRACK": "1",  # vLLM, and whoever else keeps to it
}
"""How libraries are told to report nothing; who has set one of these has decided otherwise."""

for _name, _value in _TELLS_NOBODY.items():
    os.environ.setdefault(_name, _value)

_HOMES = {
    "Answer": ".agent.answer",
    "Evidence": ".agent.answer",
    "Settings": ".agent.settings",
    "VideoScout": ".agent.scout",
    "VidscoutError": ".tools.errors",
    "Modality": ".tools.records",
    "Record": ".tools.records",
    "Span": ".tools.records",
}

__all__ = [
    "Answer",
    "Evidence",
    "Modality",
    "Record",
    "Settings",
    "Span",
    "VideoScout",
    "VidscoutError",
    "__version__",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
