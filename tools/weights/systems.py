"""The systems of the field, as `systems.toml` has them: what each is, how it is had, what carries it here."""

import re
import tomllib
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ..errors import VidscoutError

CATALOGUE = Path(__file__).with_name("systems.toml")

HALF = 2
"""Bytes of a parameter in bfloat16 or float16, the precision that memory is estimated for."""

REFERENCES = (
    "selector", "packer", "compressor", "memory", "route", "backend", "option", "setting", "benchmark", "command",
    "stage",
)  # fmt: skip
"""What `see` may name: `selector:bvllm`, `backend:captions/florence-2`, `option:answerer/transformers/kv_cache`, …"""


class Status(StrEnum):
    """How a system of the field can be had."""

    RUNS_HERE = "runs here"
    STOCK_CLASS = "stock class"
    REMOTE_CODE = "remote code"
    NO_PUBLIC_LOADER = "no public loader"
    NOT_CARRIED = "not carried"
    NOT_APPLICABLE = "not applicable"


class System(BaseModel):
    """One system; what is not known is empty."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: int = Field(ge=1)
    name: str = Field(min_length=1)
    kind: str = Field(pattern="^(inference technique|model|training method|benchmark|off-topic)$")
    task: str = Field(min_length=1)
    status: Status
    loader: str = ""
    """The class of transformers, or whose code loads it."""
    licence: str = ""
    parameters: tuple[str, ...] = ()
    """Of each size it comes in, as in `7B`."""
    max_frames: int | None = Field(None, ge=1)
    """Frames that its authors used at most."""
    checkpoints: tuple[str, ...] = ()
    """`owner/name` on the model hub."""
    see: tuple[str, ...] = ()
    """What carries it in vidscout, or comes nearest; each is registered under that name."""
    note: str = ""

    @field_validator("parameters")
    @classmethod
    def _sizes(cls, sizes: tuple[str, ...]) -> tuple[str, ...]:
        for size in sizes:
            if not re.fullmatch(r"\d+(\.\d+)?[MB]", size):
                raise ValueError(f"{size!r} is not a number of parameters such as 7B or 270M")
        return sizes

    @field_validator("see")
    @classmethod
    def _references(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name.partition(":")[0] not in REFERENCES or not name.partition(":")[2]:
                raise ValueError(f"{name!r} is none of {', '.join(REFERENCES)} followed by a colon and a name")
        return names

    @model_validator(mode="after")
    def _explained(self) -> "System":
        if self.status is Status.RUNS_HERE and not self.see:
            raise ValueError(f"{self.name} runs here, and does not say by what")
        if self.status is not Status.RUNS_HERE and not self.note:
            raise ValueError(f"{self.name} is {self.status}, and does not say why")
        return self

    @property
    def memory(self) -> tuple[int, ...]:
        """Bytes of the weights in 16 bits of each size: an estimate, from the number of parameters alone."""
        unit = {"M": 1e6, "B": 1e9}
        return tuple(int(float(size[:-1]) * unit[size[-1]] * HALF) for size in self.parameters)

    def as_json(self) -> dict[str, Any]:
        """Everything, with the memory estimate."""
        return {**self.model_dump(mode="json"), "memory_estimate": list(self.memory)}


def systems(status: str | None = None, search: str | None = None, catalogue: Path = CATALOGUE) -> list[System]:
    """The systems in their order, all or those that fit.

    Args:
        status: one of `Status`.
        search: words that all stand somewhere in what is known of a system, in any case.
        catalogue: another file.

    Raises:
        VidscoutError: the file cannot be read, or an entry is not as it should be.
    """
    words = (search or "").lower().split()
    return [
        system
        for system in _parsed(catalogue)
        if (status is None or system.status == status) and all(word in str(system.as_json()).lower() for word in words)
    ]


@lru_cache(maxsize=4)
def _parsed(catalogue: Path) -> tuple[System, ...]:
    try:
        tables = tomllib.loads(catalogue.read_text(encoding="utf-8"))["system"]
        found = tuple(System.model_validate(table) for table in tables)
    except (OSError, tomllib.TOMLDecodeError, KeyError, ValidationError) as error:
        said = error.errors()[0]["msg"] if isinstance(error, ValidationError) else repr(error)
        raise VidscoutError(f"{catalogue}: cannot be read as a catalogue of systems: {said}") from error
    numbers = [system.number for system in found]
    if numbers != list(range(1, len(found) + 1)):
        raise VidscoutError(f"{catalogue}: the systems are not numbered one by one from 1")
    return found


def used_at_most(model: str) -> int | None:
    """Frames that the authors of a checkpoint used at most; None where that is not known.

    Args:
        model: `owner/name` on the model hub.
    """
    named = model.casefold()
    return next((one.max_frames for one in systems() if named in {name.casefold() for name in one.checkpoints}), None)
