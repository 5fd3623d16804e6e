"""Make a set: each recording as a video, and `questions.json` with every question and where its answer is."""

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np

from ...tools.errors import UsageError
from ..data.voices import SAMPLE_RATE, say
from .picture import FPS, HEIGHT, WIDTH, frames
from .recording import Half, Recording, Scene, Utterance

QUESTIONS = "questions.json"

LEAD, GAP = 0.6, 0.6
"""Seconds of silence before a scene's first sentence, and between two."""

VERSION = 2
"""Of how a recording is rendered; another number renders anew."""

Watch = Callable[[str, float, float], None]
"""Told a recording, how many of its frames are encoded, and how many there are."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A sentence and where its sound stands."""

    utterance: Utterance
    start: float
    """Seconds."""
    samples: np.ndarray
    """Mono int16 at the voices' rate."""

    @property
    def end(self) -> float:
        """Seconds at which it ends."""
        return self.start + len(self.samples) / SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Staged:
    """A scene with its times."""

    scene: Scene
    first: int
    """Frame."""
    count: int
    """Frames."""
    spoken: tuple[Spoken, ...]

    @property
    def stretch(self) -> tuple[float, float]:
        """Start and end in seconds."""
        return self.first / FPS, (self.first + self.count) / FPS


@dataclass(frozen=True, slots=True)
class Made:
    """What making a set gave."""

    folder: Path
    videos: int
    questions: int
    seconds: dict[str, float]
    """Wall-clock time by recording; one that was there already is missing."""


def make(recordings: Sequence[Recording], half: Half, out: Path, watch: Watch = lambda *_: None) -> Made:
    """Render recordings into a folder. What is there already and has not changed is left as it is.

    Args:
        recordings: some or all of a half; those that an earlier call made stay in the set.
        half: which one.
        out: folder of the set.
        watch: told how far each recording is.

    Raises:
        UsageError: the folder has the other half, or a text does not fit its picture.
        BackendUnavailableError: the engine of a voice is not there.
        MediaError: a photo or clip could not be fetched.
    """
    out.mkdir(parents=True, exist_ok=True)
    made = _read(out / QUESTIONS, half)
    seconds: dict[str, float] = {}
    for recording in recordings:
        began = time.perf_counter()
        recipe = _recipe(recording)
        target = out / f"{recording.name}.mp4"
        staged = stage(recording)
        if not target.is_file() or made["recordings"].get(recording.name, {}).get("recipe") != recipe:
            with tempfile.TemporaryDirectory(dir=out, prefix=".making-") as making:
                os.replace(_render(recording, staged, Path(making) / target.name, watch), target)
            seconds[recording.name] = time.perf_counter() - began
        made["recordings"][recording.name] = _described(recording, staged, recipe)
        others = [one for one in made["questions"] if one["video"] != recording.name]
        made["questions"] = sorted([*others, *_questions(recording, staged)], key=lambda one: one["video"])
        _write(out / QUESTIONS, made)
    return Made(out, len(made["recordings"]), len(made["questions"]), seconds)


def read_set(folder: Path) -> dict[str, Any]:
    """The questions of a set that was made.

    Raises:
        UsageError: the folder has none.
    """
    path = folder / QUESTIONS
    if not path.is_file():
        raise UsageError(f"{folder}: no {QUESTIONS}; make the set first: vidscout bench questions make")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UsageError(f"{path}: {error}; make the set anew") from error


def stage(recording: Recording) -> list[Staged]:
    """When each scene begins and ends, and each sentence in it."""
    voices = {id: speaker.voice for id, speaker in recording.speakers.items()}
    sounds = iter(say([(voices[one.who], one.text) for one in recording.utterances()]))
    staged: list[Staged] = []
    first = 0
    for scene in recording.scenes:
        at = first / FPS + LEAD
        spoken: list[Spoken] = []
        for utterance in scene.say:
            spoken.append(Spoken(utterance, at, next(sounds)))
            at = spoken[-1].end + GAP
        end = spoken[-1].end + scene.pause if spoken else first / FPS + max(scene.pause, LEAD)
        count = max(ceil((max(end - first / FPS, scene.hold)) * FPS - 1e-6), 1)
        staged.append(Staged(scene, first, count, tuple(spoken)))
        first += count
    return staged


