"""The stages, one module each, in rooms by what they read; a module's name is its stage's name."""

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pkgutil import walk_packages

from ....tools.errors import UsageError
from ..stage import SOURCES, Parts, Stage


def known() -> list[str]:
    """The names of all stages that there are."""
    return sorted(_modules())


@cache
def _modules() -> dict[str, str]:
    """The module of each stage, by the stage's name."""
    names = [module.name for module in walk_packages(__path__, f"{__name__}.") if not module.ispkg]
    return {name.rpartition(".")[2]: name for name in names}


def checked(names: Sequence[str], among: Sequence[str] | None = None) -> tuple[str, ...]:
    """Names of stages, each once, in the order of `among`.

    Args:
        names: as somebody asked for them.
        among: the stages that there are for him; by default all.

    Raises:
        UsageError: there is no such stage.
    """
    there = known() if among is None else among
    for name in names:
        if name not in there:
            raise UsageError(f"no stage {name!r}; there are {', '.join(there)}")
    return tuple(name for name in (names if among is None else among) if name in names)


def build(parts: Parts) -> tuple[Stage, ...]:
    """The stages of a profile; nothing is loaded yet.

    Raises:
        UsageError: there is no such stage, the profile has nobody for a role that one needs, or not the stage that
            another needs.
    """
    checked(parts.names)
    stages = tuple(import_module(_modules()[name]).stage(parts) for name in parts.names)
    for stage in stages:
        if missing := [need for need in stage.needs if need not in SOURCES and need not in parts.names]:
            raise UsageError(f"the stage {stage.name!r} needs {', '.join(missing)}: add it to the profile's stages")
    return stages
