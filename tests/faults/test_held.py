"""The tables of `docs/reliability.md` that say which test holds what."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`(test_\w+)`")


def test_every_test_that_the_tables_name_is_there_once():
    written = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    named = set(NAMED.findall(written))
    there = Counter(
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^ *(?:async )?def (test_\w+)", path.read_text(encoding="utf-8"), re.M)
    )
    assert len(named) >= 60
    assert {name: there[name] for name in named if there[name] != 1} == {}
