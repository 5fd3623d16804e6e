"""docs/architecture.md is true: its paths are there, its picture is of these imports, no rooms import each other."""

import html
import re
from pathlib import Path

from vidscout.bench.rooms import drawn, imports, reduced

ROOT = Path(__file__).parents[1]


def test_every_path_that_the_page_names_is_there():
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:tools|graphs|agent|web|bench)/[\w./]*)`", page))
    assert len(named) > 30
    assert sorted(path for path in named if not (ROOT / path).exists()) == []


def test_the_picture_shows_the_imports_as_they_are():
    picture = (ROOT / "docs" / "rooms.svg").read_text(encoding="utf-8")
    titles = (html.unescape(title) for title in re.findall(r"<title>([^<]+)</title>", picture))
    shown = {tuple(title.split("->")) for title in titles if "->" in title}
    assert shown == drawn(imports()), "draw it anew: python -m vidscout.bench.rooms docs/rooms.svg"


def test_no_two_rooms_import_each_other_even_by_way_of_others():
    edges = imports()
    below: dict[str, set[str]] = {}
    for one, other in edges:
        below.setdefault(one, set()).add(other)
    while leaves := [room for edge in edges for room in edge if not below.get(room)]:
        edges = {edge for edge in edges if edge[1] not in leaves}
        below = {one: others - set(leaves) for one, others in below.items() if one not in leaves}
    assert edges == set(), f"in a circle: {sorted(edges)}"


def test_an_arrow_that_follows_from_others_is_left_out():
    assert reduced({("a", "b"), ("b", "c"), ("c", "d"), ("a", "d")}) == {("a", "b"), ("b", "c"), ("c", "d")}
