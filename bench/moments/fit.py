"""Fit what decides whether a piece is what is sought, on the development families of the made moments.

python -m vidscout.bench.moments.fit --set FOLDER --home HOME [--set FOLDER --home HOME] [--write]
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...agent.scout import VideoScout
from ...graphs.ground import decide, look, pieces
from ...graphs.ground.graph import understood
from ...graphs.ground.state import Piece
from ...tools.errors import UsageError
from ...tools.records import Modality
from .make import read_set
from .plan import DEVELOP

RIDGE = 1.0
"""Of the weights of standardised features."""
OVERLAPS = 0.5
"""Share of the shorter of a piece and an event that both must share for the piece to be of the event."""

MODALITIES = {"spoken": Modality.SPEECH, "written": Modality.SCREEN_TEXT}
"""In which an event can be found: what stands on screen while it is said is not it."""

ALIKE = 60
"""rapidfuzz partial ratio from which a piece may be the text of an event, misheard or misread."""

Rows = tuple[np.ndarray, np.ndarray]
"""Features, (pieces, features), and whether each piece is what is sought, (pieces,)."""
Judged = tuple[pieces.Near, np.ndarray]
"""Pieces of a group, and whether each is what is sought, (pieces,)."""


def gathered(folder: Path, scout: VideoScout) -> tuple[list[Judged], list[Rows]]:
    """The pieces in words, and the features of all frames, for all queries of a set about every time."""
    made = read_set(folder)
    if made["family"] not in DEVELOP:
        raise UsageError("weights are fitted on the development families only")
    words: list[Judged] = []
    frames: list[Rows] = []
    grounding = scout.grounding()
    for video in made["videos"].values():
        [read] = scout.ingest(folder / video["file"])
        for query in (one for one in video["queries"] if one["ask"] == "every"):
            sought = understood(query["query"], None, grounding)
            truth = [(start, end) for start, end in query["truth"]]
            if query["medium"] in MODALITIES:
                events = [one for one in video["placed"] if (one["start"], one["end"]) in truth]
                words += [
                    (group, np.array([is_of(piece, query["medium"], events) for piece in group.pieces]))
                    for group in pieces.near(read.video, sought, grounding)
                ]
            elif query["medium"] == "shown":
                times, rows = look.features(read.video, sought, grounding)
                right = [any(start - 0.1 <= time < end for start, end in truth) for time in times.tolist()]
                frames.append((rows, np.array(right)))
    return words, frames


def is_of(piece: Piece, medium: str, events: Sequence[dict[str, Any]]) -> bool:
    """Whether a piece is of one of the events: found in its medium, at its time, and like its text."""
    from rapidfuzz.fuzz import partial_ratio

    if piece.modality is not MODALITIES[medium]:
        return False
    for event in events:
        shared = min(piece.span.end, event["end"]) - max(piece.span.start, event["start"])
        shorter = max(min(piece.span.duration, event["end"] - event["start"]), 0.1)
        if shared >= OVERLAPS * shorter and partial_ratio(piece.text.casefold(), event["content"].casefold()) >= ALIKE:
            return True
    return False


def fit(rows: Sequence[Rows], names: Sequence[str]) -> dict[str, float]:
    """Logistic regression by Newton's method; the weights are of the features as they come."""
    features = np.concatenate([one for one, _ in rows]).astype(float)
    right = np.concatenate([one for _, one in rows]).astype(float)
    middle, spread = features.mean(axis=0), features.std(axis=0) + 1e-9
    table = np.concatenate([(features - middle) / spread, np.ones((len(features), 1))], axis=1)
    ridge = np.diag([RIDGE] * len(names) + [0.0])
    weights = np.zeros(table.shape[1])
    for _ in range(50):
        likely = 1 / (1 + np.exp(-table @ weights))
        slope = table.T @ (likely - right) + ridge @ weights
        bend = (table * (likely * (1 - likely))[:, None]).T @ table + ridge
        weights -= np.linalg.solve(bend + 1e-9 * np.eye(len(bend)), slope)
    own = weights[:-1] / spread
    return {"offset": float(weights[-1] - own @ middle), **dict(zip(names, own.tolist(), strict=True))}


def best_threshold(rows: Sequence[Rows], fitted: dict[str, float], names: Sequence[str]) -> tuple[float, float]:
    """The probability from which most queries have exactly their pieces, the middle of the best range, and the share
    of queries that do."""
    weights = np.array([fitted[name] for name in names])
    likely = [1 / (1 + np.exp(-(one @ weights + fitted["offset"]))) for one, _ in rows]
    grid = np.arange(0.05, 0.96, 0.01)
    exact = [np.mean([((p >= t) == right).all() for p, (_, right) in zip(likely, rows, strict=True)]) for t in grid]
    best = grid[np.array(exact) >= max(exact) - 1e-9]
    return float(np.median(best)), float(max(exact))


def fitted_words(judged: Sequence[Judged]) -> dict[str, dict[str, float]]:
    """The weights of pieces by themselves and beside each other, the latter with the probability that decides."""
    alone = fit([(decide.features(group)[:, : len(decide.ALONE)], right) for group, right in judged], decide.ALONE)
    rows = [(decide.features(group, alone), right) for group, right in judged]
    words = fit(rows, decide.FEATURES)
    words["from"], exact = best_threshold(rows, words, decide.FEATURES)
    held = sum(int(right.sum()) for _, right in rows)
    print(f"words: {len(rows)} searches, {held} pieces hold; {exact:.1%} decided exactly")
    return {"alone": alone, "words": words}


def main() -> None:
    """Print the weights, and how many queries they decide exactly; write them if asked."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--set", type=Path, required=True, action="append")
    asked.add_argument("--home", type=Path, required=True, action="append", help="Where the set was read; one each.")
    asked.add_argument("--write", action="store_true")
    options = asked.parse_args()
    words: list[Judged] = []
    rows: list[Rows] = []
    for folder, home in zip(options.set, options.home, strict=True):
        with VideoScout("embedded", home) as scout:
            made = gathered(folder, scout)
        words += made[0]
        rows += made[1]
    found = fitted_words(words)
    found["frames"] = fit(rows, look.FEATURES)
    found["frames"]["from"], exact = best_threshold(rows, found["frames"], look.FEATURES)
    print(f"frames: {len(rows)} searches; {exact:.1%} decided exactly")
    text = "# Weights of `decide.py` and `look.py`; made by `python -m vidscout.bench.moments.fit`.\n"
    for what, weights in found.items():
        text += f"\n[{what}]\n" + "".join(f"{name} = {value:.4f}\n" for name, value in weights.items())
    print(text)
    if options.write:
        decide.FITTED.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
