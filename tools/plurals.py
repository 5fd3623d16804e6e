"""The plural of a thing's name, for any label that a detector may have."""

from collections.abc import Iterable

IRREGULAR = {
    "child": "children",
    "foot": "feet",
    "goose": "geese",
    "knife": "knives",
    "leaf": "leaves",
    "life": "lives",
    "loaf": "loaves",
    "man": "men",
    "mouse": "mice",
    "ox": "oxen",
    "person": "people",
    "potato": "potatoes",
    "scarf": "scarves",
    "shelf": "shelves",
    "thief": "thieves",
    "tomato": "tomatoes",
    "tooth": "teeth",
    "wife": "wives",
    "wolf": "wolves",
    "woman": "women",
}
"""Nouns whose plural follows no rule of spelling."""
SAME = frozenset(
    "aircraft deer fish glasses headphones jeans pants pliers scissors series sheep shorts skis species sunglasses"
    " trousers tweezers".split()
)
"""Nouns whose plural is the word itself."""
NOT_MEN = ("human", "german", "roman", "shaman", "talisman", "ottoman", "caiman")
"""Words that end in `man` and are regular."""


def plural(label: str) -> str:
    """The name of several things of a label; of a compound, its head takes the ending.

    >>> plural("person"), plural("bus"), plural("fire truck"), plural("baby"), plural("table of contents")
    ('people', 'buses', 'fire trucks', 'babies', 'tables of contents')
    """
    head, of, rest = label.partition(" of ")
    before, space, noun = head.rpartition(" ")
    return f"{before}{space}{_plural(noun)}{of}{rest}"


def counted(numbers: Iterable[tuple[str, int]]) -> str:
    """Labels with their numbers, in this order.

    >>> counted([("person", 2), ("dog", 1)])
    '2 people, 1 dog'
    """
    return ", ".join(several(label, number) for label, number in numbers)


def several(label: str, number: int) -> str:
    """A number of things: “2 dogs”."""
    return f"{number} {label if number == 1 else plural(label)}"


def _plural(noun: str) -> str:
    if noun in SAME:
        return noun
    if noun in IRREGULAR:
        return IRREGULAR[noun]
    if noun.endswith("man") and not noun.endswith(NOT_MEN):
        return noun[:-3] + "men"
    if noun.endswith(("s", "x", "z", "ch", "sh")):
        return noun + "es"
    if noun.endswith("y") and noun[-2:-1] not in {"", *"aeiou"}:
        return noun[:-1] + "ies"
    return noun + "s"
