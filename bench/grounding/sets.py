"""Public sets of stretches, from the user's own copy, in the layout in which their authors publish them.

qvhighlights    highlight_val_release.jsonl (or _train_, or highlight_test_with_gt.jsonl); videos/VID.mp4
charades-sta    charades_sta_test.txt (or _train), lines `VID start end##sentence`; Charades_v1_480/VID.mp4
activitynet     val_1.json, val_2.json or train.json: {VID: {duration, sentences, timestamps}}; videos/VID.mp4
timelens        NAME-timelens.json of activitynet, charades and qvhighlights: {VID: {duration, spans, queries}};
                videos/NAME/VID.mp4
extremewhen     rows of qid, question, video_id, source_corpus, correct_interval, video_duration_s as .parquet, .jsonl
                or .json; the videos of lvbench/all_videos, mlvu and videomme/data
omtg            OMTGBench.tsv: video, question, answer; videos/
cg-bench        cgbench_mini.json or cgbench.json; cg_videos_720p/VIDEO_UID.mp4
"""

import csv
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...tools.errors import UsageError
from ..public.base import first_there, json_file, rows
from .spans import Stretch


@dataclass(frozen=True, slots=True)
class Query:
    """A query about one video, and the stretches that are right."""

    id: str
    video: Path
    text: str
    right: tuple[Stretch, ...]
    """Seconds; empty where nothing is."""
    duration: float | None = None
    saliency: np.ndarray | None = None
    """Of 2 s clips by several raters, (clips, raters), where a set has it."""


@dataclass(frozen=True, slots=True)
class GroundingSet:
    """One public set."""

    name: str
    title: str
    marks: tuple[str, ...]
    """Patterns of the files by which a folder is known as this set; the first that is there is read."""
    published: str
    read: Callable[[Path, Path], Iterator[Query]]
    """From the folder and the annotations' file."""
    scored: str
    """How: `first` (R1@IoU, mIoU), `highlights` (QVHighlights), `every` (EtF1) or `clues` (CG-Bench)."""

    def load(self, folder: Path, partial: bool = False) -> list[Query]:
        """The queries, in the set's order.

        Raises:
            UsageError: annotations are missing or not as published, or, unless `partial`, a video is.
        """
        files = [file for mark in self.marks for file in sorted(folder.glob(mark))]
        if not files:
            raise UsageError(
                f"{folder}: {self.title} lacks {' or '.join(self.marks)}; its authors publish it at {self.published}"
            )
        try:
            queries = [query for file in self._of(files) for query in self.read(folder, file)]
        except (KeyError, ValueError, TypeError, IndexError) as error:
            raise UsageError(
                f"{folder}: {self.title} is not as published ({type(error).__name__}: {error}); see {self.published}"
            ) from error
        missing = dict.fromkeys(query.video for query in queries if not query.video.is_file())
        if missing and (not partial or len(missing) == len({query.video for query in queries})):
            first = next(iter(missing)).relative_to(folder)
            raise UsageError(f"{folder}: {self.title} lacks {len(missing)} videos, as {first}; see {self.published}")
        return [query for query in queries if query.video not in missing]

    def _of(self, files: list[Path]) -> list[Path]:
        """TimeLens is three files; of the others the first counts."""
        return files if self.name == "timelens" else files[:1]


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.strip():
            yield json.loads(line)


def _stretches(pairs: Any) -> tuple[Stretch, ...]:
    return tuple((float(start), float(end)) for start, end in pairs)


CLIP = 2.0
RATERS = 3


def _qvhighlights(folder: Path, file: Path) -> Iterator[Query]:
    for item in _lines(file):
        saliency = np.zeros((int(item["duration"] / CLIP), RATERS))
        if item.get("relevant_clip_ids"):
            saliency[np.array(item["relevant_clip_ids"])] = np.array(item["saliency_scores"])
        yield Query(
            str(item["qid"]),
            first_there(folder / place / f"{item['vid']}.mp4" for place in ("videos", ".")),
            item["query"],
            _stretches(item["relevant_windows"]),
            float(item["duration"]),
            saliency,
        )


def _charades(folder: Path, file: Path) -> Iterator[Query]:
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines()):
        if not line.strip():
            continue
        about, _, sentence = line.partition("##")
        video, start, end = about.split()
        yield Query(
            f"{file.stem}-{number}",
            folder / "Charades_v1_480" / f"{video}.mp4",
            sentence.strip(),
            ((float(start), float(end)),),
        )


def _activitynet(folder: Path, file: Path) -> Iterator[Query]:
    for video, item in json_file(file).items():
        path = first_there(folder / place / f"{video}.mp4" for place in ("videos", "."))
        for number, (text, stretch) in enumerate(zip(item["sentences"], item["timestamps"], strict=True)):
            yield Query(f"{video}-{number}", path, text.strip(), _stretches([stretch]), float(item["duration"]))


