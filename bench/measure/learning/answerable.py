"""Learn to tell from a judge's state whether notes say the answer to a question, and how sure that makes an answer.

    python -m vidscout.bench.measure.learning.answerable STATES [--write]

`answerable.jsonl` has questions with the notes that retrieval gave for them, by whom they were written, and whether the
recording answers them: those of the development half of the made questions, those of somebody who had seen neither the
program nor its questions, and two sets of made recordings that were written for this, in which most questions without
an answer have a twin that has one. So that the question alone tells little, questions with an answer come again without
the notes that say it (`-without`), or with the notes of another recording (`-elsewhere`). STATES (.npz) keeps the
judge's states, which take seconds each; what is missing there is computed.

What is printed is of recordings that were left out: area under the ROC curve of whether a question has an answer, by
who wrote it and with everything else that the same hand wrote left out too; and of the confidence, where a whole answer
was graded.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from ....agent.scout import VideoScout
from ....graphs.answer.records.confidence import EDGE, FITTED
from ....graphs.answer.records.judging import NOT_SAID, PROBE, SAID, STEEP, asked_for
from ....tools.perception.embeddings.by_example import ByExample, learn, save
from ...questions.report import auc
from .confidence import NAMES, fitted, left_out, report, written

EXAMPLES = Path(__file__).with_name("answerable.jsonl")
RIDGE = 0.3
"""Of 0.1, 0.3, 1, 3 and 10 on states of unit length: the one that told best the questions of another hand than those
that were learnt from. From 0.1 to 1 it makes little difference."""

WITHHELD = 1 / 8
"""Of the right answers at most so many are withheld: people bear a wrong answer with its evidence better than none."""


@dataclass(frozen=True)
class Example:
    """A question with the notes that were found for it."""

    id: str
    """Recording and number."""
    by: str
    """Who wrote it."""
    question: str
    notes: tuple[str, ...]
    answered: bool
    """Whether the recording answers it."""
    language: str = "en"
    right: bool | None = None
    """Whether the answer that was quoted is right; None where none was graded."""
    similarity: float | None = None
    lacks_number: bool | None = None

    @property
    def recording(self) -> str:
        return self.id.partition("/")[0]


def read_examples(file: Path = EXAMPLES) -> list[Example]:
    """The examples of a file, one a line."""
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [Example(**{**line, "notes": tuple(line["notes"])}) for line in lines]


def states(examples: Sequence[Example], kept: Path) -> tuple[np.ndarray, str]:
    """The judge's states, (examples, dimensions), and its source; those that are not kept yet are added to the file."""
    known: dict[str, np.ndarray] = {}
    if kept.is_file():
        with np.load(kept) as file:
            known = dict(zip(file["keys"].tolist(), file["states"], strict=True))
    with VideoScout(profile="embedded") as scout:
        judge = scout.role("judge")
        keys = [_key(judge.source, one) for one in examples]
        for number, (key, one) in enumerate(zip(keys, examples, strict=True), 1):
            if key not in known:
                state = judge.state(asked_for(one.question, one.notes))
                assert state is not None
                known[key] = state.astype(np.float16)
                if number % 50 == 0:
                    _keep(known, kept)
        _keep(known, kept)
        return np.stack([known[key] for key in keys]).astype(np.float32), judge.source


def _keep(known: Mapping[str, np.ndarray], kept: Path) -> None:
    np.savez(kept, keys=np.array(list(known)), states=np.stack(list(known.values())))


def _key(source: str, one: Example) -> str:
    told = json.dumps([source, [message.text for message in asked_for(one.question, one.notes)]])
    return sha256(told.encode()).hexdigest()[:24]


def probe(vectors: np.ndarray, examples: Sequence[Example], source: str) -> ByExample:
    """What is learnt from examples and their states."""
    return learn(vectors, [SAID if one.answered else NOT_SAID for one in examples], source, RIDGE)


def scores(told: ByExample, vectors: np.ndarray) -> np.ndarray:
    """How clearly states are of notes that say the answer, (states,): 1 for a clear yes, −1 for a clear no."""
    return told.scores(vectors)[:, told.names.index(SAID)]


def apart(vectors: np.ndarray, examples: Sequence[Example], groups: Sequence[str]) -> np.ndarray:
    """The score of each example by what was learnt from those of other groups."""
    found = np.zeros(len(examples))
    for group in sorted(set(groups)):
        inside = np.array([one == group for one in groups])
        others = [one for one, left in zip(examples, inside, strict=True) if not left]
        found[inside] = scores(probe(vectors[~inside], others, ""), vectors[inside])
    return found


def lowest(right: np.ndarray) -> float:
    """The highest step of 0.05 below which no more of the right answers' probabilities lie than may be withheld."""
    return float(max(step for step in np.arange(0.05, 1.0, 0.05) if (right < step).mean() <= WITHHELD))


def main(arguments: Sequence[str] | None = None) -> None:
    """Learn, print, and write where that is asked for."""
    parser = argparse.ArgumentParser(description="Learn to tell whether notes say the answer to a question.")
    parser.add_argument("states", type=Path, help="file that keeps the judge's states, .npz")
    parser.add_argument("--write", action="store_true", help="write answerable.npz and confidence.toml")
    given = parser.parse_args(arguments)
    examples = read_examples()
    vectors, source = states(examples, given.states)
    by_recording = apart(vectors, examples, [one.recording for one in examples])
    by_hand = apart(vectors, examples, [one.by for one in examples])
    for hand in sorted({one.by for one in examples}):
        here = [at for at, one in enumerate(examples) if one.by == hand]
        answered = [examples[at].answered for at in here]
        within, without = (auc(list(told[here]), answered) or 0 for told in (by_recording, by_hand))
        print(
            f"{hand}: {len(here)} questions, {sum(answered)} answered; AUC {within:.3f} with this recording left out, "
            f"{without:.3f} with all that this hand wrote left out"
        )
    graded = [at for at, one in enumerate(examples) if one.right is not None and one.similarity is not None]
    said = np.clip(1 / (1 + np.exp(-STEEP * by_recording[graded])), EDGE, 1 - EDGE)
    rows = [examples[at] for at in graded]
    seen = {
        "offset": np.ones(len(rows)),
        "similarity": np.array([one.similarity for one in rows], float),
        "said": np.log(said / (1 - said)),
        "lacks_number": np.array([bool(one.lacks_number) for one in rows], float),
    }
    x, y = np.stack([seen[name] for name in NAMES], axis=1), np.array([bool(one.right) for one in rows], float)
    recordings = sorted({one.recording for one in rows})
    told = left_out(x, y, np.array([recordings.index(one.recording) for one in rows]))
    lines = [
        {"id": one.id, "verdict": "right" if one.right else "wrong", "unanswerable": not one.answered} for one in rows
    ]
    report(told, y, lines)
    new = written("probed", fitted(x, y), lowest(told[y == 1]))
    print(new)
    if given.write:
        save({"answered": probe(vectors, examples, source)}, PROBE)
        FITTED.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
