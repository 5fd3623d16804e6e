"""What this machine has, which profile fits it and why, and the command that mends what is missing."""

import os
import platform
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ...tools.runtime.backend import ROLES, backends
from ...tools.runtime.cores import cores
from ...tools.runtime.memory_budget import size
from ...tools.weights import catalogue as weights
from ...tools.weights import hub as snapshots
from ..settings import Settings, load
from . import machine
from .budget import memory_budget
from .profile import PROFILES, Profile, RoleChoice, automatic, looked_at, profile, weights_for

LIBRARIES = (
    "langgraph",
    "chromadb",
    "onnxruntime",
    "faster-whisper",
    "xllamacpp",
    "av",
)
EXTRAS = {
    "web": ("gradio",),
    "hub": ("torch", "transformers"),
    "gpu": ("torchvision", "easyocr", "accelerate", "openai-whisper"),
    "serve": ("ray", "openai"),
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    what: str
    ok: bool
    found: str
    mend: str = ""
    """The command that mends it."""
    needed: bool = True
    """Whether the chosen profile cannot work without it."""


def examine(home: Path | None = None, profile_name: str | None = None) -> list[Check]:
    """Everything worth knowing before the first question, in the order in which to mend it.

    Raises:
        UsageError: an unknown profile.
    """
    settings = load(home=home, profile=profile_name)
    chosen, why = _chosen(settings)
    checks = [
        Check("python", sys.version_info >= (3, 11), f"{platform.python_version()} on {platform.machine()}"),
        Check("processors and memory", True, f"{cores()} cores, {size(machine.ram())}"),
        _gpu(),
        _hub(),
        Check("profile", True, f"{chosen.name}: {chosen.title} ({why})"),
        _budget(chosen, settings),
        _home(settings.home),
    ]
    checks += [_library(name) for name in LIBRARIES]
    checks += [_backend(role, choice) for role, choice in chosen.roles.items()]
    checks += _other_backends(chosen)
    checks += [_other_profile(other) for other in PROFILES.values() if other.name != chosen.name]
    checks += [_extra(name, packages) for name, packages in EXTRAS.items()]
    npm = shutil.which("npm")
    checks.append(
        Check("npm", npm is not None, npm or "not found", "install Node.js to pull the detector", needed=False)
    )
    return checks


def _chosen(settings: Settings) -> tuple[Profile, str]:
    """The profile that would be used, and why. Here, unlike everywhere else, the hub is always asked."""
    if settings.profile != "auto":
        return profile(settings.profile, settings.profiles), "as asked"
    decision = automatic(ask_hub=True)
    return profile(decision.profile), f"auto: {decision.reason}"


def _gpu() -> Check:
    there = machine.gpus()
    if not there:
        return Check("GPU", False, "no NVIDIA GPU", needed=False)
    found = ", ".join(f"{gpu.name} with {size(gpu.memory)}, {size(gpu.free)} of it free" for gpu in there)
    if machine.cuda_torch():
        return Check("GPU", True, found, needed=False)
    if machine.cuda_torch() is None:
        return Check("GPU", False, f"{found}; torch is not installed", "pip install 'vidscout[gpu]'", False)
    return Check("GPU", False, f"{found}; torch is a build without CUDA", "pip install torch, built for CUDA", False)


def _hub() -> Check:
    answers = snapshots.reachable()
    if answers is None:
        return Check("model hub", False, "not asked, since HF_HUB_OFFLINE is set", needed=False)
    how = "can be reached" if answers else "cannot be reached"
    return Check("model hub", answers, f"{snapshots.endpoint()} {how}", needed=False)


def _budget(chosen: Profile, settings: Settings) -> Check:
    budget = memory_budget(chosen, settings.memory_limit)
    where = "the GPU" if budget.device == "cuda" else "RAM"
    limit = f"at most {size(budget.limit)} in {where}" if budget.limit else f"no limit in {where}"
    return Check("memory for models", True, f"{limit} (memory_limit)")


def _home(home: Path) -> Check:
    existing = next(folder for folder in (home, *home.absolute().parents) if folder.exists())
    writable = existing.is_dir() and os.access(existing, os.W_OK)
    mend = "choose another with --home or VIDSCOUT_HOME"
    return Check("home", writable, f"{home}{'' if writable else ' cannot be written'}", mend)


def _library(name: str) -> Check:
    try:
        return Check(name, True, version(name))
    except PackageNotFoundError:
        return Check(name, False, "not installed", "pip install vidscout")


def _backend(role: str, choice: RoleChoice, needed: bool = True) -> Check:
    kind = backends(role)[choice.backend]
    what = f"{role} ({choice.backend})"
    if missing := kind.missing():
        return Check(what, False, f"needs {', '.join(missing)}", kind.install, needed)
    wanted = weights_for(role, choice)
    absent = [entry for entry in wanted if not weights.present(entry)]
    if absent:
        mend = f"vidscout models pull {' '.join(absent)}"
        return Check(what, False, f"weights missing: {', '.join(absent)}", mend, needed)
    return Check(what, True, ", ".join(wanted) or kind.elsewhere or "no weights to pull", needed=needed)


def _other_backends(chosen: Profile) -> list[Check]:
    """Backends that the profile does not use: what would make them available."""
    used = {(role, choice.backend) for role, choice in chosen.roles.items()}
    return [
        _backend(role, RoleChoice(name), needed=False)
        for role in ROLES
        for name in sorted(backends(role))
        if (role, name) not in used
    ]


def _other_profile(other: Profile) -> Check:
    """What would be needed for a profile that is not the chosen one."""
    what = f"profile {other.name}"
    here = looked_at([other], ask_hub=False)
    problems = machine.obstacles(here, other)
    if problems:
        return Check(what, False, "; ".join(problems), needed=False)
    if other.name not in here.pulled:
        return Check(what, False, "could run here", f"vidscout models pull --profile {other.name}", needed=False)
    return Check(what, True, f"its weights are here: --profile {other.name}", needed=False)


def _extra(name: str, packages: tuple[str, ...]) -> Check:
    absent = []
    for package in packages:
        try:
            version(package)
        except PackageNotFoundError:
            absent.append(package)
    found = f"missing: {', '.join(absent)}" if absent else "installed"
    return Check(f"extra [{name}]", not absent, found, f"pip install 'vidscout[{name}]'", needed=False)
