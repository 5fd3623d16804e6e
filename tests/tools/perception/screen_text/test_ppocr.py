import math

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from vidscout.tools.perception.screen_text.ppocr import LINE_HEIGHT, STEP, empty_columns, spelled

ALPHABET = ["blank", *"abcdefghijklmnopqrstuvwxyz", " "]
SPACE = len(ALPHABET) - 1


def steps(*symbols: str, space: dict[int, float] | None = None) -> np.ndarray:
    """A CTC output whose most probable symbols are these, `_` for blank, with the space's probability at some steps."""
    out = np.zeros((len(symbols), len(ALPHABET)), np.float32)
    for at, symbol in enumerate(symbols):
        out[at, ALPHABET.index(symbol) if symbol != "_" else 0] = 0.9
        out[at, SPACE] = max((space or {}).get(at, 0.0), out[at, SPACE])
    return out


def read(probabilities: np.ndarray, gap: float = 0.0) -> str:
    """What is spelled when the picture is empty over `gap` line heights at each step's middle."""
    empty = np.zeros(len(probabilities) * STEP, bool)
    for middle in range(len(probabilities)):
        width = math.ceil(gap * LINE_HEIGHT)
        start = max(middle * STEP + (STEP - width) // 2, 0)
        empty[start : start + width] = True
    return spelled(probabilities, ALPHABET, empty)[0]


def test_repeated_symbols_are_one_unless_a_blank_parts_them():
    assert read(steps("a", "a", "_", "a", "b")) == "aab"


def test_a_space_counts_although_a_blank_is_more_probable_where_the_picture_has_a_gap():
    hinted = steps("a", "_", "_", "b", space={1: 0.08})
    assert read(hinted, gap=0.16) == "a b"
    assert read(hinted, gap=0.0) == "ab"


def test_a_gap_alone_is_no_space():
    assert read(steps("a", "_", "_", "b"), gap=0.16) == "ab"


def test_a_space_that_the_model_is_sure_of_needs_no_gap():
    assert read(steps("a", " ", "b")) == "a b"


def test_where_hardly_a_column_holds_ink_gaps_say_nothing():
    everywhere = np.ones(4 * STEP, bool)
    assert spelled(steps("a", "_", "_", "b", space={1: 0.08}), ALPHABET, everywhere)[0] == "a b"
    assert spelled(steps("a", "_", "_", "b", space={1: 0.03}), ALPHABET, everywhere)[0] == "ab"


def test_spaces_at_the_ends_are_dropped_and_several_are_one():
    assert read(steps(" ", "a", " ", "_", " ", "b", " ")) == "a b"


def test_the_score_is_that_of_the_characters():
    text, score = spelled(steps("_", "a", "_", "b"), ALPHABET, np.zeros(4 * STEP, bool))
    assert text == "ab"
    assert score == pytest.approx(0.9)


def test_nothing_but_blanks_is_no_text():
    assert spelled(steps("_", "_"), ALPHABET, np.zeros(2 * STEP, bool)) == ("", 0.0)


def test_columns_without_ink_are_empty_on_dark_and_on_light_paper():
    image = Image.new("RGB", (200, LINE_HEIGHT), "white")
    ImageDraw.Draw(image).text((4, 2), "mm    mm", fill="black", font=ImageFont.load_default(36))
    light = np.asarray(image)
    for line in (light, 255 - light):
        empty = empty_columns(line)
        inked = (light < 128).any(axis=(0, 2))
        assert not empty[inked].any()
        assert empty[np.flatnonzero(inked)[0] :].sum() > 30
