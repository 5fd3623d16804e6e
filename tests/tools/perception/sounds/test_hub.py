"""Taggers with a hub's layout, with tiny checkpoints of the real classes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from vidscout.tools.errors import UsageError, WeightsError
from vidscout.tools.perception.sounds import hub
from vidscout.tools.perception.sounds.hub import AST, CLAP, UNMEASURED
from vidscout.tools.perception.sounds.offered import offered
from vidscout.tools.perception.sounds.tagger import SoundTagger, sigmoid
from vidscout.tools.runtime.backend import backend

Make = Callable[[str], Path]


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal(round(seconds * 16_000))).astype(np.float32)


@pytest.mark.parametrize("name", ["ast", "clap"])
def test_each_stretch_has_a_probability_of_each_class(name: str, checkpoint: Make):
    made = backend("sounds", name)(checkpoint(name), device="cpu")  # pyright: ignore[reportCallIssue]
    assert isinstance(made, SoundTagger)
    [long, short] = made.run([noise(3), noise(0.2)])
    assert long.scores.shape == (len(long.starts), len(long.classes))
    assert len(short.starts) == 1
    assert ((long.scores >= 0) & (long.scores <= 1)).all()
    assert long.starts[1] == pytest.approx(long.seconds / 2)
    assert long.starts[-1] + long.seconds >= 3
    assert {one.threshold for one in made.offered.values()} == {UNMEASURED}
    assert set(made.offered) == set(offered("yamnet"))


def test_ast_says_what_the_model_itself_says_after_the_published_preparation(checkpoint: Make):
    from transformers import ASTForAudioClassification, AutoFeatureExtractor

    tool = AST(checkpoint("ast"), device="cpu")
    model = ASTForAudioClassification.from_pretrained(checkpoint("ast")).eval()
    extractor = AutoFeatureExtractor.from_pretrained(checkpoint("ast"))
    assert (extractor.mean, extractor.std) == (-4.2677393, 4.5689974)  # of AudioSet (Gong et al., 2021)
    sound = noise(0.6)
    with torch.inference_mode():
        logits = model(**extractor([sound], sampling_rate=16_000, return_tensors="pt")).logits
    [heard] = tool.run([sound])
    assert heard.classes == ("Speech", "Applause", "Dog")
    assert np.allclose(heard.scores[0], sigmoid(logits.numpy())[0], atol=1e-5)


def test_clap_divides_one_among_its_classes_speech_and_silence(checkpoint: Make):
    tool = CLAP(checkpoint("clap"), device="cpu")
    [first, second] = tool.run([noise(1, seed=1), noise(1, seed=2) * np.linspace(0, 1, 16_000, dtype=np.float32)])
    assert (first.scores.sum(axis=1) < 1).all()
    assert not np.allclose(first.scores[0], second.scores[0], atol=1e-4)
    assert hub._resampled(noise(1), 48_000).shape == pytest.approx((48_000,), abs=100)


def test_a_model_that_takes_no_sound_is_refused(checkpoint: Make):
    with pytest.raises((UsageError, WeightsError)):
        CLAP(checkpoint("clip"), device="cpu").ready()
