"""Examples told by what was learnt from the others: tenfold, so that no example is told by what it taught."""

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ....agent.scout import VideoScout
from ....graphs.answer.question.kinds import EXAMPLES as QUESTIONS
from ....tools.perception.embeddings.by_example import examples, learn, save
from ....tools.perception.embeddings.purposes import Query

PARTS = 10
"""Of the examples, each of which is told by what was learnt from the others."""


def parts(examples: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each part which examples are in it, after those from which it is told: their places, in order."""
    part = np.random.default_rng(0).integers(0, PARTS, examples)
    for number in range(PARTS):
        yield np.flatnonzero(part != number), np.flatnonzero(part == number)


def embedded(texts: Sequence[object]) -> tuple[np.ndarray, str]:
    """Vectors, (texts, dimensions), of the embedded profile's text embedding, and its source."""
    with VideoScout(profile="embedded") as scout:
        embedding = scout.role("text_embedding")
        return np.stack(embedding.run(list(texts))), embedding.source


def confusions(names: Sequence[str], told: Sequence[str]) -> None:
    """Print of each name how many examples are told rightly, and what the others are taken for."""
    wrong = Counter((name, got) for name, got in zip(names, told, strict=True) if got != name)
    for name, number in Counter(names).items():
        taken = {got: times for (was, got), times in wrong.most_common() if was == name}
        others = ", ".join(f"{got} {times}" for got, times in taken.items())
        print(f"{name}: {number - sum(taken.values())} of {number}" + (f"; taken for {others}" if others else ""))


def with_others(own: Sequence[tuple[str, str]], beside: Sequence[str], none: str) -> list[tuple[str, str]]:
    """Examples, name and wording, and after them the questions in English that are of none of those names.

    Args:
        beside: kinds of question that overlap with what the examples ask.
    """
    return [
        *own,
        *((none, text) for kind, tongue, text in examples(QUESTIONS) if tongue == "en" and kind not in beside),
    ]


def learn_anew(about: str | None, rows: Sequence[tuple[str, str]], learnt: Path, ridge: float) -> None:
    """Print how many examples of a part that was left out are told rightly; write what was learnt if asked.

    Args:
        about: the program's description.
        rows: name and wording of each example.
        learnt: the file, with `asked` as its table.
        ridge: of the regression.
    """
    asked = argparse.ArgumentParser(description=about)
    asked.add_argument("--write", action="store_true")
    options = asked.parse_args()
    names = [name for name, _ in rows]
    vectors, source = embedded([Query(text) for _, text in rows])
    told = [""] * len(rows)
    for others, these in parts(len(rows)):
        known = learn(vectors[others], [names[at] for at in others], source, ridge)
        for at in these:
            told[at], _ = known.told(vectors[at])
    confusions(names, told)
    if options.write:
        save({"asked": learn(vectors, names, source, ridge)}, learnt)
