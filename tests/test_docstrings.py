"""The examples in docstrings give what they say."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest
import vidscout

ROOT = Path(vidscout.__file__).parent
WITH_EXAMPLES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for floor in ("tools", "graphs", "agent", "web", "bench")
    for path in (ROOT / floor).rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("module", WITH_EXAMPLES)
def test_the_examples_are_right(module: str):
    tried = doctest.testmod(import_module(f"vidscout.{module.removesuffix('.__init__')}"))
    assert tried.failed == 0
