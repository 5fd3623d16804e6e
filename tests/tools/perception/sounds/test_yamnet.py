"""YAMNet on sounds that are computed."""

import numpy as np
import pytest
from vidscout.bench.data.sounds import made
from vidscout.graphs.ingest.stages.of_sound.sounds import Sounds
from vidscout.tools.media.audio import AudioChunk
from vidscout.tools.perception.sounds.tagger import YAMNet

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def yamnet() -> YAMNet:
    return YAMNet()


def surest(tagger: YAMNet, samples: np.ndarray) -> str:
    [heard] = tagger.run([samples])
    return heard.classes[int(heard.scores.max(axis=0).argmax())]


def test_it_names_silence_noise_and_the_tone_of_a_telephone(yamnet: YAMNet):
    time = np.arange(48_000) / 16_000
    noise = (0.1 * np.random.default_rng(0).standard_normal(48_000)).astype(np.float32)
    assert surest(yamnet, np.zeros(32_000, np.float32)) == "Silence"
    assert surest(yamnet, noise) == "White noise"
    ringing = 0.1 * (np.sin(2 * np.pi * 440 * time) + np.sin(2 * np.pi * 480 * time))
    [heard] = yamnet.run([ringing.astype(np.float32)])
    assert len(heard.classes) == 521
    assert heard.scores[:, heard.classes.index("Telephone")].max() > 0.9


def test_what_is_heard_does_not_depend_on_what_is_heard_with_it(yamnet: YAMNet):
    sound = 0.1 * made("report")["Alarm"][0]
    [alone] = yamnet.run([sound])
    [_, together] = yamnet.run([np.zeros(90_000, np.float32), sound])
    assert np.allclose(alone.scores, together.scores, atol=1e-5)
    assert alone.starts[:3] == (0.0, 0.48, 0.96)


def test_windows_are_cut_alike_from_wherever_one_begins(yamnet: YAMNet):
    stage = Sounds(yamnet)
    sound = np.arange(80 * 16_000, dtype=np.float32)
    chunks = [AudioChunk(at, sound[at * 16_000 : (at + 30) * 16_000]) for at in range(0, 80, 30)]
    whole = list(stage.windows(chunks))
    assert [round(window.start, 2) for window in whole] == [0, 28.8, 57.6]
    assert np.array_equal(np.concatenate([window.samples for window in whole]), sound)
    later = list(stage.windows([AudioChunk(28.8, sound[round(28.8 * 16_000) :])]))
    assert [window.start for window in later] == [window.start for window in whole[1:]]
