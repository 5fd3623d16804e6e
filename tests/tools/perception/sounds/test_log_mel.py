"""The spectrogram that YAMNet reads."""

import numpy as np
import pytest
from vidscout.tools.media.audio import SAMPLE_RATE
from vidscout.tools.perception.sounds.log_mel import BANDS, OFFSET, log_mel, patches


def tone(hertz: float, seconds: float = 1.0) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE).astype(np.float32)


def test_silence_is_the_logarithm_of_the_offset():
    rows = log_mel(np.zeros(SAMPLE_RATE, np.float32))
    assert rows.shape == (98, BANDS)
    assert np.allclose(rows, np.log(OFFSET))


@pytest.mark.parametrize("hertz", [300, 1000, 4000])
def test_a_tone_is_loudest_in_the_band_around_its_frequency(hertz: float):
    lowest, highest = 1127 * np.log1p(np.array([125, 7500]) / 700)
    edges = np.linspace(lowest, highest, BANDS + 2)
    band = int(np.argmax(log_mel(tone(hertz)).mean(axis=0)))
    mel = 1127 * np.log1p(hertz / 700)
    assert edges[band] < mel < edges[band + 2]


@pytest.mark.parametrize(("seconds", "count"), [(0.1, 1), (0.975, 1), (1.5, 3), (28.8, 59)])
def test_patches_follow_each_half_patch_and_the_last_is_filled_with_silence(seconds: float, count: int):
    found = patches(tone(440, seconds))
    assert found.shape == (count, 1, 96, BANDS)
    assert found.dtype == np.float32
    if count > 1:
        assert np.array_equal(found[0, 0, 48:], found[1, 0, :48])
    if seconds == 0.1:
        assert np.allclose(found[0, 0, 20:], np.log(OFFSET), atol=1e-5)
