"""What speakers are called, as far as the video tells."""

import pytest
from vidscout.tools.perception.voices.names import Heard, mentioned, name_on_screen, named
from vidscout.tools.records import Span

SPOKE = [("Speaker 1", Span(0, 10)), ("Speaker 2", Span(11, 20)), ("Speaker 1", Span(21, 30))]


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        ("Hello everybody, I'm Priya.", "Priya"),
        ("I’m Sean and I run the shop.", "Sean"),
        ("My name is Lena Brandt, good evening.", "Lena Brandt"),
        ("Guten Tag, mein Name ist Jonas.", "Jonas"),
        ("Bonjour, je m'appelle Élodie.", "Élodie"),
        ("Добрый день, меня зовут Ольга.", "Ольга"),
    ],
)
def test_an_introduction_tells_the_speakers_own_name(sentence: str, name: str):
    assert list(mentioned(sentence)) == [("own", name)]


@pytest.mark.parametrize(
    "sentence",
    [
        "I'm Brazilian.",
        "I'm OK.",
        "I'm not sure about that.",
        "Ich bin Lehrer.",
        "I am late.",
        "I'm Portuguese and tall.",
    ],
)
def test_what_somebody_is_is_no_name(sentence: str):
    assert list(mentioned(sentence)) == []


def test_who_is_introduced_is_named():
    said = [Heard(Span(0, 3), "Good evening, I'm Priya.", "Speaker 1")]
    assert named(said, SPOKE, []) == {"Speaker 1": "Priya"}


def test_one_thank_you_is_not_enough_and_two_hints_are():
    thanks = Heard(Span(11, 12), "Thank you, Tom.", "Speaker 2")
    asked = Heard(Span(18, 20), "Tom, what do you think?", "Speaker 2")
    assert named([thanks], SPOKE, []) == {}
    assert named([thanks, asked], SPOKE, []) == {"Speaker 1": "Tom"}


def test_a_name_that_two_claim_is_nobodys():
    said = [Heard(Span(0, 2), "I'm Kim.", "Speaker 1"), Heard(Span(11, 12), "I'm Kim.", "Speaker 2")]
    assert named(said, SPOKE, []) == {}


def test_a_name_on_screen_is_of_whom_is_heard_meanwhile():
    assert named([], SPOKE, [(Span(12, 18), "Ada Moreno, engineer")]) == {"Speaker 2": "Ada Moreno"}
    assert named([], SPOKE, [(Span(5, 25), "Ada Moreno, engineer")]) == {}
    assert named([], SPOKE, [(Span(12, 18), "Budget 2026")]) == {}


def test_the_title_of_a_show_is_nobodys_name():
    title = [(Span(0, 9), "Region Today"), (Span(22, 29), "Region Today")]
    assert named([], SPOKE, title) == {}
    assert name_on_screen(("Region Today", "The tunnel is open")) == ""
    assert name_on_screen(("The tunnel in figures", "22 exits", "Ada Moreno, engineer")) == "Ada Moreno, engineer"
    assert name_on_screen(("Ada Moreno",)) == "Ada Moreno"


def test_a_first_name_counts_for_the_whole_one():
    said = [Heard(Span(11, 13), "I'm Ada.", "Speaker 2")]
    assert named(said, SPOKE, [(Span(12, 18), "Ada Moreno")]) == {"Speaker 2": "Ada Moreno"}


def test_subtitles_tell_who_speaks():
    assert named([Heard(Span(0, 2), "Well.", "Speaker 1", "TOM")], SPOKE, []) == {"Speaker 1": "TOM"}


def test_a_name_over_a_whole_interview_is_of_whom_is_heard_only_there():
    asks, answers = "Speaker 1", "Speaker 2"
    spoke = [
        (asks, Span(0, 30)),
        (asks, Span(30, 34)),
        (answers, Span(35, 43)),
        (asks, Span(44, 47)),
        (answers, Span(48, 58)),
        (asks, Span(60, 90)),
    ]
    assert named([], spoke, [(Span(30, 60), "Ada Moreno, engineer")]) == {answers: "Ada Moreno"}


def test_figures_beside_words_are_no_role_and_the_words_no_name():
    assert named([], [("Speaker 1", Span(0, 30))], [(Span(2, 12), "Until Friday, 6:00")]) == {}
    assert name_on_screen(("Strike at the airport", "212 flights cancelled", "Until Friday, 6:00")) == ""


def test_who_is_greeted_by_name_answers():
    said = [Heard(Span(4, 6), "Hi Ben.", "Speaker 1"), Heard(Span(9, 10), "Hello, Ben.", "Speaker 1")]
    assert named(said, SPOKE, []) == {"Speaker 2": "Ben"}
