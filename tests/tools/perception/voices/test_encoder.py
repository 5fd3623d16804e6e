"""What a voice is like: the spectrogram, and the embedded encoder on two synthesised voices."""

import numpy as np
import pytest
from vidscout.bench.data.voices import say
from vidscout.tools.errors import BackendUnavailableError
from vidscout.tools.perception.voices.encoder import BANDS, RATE, Resemblyzer, mel


def test_a_frame_every_ten_milliseconds_with_the_power_of_its_band():
    time = np.arange(RATE) / RATE
    low, high = (mel(0.5 * np.sin(2 * np.pi * hertz * time).astype(np.float32)) for hertz in (200, 4000))
    assert low.shape == high.shape == (101, BANDS)
    assert low[50].argmax() < 6
    assert high[50].argmax() > 25


def test_quiet_sound_is_made_louder_and_loud_sound_left():
    noise = np.random.default_rng(0).normal(0, 0.01, RATE).astype(np.float32)
    np.testing.assert_allclose(mel(noise), mel(noise / 2), rtol=1e-3)
    assert mel(noise * 20).sum() > 10 * mel(noise).sum()
    assert np.isfinite(mel(np.zeros(RATE, np.float32))).all()


@pytest.mark.models
def test_two_sentences_of_one_voice_are_more_alike_than_those_of_two():
    texts = "The ferry leaves the harbour at nine.", "Nobody has seen the keys of the old library."
    lines = [(voice, text) for voice in ("espeak:en-us", "flite:awb") for text in texts]
    try:
        sounds = [samples.astype(np.float32) / 32768 for samples in say(lines)]
    except BackendUnavailableError as error:
        pytest.skip(f"no voice: {error}")
    vectors = np.stack(Resemblyzer().run(sounds))
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-4)
    alike = vectors @ vectors.T
    assert min(alike[0, 1], alike[2, 3]) > alike[:2, 2:].max() + 0.05
