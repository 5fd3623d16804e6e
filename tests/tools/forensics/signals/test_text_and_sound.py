"""Writing that mutates and sound that repeats, at four strengths."""

import wave
from pathlib import Path

import cv2
import numpy as np
import pytest
from vidscout.bench.data import alterations
from vidscout.bench.data.fetched import fetch
from vidscout.tools.forensics.signals.sound import looped_sound
from vidscout.tools.forensics.signals.text_stability import text_stability
from vidscout.tools.records import Box, TextLine

WORDS = "QUARTERLY REPORT"


def mutated(changed: int, number: int) -> str:
    """The caption with so many letters replaced, others in each frame."""
    generator = np.random.default_rng(number)
    letters = list(WORDS)
    for place in generator.choice(len(WORDS), changed, replace=False):
        letters[place] = "ABEGHKMNSXZ"[int(generator.integers(11))]
    return "".join(letters)


def test_writing_that_mutates_more_reads_less_stable() -> None:
    def observed(changed: int) -> float:
        place = Box(0.1, 0.1, 0.5, 0.2)
        lines = [(n / 4, [TextLine(mutated(changed, n), 0.95, place)]) for n in range(6)]
        return text_stability(lines).value

    values = [observed(changed) for changed in (0, 2, 5, 10)]
    assert values[0] == 0
    assert (np.diff(values) > 0).all(), values


@pytest.mark.models
@pytest.mark.parametrize("name", ["bikes", "woman", "man"])
def test_captions_that_mutate_on_a_real_clip_are_read_as_less_stable(name: str) -> None:
    from vidscout.tools.perception.screen_text.readers import PPOCRReader

    reader = PPOCRReader()
    pictures, rate = alterations.read(fetch(name), 1.0)
    pictures = pictures[:: max(len(pictures) // 4, 1)][:4]
    values = []
    for changed in (0, 2, 5, 10):
        shown = []
        for number, picture in enumerate(pictures):
            image = np.ascontiguousarray(picture)
            cv2.rectangle(image, (0, 0), (image.shape[1], 70), (20, 20, 20), -1)
            text = mutated(changed, number)
            cv2.putText(image, text, (20, 50), cv2.FONT_HERSHEY_SIMPLEX, 1.3, (255, 255, 255), 3, cv2.LINE_AA)
            shown.append(image)
        values.append(text_stability(list(zip(np.arange(4) / rate, reader.run(shown), strict=True))).value)
    assert (np.diff(values) > 0).all(), values


def test_sound_that_repeats_more_exactly_is_more_of_a_loop(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    loudness = np.repeat(generator.uniform(0.02, 1, 40), 800)
    loop = np.tile(loudness, 6)
    values = []
    for strength in (0.4, 0.6, 0.8, 1.0):
        other = np.repeat(generator.uniform(0.02, 1, 240), 800)
        samples = (loop**strength * other ** (1 - strength)) * generator.uniform(-1, 1, len(loop))
        path = tmp_path / f"{strength}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16_000)
            file.writeframes((samples * 30_000).astype("<i2").tobytes())
        values.append(looped_sound(path).value)
    assert (np.diff(values) > 0).all(), values
    assert values[-1] > 0.9
