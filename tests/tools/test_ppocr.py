import numpy as np
import pytest
from vidscout.tools.ppocr import SPACE_PROBABILITY, spelled

ALPHABET = ["blank", *"abcdefghijklmnopqrstuvwxyz", " "]
SPACE = len(ALPHABET) - 1


def steps(*symbols: str, space: dict[int, float] | None = None) -> np.ndarray:
    """A CTC output whose most probable symbols are these, `_` for blank, with the space's probability at some steps."""
    out = np.zeros((len(symbols), len(ALPHABET)), np.float32)
    for at, symbol in enumerate(symbols):
        out[at, ALPHABET.index(symbol) if symbol != "_" else 0] = 0.9
        out[at, SPACE] = max((space or {}).get(at, 0.0), out[at, SPACE])
    return out


def test_repeated_symbols_are_one_unless_a_blank_parts_them():
    assert spelled(steps("a", "a", "_", "a", "b"), ALPHABET)[0] == "aab"


def test_a_space_counts_although_a_blank_is_more_probable():
    assert spelled(steps("a", "_", "b", space={1: SPACE_PROBABILITY * 1.1}), ALPHABET)[0] == "a b"
    assert spelled(steps("a", "_", "b", space={1: SPACE_PROBABILITY * 0.9}), ALPHABET)[0] == "ab"


def test_spaces_at_the_ends_are_dropped_and_several_are_one():
    assert spelled(steps(" ", "a", " ", "_", " ", "b", " "), ALPHABET)[0] == "a b"


def test_the_score_is_that_of_the_characters():
    text, score = spelled(steps("_", "a", "_", "b"), ALPHABET)
    assert text == "ab"
    assert score == pytest.approx(0.9)


def test_nothing_but_blanks_is_no_text():
    assert spelled(steps("_", "_"), ALPHABET) == ("", 0.0)
