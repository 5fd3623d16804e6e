"""Sound as it is recorded with many channels, of which one carries what is said."""

import wave
from pathlib import Path

import numpy as np
import pytest
from vidscout.tools.media.audio import SAMPLE_RATE, audio

VOICE = np.sin(np.arange(2 * SAMPLE_RATE) * 0.13)


@pytest.mark.parametrize("channels", [1, 2, 6, 7, 8, 9, 12, 16, 24, 32])
def test_what_one_of_many_channels_says_is_heard(tmp_path: Path, channels: int):
    rows = np.zeros((len(VOICE), channels))
    rows[:, min(channels - 1, 2)] = VOICE
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((channels, 2, SAMPLE_RATE, 0, "NONE", ""))
        file.writeframes(np.round(rows * 20_000).astype("<i2").tobytes())
    heard = np.concatenate([chunk.samples for chunk in audio(tmp_path / "a.wav")])
    assert len(heard) == pytest.approx(len(VOICE), abs=10)
    assert np.corrcoef(heard[: len(VOICE)], VOICE[: len(heard)])[0, 1] > 0.95
    assert np.abs(heard).max() > 0.5 / channels
