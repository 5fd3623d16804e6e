import pytest
from vidscout.tools.errors import UsageError
from vidscout.tools.languages import language_code, language_codes

KNOWN = frozenset(["de", "en", "no", "nn", "jw", "tl", "zh", "yue", "pt"])


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *(
            (name, "de")
            for name in ("de", "DE", "deu", "ger", "de-DE", "de_CH", "German", "GERMAN", "Deutsch", "allemand")
        ),
        ("nb", "no"),
        ("nynorsk", "nn"),
        ("jv", "jw"),
        ("Filipino", "tl"),
        ("mandarin", "zh"),
        ("zh-Hant", "zh"),
        ("cantonese", "yue"),
        ("pt-BR", "pt"),
        *((name, None) for name in ("xx", "klingon", "und", "e", "english2", "1", "fr", "--", "de/DE")),
    ],
)
def test_a_language_is_understood_by_any_of_its_names(name: str, code: str | None):
    assert language_code(name, KNOWN) == code


@pytest.mark.parametrize("names", ["en,de", "German and English", " de ; en, deu", "en/de"])
def test_a_list_is_each_language_once(names: str):
    assert language_codes(names, KNOWN) == ("de", "en")


@pytest.mark.parametrize("names", ["", "auto", " "])
def test_nothing_in_particular(names: str):
    assert language_codes(names, KNOWN) == ()


def test_a_list_with_one_wrong_name_is_refused():
    with pytest.raises(UsageError, match="no language 'englisch3'"):
        language_codes("de, englisch3", KNOWN)
