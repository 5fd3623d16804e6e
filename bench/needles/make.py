"""Make a needle set: `questions.json` in VNBench's fields, `needles.json` with what is where, and the videos."""

import json
import os
import random
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...tools.errors import UsageError
from ...tools.media import video as media
from ..data.voice import SAMPLE_RATE, speak
from . import pictures
from .haystack import HEIGHT, WIDTH, Haystack, Layer, timeline
from .placing import FPS, NeedlePlacement, Placed, place, records
from .questions import draw

if TYPE_CHECKING:
    from PIL import Image

SIZES = {"small": 15, "full": 60}
"""Questions of each type."""

SHORTEST = 30
"""Seconds."""

WORDS_PER_MINUTE = 130
"""Slow enough for small speech recognisers to follow a synthetic voice."""

DUCKED = 0.12
"""What is left of the haystack's sound while a needle is spoken."""

LOUDNESS = 0.5
"""Peak of a spoken needle, of full scale."""

Progress = Callable[[str, float, float], None]
"""Told a stage, how much of it is done, and how much there is, in seconds of video."""


@dataclass(frozen=True, slots=True)
class Made:
    """A needle set on disk."""

    folder: Path
    questions: int
    videos: int
    short: dict[str, int]
    """Types with fewer questions than asked for, and how many they have."""
    seconds: float
    """Wall-clock time that making took."""


def make(
    haystack: Sequence[Path],
    length: str,
    seed: int,
    out: Path,
    size: str = "small",
    own_photos: Path | None = None,
    on_progress: Progress = lambda *_: None,
    wordings: str = "first",
) -> Made:
    """Make a set, or the rest of one that was begun.

    Args:
        haystack: real videos in which needles are hidden; short ones are looped.
        length: of each video, as `60s` or `10m`.
        seed: the same one gives the same questions and the same bytes of JSON, whatever the haystack.
        out: the set's folder.
        size: a name in SIZES.
        own_photos: more photos, as LABEL/NAME.jpg.
        on_progress: told how far it is.
        wordings: `first` or `second`: how the same questions about the same videos are put.

    Raises:
        UsageError: a setting does not fit, or the folder holds another set.
        MediaError: a haystack video cannot be read, or a photo cannot be fetched.
    """
    began = time.perf_counter()
    if size not in SIZES:
        raise UsageError(f"no size {size!r}; there are {', '.join(SIZES)}")
    prefix = f"{length}-{seed}"
    drawn = draw(seed, SIZES[size], own_photos, wordings)
    plans = place(drawn.questions, seconds(length), seed, prefix)
    asked = records(plans, seed, prefix)
    _write(out / "questions.json", _json(asked))
    _write(out / "needles.json", _json([_described(plan, placed) for plan in plans for placed in plan.needles]))
    folder = out / "videos"
    folder.mkdir(exist_ok=True)
    missing = [plan for plan in plans if not (folder / f"{plan.name}.mp4").is_file()]
    if missing:
        _make_videos(haystack, missing, seed, folder, on_progress)
    return Made(out, len(drawn.questions), len(plans), drawn.short, time.perf_counter() - began)


def seconds(length: str) -> float:
    """Seconds of a length such as `60s`, `10m` or `1h`.

    Raises:
        UsageError: it is not one, or too short to hide anything in.
    """
    found = re.fullmatch(r"(\d+)([smh])", length)
    if found is None or (value := int(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2]]) < SHORTEST:
        raise UsageError(f"length {length!r}: write it as 60s, 10m or 60m, and at least {SHORTEST} s")
    return float(value)


def _write(path: Path, text: str) -> None:
    """Write a file, or find it as it would be written."""
    if path.is_file():
        if path.read_text(encoding="utf-8") != text:
            raise UsageError(f"{path} belongs to another set; choose another folder, or remove this one")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _json(items: list[dict[str, Any]]) -> str:
    """One item a line, so that two sets can be compared."""
    return "[\n" + ",\n".join(json.dumps(item, ensure_ascii=False) for item in items) + "\n]\n"


def _described(plan: NeedlePlacement, placed: Placed) -> dict[str, Any]:
    needle = placed.needle
    shown = f"{needle.picture.family}: {needle.picture.label}" if needle.picture is not None else None
    return {
        "video": plan.name,
        "start": placed.start,
        "end": placed.end,
        "type": placed.asked.type,
        "number": placed.asked.number,
        "kind": needle.kind,
        "text": needle.text or None,
        "picture": shown,
        "copies": needle.copies,
    }


