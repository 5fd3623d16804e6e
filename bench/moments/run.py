"""Ask the queries of a made set of moments, and say how well the stretches fit."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np

from ...agent.scout import VideoScout
from ...graphs.ground import decide, look
from ...graphs.ground.asks import Sense
from ...graphs.ground.graph import understood
from ..grounding.spans import Stretch, every_time, pairs
from .make import read_set

RESULTS = "moments-results.json"
SENSES = {"spoken": Sense.SAID, "written": Sense.WRITTEN, "shown": Sense.SHOWN, "heard": Sense.HEARD}
MUCH = 3
"""How many frames a photograph's own must be among, for each of them, to count as found by its looks."""

Watch = Callable[[str, float, float], None]


@dataclass(frozen=True, slots=True)
class Result:
    """One query and what came back."""

    id: str
    medium: str
    query: str
    ask: str
    count: int
    truth: list[Stretch]
    found: list[Stretch]
    which: str
    sense: str | None
    seconds: float
    etf1: float
    counted: float
    lost: str = ""
    """Of a photograph that was not found: the stage that lost it."""


def run(folder: Path, scout: VideoScout, out: Path, watch: Watch = lambda *_: None) -> list[Result]:
    """Read the videos of a set, ask all of its queries and write the results.

    Raises:
        UsageError: the folder has no set.
    """
    made = read_set(folder)
    out.mkdir(parents=True, exist_ok=True)
    results: list[Result] = []
    for done, video in enumerate(made["videos"].values()):
        path = folder / video["file"]
        scout.ingest(path)
        results += [_asked(scout, path, query) for query in video["queries"]]
        watch("videos", done + 1, len(made["videos"]))
    told = [{name: getattr(one, name) for name in Result.__slots__} for one in results]  # pyright: ignore[reportAttributeAccessIssue]
    (out / RESULTS).write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    return results


def _asked(scout: VideoScout, path: Path, query: dict[str, Any]) -> Result:
    found = scout.grounded(path, query["query"])
    stretches = sorted((span.start, span.end) for span in found.spans)
    truth = [(start, end) for start, end in query["truth"]]
    scores = every_time(stretches, truth)
    lost = ""
    if query["medium"] == "shown" and truth and scores.recall[0.3] < 1:
        lost = _lost(scout, path, query["query"], truth, found.sense)
    return Result(
        query["id"], query["medium"], query["query"], query["ask"], query["count"], truth, stretches,
        found.which, found.sense, found.timings["total"], scores.etf1, scores.counted, lost,
    )  # fmt: skip


def _lost(scout: VideoScout, path: Path, query: str, truth: Sequence[Stretch], sense: str | None) -> str:
    """Which stage lost a photograph: the understanding of the query, the frames that are kept, their vectors, the
    decision, or the edges."""
    if sense not in (None, Sense.SHOWN):
        return f"query understood as {sense}"
    video = scout.find(path).id
    grounding = scout.grounding()
    sought = understood(query, None, grounding)
    times, rows = look.features(video, sought, grounding)
    inside = np.zeros(len(times), bool)
    for start, end in truth:
        inside |= (times >= start - 0.1) & (times < end)
    if not inside.any():
        return "no frame of it was kept"
    weights = decide.frame_weights()
    level = rows @ np.array([weights[name] for name in look.FEATURES]) + weights["offset"]
    likely = 1 / (1 + np.exp(-level))
    best = np.argsort(-rows[:, 1])[: MUCH * int(inside.sum())]
    if not inside[best].any():
        return "frame vectors do not place it near its name"
    return "decision" if not (likely[inside] >= weights["from"]).any() else "edges, or a part of the times"


def table(results: Sequence[Result]) -> str:
    """What the results add up to, by medium."""
    lines = [f"{'':<10}{'queries':>8}{'EtF1':>8}{'C-Acc':>8}{'neg.':>8}{'edge s':>16}{'senses':>8}{'which':>8}{'s':>7}"]
    for medium in ("spoken", "written", "shown", "heard"):
        mine = [one for one in results if one.medium == medium]
        if not mine:
            continue
        none = [one for one in mine if one.count == 0]
        edges = [(abs(a - c), abs(b - d)) for one in mine for (a, b), (c, d) in pairs(one.found, one.truth)]
        near = f"{median(e[0] for e in edges):.2f}/{median(e[1] for e in edges):.2f}" if edges else "–"
        rejected = f"{mean(not one.found for one in none):.0%}" if none else "–"
        senses, which = mean(one.sense == SENSES[medium] for one in mine), mean(one.which == one.ask for one in mine)
        lines.append(
            f"{medium:<10}{len(mine):>8}{100 * mean(one.etf1 for one in mine):>8.1f}"
            f"{100 * mean(one.counted for one in mine):>8.1f}{rejected:>8}{near:>16}"
            f"{senses:>8.0%}{which:>8.0%}{median(one.seconds for one in mine):>7.2f}"
        )
    both = [one for one in results if one.medium in ("spoken", "written")]
    if both:
        none = [one for one in both if one.count == 0]
        lines.append(
            f"spoken and written: EtF1 {100 * mean(one.etf1 for one in both):.1f},"
            f" negatives rejected {sum(not one.found for one in none)} of {len(none)}"
        )
    lost = Counter(one.lost for one in results if one.lost)
    lines += [f"photographs lost: {number} by {stage}" for stage, number in lost.most_common()]
    return "\n".join(lines)
