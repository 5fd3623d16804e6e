"""The picture of the rooms, drawn from the imports themselves: `python -m vidscout.bench.rooms docs/rooms.svg`.

A room is a folder of a floor; the modules that lie on the floor itself, which put its rooms together or are shared by
them, are one more. An arrow says that one room imports another. Left out are arrows that follow from others (transitive
reduction), so that the layers show, those between a floor's own modules and its rooms, and those from `bench/`, which
measures everything. Needs `grimp`, and Graphviz's `dot` to draw.
"""

import argparse
import subprocess
from collections.abc import Iterable
from pathlib import Path

FLOORS = ("bench", "web", "agent", "graphs", "tools")
"""From the top down."""

Edge = tuple[str, str]
"""The importing room and the imported one."""


def room(module: str) -> str | None:
    """The room of a module by its dotted name without `vidscout.`; None for what lies on no floor.

    >>> room("tools.perception.speech.recogniser"), room("tools.records"), room("")
    ('tools/perception', 'tools', None)
    """
    parts = module.split(".")
    if parts[0] not in FLOORS:
        return None
    return "/".join(parts[:2]) if len(parts) > 2 else parts[0]


def imports() -> set[Edge]:
    """Which room imports which, as the code runs: imports for type checkers only are left out."""
    import grimp

    graph = grimp.build_graph("vidscout", exclude_type_checking_imports=True)
    names = {name.removeprefix("vidscout.") for name in graph.modules}
    packages = {name.rpartition(".")[0] for name in names}

    def room_of(module: str) -> str | None:
        name = module.removeprefix("vidscout.")
        return room(f"{name}.__init__" if name in packages else name)

    found = {
        (room_of(module), room_of(imported))
        for module in graph.modules
        for imported in graph.find_modules_directly_imported_by(module)
    }
    return {(one, other) for one, other in found if one and other and not _one_within(one, other)}


def _one_within(one: str, other: str) -> bool:
    """Whether two rooms are the same, or one is the floor itself on which the other lies."""
    shorter, longer = sorted((one, other), key=len)
    return longer == shorter or longer.startswith(f"{shorter}/")


def reduced(edges: Iterable[Edge]) -> set[Edge]:
    """Those edges of an acyclic graph that do not follow from others (Aho, Garey and Ullman, 1972).

    >>> sorted(reduced([("a", "b"), ("b", "c"), ("a", "c")]))
    [('a', 'b'), ('b', 'c')]
    """
    below: dict[str, set[str]] = {}
    for one, other in edges:
        below.setdefault(one, set()).add(other)

    def reaches(start: str, goal: str) -> bool:
        waiting, seen = [start], {start}
        while waiting:
            for further in below.get(waiting.pop(), ()):
                if further == goal:
                    return True
                if further not in seen:
                    seen.add(further)
                    waiting.append(further)
        return False

    return {
        (one, other)
        for one, others in below.items()
        for other in others
        if not any(reaches(between, other) for between in others - {other})
    }


def drawn(edges: set[Edge]) -> set[Edge]:
    """The arrows of the picture."""
    return reduced({(one, other) for one, other in edges if not one.startswith("bench") or other.startswith("bench")})


def dot(edges: set[Edge]) -> str:
    """The picture in Graphviz's language: a box a room, a frame a floor, the floors from top to bottom."""
    rooms = sorted({name for edge in edges for name in edge})
    lines = [
        "digraph rooms {",
        'rankdir=TB; nodesep=0.25; ranksep=0.5; fontname="Helvetica"; bgcolor="white";',
        'node [shape=box, style="rounded,filled", fillcolor="white", fontname="Helvetica", fontsize=12];',
        'edge [color="#667788", arrowsize=0.6];',
    ]
    for floor in FLOORS:
        inside = [name for name in rooms if name.split("/")[0] == floor]
        label = {name: name.partition("/")[2] or f"({floor} itself)" for name in inside}
        boxes = " ".join(f'"{name}" [label="{label[name]}"];' for name in inside)
        lines.append(
            f'subgraph "cluster_{floor}" {{ label="{floor}/"; labeljust=l; style="filled,rounded"; '
            f'color="#e8eef4"; fontsize=14; {boxes} }}'
        )
    lines += [f'"{one}" -> "{other}";' for one, other in sorted(drawn(edges))]
    return "\n".join([*lines, "}"])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m vidscout.bench.rooms", description="Draw the rooms.")
    parser.add_argument("out", type=Path, help="the SVG file")
    out: Path = parser.parse_args().out
    picture = subprocess.run(["dot", "-Tsvg"], input=dot(imports()), capture_output=True, text=True, check=True)
    out.write_text(picture.stdout, encoding="utf-8")


if __name__ == "__main__":
    main()
