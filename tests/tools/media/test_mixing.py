import numpy as np
import pytest
from vidscout.tools.media.mixing import Mixer

RATE = 16_000
VOICE = np.sin(np.arange(RATE) * 0.13).astype(np.float32) * 0.5
HUM = np.sin(np.arange(RATE) * 0.7).astype(np.float32) * 0.1
NOTHING = np.zeros(RATE, np.float32)


def mixed(channels: list[str], rows: list[np.ndarray], piece: int = 370) -> np.ndarray:
    mixer, samples = Mixer(channels, RATE), np.stack(rows)
    return np.concatenate([mixer(samples[:, at : at + piece]) for at in range(0, RATE, piece)])


def level(samples: np.ndarray) -> float:
    return float(np.abs(samples[RATE // 4 :]).max())


@pytest.mark.parametrize(
    ("channels", "rows", "least"),
    [
        (["FC"], [VOICE], 0.49),
        (["FL", "FR"], [VOICE, VOICE], 0.49),
        (["FL", "FR"], [VOICE, -VOICE], 0.49),  # one wire was soldered the wrong way round
        (["FL", "FR"], [VOICE, -0.8 * VOICE + HUM], 0.35),
        (["FL", "FR"], [VOICE, NOTHING], 0.24),
        (["FL", "FR"], [NOTHING, VOICE], 0.24),
        (["FL", "FR", "FC", "LFE", "BL", "BR"], [NOTHING, NOTHING, VOICE, NOTHING, NOTHING, NOTHING], 0.14),
        (["FL", "FR", "FC", "LFE", "BL", "BR"], [VOICE, -VOICE, NOTHING, NOTHING, NOTHING, NOTHING], 0.14),
    ],
)
def test_nothing_that_is_said_is_lost(channels, rows, least):
    found = mixed(channels, rows)
    assert level(found) >= least
    assert abs(np.corrcoef(found[RATE // 4 :], VOICE[RATE // 4 :])[0, 1]) > 0.95


def test_what_is_mixed_stays_within_limits():
    loud = np.sign(VOICE)
    assert np.abs(mixed(["FL", "FR"], [loud, loud])).max() <= 1.0001


def test_low_frequencies_alone_are_not_lost_either():
    assert level(mixed(["LFE"], [VOICE])) > 0.4


def test_stereo_that_is_wide_is_not_turned_round():
    left, right = np.random.default_rng(1).normal(0, 0.1, (2, RATE)).astype(np.float32)
    assert np.allclose(mixed(["FL", "FR"], [left, right]), (left + right) / 2, atol=1e-6)
