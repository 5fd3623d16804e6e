import pytest
from vidscout import VideoScout
from vidscout.graphs.answer.records.options import several_lines
from vidscout.tools.payloads import TextLines
from vidscout.tools.records import Record, Span

pytestmark = pytest.mark.models


@pytest.mark.parametrize(
    ("question", "options", "right"),
    [
        ("Which risk is rated high?", ["Dust on the mirror", "Radio interference", "Software delay", "Tyres"], "C"),
        ("Which risk is rated low?", ["Radio interference", "Software delay", "Dust on the mirror", "Tyres"], "C"),
        ("Which risk is rated medium?", ["Dust on the mirror", "Radio interference", "Software delay"], "B"),
    ],
)
def test_the_line_of_a_slide_that_answers_decides(scout: VideoScout, lecture, question: str, options, right: str):
    assert scout.ask(lecture, question, options).choice == right


def test_a_number_in_words_is_the_same_in_figures(scout: VideoScout, lecture):
    options = ["Two weeks", "One year", "Nine months", "Five weeks"]
    answer = scout.ask(lecture, "How long will the mission last if the battery fails?", options)
    assert answer.choice == "C"
    assert "9 months" in answer.evidence[0].text


def text(*lines: str) -> Record:
    return Record.of("v", Span(0, 5), TextLines(lines), 0.9, "t/1")


def test_one_line_is_not_several():
    assert several_lines(text("Contact: ada / bob")) == []
    assert several_lines(text("Risks", "Dust: low", "Delay: high")) == ["Risks", "Dust: low", "Delay: high"]
