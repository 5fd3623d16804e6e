"""Chapters against those that a person listed.

    python -m vidscout.bench.measure.answering.chapters fit|score --home HOME

`fit` learns the weights of `graphs/describe/topics/boundaries.toml` from the recordings to work with, which have been
into HOME, and prints how well they tell each recording when they are learnt from all others. `score` tells boundary
F1 of a half.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from ....agent.scout import VideoScout
from ....graphs.describe.material import Material, gather
from ....graphs.describe.roles import Role, of, scores
from ....graphs.describe.topics.segments import (
    FEATURES,
    SAID,
    SHOWN,
    WEIGHTS,
    Weights,
    chosen,
    features,
    gap_times,
    gaps,
    most_chapters,
)
from ....tools.records import Span
from ...run.describing import Agreement, boundaries
from .described import Described, development, report, times

app = typer.Typer(help=__doc__)
LEAST = {SHOWN: 0.3, SAID: 0.2}
"""Probability from which a chapter ends: of 0.1 to 0.6 the middle of those with the best F1 on the recordings to work
with, each told by the weights of the others."""
BLUR, COPIES = 1.0, 20
"""Standard deviations of the noise on pauses, and how many noisy copies of each gap the weights are fitted on."""
RIDGE = 1.0
"""Weight of the squared weights beside the log-likelihood."""


@dataclass(frozen=True)
class Case:
    """A recording that has been read, and when each chapter but the first begins in it, in seconds."""

    name: str
    material: Material
    opening: np.ndarray
    listed: list[float]

    @property
    def said(self) -> "Case":
        """The same, without what the picture tells."""
        return replace(self, material=replace(self.material, slides=(), shots=()))

    @property
    def breathless(self) -> "Case":
        """The same, with pauses that tell nothing: all passages follow each other at once."""
        ends = [*(after.span.start for after in self.material.passages[1:]), self.material.span.end]
        spoken = [
            replace(one, span=Span(one.span.start, max(end, one.span.start)))
            for one, end in zip(self.material.passages, ends, strict=True)
        ]
        return replace(self, material=replace(self.material, passages=tuple(spoken)))

    @property
    def wanted(self) -> np.ndarray:
        """1 for the gap nearest to each listed boundary, where one lies within 5 s; else 0."""
        at = np.array(gap_times(self.material))
        wanted = np.zeros(len(at))
        for time in self.listed:
            nearest = int(np.abs(at - time).argmin())
            wanted[nearest] = float(abs(at[nearest] - time) <= 5.0)
        return wanted

    def agreement(self, known: dict[str, Weights] | None = None) -> Agreement:
        """Boundaries that are found against those that are listed."""
        span = self.material.span
        found = gaps(self.material, self.opening, known)
        ends = chosen(found, span.start, span.end, most_chapters(span.duration))
        return boundaries([gap.time for gap in ends], self.listed)


def cases(scout: VideoScout, described: list[Described]) -> list[Case]:
    """Those of the recordings that have been read."""
    read = {video.name: video for video in scout.videos()}
    embedding = scout.role("text_embedding")
    found = []
    for one in described:
        if (video := read.get(f"{one.recording.name}.mp4")) is None:
            continue
        material = gather(scout.index, video.id, Span(0.0, video.duration), embedding.run)
        told = of(Role.OPENING, scores(material.vectors, embedding.source), len(material.passages))
        found.append(Case(one.recording.name, material, told, starts(one)))
    return found


def starts(described: Described) -> list[float]:
    """When each chapter but the first begins, in seconds."""
    at = times(described.staged())
    return [at[scene][0] for scene, _ in described.chapters[1:]]


def learnt(rows: np.ndarray, wanted: np.ndarray, least: float) -> Weights:
    """Logistic regression with the ridge, by Newton's method.

    Args:
        rows: (gaps, features).
        wanted: 1 where a chapter ends, else 0, (gaps,).
        least: probability from which a chapter is to end.
    """
    data = np.concatenate([rows, np.ones((len(rows), 1))], axis=1)
    ridge = RIDGE * COPIES * np.eye(data.shape[1])
    ridge[-1, -1] = 0.0
    known = np.zeros(data.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-data @ known))
        slope = data.T @ (chance - wanted) + ridge @ known
        curve = (data * (chance * (1 - chance))[:, None]).T @ data + ridge
        known = known - np.linalg.solve(curve, slope)
    return Weights(known[:-1], float(known[-1]), least)


def blurred(rows: np.ndarray) -> np.ndarray:
    """Copies of rows, (copies × gaps, features), with noise on the pauses: in recordings that were made they are longer
    between two scenes, always, and would count for everything."""
    copies = np.tile(rows, (COPIES, 1))
    copies[:, FEATURES.index("pause")] += np.random.default_rng(0).normal(0.0, BLUR, len(copies))
    return copies


def fitted(used: list[Case]) -> dict[str, Weights]:
    """Both sets of weights."""
    sets = {SHOWN: used, SAID: [case.said for case in used]}
    return {
        name: learnt(
            blurred(np.concatenate([features(case.material, case.opening) for case in some])),
            np.tile(np.concatenate([case.wanted for case in some]), COPIES),
            LEAST[name],
        )
        for name, some in sets.items()
    }


def told(name: str, one: Agreement) -> None:
    """Print one line."""
    about = f"precision {one.precision:.3f}  recall {one.recall:.3f}  F1 {one.f1:.3f}"
    print(f"{name:<26} {about}  ({one.matched} of {one.listed}, {one.found} found)")


@app.command()
def fit(home: Annotated[Path, typer.Option()], write: Annotated[bool, typer.Option("--write")] = False) -> None:
    """Learn the weights, and tell each recording by those learnt from the others."""
    with VideoScout(profile="embedded", home=home) as scout:
        used = cases(scout, development())
    shown, said, words = Agreement(0, 0, 0), Agreement(0, 0, 0), Agreement(0, 0, 0)
    for case in used:
        known = fitted([other for other in used if other is not case])
        told(case.name, one := case.agreement(known))
        told(f"{case.name}, heard only", other := case.said.agreement(known))
        shown, said, words = shown + one, said + other, words + case.said.breathless.agreement(known)
    told("all, each by the others", shown)
    told("all, heard only", said)
    told("all, heard only, no pauses", words)
    text = (
        "# Fitted by `python -m vidscout.bench.measure.answering.chapters fit --write`; "
        "what the features are: `segments.py`.\n"
    )
    for name, known in fitted(used).items():
        text += f"\n[{name}]\nbias = {known.bias:.3f}\nleast = {known.least}\n"
        text += "".join(f"{one} = {w:.3f}\n" for one, w in zip(FEATURES, known.weights, strict=True) if abs(w) > 1e-9)
    print(text)
    if write:
        WEIGHTS.write_text(text, encoding="utf-8")


@app.command()
def score(home: Annotated[Path, typer.Option()], half: Annotated[str, typer.Option()] = "report") -> None:
    """Boundary F1 at ±5 s of the recordings of a half that have been read."""
    with VideoScout(profile="embedded", home=home) as scout:
        used = cases(scout, development() if half == "development" else report())
    total, said = Agreement(0, 0, 0), Agreement(0, 0, 0)
    for case in used:
        told(case.name, one := case.agreement())
        total, said = total + one, said + case.said.agreement()
    told("all", total)
    told("all, heard only", said)


if __name__ == "__main__":
    app()
