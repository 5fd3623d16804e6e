"""Writing on the picture: other scripts, accents, small print, text that moves, a picture that changes its size."""

from collections.abc import Callable

import pytest
from recordings_read import Read

pytestmark = [pytest.mark.models, pytest.mark.slow]

Reader = Callable[[str], Read]


def lines(found: Read) -> list[str]:
    """What is written, in order of time and reading, a line each."""
    return [line for record in found.screen_text for line in record.text.splitlines() or [record.text]]


def test_accents_of_the_latin_script_stay(read: Reader):
    [text] = read("accents.mp4").screen_text
    assert text.text == "Grüße aus Köln: Straße gesperrt, Öl läuft über"
    assert (text.span.start, text.span.end) == pytest.approx((3, 8), abs=1)


def test_japanese_is_read(read: Reader):
    [text] = read("ja.mp4").screen_text
    assert text.text == "きょうのニュースですカメラ"


@pytest.mark.parametrize(("name", "script"), [("ru.mp4", "Cyrillic"), ("ar.mp4", "Arabic")])
def test_another_script_is_read_or_told_of_and_never_turned_into_latin(read: Reader, name: str, script: str):
    found = read(name)
    assert found.screen_text or any(f"{script} writing at 0:03–0:08" in note for note in found.notes)
    assert not any(letter.isascii() and letter.isalpha() for line in lines(found) for letter in line)


def test_small_print_is_read(read: Reader):
    [text] = read("small.mp4").screen_text
    assert "Batteries are not included" in text.text
    assert "Terms and conditions apply until 31 December" in text.text


def test_a_ticker_is_one_record_with_all_of_its_text(read: Reader):
    [text] = read("ticker.mp4").screen_text
    assert text.text == "Storm warning for the northern coast until Sunday evening, ferries cancelled"
    assert (text.span.start, text.span.end) == pytest.approx((1, 20), abs=2)


def test_credits_are_read_in_the_order_of_the_roll_each_once(read: Reader):
    [text] = read("credits.mp4").screen_text
    assert text.text == (
        "Directed by / Maria Lindqvist / Camera / Jonas Petrov / Sound / Amara Okafor / "
        "Music / Tomas Varga / Catering / Greta Hollis"
    )


def test_writing_is_read_where_the_picture_has_become_larger(read: Reader):
    [text] = read("rampup.webm").screen_text
    assert text.text == "Quarterly budget review"
    assert (text.span.start, text.span.end) == pytest.approx((6, 12), abs=1)
