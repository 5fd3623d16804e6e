"""What this machine has, which profile fits it and why, and the command that mends what is missing."""

import os
import platform
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ..tools import weights
from ..tools.base import ROLES, backends
from .profiles import PROFILES, profile
from .settings import load

LIBRARIES = (
    "langgraph",
    "chromadb",
    "onnxruntime",
    "faster-whisper",
    "rapidocr-onnxruntime",
    "xllamacpp",
    "av",
    "torch",
)
EXTRAS = {"web": ("gradio",), "gpu": ("torchvision", "easyocr", "accelerate"), "serve": ("ray", "openai")}


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
    chosen = profile(settings.profile)
    checks = [
        Check("python", sys.version_info >= (3, 11), f"{platform.python_version()} on {platform.machine()}"),
        Check("processors and memory", True, f"{os.cpu_count()} cores, {_memory():.0f} GB"),
        Check("profile", True, f"{chosen.name}: {chosen.title}{_why(settings.profile)}"),
        _home(settings.home),
    ]
    checks += [_library(name) for name in LIBRARIES]
    checks += [_weights(role, choice.backend) for role, choice in chosen.roles.items()]
    checks += _other_backends(chosen.name)
    checks += [_extra(name, packages) for name, packages in EXTRAS.items()]
    npm = shutil.which("npm")
    checks.append(
        Check("npm", npm is not None, npm or "not found", "install Node.js to pull the detector", needed=False)
    )
    return checks


def _memory() -> float:
    """Physical memory in gigabytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def _why(asked: str) -> str:
    if asked != "auto":
        return " (as asked)"
    others = [name for name in PROFILES if name != "embedded"]
    return " (auto: the only profile)" if not others else ""


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


def _weights(role: str, name: str) -> Check:
    backend = backends(role)[name]
    what = f"{role} ({name})"
    if missing := backend.missing():
        return Check(what, False, f"needs {', '.join(missing)}", backend.install)
    absent = [entry for entry in backend.weights if not weights.present(entry)]
    if absent:
        return Check(what, False, f"weights missing: {', '.join(absent)}", f"vidscout models pull {' '.join(absent)}")
    return Check(what, True, ", ".join(backend.weights) or "weights come with the library")


def _other_backends(chosen: str) -> list[Check]:
    """Backends that the profile does not use: what would make them available."""
    used = {(role, choice.backend) for role, choice in PROFILES[chosen].roles.items()}
    checks = []
    for role in ROLES:
        for name in sorted(backends(role)):
            if (role, name) not in used:
                check = _weights(role, name)
                checks.append(Check(check.what, check.ok, check.found, check.mend, needed=False))
    return checks


def _extra(name: str, packages: tuple[str, ...]) -> Check:
    absent = []
    for package in packages:
        try:
            version(package)
        except PackageNotFoundError:
            absent.append(package)
    found = f"missing: {', '.join(absent)}" if absent else "installed"
    return Check(f"extra [{name}]", not absent, found, f"pip install 'vidscout[{name}]'", needed=False)