# -- videos -----------------------------------------------------------------------------------------------------------


def _make_videos(
    haystack: Sequence[Path], plans: Sequence[NeedlePlacement], seed: int, folder: Path, on_progress: Progress
) -> None:
    spoken = sorted({placed.needle.text for plan in plans for placed in plan.needles if placed.needle.kind == "speech"})
    sounds = dict(zip(spoken, speak(spoken, WORDS_PER_MINUTE) if spoken else [], strict=True))
    total = sum(plan.length for plan in plans)
    with tempfile.TemporaryFile() as store:
        longest = max(plan.length for plan in plans)
        reading = sum(min(media.probe(video).duration, longest) for video in haystack)
        hay = Haystack(haystack, longest, store, lambda done: on_progress("haystack", done, reading))
        for number, plan in enumerate(plans):
            target = folder / f"{plan.name}.mp4"
            landing = target.with_suffix(".part")
            _make_video(hay, plan, sounds, random.Random(f"haystack {seed} {plan.name}"), landing)
            os.replace(landing, target)
            on_progress("videos", sum(plan.length for plan in plans[: number + 1]), total)


def _make_video(
    hay: Haystack, plan: NeedlePlacement, sounds: dict[str, np.ndarray], dice: random.Random, path: Path
) -> None:
    def frames(placed: Placed) -> tuple[int, int]:
        return round(placed.start * FPS), round(placed.end * FPS)

    of = {kind: [placed for placed in plan.needles if placed.needle.kind == kind] for kind in ("insert", "speech")}
    inserts = [(*frames(placed), np.asarray(_screen(placed))) for placed in of["insert"]]
    layers = [
        Layer(*frames(placed), np.asarray(_layer(placed)))
        for placed in plan.needles
        if placed.needle.kind in ("text", "patch")
    ]
    pieces, sound = timeline(hay, round(plan.length * FPS), inserts, dice)
    for placed in of["speech"]:
        _say(sound, placed, sounds[placed.needle.text])
    hay.write(path, pieces, layers, sound)


def _screen(placed: Placed) -> "Image.Image":
    assert placed.needle.picture is not None
    return pictures.full_screen(placed.needle.picture, (WIDTH, HEIGHT), placed.needle.look)


def _layer(placed: Placed) -> "Image.Image":
    needle = placed.needle
    if needle.picture is not None:
        return pictures.patches(needle.picture, (WIDTH, HEIGHT), needle.copies, needle.look)
    return written(needle.text, needle.look)


def written(text: str, look: int) -> "Image.Image":
    """A line of text in a dark box, transparent elsewhere, near the lower or the upper edge."""
    from PIL import Image, ImageDraw, ImageFont

    layer = Image.new("RGBA", (WIDTH, HEIGHT))
    pen = ImageDraw.Draw(layer)
    size = 26
    while (box := pen.textbbox((0, 0), text, font=(font := ImageFont.load_default(size))))[2] > WIDTH - 40:
        size -= 1
    left, top = (WIDTH - box[2]) // 2, (HEIGHT - 56, 24)[look % 4 == 0]
    pen.rectangle((left - 10, top - 4, left + box[2] + 10, top + box[3] + 8), fill=(12, 12, 12, 235))
    pen.text((left, top), text, font=font, fill=(250, 250, 240, 255))
    return layer


def _say(sound: np.ndarray, placed: Placed, voice: np.ndarray) -> None:
    """Mix a spoken needle into a sound track that falls back meanwhile."""
    spoken = _resampled(voice)
    first = round(placed.start * media.SAMPLE_RATE)
    end = first + len(spoken)
    if end > round(placed.end * media.SAMPLE_RATE):
        raise UsageError(f"{placed.needle.text!r} takes {len(spoken) / media.SAMPLE_RATE:.1f} s, longer than its place")
    under = sound[first:end].astype(np.float32) * DUCKED
    peak = float(np.abs(spoken).max()) or 1.0
    sound[first:end] = np.clip(under + spoken * (LOUDNESS * 32767 / peak), -32768, 32767)


def _resampled(voice: np.ndarray) -> np.ndarray:
    """A voice at the sound track's rate, as float32."""
    from av.audio.frame import AudioFrame
    from av.audio.resampler import AudioResampler

    frame = AudioFrame.from_ndarray(voice[None], format="s16", layout="mono")
    frame.sample_rate = SAMPLE_RATE
    resampler = AudioResampler(format="s16", layout="mono", rate=media.SAMPLE_RATE)
    ready = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([part.to_ndarray()[0] for part in ready]).astype(np.float32)
