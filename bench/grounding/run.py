"""Ask the queries of a public set, and score what comes back as its authors do."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from ...agent.scout import VideoScout
from . import clips, spans
from .sets import SETS, Query

FOUND = "found.jsonl"
MOST = 10
"""Stretches of one query that are scored, as QVHighlights has it."""

Watch = Callable[[str, float, float], None]


@dataclass(frozen=True, slots=True)
class Found:
    """What came back for a query."""

    spans: tuple[spans.Scored, ...]
    """Best first."""
    clips: tuple[float, ...] = ()
    """Scores of 2 s clips, where the set asks for them."""


def run(
    queries: Sequence[Query], kind: str, scout: VideoScout, out: Path, watch: Watch = lambda *_: None
) -> dict[str, float]:
    """Read the videos, ask, and score; what was found before in this folder is not asked again."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / FOUND
    there = {line["id"]: line for line in _lines(path)}
    with path.open("a", encoding="utf-8") as file:
        for done, query in enumerate(queries):
            if query.id not in there:
                got = scout.ground(query.video, query.text)
                scores: list[float] = []
                if query.saliency is not None:
                    scores = [clip.score for clip in scout.highlights(query.video, query.text).clips]
                there[query.id] = {
                    "id": query.id,
                    "spans": [[one.start, one.end, one.score] for one in got],
                    "clips": scores,
                }
                file.write(json.dumps(there[query.id]) + "\n")
                file.flush()
            watch(kind, done + 1, len(queries))
    found = [
        Found(tuple((a, b, c) for a, b, c in line["spans"][:MOST]), tuple(line["clips"]))
        for line in (there[query.id] for query in queries)
    ]
    return scores_of(queries, found, SETS[kind].scored)


def scores_of(queries: Sequence[Query], found: Sequence[Found], scored: str) -> dict[str, float]:
    """The scores of a set, 0..1.

    Args:
        scored: as `GroundingSet.scored` says.
    """
    plain = [[(start, end) for start, end, _ in one.spans] for one in found]
    if scored == "every":
        each = [spans.every_time(got, query.right) for got, query in zip(plain, queries, strict=True)]
        scores = {"EtF1": mean(one.etf1 for one in each), "C-Acc": mean(one.counted for one in each)}
        scores["tIoU"] = mean(one.union for one in each)
        return scores | {f"tF1@{t}": mean(one.f1[t] for one in each) for t in spans.ETF1_AT}
    if scored == "clues":
        whole = [spans.union_iou(got, query.right) for got, query in zip(plain, queries, strict=True)]
        at = [mean(value > t for value in whole) for t in spans.CG_AT]
        return {"mIoU": mean(whole), "rec@IoU": mean(at)}
    ious = [spans.first_iou(got, query.right) for got, query in zip(plain, queries, strict=True)]
    scores = {"mIoU": mean(ious)} | {f"R1@{t}": spans.recall_at_one(ious, t) for t in spans.R1_AT}
    scores["nothing found"] = mean(not got for got in plain)
    if scored == "highlights":
        pairs = [(one.spans, query.right) for one, query in zip(found, queries, strict=True)]
        scores |= {f"mAP@{t}": value for t, value in spans.mean_average_precision(pairs).items()}
        rated = [(one, query.saliency) for one, query in zip(found, queries, strict=True) if query.saliency is not None]
        scores["HL-mAP"] = mean(clips.highlight_precision(one.clips, saliency) for one, saliency in rated)
        scores["HIT@1"] = mean(clips.hit_at_one(one.clips, saliency) for one, saliency in rated)
    return scores


def _lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.is_file() else []
