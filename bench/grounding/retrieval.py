"""Text-to-video retrieval: which of many videos a sentence is about, by `search`, scored as VIOLET and others are.

msrvtt          MSRVTT_JSFUSION_test.csv (the 1k-A split): key, vid_key, video_id, sentence; videos/all/VIDEO_ID.mp4
activitynet     as for dense captions; the sentences of a video are one paragraph (val_1.json)
"""

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean, median

from ...agent.scout import VideoScout
from ...tools.errors import UsageError
from ..public.base import first_there
from . import dense

AT = (1, 5, 10)
"""The k of R@k."""
DEEP = 1000
"""Findings of one search, among which the videos are ranked by their best."""
MSRVTT = "MSRVTT_JSFUSION_test.csv"
PUBLISHED = "https://github.com/m-bain/frozen-in-time"
RANKED = "ranked.jsonl"
KINDS = ("msrvtt", "activitynet")

Watch = Callable[[str, float, float], None]
Pair = tuple[str, Path]
"""A text and the video that it is about."""


def load(folder: Path, kind: str, partial: bool = False) -> list[Pair]:
    """The texts of a set with their videos.

    Raises:
        UsageError: there is no such kind, annotations are missing or not as published, or, unless `partial`, a video is
            missing.
    """
    if kind == "activitynet":
        told = dense.load(folder, kind, partial)
        return [(" ".join(event.text for event in one.references[0]), one.video) for one in told]
    if kind != "msrvtt":
        raise UsageError(f"no kind of set {kind!r}; there are {', '.join(KINDS)}")
    file = folder / MSRVTT
    if not file.is_file():
        raise UsageError(f"{folder}: MSR-VTT lacks {MSRVTT}, the 1k-A split; see {PUBLISHED}")
    try:
        with file.open(encoding="utf-8", newline="") as opened:
            pairs = [
                (
                    row["sentence"].strip(),
                    first_there(folder / place / f"{row['video_id']}.mp4" for place in ("videos/all", "videos", ".")),
                )
                for row in csv.DictReader(opened)
            ]
    except (KeyError, ValueError, csv.Error, AttributeError) as error:
        raise UsageError(f"{file}: MSR-VTT is not as published ({error}); see {PUBLISHED}") from error
    missing = [video for _, video in pairs if not video.is_file()]
    if missing and (not partial or len(missing) == len(pairs)):
        raise UsageError(f"{folder}: MSR-VTT lacks {len(missing)} videos, as {missing[0].name}; see {PUBLISHED}")
    return [pair for pair in pairs if pair[1] not in missing]


def run(pairs: Sequence[Pair], scout: VideoScout, out: Path, watch: Watch = lambda *_: None) -> dict[str, float]:
    """Read the videos, search them all for each text, and score; what was searched before is not searched again."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / RANKED
    there: dict[str, int] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        there[json.loads(line)["text"]] = json.loads(line)["rank"]
    videos = list(dict.fromkeys(video for _, video in pairs))
    ids: dict[Path, str] = {}
    for done, video in enumerate(videos):
        [read] = scout.ingest(video)
        ids[video] = read.video
        watch("reading", done + 1, len(videos))
    with path.open("a", encoding="utf-8") as file:
        for done, (text, video) in enumerate(pairs):
            if text not in there:
                hits = scout.search(text, list(ids.values()), k=DEEP)
                there[text] = rank([hit.video for hit in hits], ids[video], len(videos))
                file.write(json.dumps({"text": text, "rank": there[text]}, ensure_ascii=False) + "\n")
                file.flush()
            watch("searching", done + 1, len(pairs))
    return scores([there[text] for text, _ in pairs])


def rank(found: Sequence[str], right: str, videos: int) -> int:
    """The rank of a video among those of the findings, best first; that of the last video where it is not among them.

    >>> rank(["b", "b", "a"], "a", 5), rank(["b"], "a", 5)
    (2, 5)
    """
    order = list(dict.fromkeys(found))
    return order.index(right) + 1 if right in order else videos


def scores(ranks: Sequence[int]) -> dict[str, float]:
    """R@1, R@5 and R@10, 0..1, and the median rank."""
    return {f"R@{k}": mean(one <= k for one in ranks) for k in AT} | {"median rank": float(median(ranks))}
