"""What the answers of a run add up to, by kind of question and by language."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...tools.errors import UsageError
from ..run.figures import split
from ..run.runner import RESULTS, Line, read
from .run import ASKED

VISUAL = "look"
"""The kind that asks what only the picture shows."""

BINS = 10
"""Of confidence, equally wide, for the expected calibration error."""

NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Figures:
    """What some lines add up to; None where there is nothing to count."""

    answerable: int
    right: float | None
    """Share of the answerable questions."""
    wrong: float | None
    abstained: float | None
    """Share of the answerable questions that were left unanswered."""
    cited: float | None
    """Share of right answers, whose place is known, of which one of the best three pieces of evidence is there."""
    cited_first: float | None
    """The same for the best piece of evidence alone."""
    unanswerable: int
    declined: float | None
    """Share of the unanswerable questions that were left unanswered or denied."""


def figures(lines: Sequence[Line]) -> Figures:
    """The figures of some lines."""
    can = [line for line in lines if not line["unanswerable"]]
    cannot = [line for line in lines if line["unanswerable"]]
    placed = [line for line in can if line["verdict"] == "right" and line["truth"]]
    return Figures(
        len(can),
        *(_share([line["verdict"] == what for line in can]) for what in ("right", "wrong", "abstained")),
        cited=_share([line["cited"] for line in placed]),
        cited_first=_share([line["cited_first"] for line in placed]),
        unanswerable=len(cannot),
        declined=_share([line["verdict"] == "right" for line in cannot]),
    )


def auc(scores: Sequence[float], right: Sequence[bool]) -> float | None:
    """The chance that a right answer has a higher score than another one; ties count half.

    >>> auc([0.9, 0.8, 0.3, 0.3], [True, False, True, False])
    0.625
    """
    yes = np.array([score for score, good in zip(scores, right, strict=True) if good])
    no = np.array([score for score, good in zip(scores, right, strict=True) if not good])
    if not len(yes) or not len(no):
        return None
    above = (yes[:, None] > no[None]).mean() + 0.5 * (yes[:, None] == no[None]).mean()
    return float(above)


def calibration_error(scores: Sequence[float], right: Sequence[bool]) -> float | None:
    """Expected calibration error: how far confidence is from the share of right answers, over ten bins.

    >>> calibration_error([1.0, 1.0, 0.0, 0.0], [True, False, False, False])
    0.25
    """
    if not scores:
        return None
    confidence, good = np.array(scores, float), np.array(right, float)
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [(bins == number).sum() * abs(confidence[bins == number].mean() - good[bins == number].mean())
            for number in np.unique(bins)]  # fmt: skip
    return float(sum(gaps) / len(confidence))


def load(out: Path) -> tuple[dict[str, str], list[Line]]:
    """What a run was about, and its lines.

    Raises:
        UsageError: the folder has no run.
    """
    if not (out / ASKED).is_file() or not (out / RESULTS).is_file():
        raise UsageError(f"{out}: no answers; ask first: vidscout bench questions run")
    lines = [line for line in read(out / RESULTS) if "verdict" in line]
    return json.loads((out / ASKED).read_text(encoding="utf-8")), lines


def table(lines: Sequence[Line]) -> str:
    """All figures as Markdown."""
    head = "questions | answerable | right | wrong | abstained | cited | cited first | unanswerable | declined"
    answerable = [line for line in lines if not line["unanswerable"]]
    plain = [line for line in lines if line["kind"] != VISUAL and line["language"] == line["spoken_language"] == "en"]
    foreign = [line for line in lines if line["language"] != line["spoken_language"] == "en"]
    rows: list[tuple[str, list[Line]]] = [
        ("**all**", list(lines)),
        ("English, not visual", plain),
        ("other languages over English speech", foreign),
    ]
    rows += sorted(split(lines, lambda line: line["kind"]).items())
    rows += sorted(split(lines, lambda line: f"asked in {line['language']}").items())
    rows += sorted(split(lines, lambda line: f"spoken in {line['spoken_language']}").items())
    rows += sorted(split(lines, lambda line: f"in a {line['recording']}").items())
    cells = [[name, *_cells(figures(mine))] for name, mine in rows if mine]
    text = "\n".join(f"| {' | '.join(row)} |" for row in [head.split(" | "), ["---"] * 9, *cells])
    return f"{text}\n\n{_confidence(lines)}\n{_times(lines, answerable)}"


def failures(lines: Sequence[Line]) -> str:
    """Every question that was not answered rightly, with what was said and where the answer is."""
    parts = []
    for line in lines:
        if line["verdict"] == "right":
            continue
        wanted = (
            "nothing" if line["unanswerable"] else " / ".join(" + ".join(one) for one in line["expected"]) or "a time"
        )
        told = [
            f"{line['id']} ({line['kind']}, {line['language']}) {line['verdict']}, confidence {line['confidence']:.2f}"
        ]
        told += [f"  asked:  {line['question']}", f"  said:   {' '.join(line['text'].split()) or line['error']}"]
        told += [f"  wanted: {wanted} at {', '.join(f'{a:.1f}–{b:.1f}' for a, b in line['truth']) or NOTHING}"]
        told += [
            f"  [{one['start']:.1f}–{one['end']:.1f} {one['modality']}] {one['text']}" for one in line["evidence"][:3]
        ]
        parts.append("\n".join(told))
    return "\n\n".join(parts)


def _confidence(lines: Sequence[Line]) -> str:
    scores = [line["confidence"] for line in lines]
    right = [line["verdict"] == "right" and not line["abstained"] for line in lines]
    area, error = auc(scores, right), calibration_error(scores, right)
    return f"confidence of right answers: AUC {_two(area)}, expected calibration error {_two(error)}"


def _times(lines: Sequence[Line], answerable: Sequence[Line]) -> str:
    asked = [line["seconds"] for line in lines if not line["error"]]
    first = [line["first_token"] for line in answerable if line["first_token"] is not None]
    failed = sum(line["error"] is not None for line in lines)
    middle = f"{statistics.median(asked):.2f} s" if asked else NOTHING
    token = f"{statistics.median(first):.2f} s ({len(first)} that were written)" if first else NOTHING
    return f"seconds to the answer, median: {middle}; to the first token: {token}; failed: {failed}"


def _cells(it: Figures) -> list[str]:
    shares = [it.right, it.wrong, it.abstained, it.cited, it.cited_first]
    return [str(it.answerable), *map(_percent, shares), str(it.unanswerable), _percent(it.declined)]


def _share(flags: Sequence[bool]) -> float | None:
    return sum(flags) / len(flags) if flags else None


def _percent(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.0%}"


def _two(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.2f}"
