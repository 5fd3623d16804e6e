"""Every pipeline by its name."""

from ...agent.scout import VideoScout
from ...tools.errors import UsageError
from . import baselines, vidscout
from .interface import PIPELINES, Pipeline

__all__ = ["baselines", "build", "vidscout"]


def build(name: str, scout: VideoScout) -> Pipeline:
    """A pipeline by its name.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in PIPELINES:
        raise UsageError(f"no pipeline {name!r}; there are {', '.join(sorted(PIPELINES))}")
    return PIPELINES[name](scout)
