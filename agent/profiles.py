"""Profiles: one model a role. `embedded` runs on a fresh CPU machine, with weights from package registries only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ..tools.base import Backend, backend
from ..tools.errors import UsageError


@dataclass(frozen=True, slots=True)
class Choice:
    """A role's backend by name, with the arguments its constructor takes."""

    backend: str
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    replicas: int = 1
    """Copies of it on a cluster (`vidscout serve`)."""
    gpus: float | None = None
    """Share of a GPU that each copy gets there; by default the roles share one evenly, where there is one."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Which backend plays each role, and how much of a video the answerer is given."""

    name: str
    title: str
    roles: Mapping[str, Choice]
    token_budget: int
    """Most tokens of auxiliary text in a prompt; what the machine can read before a person gets impatient."""
    frames: int
    """How many frames are selected for a question."""
    planner: str = "rules"
    """`model` where the answerer is large enough to plan; see `vidscout.graphs.answer.model_plan`."""


EMBEDDED = Profile(
    name="embedded",
    title="CPU only, no model hub: weights that package registries carry",
    roles=MappingProxyType(
        {
            "speech": Choice("faster-whisper"),
            "screen_text": Choice("rapidocr"),
            "tags": Choice("efficientnet-lite0"),
            "objects": Choice("nanodet"),
            "text_embedding": Choice("minilm"),
            "answerer": Choice("llama.cpp"),
        }
    ),
    token_budget=128,
    frames=8,
)

PROFILES = {profile.name: profile for profile in (EMBEDDED,)}


def profile(name: str) -> Profile:
    """The profile of that name; `auto` is the best that this machine can run.

    Raises:
        UsageError: there is none of that name.
    """
    if name == "auto":
        return EMBEDDED
    if name not in PROFILES:
        raise UsageError(f"no profile {name!r}; there are auto, {', '.join(PROFILES)}")
    return PROFILES[name]


def build(chosen: Profile, role: str) -> Backend:
    """The role's backend, constructed but not yet set up."""
    choice = chosen.roles[role]
    return backend(role, choice.backend)(**choice.options)
