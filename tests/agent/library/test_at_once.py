"""Several videos read at the same time: the same records as one after the other, speech in common batches."""

import threading
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_scout import LabelVectors, WordVectors
from vidscout import VideoScout
from vidscout.tools.errors import MediaError, UsageError
from vidscout.tools.media.audio import SAMPLE_RATE, audio
from vidscout.tools.perception.speech.transformers_whisper import TransformersWhisper

SECONDS = 8


@pytest.fixture(scope="module")
def sounds(lecture: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three parts of the lecture."""
    folder, length = tmp_path_factory.mktemp("sounds"), SECONDS * SAMPLE_RATE
    whole = np.concatenate([chunk.samples for chunk in audio(lecture)])
    made = []
    for number in range(3):
        made.append(folder / f"{number}.wav")
        with wave.open(str(made[-1]), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(SAMPLE_RATE)
            part = whole[number * length :][:length]
            file.writeframes((part * 32767).astype(np.int16).tobytes())
    return made


@pytest.fixture
def scout(tmp_path: Path, checkpoint: Callable[[str], Path]) -> Iterator[VideoScout]:
    speech = {"backend": "whisper", "model": str(checkpoint("whisper")), "device": "cpu", "max_tokens": 6}
    roles = {"text_embedding": WordVectors.name, "label_embedding": LabelVectors.name, "speech": speech}
    tables: Any = {"small": {"base": "embedded", "roles": roles, "stages": ["speech"]}}
    with VideoScout("small", tmp_path / "home", profiles=tables, language="en") as made:
        yield made


def spoken(scout: VideoScout) -> list[Any]:
    return sorted(
        (video.name, record.span, record.text, record.score)
        for video in scout.library.all()
        for record in scout.index.records_by(video.id, "speech")
    )


def test_the_clips_of_all_videos_share_batches_and_their_records_are_the_same(
    scout: VideoScout, sounds: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    alone = scout.at(tmp_path / "alone")
    alone.ingest(sounds)
    expected = spoken(alone)
    alone.index.close()
    assert len({name for name, *_ in expected}) == 3

    tool = scout.role("speech")
    assert isinstance(tool, TransformersWhisper)
    encode, first = tool._encode, threading.Event()
    batches: list[int] = []

    def waiting(clips: Any) -> Any:
        if not first.is_set():  # the first one is held until the others have come
            first.set()
            for _ in range(2000):
                if len(tool._encoding._callers._waiting) == 2:
                    break
                threading.Event().wait(0.01)
        batches.append(len(clips))
        return encode(clips)

    monkeypatch.setattr(tool._encoding, "_work", waiting)
    read = scout.ingest(sounds, at_once=3)
    assert [Path(one.path).name for one in read] == [path.name for path in sounds]
    assert all(one.counters["asr_seconds"] == pytest.approx(SECONDS, abs=0.1) for one in read)
    assert batches[:2] == [1, 2], "what came meanwhile went together"
    found = spoken(scout)
    assert [one[:3] for one in found] == [one[:3] for one in expected]
    assert [score for *_, score in found] == pytest.approx([score for *_, score in expected], abs=1e-3)


def test_one_that_cannot_be_read_costs_no_other_and_one_named_twice_is_read_once(
    scout: VideoScout, sounds: list[Path], tmp_path: Path
):
    missing = tmp_path / "missing.wav"
    found = list(scout.ingest_each([sounds[0], missing, sounds[0]], at_once=3))
    assert isinstance(found[1], MediaError)
    added = sorted(one.added for one in (found[0], found[2]) if not isinstance(one, Exception))
    assert added[0] == 0 < added[1]
    with pytest.raises(MediaError, match="no such file"):
        scout.ingest([sounds[0], missing], at_once=2)


def test_what_ends_one_ends_all_of_them(scout: VideoScout, sounds: list[Path]):
    with pytest.raises(UsageError, match="no stage"):
        scout.ingest(sounds, at_once=2, stages=["nothing"])
    with pytest.raises(UsageError, match="at least one"):
        scout.ingest(sounds, at_once=0)