def _read(path: Path, half: Half) -> dict[str, Any]:
    if not path.is_file():
        return {"half": half.value, "recordings": {}, "questions": []}
    made = read_set(path.parent)
    if made["half"] != half:
        raise UsageError(f"{path.parent} has the {made['half']} half; choose another folder")
    return made


def _write(path: Path, made: dict[str, Any]) -> None:
    landing = path.with_suffix(".part")
    landing.write_text(json.dumps(made, ensure_ascii=False, indent=1), encoding="utf-8")
    landing.replace(path)


def _recipe(recording: Recording) -> str:
    shown = recording.model_dump_json(exclude={"questions"})
    return hashlib.blake2b(f"{VERSION} {shown}".encode(), digest_size=8).hexdigest()


def _described(recording: Recording, staged: Sequence[Staged], recipe: str) -> dict[str, Any]:
    return {
        "file": f"{recording.name}.mp4",
        "recipe": recipe,
        "kind": recording.kind,
        "language": recording.language,
        "seconds": staged[-1].stretch[1],
        "scenes": {one.scene.id: one.stretch for one in staged},
        "spoken": [
            {"id": said.utterance.id, "who": recording.speakers[said.utterance.who].name, "text": said.utterance.text}
            | {"start": round(said.start, 3), "end": round(said.end, 3)}
            for one in staged
            for said in one.spoken
        ],
    }


def _questions(recording: Recording, staged: Sequence[Staged]) -> list[dict[str, Any]]:
    """A recording's questions with the stretches that hold their answers."""
    places = {one.scene.id: one.stretch for one in staged}
    places |= {said.utterance.id: (said.start, said.end) for one in staged for said in one.spoken}
    return [
        {
            "id": f"{recording.name}/{question.id}",
            "video": recording.name,
            "kind": question.kind,
            "text": question.text,
            "language": question.language or recording.language,
            "spoken_language": recording.language,
            "answers": question.answers,
            "wrong": question.wrong,
            "unanswerable": question.unanswerable,
            "close": question.close,
            "after": question.after and f"{recording.name}/{question.after}",
            "truth": [[round(edge, 3) for edge in places[place]] for place in question.where],
        }
        for question in recording.questions
    ]


def _render(recording: Recording, staged: Sequence[Staged], path: Path, watch: Watch) -> Path:
    """Write a recording as H.264 and AAC in MP4; the same recording gives the same bytes."""
    import av
    from av.audio.frame import AudioFrame
    from av.video.frame import VideoFrame

    sound = _sound(staged)
    # Threads are fixed because they are part of what an encoder's result depends on.
    options = {"preset": "superfast", "crf": "24", "threads": "2"}
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        video = container.add_stream("libx264", rate=FPS, options=options)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        speech = container.add_stream("aac", rate=SAMPLE_RATE, options={"b": "48k"})
        speech.layout = "mono"
        began, ticker = 0, ""
        for number, one in enumerate(staged):
            if one.scene.ticker != ticker:
                began, ticker = one.first, one.scene.ticker
            before, shown = None, None
            for tick, picture in enumerate(frames(one.scene, number, one.first - began, one.count), one.first):
                if shown is None or picture is not before:
                    shown = VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
                before = picture
                shown.pts, shown.time_base = tick, Fraction(1, FPS)
                container.mux(video.encode(shown))
            heard = slice(one.first * SAMPLE_RATE // FPS, (one.first + one.count) * SAMPLE_RATE // FPS)
            samples = AudioFrame.from_ndarray(sound[None, heard], format="s16", layout="mono")
            samples.sample_rate, samples.pts, samples.time_base = SAMPLE_RATE, heard.start, Fraction(1, SAMPLE_RATE)
            container.mux(speech.encode(samples))
            watch(recording.name, one.first + one.count, staged[-1].first + staged[-1].count)
        container.mux(video.encode(None))
        container.mux(speech.encode(None))
    return path


def _sound(staged: Sequence[Staged]) -> np.ndarray:
    sound = np.zeros((staged[-1].first + staged[-1].count) * SAMPLE_RATE // FPS, np.int16)
    for said in (said for one in staged for said in one.spoken):
        at = round(said.start * SAMPLE_RATE)
        sound[at : at + len(said.samples)] = said.samples
    return sound
