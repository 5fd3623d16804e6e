import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from vidscout.tools.errors import UsageError
from vidscout.tools.payloads import TextLines
from vidscout.tools.perception.screen_text.columns import as_line, letters
from vidscout.tools.perception.screen_text.lines import LineReader
from vidscout.tools.perception.screen_text.lines_over_time import text_records
from vidscout.tools.perception.screen_text.ppocr import Reading
from vidscout.tools.perception.screen_text.scripts import Script, expected_scripts, script_of
from vidscout.tools.perception.screen_text.unread import notes
from vidscout.tools.records import Box, Record, Span, TextLine, of_kind
from vidscout.tools.weights import catalogue

CORNERS = np.array([[0, 0], [99, 0], [99, 19], [0, 19]], np.float32)
PICTURE = np.zeros((40, 120, 3), np.uint8)


class Recogniser:
    """Reads every line as one thing."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading

    def read(self, lines: list[np.ndarray]) -> list[Reading]:
        return [self.reading] * len(lines)


def said(reading: Reading, only: str = "auto"):
    lines = LineReader(Recogniser(reading), expected_scripts(only))  # pyright: ignore[reportArgumentType]
    lines._networks = dict.fromkeys(Script)  # as where no network has been pulled
    [[line]] = lines.read([(PICTURE, [CORNERS])])
    return line


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Straße", Script.LATIN),
        ("Москва", Script.CYRILLIC),
        ("ひらがな", Script.HAN),
        ("漢字", Script.HAN),
        ("한국어", Script.HANGUL),
        ("مرحبا", Script.ARABIC),
        ("हिन्दी", Script.DEVANAGARI),
        ("12:30", None),
    ],
)
def test_the_script_of_a_text_is_that_of_its_letters(text: str, script: Script | None):
    assert script_of(text) is script


def test_scripts_are_named_in_words_or_codes():
    assert expected_scripts("auto") == frozenset()
    assert expected_scripts("latin, Cyrl,japanese") == {Script.LATIN, Script.CYRILLIC, Script.HAN}
    with pytest.raises(UsageError, match="no script 'klingon'"):
        expected_scripts("latin,klingon")


def test_a_line_in_a_script_that_cannot_be_read_comes_without_its_text():
    line = said(Reading("MockBa", 0.93, Script.CYRILLIC, 0.98))
    assert line is not None
    assert (line.text, line.script) == ("", Script.CYRILLIC)


def test_latin_stays_latin_though_it_looks_a_little_like_another_script():
    line = said(Reading("HOPE", 0.99, Script.CYRILLIC, 0.6))
    assert line is not None
    assert line.text == "HOPE"


def test_digits_beside_letters_that_cannot_be_read_are_not_all_that_is_written():
    line = said(Reading("    18:45", 0.96, Script.CYRILLIC, 0.99))
    assert line is not None
    assert line.text == ""


def test_digits_and_signs_that_may_be_letters_of_another_script_are_digits():
    line = said(Reading("5/ 10", 0.9, Script.GREEK, 0.58))
    assert line is not None
    assert line.text == "5/ 10"


def test_what_may_be_any_script_is_no_writing():
    assert said(Reading("xq", 0.6, Script.KHMER, 0.6)) is None


def test_only_the_scripts_that_are_expected_are_told_of():
    assert said(Reading("MockBa", 0.93, Script.CYRILLIC, 0.98), "latin") is None
    assert said(Reading("Moscow", 0.99, Script.LATIN, 0.98), "latin") is not None


def unread(start: float, end: float, script: Script, left: float = 0.1) -> tuple[Span, list[TextLine]]:
    return Span(start, end), [TextLine("", 0.95, Box(left, 0.05, left + 0.2, 0.1), script.value)]


def test_writing_that_was_not_read_is_told_of_with_its_time_and_place_and_what_reads_it(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(catalogue, "present", lambda name: False)
    [note] = notes([unread(3, 5, Script.TIBETAN), unread(5, 8, Script.TIBETAN), unread(60, 64, Script.TIBETAN, 0.75)])
    assert note.startswith("Tibetan writing at 0:03–0:08 (top left), 1:00–1:04 (top right) was not read")
    assert "vidscout models pull script-tibetan" in note


def test_writing_that_its_network_cannot_read_is_told_of_too(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(catalogue, "present", lambda name: True)
    assert notes([unread(3, 8, Script.KHMER)]) == ["Khmer writing at 0:03–0:08 (top left) could not be read"]


def test_a_moment_that_looks_like_writing_is_not_told_of():
    assert notes([unread(3, 3.5, Script.KHMER)]) == []


def test_one_sign_whose_script_is_told_by_chance_is_not_told_of():
    sign = TextLine("", 0.92, Box(0.62, 0.66, 0.65, 0.72), Script.SINHALA.value)  # of FFmpeg's `testsrc2`
    assert notes([(Span(3, 8), [sign])]) == []


def test_unread_writing_makes_no_record():
    assert text_records("v", [unread(3, 8, Script.THAI)], "test/1") == []


def written(records: list[Record]) -> list[tuple[str, ...]]:
    return [lines.lines for _, lines in of_kind(records, TextLines)]


def test_a_row_of_hebrew_is_read_from_right_to_left():
    right, left = Box(0.6, 0.1, 0.8, 0.15), Box(0.45, 0.1, 0.59, 0.15)
    row = [TextLine("עולם", 0.9, left, "Hebr"), TextLine("שלום", 0.9, right, "Hebr")]
    assert written(text_records("v", [(Span(0, 3), row)], "test/1")) == [("שלום עולם",)]


def test_columns_are_read_from_right_to_left():
    first, second = Box(0.6, 0.1, 0.64, 0.7), Box(0.5, 0.1, 0.54, 0.6)
    columns = [TextLine("左の列", 0.9, second, "Hani", True), TextLine("右の列", 0.9, first, "Hani", True)]
    assert written(text_records("v", [(Span(0, 3), columns)], "test/1")) == [("右の列", "左の列")]


def column(text: str, size: int = 32) -> np.ndarray:
    image = Image.new("RGB", (size + 8, (size + 6) * len(text) + 8), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size)
    for number, letter in enumerate(text):
        draw.text(((size + 8) / 2, number * (size + 6) + size / 2 + 4), letter, "black", font, anchor="mm")
    return np.asarray(image)


def test_a_column_is_cut_into_its_letters():
    assert len(letters(column("ABHK"))) == 4


def test_a_columns_letters_are_laid_side_by_side():
    stood = column("ABHK")
    line = as_line(stood)
    assert line is not None
    assert line.shape[0] == stood.shape[1]
    assert line.shape[1] > 4 * stood.shape[1]


def test_a_plain_column_has_no_letters():
    assert as_line(np.full((200, 40, 3), 255, np.uint8)) is None
