"""A whole `VideoScout` without weights: a text embedding of hashed words, a scripted answerer, two videos of records.

Each part can be told to fail or to hang, by `Faults`.
"""

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from scripted import Scripted
from vidscout import Modality, Record, Span, VideoScout
from vidscout.tools.index.videos import Video
from vidscout.tools.payloads import Spoken, TextLines
from vidscout.tools.runtime.backend import Tool
from vidscout.tools.videollm import Message
from vidscout.tools.words import words

FIRST, SECOND = "a1" * 16, "b2" * 16
QUESTION = "What is the mirror made of?"
ANSWER = "The mirror is made of silicon carbide."
SIZE = 64


class WordVectors(Tool[str, np.ndarray]):
    """A vector of (64,) for each text: the sum of a random one for each of its words."""

    role = "text_embedding"
    name = "words-for-a-test"
    fault: Callable[[], None] | None = None
    """Called before anything is embedded: may raise, or wait."""

    def setup(self) -> None: ...

    def perceive(self, batch: Sequence[str]) -> list[np.ndarray]:
        if self.fault is not None:
            self.fault()
        return [self.vector(text) for text in batch]

    def vector(self, text: str) -> np.ndarray:
        total = np.full(SIZE, 1e-3, np.float32)
        for word in words(text):
            seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big")
            total += np.random.default_rng(seed).standard_normal(SIZE).astype(np.float32)
        return total / np.linalg.norm(total)


class LabelVectors(WordVectors):
    """The same for labels."""

    role = "label_embedding"
    name = "labels-for-a-test"


class Answers(Scripted):
    """An answerer that says one sentence, and can be told to fail."""

    role = "answerer"
    name = "scripted-for-a-test"
    fault: Callable[[], None] | None = None

    def __init__(self, reply: str = ANSWER) -> None:
        super().__init__()
        self.reply = reply

    def stream(self, messages: Sequence[Message], *rest: Any, **named: Any) -> Any:
        if self.fault is not None:
            self.fault()
        self.replies = [self.reply]
        return super().stream(messages, *rest, **named)

    def next_tokens(self, messages: Sequence[Message]) -> Mapping[str, float]:
        if self.fault is not None:
            self.fault()
        return {"A": -1.0, "B": -2.0}


SAID = [
    (FIRST, 5, Spoken("Welcome to the observatory on the hill.")),
    (FIRST, 20, Spoken(ANSWER)),
    (FIRST, 40, TextLines(("Opening hours", "nine to noon"))),
    (SECOND, 3, Spoken("The harbour master counts the boats.")),
    (SECOND, 9, TextLines(("Pier 7",))),
]


def filled(scout: VideoScout, videos: Sequence[str] = (FIRST, SECOND)) -> VideoScout:
    """Put the records of `SAID` into a scout's library, with vectors and frames, as if they had been read."""
    records = [Record.of(video, Span(at, at + 4), said, 0.9, "test/1") for video, at, said in SAID if video in videos]
    vectors = np.stack(scout.role("text_embedding").run([record.text for record in records]))
    scout.index.add(records, vectors)
    for number, video in enumerate(videos):
        times = [float(at) for at in range(0, 50, 10)]
        looks = np.stack(scout.role("label_embedding").run([f"look {number} {at}" for at in times]))
        scout.index.add_frames(video, times, looks, [b"\xff\xd8jpeg"] * len(times))
        scout.library.put(Video(video, f"{number}.mp4", Path(f"/nowhere/{number}.mp4"), 60.0, status="ready"))
        for stage in scout.stages_of_profile():
            scout.library.journal.begin(video, stage.name, stage.fingerprint, stage.after)
            scout.library.journal.observed(video, stage.name)
            scout.library.journal.done(video, stage.name, scout.role("text_embedding").source)
    return scout


def small_scout(home: Path, **settings: Any) -> VideoScout:
    """The scout, with nothing in its library."""
    roles = {
        "text_embedding": WordVectors.name, "label_embedding": LabelVectors.name, "answerer": Answers.name,
        "judge": False,
    }  # fmt: skip
    return VideoScout("small", home, profiles={"small": {"base": "embedded", "roles": roles}}, **settings)


def raising(error: BaseException) -> Callable[..., Any]:
    """A function that raises this."""

    def fault(*_: Any, **__: Any) -> Any:
        raise error

    return fault


@contextmanager
def hanging():
    """A function that returns when the block ends."""
    free = threading.Event()

    def fault(*_: Any, **__: Any) -> Any:
        free.wait(60)
        raise RuntimeError("let go")

    try:
        yield fault
    finally:
        free.set()


__all__ = ["ANSWER", "FIRST", "QUESTION", "SECOND", "Modality", "filled", "hanging", "raising", "small_scout"]
