import pytest
from vidscout.tools.written_forms import in_digits, written_forms


@pytest.mark.parametrize(
    "said",
    [
        "Call five five five one two three four.",
        "Call five five five, one two three four.",
        "Call triple five one two three four.",
        "Call 5 5 5 1 2 3 4.",
        "Call 5, 5, 5, 1, 2, 3, 4.",
        "Call 5-5-5-1-2-3-4.",
        "Call 555 1234.",
    ],
)
def test_a_telephone_number_has_one_form_however_it_is_heard(said: str):
    assert written_forms(said) == ("555-1234", "5551234")


@pytest.mark.parametrize(
    ("said", "forms"),
    [
        ("Call 555-1234.", ("5551234",)),
        ("Call 5551234.", ("555-1234",)),
        ("(212) 555-0142", ("212-555-0142", "2125550142")),
        ("Ring 0221 555 0142.", ("02215550142",)),
        ("+49 221 555-0142", ("492215550142",)),
        ("The code is four seven one one.", ("4711",)),
        ("double oh seven", ("007",)),
    ],
)
def test_other_numbers_that_are_said_in_pieces(said: str, forms: tuple[str, ...]):
    assert written_forms(said) == forms


@pytest.mark.parametrize(
    "said",
    [
        "One, two, three, four, five.",
        "Chapters 1, 2, 3 and 4.",
        "From 1914-1918 and on 2019-03-04.",
        "On 4-3-2019 at 10:30.",
        "3 500 000 people or 1,200,000.",
        "Version 1.2.3 on 192.168.10.1.",
        "Account DE89 3704 0044 0532 0130 00.",
        "One of them came.",
        "Meet me at noon.",
        "",
    ],
)
def test_what_is_no_telephone_number_stays_as_it_is(said: str):
    assert written_forms(said) == ()


@pytest.mark.parametrize(
    ("said", "forms"),
    [
        ("It grew by 23%.", ("23 percent",)),
        ("It grew by twenty-three percent.", ("23 %",)),
        ("3.5 million people", ("3,500,000",)),
        ("It costs 40 million euros.", ("40,000,000", "40 million €")),
        ("two hundred and fifty grams", ("250 g",)),
        ("20 degrees Celsius", ("20 °C",)),
        ("at 12 km/h", ("12 kilometers per hour",)),
        ("at sixty miles per hour", ("60 mph",)),
        ("5 kilometers and 5 m", ("5 km", "5 meters")),
        ("100 kilowatt hours", ("100 kWh",)),
    ],
)
def test_amounts_have_the_symbol_and_the_name_of_their_unit(said: str, forms: tuple[str, ...]):
    assert written_forms(said) == forms


@pytest.mark.parametrize(
    ("said", "forms"),
    [
        ("Write to info at example dot org.", ("info@example.org",)),
        ("My e-mail is jane dot doe at example dot co dot uk.", ("jane.doe@example.co.uk",)),
        ("Write to info at example.org", ("info@example.org",)),
        ("Look at example dot org", ("example.org",)),
        ("Contact us at example dot org", ("example.org",)),
    ],
)
def test_addresses_have_their_signs(said: str, forms: tuple[str, ...]):
    assert written_forms(said) == forms


@pytest.mark.parametrize(
    ("language", "said", "forms"),
    [
        ("de", "Es stieg um dreiundzwanzig Prozent.", ("23 %",)),
        ("de", "fünf fünf fünf eins zwei drei vier", ("555-1234", "5551234")),
        ("de", "E-Mail an info ät beispiel punkt de", ("info@beispiel.de",)),
        ("fr", "vingt-trois pour cent", ("23 %",)),
        ("es", "escriba a info arroba ejemplo punto org", ("info@ejemplo.org",)),
        ("yue", "23 %", ("23 percent",)),
    ],
)
def test_other_languages(language: str, said: str, forms: tuple[str, ...]):
    assert written_forms(said, language) == forms


def test_a_language_whose_number_words_are_not_known_keeps_its_words():
    assert in_digits("kolme neljä", "xx") == "kolme neljä"


def test_pounds_alone_are_neither_weight_nor_money():
    assert not any("lb" in form or "£" in form for form in written_forms("The stalls are 12 pounds."))
    assert "12 £" in written_forms("The stalls are 12 pounds sterling.")


def test_an_amount_that_was_written_in_two_parts_is_written_whole_beside_them():
    assert "$429" in written_forms("It cost me $400 and $29, in May.")
    assert not any(form.startswith("$1") for form in written_forms("Tickets are $100 and $20.50."))
