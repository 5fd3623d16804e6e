"""Which packaged text model answers best from a timeline: free answers, multiple choice, and what is not in it.

python -m vidscout.bench.measure.answering.answerers [--split report] [MODEL ...]

Prints Markdown. Model files count as pulled weights (`vidscout models pull MODEL`). Seconds depend on the machine, so
compare them within one run.
"""

import argparse
import math
import re
import statistics
import time
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ....graphs.answer.packers import line, opening
from ....tools.perception.embeddings.text_embedding import MiniLM
from ....tools.records import Modality, Record, Span
from ....tools.runtime.backend import backend
from ....tools.videollm.interface import ANSWER_BEGINS, Message
from ....tools.videollm.servers.llama_cpp import LlamaCpp
from ....tools.weights import catalogue as weights

QUESTIONS = Path(__file__).with_name("answerers.toml")

MODELS = ("qwen2.5-coder-0.5b-instruct-q4", "smollm2-135m", "gemma-3-270m")

BASE = "gemma-3-270m"
"""This one was never taught a chat: it gets the prompt as a text whose last words begin the answer."""

BASE_TEMPLATE = "{% for message in messages %}{{ message.content }}\n{% endfor %}"

NOT_STATED = re.compile(
    r"\bnot (?:\w+ )?(?:stated|mentioned|given|specified|provided|known|said|shown)|no (?:answer|evid)"
)

WEIGHTS = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
"""How much a unit of cosine may count against a nat; the best on the tuning half is used on the other."""


@dataclass(frozen=True, slots=True)
class Item:
    """One question over one timeline."""

    lines: tuple[str, ...]
    """As they stand in a prompt."""
    texts: tuple[str, ...]
    """What the records say."""
    question: str
    says: tuple[str | list[str], ...] = ()
    never: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    right: int = -1

    @property
    def answerable(self) -> bool:
        """Whether the timeline answers it."""
        return bool(self.options)

    def messages(self, system: Message, evidence: bool = True) -> list[Message]:
        """The prompt for it; without the timeline where `evidence` is false."""
        shown = "Evidence:\n" + "\n".join(self.lines) + "\n" if evidence else ""
        return [system, Message("user", (f"{shown}Question: {self.question}",))]

    def accepts(self, answer: str) -> bool:
        """Whether a free answer holds what it must, and nothing that it must not."""
        said = answer.casefold()
        held = all(any(_holds(said, one) for one in ([key] if isinstance(key, str) else key)) for key in self.says)
        return held and not any(_holds(said, word) for word in self.never)


@dataclass(slots=True)
class AnswererScore:
    """What one model did on one half of the questions."""

    free: list[bool] = field(default_factory=list)
    abstained: list[bool] = field(default_factory=list)
    """On what the timeline does not hold."""
    choices: list[list[float]] = field(default_factory=list)
    rotated: list[list[float]] = field(default_factory=list)
    blind: list[list[float]] = field(default_factory=list)
    """Without the timeline: what the model guesses."""
    free_seconds: list[float] = field(default_factory=list)
    choice_seconds: list[float] = field(default_factory=list)
    rotated_seconds: list[float] = field(default_factory=list)


def questions(split: str) -> list[Item]:
    """The questions of a half, `tune` or `report`."""
    items = []
    for timeline in tomllib.loads(QUESTIONS.read_text(encoding="utf-8"))["timelines"]:
        if timeline["split"] != split:
            continue
        records = [
            Record(timeline["name"], Span(start, start + 5), Modality(modality), text, 1.0, "made/1")
            for start, modality, text in timeline["lines"]
        ]
        shown = tuple(line(record) for record in records)
        items += [
            Item(
                shown,
                tuple(record.text for record in records),
                asked["question"],
                tuple(asked.get("says", ())),
                tuple(asked.get("not", ())),
                tuple(asked.get("options", ())),
                asked.get("right", -1),
            )
            for asked in timeline["questions"]
        ]
    return items


