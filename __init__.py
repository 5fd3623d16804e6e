"""vidscout answers questions about long videos and shows when in the video the answer is.

Importing this package loads no model and no heavy library: names are resolved on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .agent.answer import Answer, Evidence
    from .agent.scout import VideoScout
    from .agent.settings import Settings
    from .tools.errors import VidscoutError
    from .tools.records import Modality, Record, Span

__version__ = "0.1.0"

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
