"""Every pipeline by its name."""

from ...agent.scout import VideoScout
from ...tools.errors import UsageError
from . import baselines, description, video_rag, vidscout
from .interface import PIPELINES, Pipeline

__all__ = ["baselines", "build", "description", "references", "video_rag", "vidscout"]

REFERENCES = ("text-only", "frames-only")
"""Pipelines beside which a report puts every other: what the words alone give, and what the pictures alone give."""


def build(name: str, scout: VideoScout) -> Pipeline:
    """A pipeline by its name.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in PIPELINES:
        raise UsageError(f"no pipeline {name!r}; there are {', '.join(sorted(PIPELINES))}")
    return PIPELINES[name](scout)


def references(scout: VideoScout) -> tuple[list[str], dict[str, str]]:
    """The names of `REFERENCES` that can run with these models, and why the others cannot."""
    answerer = scout.role("answerer")
    if answerer.accepts_frames:
        return list(REFERENCES), {}
    return ["text-only"], {"frames-only": f"answerer {answerer.name} sees no pictures"}
