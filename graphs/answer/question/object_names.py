"""Which of a detector's labels a question names: as the head of a noun phrase, under their own or everyday names.

“How many buses are there?” names the bus, “how many bus drivers are on strike?” does not. There is no parser: a name
that is followed by a further noun is part of that noun's phrase, and the words around it tell nouns from verbs. Where
they leave it open the label is not named, since a wrong count is worse than none; words are compared besides.
"""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ....tools.perception.objects.coco import COCO_LABELS
from ....tools.plurals import plural
from ....tools.words import STOP_WORDS, spelled

if TYPE_CHECKING:
    from ....tools.index.video_index import VideoIndex

EVERYDAY = Path(__file__).with_name("object_names.toml")

ANYONE = frozenset("someone somebody anyone anybody persons".split())
"""Further words for a person, whatever follows them."""
VESSELS = frozenset("cup mug glass bottle bowl vase wineglass".split())
"""A cup of coffee is a cup; a table of contents is no table."""
AUXILIARIES = frozenset("do does did can could will would shall should may might must".split())
"""After them comes a subject, and then a verb."""
BE = frozenset("is are was were be been has have had".split())
CLAUSE_BEGINS = frozenset("when while after before until once since as if that who which what how many and".split())
"""After them a clause may begin, with its subject."""
BEFORE_A_VERB = frozenset("to i you he she it we they who there".split())
"""“They train”, “who can bear it”: what follows these is no noun."""
DETERMINERS = frozenset("a an the this that these those some any all other different such of".split())
"""What may stand between “how many” and the thing that is counted, beside adjectives."""

_COUNTS = re.compile(r"\b(?:how many|number of|count)\b")


@dataclass(frozen=True, slots=True)
class QuestionWord:
    """A word of a question, and whether something other than space stands between it and the next."""

    text: str
    ends: bool


@dataclass(frozen=True, slots=True)
class Named:
    """Where a question names a label."""

    label: str
    first: int
    """Number of the name's first word."""


def known_labels(index: "VideoIndex", videos: Sequence[str]) -> tuple[str, ...]:
    """The labels that a question about these videos may name: those found in them, and what detectors usually know."""
    return tuple(dict.fromkeys([*index.labels(videos), *COCO_LABELS]))


def named_labels(question: str, labels: Iterable[str]) -> tuple[str, ...]:
    """The labels that a question names, in the order in which it does; empty when it names none.

    >>> named_labels("How many bikes and men are there?", ["bicycle", "person", "car"])
    ('bicycle', 'person')
    >>> named_labels("Where is the table of contents? Who is the bus driver?", ["dining table", "bus"])
    ()
    """
    return tuple(dict.fromkeys(named.label for named in _named(tokens(question), _names(tuple(labels)))))


def counted_label(question: str, labels: Iterable[str]) -> str | None:
    """The label whose number a question asks for; `None` when it counts something else, as what the thing does.

    >>> counted_label("How many red fire trucks are there?", ["fire truck"])
    'fire truck'
    >>> counted_label("How many questions does the man ask?", ["person"]) is None
    True
    """
    match = _COUNTS.search(question.casefold())
    if match is None:
        return None
    after = tokens(question[match.end() :])
    for named in _named(after, _names(tuple(labels)), counted=True):
        between = [token.text for token in after[: named.first]]
        while between and between[0] in DETERMINERS:
            del between[0]
        if not any(word in STOP_WORDS for word in between):
            return named.label
    return None


def tokens(text: str) -> list[QuestionWord]:
    """The words of a text in order, folded."""
    found = spelled(text)
    return [QuestionWord(word, gap.strip(" \t\n-") != "") for word, gap in found]


def _named(said: Sequence[QuestionWord], names: "Names", counted: bool = False) -> list[Named]:
    """Every place at which a name stands as a noun of its own; of names that overlap the longest."""
    found: list[Named] = []
    at = 0
    while at < len(said):
        for length in range(min(names.longest, len(said) - at), 0, -1):
            whole = said[at : at + length]
            known = names.known.get(" ".join(token.text for token in whole))
            if known is None or any(token.ends for token in whole[:-1]):
                continue
            label, is_plural = known
            if is_plural or _is_head(said, at, at + length, counted):
                found.append(Named(label, at))
            at += length - 1
            break
        at += 1
    return found


def _is_head(said: Sequence[QuestionWord], first: int, end: int, counted: bool) -> bool:
    """Whether the singular name at `first` to `end` is a noun of its own, not a verb or the beginning of a compound."""
    before = said[first - 1].text if first else ""
    if before in BEFORE_A_VERB:
        return False
    run = _content_after(said, end)
    if not run:
        return not _is_of_a_kind(said, end)
    if run[0].endswith(("ing", "ed")) or run[0][0].isdigit():
        return True  # “a person wearing a hat”, “bus 42”
    if counted and first == 0:
        return not run[0].endswith("s")  # “how many sheep graze”, but “how many bus drivers”
    return len(run) == 1 and _verb_is_due(said, first, end + 1)


def _content_after(said: Sequence[QuestionWord], end: int) -> list[str]:
    """The content words that follow without a stop."""
    run: list[str] = []
    while end + len(run) < len(said) and not said[end + len(run) - 1].ends:
        word = said[end + len(run)].text
        if word in STOP_WORDS or word in AUXILIARIES:
            break
        run.append(word)
    return run


def _is_of_a_kind(said: Sequence[QuestionWord], end: int) -> bool:
    """Whether “of” and a bare noun follow, which make another thing of it: “a table of contents”."""
    if end + 1 >= len(said) or said[end - 1].ends or said[end].text != "of" or said[end - 1].text in VESSELS:
        return False
    return said[end + 1].text not in STOP_WORDS


def _verb_is_due(said: Sequence[QuestionWord], first: int, after: int) -> bool:
    """Whether the one content word after a subject must be its verb, because the clause has no other."""
    if after < len(said) and not said[after - 1].ends and said[after].text in AUXILIARIES | BE:
        return False  # “which bus stops are there”
    clause = [token.text for token in said[:first]]
    while clause and clause[-1] not in STOP_WORDS:
        clause.pop()  # adjectives
    while clause and clause[-1] in DETERMINERS:
        clause.pop()
    if not clause or clause[-1] not in CLAUSE_BEGINS | AUXILIARIES | BE:
        return False  # not a subject: “what is said about the bus drivers?”, “who won the cup final?”
    if clause[-1] in BE:
        return len(clause) == 1  # “is the dog asleep?”, but “where is the bus station?”
    return True


@dataclass(frozen=True, slots=True)
class Names:
    """What labels are called."""

    known: dict[str, tuple[str, bool]]
    """A name's words with its label, and whether it is a plural that differs from the singular."""
    longest: int
    """Words of the longest name."""


@lru_cache(64)
def _names(labels: tuple[str, ...]) -> Names:
    known: dict[str, tuple[str, bool]] = {}
    own = {" ".join(token.text for token in tokens(label)): label for label in labels}
    for words, label in own.items():
        for name in (words, *(name for name in _everyday().get(label, ()) if name not in own)):
            several = plural(name)
            known.setdefault(name, (label, False))
            if several != name:
                known.setdefault(several, (label, True))
    if "person" in own:
        known |= dict.fromkeys(ANYONE, ("person", True))
    return Names(known, max((name.count(" ") + 1 for name in known), default=0))


@cache
def _everyday() -> dict[str, list[str]]:
    return tomllib.loads(EVERYDAY.read_text(encoding="utf-8"))