def measure(model: LlamaCpp, items: Iterable[Item], system: Message) -> AnswererScore:
    """Ask every question freely, and every one with options three ways, under this opening."""
    score = AnswererScore()
    begun = [Message("assistant", (ANSWER_BEGINS,))] if model.model == BASE else []
    for item in items:
        began = time.perf_counter()
        said = "".join(model.generate([*item.messages(system), *begun], max_tokens=48, stop=("\n",))).strip()
        score.free_seconds.append(time.perf_counter() - began)
        if not item.answerable:
            score.abstained.append(NOT_STATED.search(said.casefold()) is not None)
            continue
        score.free.append(item.accepts(said))
        asked = item.messages(system)
        began = time.perf_counter()
        score.choices.append(model.choose(asked, item.options, rotations=1))
        score.choice_seconds.append(time.perf_counter() - began)
        began = time.perf_counter()
        score.rotated.append(model.choose(asked, item.options))
        score.rotated_seconds.append(time.perf_counter() - began)
        score.blind.append(model.choose(item.messages(system, evidence=False), item.options))
    return score


def similarities(embedder: MiniLM, items: Iterable[Item]) -> list[list[float]]:
    """For each question with options how near each option, after the question, comes to a line: cosine, −1..1."""
    found = []
    for item in items:
        if item.answerable:
            vectors = embedder.run([*(f"{item.question} {option}" for option in item.options), *item.texts])
            asked, lines = vectors[: len(item.options)], vectors[len(item.options) :]
            found.append([max(float(option @ text) for text in lines) for option in asked])
    return found


def right(chosen: Sequence[Sequence[float]], items: Iterable[Item]) -> int:
    """How often the highest value is the right option's."""
    asked = [item for item in items if item.answerable]
    return sum(max(range(len(row)), key=row.__getitem__) == item.right for row, item in zip(chosen, asked, strict=True))


def fused(chosen: Sequence[Sequence[float]], similar: Sequence[Sequence[float]], weight: float) -> list[list[float]]:
    """Log-probabilities with the similarities added at a weight."""
    return [
        [math.log(max(p, 1e-9)) + weight * s for p, s in zip(row, near, strict=True)]
        for row, near in zip(chosen, similar, strict=True)
    ]


def load(name: str) -> LlamaCpp:
    """A model of the catalogue, with the template of a base model where it brings none."""
    made = backend("answerer", "llama.cpp")
    assert issubclass(made, LlamaCpp)
    return made(name, template=BASE_TEMPLATE if name == BASE else None)


def compare(names: Sequence[str], split: str) -> list[dict[str, Any]]:
    """One row of the table a model."""
    items = questions(split)
    tuning = questions("tune")
    embedder = MiniLM(threads=1)
    near, near_tuning = similarities(embedder, items), similarities(embedder, tuning)
    rows = []
    for name in names:
        model = load(name)
        began = time.perf_counter()
        model.ready()
        loading = time.perf_counter() - began
        score = measure(model, items, opening())
        tuned = score if split == "tune" else measure(model, tuning, opening())
        weight = max(WEIGHTS, key=lambda w: right(fused(tuned.rotated, near_tuning, w), tuning))
        asked = len(score.choices)
        rows.append(
            {
                "model": name,
                "free answers right": f"{sum(score.free)}/{len(score.free)}",
                "not in the timeline, says so": f"{sum(score.abstained)}/{len(score.abstained)}",
                "choice right, one order": f"{right(score.choices, items)}/{asked}",
                "four orders": f"{right(score.rotated, items)}/{asked}",
                "without evidence": f"{right(score.blind, items)}/{asked}",
                "MiniLM alone": f"{right(near, items)}/{asked}",
                "four orders + MiniLM": f"{right(fused(score.rotated, near, weight), items)}/{asked} (×{weight:g})",
                "free s": f"{statistics.median(score.free_seconds):.2f}",
                "choice s": f"{statistics.median(score.choice_seconds):.2f}",
                "four orders s": f"{statistics.median(score.rotated_seconds):.2f}",
                "load s": f"{loading:.2f}",
                "memory MB": f"{model.memory() / 1e6:.0f}",
                "licence": weights.entries()[name].licence,
            }
        )
        model.close()
    return rows


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Rows as a Markdown table."""
    head = list(rows[0])
    lines = [head, ["---"] * len(head), *([str(row[name]) for name in head] for row in rows)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=MODELS, metavar="MODEL")
    parser.add_argument("--split", default="report", choices=["tune", "report"])
    arguments = parser.parse_args()
    print(table(compare(arguments.models, arguments.split)))


def _holds(said: str, key: str) -> bool:
    """Whether an answer has a key phrase, beginning where a word begins."""
    return re.search(rf"(?<!\w){re.escape(key.casefold())}", said) is not None


if __name__ == "__main__":
    main()
