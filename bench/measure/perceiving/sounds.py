"""How well each class of sound is told, on made mixtures: `python -m vidscout.bench.measure.perceiving.sounds`.

    python -m vidscout.bench.measure.perceiving.sounds          # the others by thresholds of the development half
    python -m vidscout.bench.measure.perceiving.sounds --write  # and into tools/perception/sounds/offered.toml

A sound counts as found when a span of its class is at most half a second away from it; a span that is near no sound of
its class is a false alarm (event-based F1, as in Mesaros et al., 2016, with a collar of 0.5 s on both ends together).
"""

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ....tools.media.audio import SAMPLE_RATE
from ....tools.perception.sounds.events import events, marked
from ....tools.perception.sounds.offered import TABLE, Offered
from ....tools.perception.sounds.tagger import Heard, SoundTagger, YAMNet
from ....tools.records import Span
from ...data.sounds import Mixture, mixtures, within

COLLAR = 0.5
"""Seconds."""
SEEDS = {"development": 11, "report": 23}
WANTED = 0.85
"""F1 that a class must reach on the development recordings and on those of the report to be told of."""
GRID = tuple(round(0.05 * step, 2) for step in range(2, 20))
"""Thresholds that are tried."""


@dataclass(slots=True)
class Counts:
    """Sounds found, false alarms and sounds missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def f1(self) -> float:
        """2·right / (2·right + wrong + missed)."""
        return 2 * self.right / max(2 * self.right + self.wrong + self.missed, 1)


@dataclass(frozen=True, slots=True)
class Listened:
    """A mixture, and what the tagger says of it."""

    mixture: Mixture
    heard: Heard


def listened(part: str, tagger: SoundTagger) -> list[Listened]:
    """Every mixture of a part, listened to in windows as the stage does."""
    found = []
    window = round(tagger.window * SAMPLE_RATE)
    for mixture in mixtures(part, SEEDS[part]):
        begins = range(0, len(mixture.samples), window)
        parts = tagger.run([mixture.samples[begin : begin + window] for begin in begins])
        starts = [begin / SAMPLE_RATE + at for begin, one in zip(begins, parts, strict=True) for at in one.starts]
        scores = np.concatenate([one.scores for one in parts])
        found.append(Listened(mixture, Heard(parts[0].classes, scores, tuple(starts), parts[0].seconds)))
    return found


def counted(parts: Sequence[Listened], name: str, threshold: float) -> Counts:
    """How one class fares at a threshold."""
    counts = Counts()
    offered = {name: Offered(threshold)}
    for part in parts:
        spans = [span for span, _, _ in events(marked(part.heard, offered), offered)]
        truth = [span for span, label in part.mixture.truth if label == name]
        found = sum(any(_near(span, real) for span in spans) for real in truth)
        counts.right += found
        counts.missed += len(truth) - found
        counts.wrong += sum(not any(_near(span, real) for real in truth) for span in spans)
    return counts


def fitted(parts: Sequence[Listened], name: str) -> float:
    """The lowest threshold with the highest F1: false alarms are counted on all the other sounds, and so are known far
    better than how surely another recording of the same sound is heard."""
    scores = [counted(parts, name, threshold).f1 for threshold in GRID]
    return next(threshold for threshold, score in zip(GRID, scores, strict=True) if score >= max(scores) - 1e-9)


def _near(span: Span, real: Span) -> bool:
    return span.start <= real.end + COLLAR and real.start <= span.end + COLLAR


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--write", action="store_true", help="write the classes that reach it to offered.toml")
    chosen = options.parse_args()
    tagger = YAMNet()
    development = listened("development", tagger)
    names = sorted({label for part in development for _, label in part.mixture.truth})
    thresholds = {name: fitted(development, name) for name in names}
    began = time.perf_counter()
    report = listened("report", tagger)
    cost = (time.perf_counter() - began) / sum(len(part.mixture.samples) / SAMPLE_RATE for part in report)
    rows = [_row(name, thresholds, development, report) for name in names]
    print("| class | threshold | F1, development | sounds | found | false alarms | F1, report | told of |")
    print("|" + " --- |" * 8)
    for row in rows:
        print(
            "| " + " | ".join(f"{cell:.2f}" if isinstance(cell, float) else str(cell) for cell in row.values()) + " |"
        )
    print(
        f"{len(report)} mixtures of {len(report[0].mixture.samples) // SAMPLE_RATE} s; {cost:.3f} s a second of sound"
    )
    if chosen.write:
        TABLE.write_text(table_of([row for row in rows if row["told"] == "yes"]), encoding="utf-8")


def table_of(rows: Sequence[Mapping[str, object]]) -> str:
    """`offered.toml` for the rows of classes that are told of."""
    told = [str(row["class"]) for row in rows]
    broader = {name: [one for one in within(name) if one in told] for name in told}
    lines = [
        "# The classes that are told of, with their thresholds: `bench/measure/perceiving/sounds.py --write` names",
        f"# those that reach an F1 of {WANTED} both on the recordings that set the thresholds and on others.",
        "",
        "[yamnet]",
        *(f'"{row["class"]}" = {row["threshold"]}' for row in rows),
        "",
        "[within]  # by AudioSet's ontology",
        *(f'"{name}" = {json.dumps(names)}' for name, names in broader.items() if names),
    ]
    return "\n".join(lines) + "\n"


def _row(
    name: str, thresholds: Mapping[str, float], development: Sequence[Listened], report: Sequence[Listened]
) -> dict[str, object]:
    before = counted(development, name, thresholds[name])
    after = counted(report, name, thresholds[name])
    return {
        "class": name,
        "threshold": thresholds[name],
        "development": before.f1,
        "sounds": after.right + after.missed,
        "found": after.right,
        "false": after.wrong,
        "report": after.f1,
        "told": "yes" if min(before.f1, after.f1) >= WANTED else "no",
    }


if __name__ == "__main__":
    main()