def _timelens(folder: Path, file: Path) -> Iterator[Query]:
    name = file.stem.removesuffix("-timelens")
    for video, item in json_file(file).items():
        for number, (text, stretch) in enumerate(zip(item["queries"], item["spans"], strict=True)):
            yield Query(
                f"{name}-{video}-{number}",
                folder / "videos" / name / f"{video}.mp4",
                text.strip(),
                _stretches([stretch]),
                float(item["duration"]),
            )


CORPORA = {"lvbench": "lvbench/all_videos", "mlvu": "mlvu", "videomme": "videomme/data"}


def _extremewhen(folder: Path, file: Path) -> Iterator[Query]:
    table = rows(file) if file.suffix == ".parquet" else _lines(file) if file.suffix == ".jsonl" else json_file(file)
    for item in table:
        place = CORPORA[item["source_corpus"].replace("-", "").casefold()]
        yield Query(
            str(item["qid"]),
            folder / place / f"{item['video_id']}.mp4",
            item["question"],
            _stretches([item["correct_interval"]]),
            float(item["video_duration_s"]),
        )


_TAGGED = re.compile(r"<time>(\S+?)\s*-\s*(\S+?)\s*seconds?</time>", re.IGNORECASE)
_PLAIN = re.compile(r"([\d:.]+)\s*-\s*([\d:.]+)\s*seconds?", re.IGNORECASE)


def intervals(text: str) -> list[Stretch]:
    """The stretches that an answer of OMTG-Bench tells, in order: in `<time>` tags, else as `s - e seconds`.

    >>> intervals("It is at <time>3.5s - 7 seconds</time> and <time>1:02 - 1:04.5 seconds</time>.")
    [(3.5, 7.0), (62.0, 64.5)]
    """
    found = _TAGGED.findall(text) or _PLAIN.findall(text)
    pairs = [(_seconds(start), _seconds(end)) for start, end in found]
    return sorted(pair for pair in pairs if pair[1] > pair[0])


def _seconds(text: str) -> float:
    total = 0.0
    for part in text.strip().rstrip("s").split(":"):
        total = total * 60 + float(part)
    return total


def _omtg(folder: Path, file: Path) -> Iterator[Query]:
    with file.open(encoding="utf-8", newline="") as opened:
        for number, row in enumerate(csv.DictReader(opened, delimiter="\t")):
            answer = tuple(intervals(row["answer"]))
            yield Query(row.get("index") or str(number), folder / "videos" / row["video"], row["question"], answer)


def _cg_bench(folder: Path, file: Path) -> Iterator[Query]:
    for item in json_file(file):
        yield Query(
            str(item["qid"]),
            folder / "cg_videos_720p" / f"{item['video_uid']}.mp4",
            item["question"],
            _stretches(item["clue_intervals"]),
            float(item["duration"]),
        )


SETS = {
    one.name: one
    for one in (
        GroundingSet(
            "qvhighlights",
            "QVHighlights",
            ("highlight_val_release.jsonl", "highlight_test_with_gt.jsonl", "highlight_train_release.jsonl"),
            "https://github.com/jayleicn/moment_detr",
            _qvhighlights,
            "highlights",
        ),
        GroundingSet(
            "charades-sta",
            "Charades-STA",
            ("charades_sta_test.txt", "charades_sta_train.txt"),
            "https://github.com/jiyanggao/TALL",
            _charades,
            "first",
        ),
        GroundingSet(
            "activitynet",
            "ActivityNet Captions",
            ("val_2.json", "val_1.json", "train.json"),
            "https://cs.stanford.edu/people/ranjaykrishna/densevid",
            _activitynet,
            "first",
        ),
        GroundingSet(
            "timelens",
            "TimeLens-Bench",
            ("activitynet-timelens.json", "charades-timelens.json", "qvhighlights-timelens.json"),
            "https://github.com/TencentARC/TimeLens",
            _timelens,
            "first",
        ),
        GroundingSet(
            "extremewhen",
            "ExtremeWhenBench",
            ("*.parquet", "data/*.parquet", "*.jsonl", "*.json"),
            "hub data set min1321/extreme-when-bench",
            _extremewhen,
            "first",
        ),
        GroundingSet("omtg", "OMTG-Bench", ("OMTGBench.tsv",), "hub data set insomnia7/omtg_bench", _omtg, "every"),
        GroundingSet(
            "cg-bench",
            "CG-Bench",
            ("cgbench_mini.json", "cgbench.json"),
            "https://cg-bench.github.io (hub data set CG-Bench/CG-Bench)",
            _cg_bench,
            "clues",
        ),
    )
}
"""Every set by the name that `--kind` takes."""


def load(folder: Path, kind: str, partial: bool = False) -> list[Query]:
    """The queries of a public set.

    Raises:
        UsageError: there is no such kind, no such folder, or something is missing from it.
    """
    if kind not in SETS:
        raise UsageError(f"no kind of set {kind!r}; there are {', '.join(SETS)}")
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder")
    queries = SETS[kind].load(folder, partial)
    if not queries:
        raise UsageError(f"{folder}: there is no query of {SETS[kind].title} in it")
    return queries
