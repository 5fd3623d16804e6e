"""Which classes of sound are told of, and from which probability on: those that were measured (`offered.toml`)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("offered.toml")


@dataclass(frozen=True, slots=True)
class Offered:
    """A class that is told of."""

    threshold: float
    """Probability from which a stretch counts as this sound."""
    within: tuple[str, ...] = ()
    """The classes that this one is a kind of, which need not be told beside it."""


@cache
def offered(backend: str) -> Mapping[str, Offered]:
    """The offered classes of a backend by their names; empty where nothing was measured of it."""
    tables = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    broader = tables.get("within", {})
    return {
        name: Offered(float(threshold), tuple(broader.get(name, ())))
        for name, threshold in tables.get(backend, {}).items()
    }
