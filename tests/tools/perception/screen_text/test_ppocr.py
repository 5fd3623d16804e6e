import numpy as np
import pytest
from vidscout.tools.perception.screen_text.ppocr import boxes, decoded, replaced, small_print

ALPHABET = ["", *"abcdefghijklmnopqrstuvwxyz", "é", " "]


def steps(symbols: str) -> np.ndarray:
    """A CTC output whose most probable symbols are these, `_` for blank."""
    out = np.zeros((len(symbols), len(ALPHABET)), np.float32)
    for at, symbol in enumerate(symbols):
        out[at, ALPHABET.index(symbol) if symbol != "_" else 0] = 0.9
    return out


def read(symbols: str) -> str:
    return decoded(steps(symbols), ALPHABET)[0]


def test_repeated_symbols_are_one_unless_a_blank_parts_them():
    assert read("aa_ab") == "aab"


def test_spaces_and_accents_are_characters_like_others():
    assert read("a_ _bé") == "a bé"


def test_the_score_is_that_of_the_characters():
    text, score = decoded(steps("_a_b"), ALPHABET)
    assert text == "ab"
    assert score == pytest.approx(0.9)


def test_nothing_but_blanks_is_no_text():
    assert decoded(steps("__"), ALPHABET) == ("", 0.0)


def test_a_box_is_given_in_the_pictures_pixels_and_grows_over_what_was_marked():
    marked = np.zeros((100, 200), np.float32)
    marked[40:50, 20:120] = 0.9
    [corners] = boxes(marked, (200, 400))
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    assert left < 2 * 20 < 2 * 119 < right
    assert top < 2 * 40 < 2 * 49 < bottom
    assert bottom - top < 60
    assert corners.tolist() == [[left, top], [right, top], [right, bottom], [left, bottom]]


def test_a_box_stays_inside_the_picture():
    marked = np.zeros((64, 64), np.float32)
    marked[:8] = 0.9
    [corners] = boxes(marked, (64, 64))
    assert corners.min() == 0
    assert corners.max() == 63


def test_specks_and_faint_marks_are_no_lines():
    marked = np.zeros((100, 200), np.float32)
    marked[10:12, 10:12] = 0.9
    marked[50:60, 20:120] = 0.3
    assert boxes(marked, (100, 200)) == []


def test_a_tilted_line_has_a_tilted_box():
    import cv2

    marked = np.zeros((200, 200), np.float32)
    cv2.line(marked, (40, 60), (160, 120), 0.9, 10)
    [corners] = boxes(marked, (200, 200))
    top_left, top_right, *_ = corners
    assert top_right[1] - top_left[1] == pytest.approx(0.5 * (top_right[0] - top_left[0]), rel=0.1)


def test_rows_with_small_print_are_looked_at_more_closely_and_others_are_not():
    marked = np.zeros((200, 300), np.float32)
    marked[20:60, 20:280] = 0.9
    marked[100:104, 20:120] = 0.9
    marked[110:114, 20:120] = 0.9
    marked[180, 20:23] = 0.9
    [(first, last)] = small_print(marked, 400)
    assert 2 * 60 < first < 2 * 100
    assert 2 * 114 < last < 2 * 180


def box(left: float, top: float, right: float, bottom: float) -> np.ndarray:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)


def test_a_closer_look_replaces_what_it_has_seen_and_adds_what_it_found():
    headline, merged, elsewhere = box(0, 0, 200, 40), box(0, 60, 200, 84), box(0, 300, 100, 310)
    two, letters, new = [box(0, 60, 200, 69), box(0, 74, 200, 83)], box(20, 10, 60, 20), box(0, 100, 200, 110)
    found = replaced([headline, merged, elsewhere], [*two, letters, new])
    tops = sorted(float(corners[0, 1]) for corners in found)
    assert tops == [0, 60, 74, 100, 300]
