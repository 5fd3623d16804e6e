"""What a machine has that decides which models can run on it, and which profile `auto` therefore is.

Looking imports no torch and asks no hub unless nothing that is here can be used.
"""

import ctypes
import os
import re
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from ...tools.runtime.memory_budget import size
from ...tools.weights import hub as snapshots


class Wanting(Protocol):
    """What a profile wants of a machine; bytes of memory below which it is not chosen."""

    @property
    def name(self) -> str: ...
    @property
    def memory(self) -> int: ...
    @property
    def gpu_memory(self) -> int: ...
    @property
    def from_hub(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class GPU:
    """An NVIDIA GPU, with bytes of memory."""

    name: str
    memory: int
    free: int


@dataclass(frozen=True, slots=True)
class Machine:
    """What was found; nothing here is looked up later."""

    memory: int
    """Bytes of RAM."""
    gpus: tuple[GPU, ...] = ()
    cuda_torch: bool | None = None
    """Whether the installed torch can use them; None where there is no torch."""
    pulled: frozenset[str] = frozenset()
    """Profiles whose weights are all here."""
    missing: Mapping[str, Sequence[str]] = field(default_factory=lambda: MappingProxyType({}))
    """By profile, the modules that it needs and that are not installed."""
    hub: bool | None = None
    """Whether the model hub takes connections; None where it was not asked."""

    @property
    def gpu(self) -> GPU | None:
        """The first GPU, when torch can use it: that is where models go unless they are told otherwise."""
        return self.gpus[0] if self.gpus and self.cuda_torch else None


@dataclass(frozen=True, slots=True)
class Decision:
    """Which profile `auto` is, and why in one line."""

    profile: str
    reason: str


def decide(machine: Machine, profiles: Sequence[Wanting]) -> Decision:
    """The best profile that the machine can run now; else the best whose weights it could fetch; else the last.

    Args:
        machine: what there is.
        profiles: best first; the last needs nothing that a machine may lack.
    """
    lacks = {profile.name: obstacles(machine, profile) for profile in profiles}
    able = [profile.name for profile in profiles if not lacks[profile.name]]
    runs_now = [name for name in able if name in machine.pulled]
    fetchable = [profile.name for profile in profiles if not lacks[profile.name] and machine.hub and profile.from_hub]
    chosen = next(iter([*runs_now, *fetchable]), profiles[-1].name)
    better = [profile.name for profile in profiles][: [profile.name for profile in profiles].index(chosen)]
    here = "its weights are here" if chosen in machine.pulled else "nothing has been pulled"
    if chosen in fetchable and chosen not in machine.pulled:
        here += ", and the hub can be reached"
    why = [here] + [f"not {name}: {'; '.join(lacks[name]) or _not_pulled(machine, name)}" for name in better]
    return Decision(chosen, " — ".join(why))


def obstacles(machine: Machine, profile: Wanting) -> list[str]:
    """What keeps a profile from running on a machine once its weights are there."""
    found = []
    if profile.gpu_memory:
        if not machine.gpus:
            found.append("no NVIDIA GPU")
        elif machine.cuda_torch is None:
            found.append("no torch")
        elif not machine.cuda_torch:
            found.append("the installed torch is a build without CUDA")
        elif machine.gpus[0].memory < profile.gpu_memory:
            had, wanted = size(machine.gpus[0].memory), size(profile.gpu_memory)
            found.append(f"{machine.gpus[0].name} has {had}, and it wants {wanted}")
    if machine.memory < profile.memory:
        found.append(f"{size(machine.memory)} of RAM, and it wants {size(profile.memory)}")
    if absent := machine.missing.get(profile.name):
        found.append(f"{', '.join(absent)} not installed (pip install 'vidscout[gpu]')")
    return found


def probe(
    pulled: Collection[str], missing: Mapping[str, Sequence[str]] | None = None, *, ask_hub: bool | None = None
) -> Machine:
    """Look at this machine; takes milliseconds, unless the hub is asked.

    Args:
        pulled: profiles whose weights are here.
        missing: modules that profiles need and that are not installed.
        ask_hub: whether to; by default only where no profile's weights are here. Never where HF_HUB_OFFLINE is set.
    """
    ask = not pulled if ask_hub is None else ask_hub
    return Machine(
        memory=ram(),
        gpus=gpus(),
        cuda_torch=cuda_torch(),
        pulled=frozenset(pulled),
        missing=missing or {},
        hub=snapshots.reachable() if ask else None,
    )


def ram() -> int:
    """Bytes of physical memory; 0 where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0


def gpus() -> tuple[GPU, ...]:
    """The NVIDIA GPUs that this process may use, by the driver's own library: CUDA itself stays untouched, so that a
    process that is forked later can still use it."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None and (not visible.strip() or visible.strip().startswith("-1")):
        return ()
    try:
        nvml = ctypes.CDLL("nvml.dll" if sys.platform == "win32" else "libnvidia-ml.so.1")
        if nvml.nvmlInit_v2() != 0:
            return ()
    except (OSError, AttributeError):
        return ()
    number = ctypes.c_uint()
    nvml.nvmlDeviceGetCount_v2(ctypes.byref(number))
    found = [_gpu(nvml, index) for index in range(number.value)]
    nvml.nvmlShutdown()
    if visible is not None and re.fullmatch(r"\d+(,\d+)*", visible):
        return tuple(found[index] for index in map(int, visible.split(",")) if index < len(found))
    return tuple(found)


def cuda_torch() -> bool | None:
    """Whether the installed torch is built for CUDA, by its version file: importing it takes seconds. None where no
    torch is installed."""
    spec = find_spec("torch")
    if spec is None or spec.origin is None:
        return None
    try:
        text = Path(spec.origin).with_name("version.py").read_text(encoding="utf-8")
    except OSError:
        return False
    return re.search(r"^cuda(?::[^=]*)? = '[\d.]+'", text, re.MULTILINE) is not None


class _Memory(ctypes.Structure):
    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


def _gpu(nvml: ctypes.CDLL, index: int) -> GPU:
    handle, name, memory = ctypes.c_void_p(), ctypes.create_string_buffer(96), _Memory()
    nvml.nvmlDeviceGetHandleByIndex_v2(index, ctypes.byref(handle))
    nvml.nvmlDeviceGetName(handle, name, 96)
    nvml.nvmlDeviceGetMemoryInfo(handle, ctypes.byref(memory))
    return GPU(name.value.decode(errors="replace"), memory.total, memory.free)


def _not_pulled(machine: Machine, name: str) -> str:
    unreachable = ", and the hub cannot be reached" if machine.hub is False else ""
    return f"its weights are not here (vidscout models pull --profile {name}){unreachable}"
