"""What is true of the whole tree: packages are listed, files and functions are short, requirements are declared."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from vidscout.tools.runtime.backend import ROLES, Backend, backends

ROOT = Path(__file__).parents[1]
FLOORS = ("tools", "graphs", "agent", "web", "bench")
LONGEST_FILE, LONGEST_FUNCTION = 400, 60
"""Lines; a file or function beyond them does more than one thing."""

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def sources() -> Iterator[Path]:
    for floor in FLOORS:
        yield from sorted((ROOT / floor).rglob("*.py"))


def functions(source: Path) -> Iterator[tuple[str, int]]:
    """Each function's name and how many lines it has, from `def` on."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or 0) - node.lineno + 1


def test_every_package_is_listed_and_every_listed_one_is_there():
    there = {
        path.parent.relative_to(ROOT).as_posix().replace("/", ".") for path in sources() if path.stem == "__init__"
    }
    listed = PROJECT["tool"]["setuptools"]["packages"]
    assert listed == sorted(listed)
    assert set(listed) == {"vidscout", *(f"vidscout.{name}" for name in there)}


TOP = """.ci .dockerignore .gitignore Dockerfile LICENSE Makefile README.md __init__.py agent bench compose.yaml
constraints.txt deploy docs graphs langgraph.json py.typed pyproject.toml tests tools web"""


def test_nothing_else_lies_at_the_top():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("no checkout of git")
    assert {name.partition("/")[0] for name in listed.stdout.splitlines()} <= set(TOP.split())


def test_every_folder_with_code_is_a_package():
    assert [path for path in sources() if not path.with_name("__init__.py").is_file()] == []


def test_every_file_that_is_no_code_is_packed():
    """A wheel without a prompt or a table works from the sources only."""
    packed: dict[str, list[str]] = PROJECT["tool"]["setuptools"]["package-data"]
    left_out = []
    for floor in FLOORS:
        for path in (ROOT / floor).rglob("*.*"):
            if path.suffix in (".py", ".pyc") or not path.is_file() or "__pycache__" in path.parts:
                continue
            package = next(parent for parent in path.parents if (parent / "__init__.py").is_file())
            name = f"vidscout.{'.'.join(package.relative_to(ROOT).parts)}"
            patterns = [*packed["*"], *packed.get(name, [])]
            if not any(path in package.glob(pattern) for pattern in patterns):
                left_out.append(path.relative_to(ROOT).as_posix())
    assert left_out == []


def test_no_file_is_longer_than_400_lines():
    lines = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines()) for path in sources()
    }
    assert {name: count for name, count in lines.items() if count > LONGEST_FILE} == {}


def test_no_function_is_longer_than_60_lines():
    assert [
        f"{path.relative_to(ROOT)}: {name} has {length}"
        for path in sources()
        for name, length in functions(path)
        if length > LONGEST_FUNCTION
    ] == []


# ---- requirements

MODULES = {
    "faster-whisper": "faster_whisper", "pillow": "PIL", "opencv-python-headless": "cv2", "openai-whisper": "whisper",
}  # fmt: skip
"""The module that a distribution brings, where the name is another."""


def modules_of(extra: str | None) -> set[str]:
    """What `pip install vidscout` brings, or `pip install 'vidscout[extra]'`."""
    extras: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
    brought: set[str] = set()
    pending = [*PROJECT["project"]["dependencies"], *(extras[extra] if extra else [])]
    while pending:
        name, taken_in = re.match(r"([\w.-]+)(?:\[([\w,]+)\])?", pending.pop()).groups()  # pyright: ignore[reportOptionalMemberAccess]
        if name == "vidscout":
            pending += [one for inner in taken_in.split(",") for one in extras[inner]]
        brought.add(MODULES.get(name, name.replace("-", "_")))
    return brought


@pytest.mark.parametrize(
    "kind", [kind for role in ROLES for kind in backends(role).values()], ids=lambda kind: kind.name
)
def test_the_install_line_of_a_backend_brings_what_it_requires(kind: type[Backend]):
    if not kind.__module__.startswith("vidscout."):
        pytest.skip("a backend of another test")
    extra = re.search(r"vidscout\[(\w+)\]", kind.install)
    named = set(re.findall(r"[\w-]+", kind.install))  # packages that the line names beside vidscout
    brought = modules_of(extra and extra[1]) | {MODULES.get(name, name.replace("-", "_")) for name in named}
    assert set(kind.requires) <= brought


def test_the_embedded_profile_needs_neither_torch_nor_transformers():
    from vidscout.agent.profiles.profile import EMBEDDED

    required = {module for role, choice in EMBEDDED.roles.items() for module in backends(role)[choice.backend].requires}
    assert required <= modules_of(None)
    assert not {"torch", "transformers", "torchvision"} & modules_of(None)
