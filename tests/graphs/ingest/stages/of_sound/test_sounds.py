"""The stage that hears sounds: from a file to records that are found, cited and drawn."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from made_stages import read
from made_videos import RATE, steady, write
from vidscout import Modality, VideoScout
from vidscout.graphs.ingest.stages.of_sound.sounds import Sounds
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.payloads import Sound
from vidscout.tools.perception.sounds.offered import Offered
from vidscout.tools.perception.sounds.tagger import Heard, SoundTagger, YAMNet


class Loud(SoundTagger):
    """Hears `Bang` in each second that is loud, and `Speech` always."""

    window = 4.0

    def __init__(self) -> None:
        super().__init__()
        self.role, self.name = "sounds", "loud"  # pyright: ignore[reportAttributeAccessIssue]

    @property
    def offered(self) -> dict[str, Offered]:
        return {"Bang": Offered(0.5)}

    def setup(self) -> None: ...

    def perceive(self, batch: Sequence[np.ndarray]) -> list[Heard]:
        return [self._heard(samples) for samples in batch]

    def _heard(self, samples: np.ndarray) -> Heard:
        parts = [samples[at : at + 16_000] for at in range(0, len(samples), 16_000)]
        scores = np.array([[1.0, float(np.abs(part).max() > 0.2)] for part in parts], np.float32)
        return Heard(("Speech", "Bang"), scores, tuple(float(at) for at in range(len(parts))), 1.0)


def test_each_sound_is_one_record_wherever_windows_end(tmp_path: Path):
    time = np.arange(10 * RATE) / RATE
    loud = (time >= 3) & (time < 5) | (time >= 8.2) & (time < 8.8)
    film = write(
        tmp_path / "film.mp4", steady(10, 5), [np.where(loud, 0.5 * np.sin(2500 * time), 0).astype(np.float32)]
    )
    with VideoIndex(tmp_path / "home") as index:
        read(index, film, Sounds(Loud()))
        found = index.timeline(index.library.identify(film), [Modality.SOUND])
    assert [one.payload for one in found] == [Sound("Bang")] * 2
    assert [round(one.span.start) for one in found] == [3, 8]
    assert [round(one.span.end) for one in found] in ([5, 9], [6, 9])  # an encoder spreads a sound's end a little
    assert {one.source for one in found} == {"loud/1"}


@pytest.mark.models
def test_a_telephone_is_heard_searched_for_and_cited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(YAMNet, "offered", {"Telephone": Offered(0.5)})
    time = np.arange(12 * RATE) / RATE
    tone = np.sin(2 * np.pi * 440 * time) + np.sin(2 * np.pi * 480 * time)
    ringing = 0.1 * tone * ((time > 4) & (time < 9))
    film = write(tmp_path / "film.mp4", steady(12, 5), [ringing.astype(np.float32)])
    with VideoScout("embedded", tmp_path / "home", fast=True) as scout:
        [done] = scout.ingest(film, stages=["sounds"])
        assert done.stages == ["sounds"]
        [heard] = scout.index.timeline(done.video, [Modality.SOUND])
        assert heard.payload == Sound("Telephone")
        assert heard.span.start == pytest.approx(4, abs=1)
        assert heard.span.end == pytest.approx(9, abs=1)
        [best, *_] = scout.search("telephone", modality="sound")
        assert best.start == pytest.approx(4, abs=1)
        answer = scout.ask(film, "When does the telephone ring?")
        assert [one.modality for one in answer.evidence][:1] == ["sound"]
        assert answer.evidence[0].start == pytest.approx(4, abs=1)
