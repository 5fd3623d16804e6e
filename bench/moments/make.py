"""Make the videos of the moments: real clips in the background, and what the plan says in the foreground."""

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from fractions import Fraction
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import numpy as np

from ...tools.errors import UsageError
from ...tools.media import video as media
from ..data import fetched
from ..data.voices import SAMPLE_RATE, say
from ..questions.picture import photo
from .plan import SOUND_SECONDS, Placed, Planned, family, planned

MOMENTS = "moments.json"
WIDTH, HEIGHT, FPS = 640, 360, 10
BAND = (20, 290, 620, 345)
"""Pixels: where a written line stands, left, top, right and bottom."""
CLIP_SECONDS = 12.0
"""For which one clip runs in the background before the next."""
VERSION = 1
"""Of how a plan becomes a video; another number makes it anew."""

Watch = Callable[[str, float, float], None]


def make(seeds: Sequence[int], out: Path, watch: Watch = lambda *_: None) -> Path:
    """Make a video a seed and `moments.json` with its queries. What is there already is left as it is.

    Args:
        seeds: all of one family.
        out: folder of the set.
        watch: told a video, how many of its frames are encoded, and how many there are.

    Raises:
        UsageError: seeds of two families.
        BackendUnavailableError: the engine of a voice is not there.
        MediaError: a clip or photo could not be fetched.
    """
    families = {family(seed) for seed in seeds}
    if len(families) != 1:
        raise UsageError("a set is of one family: seeds 0 to 9, 10 to 99, or 200 to 299, which are to report on")
    out.mkdir(parents=True, exist_ok=True)
    path = out / MOMENTS
    made: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if made and made["family"] not in families:
        raise UsageError(f"{out} has videos of the {made['family']} family; choose another folder")
    videos = made.get("videos", {})
    for seed in seeds:
        name = f"moments-{seed}"
        target = out / f"{name}.mp4"
        if target.is_file() and videos.get(name, {}).get("version") == VERSION:
            continue
        plan = planned(seed)
        with tempfile.TemporaryDirectory(dir=out, prefix=".making-") as making:
            os.replace(_render(plan, Path(making) / target.name, watch), target)
        videos[name] = _described(plan, target.name)
        landing = path.with_suffix(".part")
        landing.write_text(
            json.dumps({"family": min(families), "videos": videos}, ensure_ascii=False, indent=1), "utf-8"
        )
        landing.replace(path)
    return path


def read_set(folder: Path) -> dict[str, Any]:
    """What a set that was made holds.

    Raises:
        UsageError: the folder has none.
    """
    path = folder / MOMENTS
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UsageError(f"{folder}: no set of moments; make one first: vidscout bench moments make") from None


def _described(plan: Planned, file: str) -> dict[str, Any]:
    return {
        "file": file,
        "version": VERSION,
        "seed": plan.seed,
        "seconds": plan.seconds,
        "placed": [asdict(one) for one in plan.placed],
        "queries": [{"id": f"{plan.seed}/{n}", **asdict(one)} for n, one in enumerate(plan.asked)],
    }


