"""The fixed words of descriptions, by language."""

import re

import pytest
from vidscout.agent.moments.describing import told
from vidscout.graphs.describe.captions import captioned
from vidscout.graphs.describe.results import Chapter, Description, Length, Note, Style
from vidscout.graphs.describe.wording import _wordings, languages
from vidscout.tools.payloads import Spoken, TextLines
from vidscout.tools.records import Record, Span


@pytest.mark.parametrize("language", languages())
def test_every_language_has_every_text_with_the_same_parts(language: str):
    ours, english = _wordings()[language], _wordings()["en"]
    assert set(ours) == set(english)
    parts = {name: sorted(re.findall(r"\{\w+\}", text)) for name, text in ours.items()}
    assert parts == {name: sorted(re.findall(r"\{\w+\}", text)) for name, text in english.items()}


def test_captions_are_put_in_the_language_that_is_asked_for():
    records = [
        Record.of("v", Span(0, 4), TextLines(("Haushalt",)), 0.9, "demo/1"),
        Record.of("v", Span(1, 3), Spoken("Es fehlt Geld.", speaker="Anna"), 0.9, "demo/1"),
    ]
    [german] = captioned(records, [Span(0, 10)], "de")
    assert german.text == "Im Bild steht: „Haushalt“. Anna sagt: „Es fehlt Geld.“"
    [other] = captioned(records, [Span(0, 10)], "xx")
    assert other.text == "On screen: “Haushalt”. Anna says: “Es fehlt Geld.”"


def test_kinds_of_notes_and_missing_titles_have_names_in_the_language():
    note = Note(0, 5, "action", "Ich rufe an.", (), "Anna", "Freitag")
    about = ("v", "v.mp4", 60.0, Style.NOTES, Length.PARAGRAPH, "de", 0.0, 60.0)
    assert "Aufgabe" in told(Description(*about, notes=(note,), told_in="de"))[0]
    chapters = Description(*(*about[:3], Style.CHAPTERS, *about[4:]), chapters=(Chapter(0, 60, "", ""),), told_in="es")
    assert told(chapters)[0].endswith("(sin título)")
