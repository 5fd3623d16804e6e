"""Logic reads what a finding holds from its payload. Its text is compared with words and shown, never taken apart."""

import ast
from pathlib import Path

import pytest
import vidscout

LOGIC = sorted((Path(vidscout.__path__[0]) / "graphs" / "answer").rglob("*.py"))
TAKES_APART = {"split", "splitlines", "partition", "rpartition", "find", "index", "removeprefix", "removesuffix"}
RENDERERS = {"rendering", "scene_graph", "step_2_payloads", "lines_over_time"}


@pytest.mark.parametrize("file", LOGIC, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_logic_takes_no_text_of_a_record_apart(file: Path):
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr in TAKES_APART and isinstance(node.value, ast.Attribute):
            assert node.value.attr != "text", f"line {node.lineno}: read the payload"
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in dir(__import__("re"))
        ):
            said = [arg for arg in node.args if isinstance(arg, ast.Attribute) and arg.attr == "text"]
            assert not any("record" in ast.unparse(arg) for arg in said), f"line {node.lineno}: read the payload"
        if isinstance(node, ast.ImportFrom):
            assert (node.module or "").rpartition(".")[2] not in RENDERERS
            assert "LINE_BREAK" not in {alias.name for alias in node.names}