def _render(plan: Planned, path: Path, watch: Watch) -> Path:
    """Write a video as H.264 and AAC in MP4."""
    import av
    from av.audio.frame import AudioFrame
    from av.video.frame import VideoFrame

    count = round(plan.seconds * FPS)
    sound = _sound(plan, count * SAMPLE_RATE // FPS)
    options = {"preset": "superfast", "crf": "24", "threads": "2"}
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        video = container.add_stream("libx264", rate=FPS, options=options)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        speech = container.add_stream("aac", rate=SAMPLE_RATE, options={"b": "48k"})
        speech.layout = "mono"
        for tick, picture in enumerate(_pictures(plan, count)):
            frame = VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = tick, Fraction(1, FPS)
            container.mux(video.encode(frame))
            if tick % FPS == 0:
                heard = slice(tick * SAMPLE_RATE // FPS, min(tick + FPS, count) * SAMPLE_RATE // FPS)
                samples = AudioFrame.from_ndarray(sound[None, heard], format="s16", layout="mono")
                samples.sample_rate, samples.pts = SAMPLE_RATE, heard.start
                samples.time_base = Fraction(1, SAMPLE_RATE)
                container.mux(speech.encode(samples))
                watch(path.stem, tick, count)
        container.mux(video.encode(None))
        container.mux(speech.encode(None))
    return path


def _sound(plan: Planned, samples: int) -> np.ndarray:
    spoken = [one for one in plan.placed if one.medium == "spoken"]
    sound = np.zeros(samples, np.int16)
    for one, said in zip(spoken, say([(one.voice, one.content) for one in spoken]), strict=True):
        at = round(one.start * SAMPLE_RATE)
        sound[at : at + len(said)] = said
    for one in (one for one in plan.placed if one.medium == "heard"):
        at, made = round(one.start * SAMPLE_RATE), noise(one.content)
        sound[at : at + len(made)] = made
    return sound


def noise(name: str) -> np.ndarray:
    """A synthesised sound, mono int16 at 16 kHz, `SOUND_SECONDS` long: `bell`, `knocking`, `siren` or `ringing`."""
    t = np.arange(round(SOUND_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    match name:
        case "bell":
            partials = [(1.0, 1.0, 1.5), (2.0, 0.6, 2.0), (2.4, 0.5, 2.5), (3.0, 0.3, 3.5), (4.5, 0.2, 5.0)]
            wave = sum(a * np.sin(2 * np.pi * 620 * f * t) * np.exp(-d * t) for f, a, d in partials)
        case "knocking":
            since = t % 0.4
            thud = np.random.default_rng(0).normal(size=len(t))
            wave = (np.sin(2 * np.pi * 180 * since) + 0.4 * thud) * np.exp(-45 * since) * (t < 1.6)
        case "siren":
            pitch = 800 + 400 * np.sin(2 * np.pi * 0.8 * t)
            wave = np.sin(2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE)
        case "ringing":
            wave = np.sin(2 * np.pi * np.where(t % 0.1 < 0.05, 1000, 1250) * t) * (t % 1.0 < 0.7)
        case _:
            raise UsageError(f"no sound {name!r}")
    wave = np.asarray(wave)
    return np.round(wave / np.abs(wave).max() * 0.4 * 32767).astype(np.int16)


def _pictures(plan: Planned, count: int) -> Iterator[np.ndarray]:
    """The frames, height × width × 3, RGB, uint8."""
    written = {one: _line(one.content) for one in plan.placed if one.medium == "written"}
    shown = {one: _photo(one.content) for one in plan.placed if one.medium == "shown"}
    ground = _background(plan)
    left, top, right, bottom = BAND
    for tick in range(count):
        at = tick / FPS
        picture = next(ground)
        picture = next((image for one, image in shown.items() if _stands(one, at)), picture)
        line = next((image for one, image in written.items() if _stands(one, at)), None)
        if line is not None:
            picture = picture.copy()
            picture[top:bottom, left:right] = line
        yield picture


def _stands(one: Placed, at: float) -> bool:
    return one.start - 1e-6 <= at < one.end - 1e-6


def _background(plan: Planned) -> Iterator[np.ndarray]:
    """The clips in turn, each for a while and going on where it stopped."""
    running = {name: _endless(name) for name in plan.clips}
    for name in chain.from_iterable(repeat(plan.clips)):
        for _ in range(round(CLIP_SECONDS * FPS)):
            yield next(running[name])


def _endless(name: str) -> Iterator[np.ndarray]:
    from PIL import Image, ImageOps

    path = fetched.fetch(name)
    for frame in chain.from_iterable(media.frames(path, FPS, WIDTH) for _ in repeat(None)):
        yield np.asarray(ImageOps.pad(Image.fromarray(frame.image), (WIDTH, HEIGHT)))


def _photo(name: str) -> np.ndarray:
    from PIL import Image, ImageOps

    with Image.open(photo(name)) as opened:
        return np.asarray(ImageOps.pad(opened.convert("RGB"), (WIDTH, HEIGHT), color="#1c1c1c"))


def _line(text: str) -> np.ndarray:
    from PIL import Image, ImageDraw, ImageFont

    width, height = BAND[2] - BAND[0], BAND[3] - BAND[1]
    band = Image.new("RGB", (width, height), "#16263a")
    font = ImageFont.truetype(fetched.fetch("lato"), 30)
    ImageDraw.Draw(band).text((20, 8), text, font=font, fill="white")
    return np.asarray(band)
