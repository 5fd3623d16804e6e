"""How well captions tell events: DREAM-1K (Tarsier; Wang et al., 2024), of the user's own copy.

DREAM-1k.jsonl: {idx, dataset, text: {response}, video_file, extra_info: {events, …}} a line, as in the authors'
repository; videos/VIDEO_FILE or VIDEO_FILE, and of their published file, whose `video_file` is a placeholder,
videos/IDX.mp4. The caption is what `describe` says of the whole clip; a judge takes it apart into events and says which
of them the reference says, and the other way round.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...agent.scout import VideoScout
from ...tools.errors import UsageError
from ..public.base import first_there, json_lines
from .judged import Judge
from .kept import Kept

ANNOTATED = "DREAM-1k.jsonl"
PUBLISHED = "https://github.com/bytedance/tarsier"
SCORED = "events.jsonl"

Says = Callable[[str, str], bool]
"""Whether a text says that an event happens."""
Watch = Callable[[str, float, float], None]


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip with its reference."""

    id: str
    video: Path
    subset: str
    """Where the clip is from, as `DREAM/movie_animation`."""
    reference: str
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Events:
    """How well a caption tells the events that there are."""

    precision: float
    """Share of the caption's events that the reference says."""
    recall: float
    """Share of the reference's events that the caption says."""

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def load(folder: Path, partial: bool = False) -> list[Clip]:
    """The clips of a set.

    Raises:
        UsageError: annotations are missing or not as published, or, unless `partial`, a video is missing.
    """
    path = folder / ANNOTATED
    if not path.is_file():
        raise UsageError(f"{folder}: DREAM-1K lacks {ANNOTATED}; its authors publish it at {PUBLISHED}")
    try:
        clips = [_clip(folder, line) for line in json_lines(path)]
    except (KeyError, TypeError) as error:
        raise UsageError(f"{path}: DREAM-1K is not as published ({type(error).__name__}: {error})") from error
    missing = [one.video for one in clips if not one.video.is_file()]
    if missing and (not partial or len(missing) == len(clips)):
        first = missing[0].relative_to(folder)
        raise UsageError(f"{folder}: DREAM-1K lacks {len(missing)} videos, as {first}; see {PUBLISHED}")
    return [one for one in clips if one.video.is_file()]


def _clip(folder: Path, line: dict[str, Any]) -> Clip:
    named, id = str(line["video_file"]), str(line["idx"])
    places = [Path("videos") / named, Path(named), Path("videos") / f"{id}.mp4", Path(f"{id}.mp4")]
    if named.startswith("<") or Path(named).is_absolute() or ".." in Path(named).parts:
        places = places[2:]
    video = first_there(folder / place for place in places)
    events = tuple(map(str, line["extra_info"]["events"]))
    return Clip(id, video, str(line["dataset"]), str(line["text"]["response"]), events)


def caption_events(caption: str, told: Sequence[str], reference: str, right: Sequence[str], says: Says) -> Events:
    """Precision and recall of a caption's events; one without events counts 0 for both.

    Args:
        caption: the text.
        told: the events in it.
        reference: the text that is right.
        right: the events in that one.
        says: entailment, as a language model or rules decide it.
    """
    precision = float(np.mean([says(reference, event) for event in told])) if told else 0.0
    recall = float(np.mean([says(caption, event) for event in right])) if right else 0.0
    return Events(precision, recall)


def run(
    clips: Sequence[Clip], scout: VideoScout, judge: Judge, out: Path, watch: Watch = lambda *_: None
) -> dict[str, float]:
    """Describe the clips and score; what was scored before in this folder, by the same judge, is not scored again.

    Returns:
        `precision`, `recall` and `F1`: those of each subset, averaged over the subsets.
    """
    kept = Kept(out / SCORED, judge.model.source)
    for done, clip in enumerate(clips):
        if clip.id not in kept:
            caption = caption_of(scout, clip.video)
            told = judge.events(caption)
            scored = caption_events(caption, told, clip.reference, clip.events, judge.says)
            kept.add(clip.id, caption=caption, told=told, precision=scored.precision, recall=scored.recall)
        watch("events", done + 1, len(clips))
    return means(clips, {clip.id: Events(kept[clip.id]["precision"], kept[clip.id]["recall"]) for clip in clips})


def caption_of(scout: VideoScout, video: Path) -> str:
    """What is in a clip, as the dense captions of all its shots."""
    return scout.describe(video, "captions").text


def means(clips: Sequence[Clip], scores: dict[str, Events]) -> dict[str, float]:
    """Precision, recall and F1 of each subset's means, averaged over the subsets."""
    by_subset = [
        Events(*(float(np.mean(column)) for column in zip(*pairs, strict=True)))
        for pairs in (
            [(scores[one.id].precision, scores[one.id].recall) for one in clips if one.subset == subset]
            for subset in dict.fromkeys(one.subset for one in clips)
        )
    ]
    precision, recall = (float(np.mean([getattr(one, name) for one in by_subset])) for name in ("precision", "recall"))
    return {"precision": precision, "recall": recall, "F1": float(np.mean([one.f1 for one in by_subset]))}
