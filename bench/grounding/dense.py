"""Dense captioning: the events of a video with a sentence each, as ActivityNet Captions and YouCook2 have them.

activitynet     val_1.json, val_2.json or train.json: {VID: {duration, sentences, timestamps}}; videos/VID.mp4; where
                val_1.json and val_2.json are both there, each video has two sets of events
youcook2        youcookii_annotations_trainval.json: {database: {VID: {subset, recipe_type, duration, annotations:
                [{segment, sentence}]}}}; raw_videos/SUBSET/RECIPE_TYPE/VID.mp4 (or .mkv, .webm)
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from ...agent.scout import VideoScout
from ...tools.errors import UsageError
from ..public.base import SUFFIXES, first_there, json_file
from .caption_scores import Event, dense_scores
from .soda import meteor, soda

CAPTIONED = "captioned.jsonl"

Watch = Callable[[str, float, float], None]


@dataclass(frozen=True, slots=True)
class Told:
    """A video and what several people said happens in it."""

    id: str
    video: Path
    references: tuple[tuple[Event, ...], ...]
    """One set of events a person."""


def load(folder: Path, kind: str, partial: bool = False) -> list[Told]:
    """The videos of a set with their events: of its validation part where that is there.

    Raises:
        UsageError: there is no such kind, annotations are missing or not as published, or, unless `partial`, a
            video is missing.
    """
    if kind not in KINDS:
        raise UsageError(f"no kind of set {kind!r}; there are {', '.join(KINDS)}")
    title, published, read = KINDS[kind]
    try:
        told = read(folder)
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise UsageError(
            f"{folder}: {title} is not as published ({type(error).__name__}: {error}); see {published}"
        ) from error
    if not told:
        raise UsageError(f"{folder}: {title} lacks its annotations; its authors publish it at {published}")
    missing = [one.video for one in told if not one.video.is_file()]
    if missing and (not partial or len(missing) == len(told)):
        first = missing[0].relative_to(folder)
        raise UsageError(f"{folder}: {title} lacks {len(missing)} videos, as {first}; see {published}")
    return [one for one in told if one.video not in missing]


def _activitynet(folder: Path) -> list[Told]:
    files = [folder / name for name in ("val_1.json", "val_2.json") if (folder / name).is_file()]
    files = files or [file for file in (folder / "train.json",) if file.is_file()]
    sets = [json_file(file) for file in files]
    ids = dict.fromkeys(video for one in sets for video in one)
    return [
        Told(
            video,
            first_there(folder / place / f"{video}.mp4" for place in ("videos", ".")),
            tuple(
                tuple(
                    Event(float(start), float(end), text.strip())
                    for (start, end), text in zip(one[video]["timestamps"], one[video]["sentences"], strict=True)
                )
                for one in sets
                if video in one
            ),
        )
        for video in ids
    ]


def _youcook2(folder: Path) -> list[Told]:
    file = folder / "youcookii_annotations_trainval.json"
    if not file.is_file():
        return []
    database: dict[str, Any] = json_file(file)["database"]
    chosen = {id: one for id, one in database.items() if one["subset"] == "validation"} or database
    return [
        Told(
            id,
            first_there(
                folder / "raw_videos" / one["subset"] / str(one["recipe_type"]) / f"{id}{suffix}" for suffix in SUFFIXES
            ),
            (
                tuple(
                    Event(float(step["segment"][0]), float(step["segment"][1]), step["sentence"].strip())
                    for step in one["annotations"]
                ),
            ),
        )
        for id, one in chosen.items()
    ]


KINDS: dict[str, tuple[str, str, Callable[[Path], list[Told]]]] = {
    "activitynet": (
        "ActivityNet Captions",
        "https://cs.stanford.edu/people/ranjaykrishna/densevid",
        _activitynet,
    ),
    "youcook2": ("YouCook2", "http://youcook2.eecs.umich.edu", _youcook2),
}
"""Title, where it is published, and what reads it, by the name that `--kind` takes."""


def run(
    told: Sequence[Told], kind: str, scout: VideoScout, out: Path, watch: Watch = lambda *_: None
) -> dict[str, float]:
    """Caption the videos and score; what was captioned before in this folder is not captioned again."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / CAPTIONED
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    there: dict[str, list[list[Any]]] = {line["id"]: line["captions"] for line in map(json.loads, lines)}
    with path.open("a", encoding="utf-8") as file:
        for done, one in enumerate(told):
            if one.id not in there:
                made = scout.describe(one.video, "captions").captions
                there[one.id] = [[caption.start, caption.end, caption.text] for caption in made]
                line = {"id": one.id, "captions": there[one.id]}
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
                file.flush()
            watch(kind, done + 1, len(told))
    made = [[Event(*caption) for caption in there[one.id]] for one in told]
    with meteor() as score:
        scores = dense_scores(made, [one.references for one in told], score)
        if score is not None:
            each = [soda(list(zip(made, by_one, strict=True)), score) for by_one in by_person(told)]
            scores |= {name: mean(one[name] for one in each) for name in each[0]}
    return scores


def by_person(told: Sequence[Told]) -> list[list[tuple[Event, ...]]]:
    """The events of all videos as each person told them; of a video that fewer told, those of its last."""
    most = max(len(one.references) for one in told)
    return [[one.references[min(person, len(one.references) - 1)] for one in told] for person in range(most)]
