"""Which language each stretch of speech is in, from what a model takes each for."""

import tomllib

import pytest
from vidscout.tools.errors import UsageError
from vidscout.tools.perception.speech.languages import LANGUAGES, MANY, SPEAKERS, Guess, expected, voted


def test_the_languages_are_those_of_the_library():
    from faster_whisper.tokenizer import _LANGUAGE_CODES

    assert frozenset(_LANGUAGE_CODES) == LANGUAGES


def test_a_short_word_that_sounds_foreign_does_not_change_the_language():
    guesses = [Guess(5, {"en": 0.95}), Guess(0.7, {"th": 0.9, "en": 0.02}), Guess(5, {"en": 0.95})]
    assert voted(guesses) == ["en", "en", "en"]


def test_one_clear_sentence_in_another_language_is_believed():
    guesses = [Guess(5, {"en": 0.95}), Guess(3, {"de": 0.99, "en": 0.01}), Guess(5, {"en": 0.95})]
    assert voted(guesses) == ["en", "de", "en"]


def test_a_greeting_does_not_decide_for_what_follows():
    greeting, talk = Guess(2, {"ja": 0.99}), Guess(4, {"en": 0.97, "ja": 0.01})
    assert voted([greeting, *[talk] * 5]) == ["ja", *["en"] * 5]


def test_what_was_spoken_before_decides_an_unsure_guess():
    unsure = [Guess(1.5, {"it": 0.5, "de": 0.3, "en": 0.1})]
    assert voted(unsure) == ["it"]
    assert voted(unsure, before="de") == ["de"]


def test_an_unclear_voice_is_not_taken_for_latin_which_nobody_speaks_at_home():
    clear, unclear = Guess(4, {"en": 0.97}), Guess(4, {"la": 0.93, "it": 0.03, "en": 0.01})
    assert voted([clear, unclear, unclear, unclear, clear]) == ["en"] * 5
    assert voted([unclear] * 3, allowed=["en", "la"]) == ["la"] * 3, "where it is named it is believed"


@pytest.mark.parametrize("language", ["cy", "is", "sl", "eu", "mt", "fi"])
def test_a_language_of_few_people_is_heard_where_it_is_clear(language: str):
    talk = Guess(5, {language: 0.9, "en": 0.05})
    assert voted([talk] * 3) == [language] * 3
    assert voted([Guess(5, {"en": 0.97}), *[talk] * 3]) == ["en", *[language] * 3]


def test_every_language_of_few_people_is_one_that_is_recognised():
    told = tomllib.loads(SPEAKERS.read_text(encoding="utf-8"))
    assert set(told) <= LANGUAGES
    assert all(0 <= number < MANY for number in told.values())


def test_what_is_not_allowed_is_not_heard():
    guesses = [Guess(3, {"la": 0.9, "de": 0.05}), Guess(3, {"en": 0.6, "la": 0.4})]
    assert voted(guesses, allowed=["de", "en"]) == ["de", "en"]


def test_no_speech_has_no_language():
    assert voted([]) == []


@pytest.mark.parametrize(
    ("names", "codes"),
    [
        *((name, ("de",)) for name in ("de", "DE", "deu", "ger", "de-DE", "de_CH", "German", "GERMAN", "German, de")),
        *((names, ("de", "en")) for names in ("en,de", "German and English", " de ; en, deu", "en/de")),
        *((names, ()) for names in ("", "auto", " ")),
        ("nb", ("no",)),
        ("jv", ("jw",)),
        ("Filipino", ("tl",)),
        ("mandarin,cantonese", ("yue", "zh")),
        ("Greek", ("el",)),
        ("pt-BR", ("pt",)),
        ("yue", ("yue",)),
    ],
)
def test_languages_are_understood_by_any_of_their_names(names: str, codes: tuple[str, ...]):
    assert expected(names) == codes


@pytest.mark.parametrize("names", ["xx", "klingon", "und", "e", "english2", "1", "--", "de,xx", "en and xx"])
def test_what_is_no_language_that_is_recognised_is_refused(names: str):
    with pytest.raises(UsageError, match="no language"):
        expected(names)
