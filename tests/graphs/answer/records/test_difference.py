"""By how much two numbers differ."""

import pytest
from vidscout.graphs.answer.records.difference import difference


@pytest.mark.parametrize(
    ("text", "question", "language", "reckoned"),
    [
        ("Tickets are 12 pounds, or 8 for pupils.", "How much less do pupils pay?", "en", "12 − 8 = 4 (pounds)."),
        (
            "It took me three tries. They promise 150 minutes, and the best I ever got was 112.",
            "By how many minutes does it miss what they promise?",
            "en",
            "150 − 112 = 38 (minutes).",
        ),
        (
            "Statt 300.000 Euro hat es 270.000 gekostet.",
            "Um wie viel billiger?",
            "de",
            "300.000 − 270.000 = 30,000",
        ),
        ("The share fell from twelve percent to seven percent.", "By how many points?", "en", "12 − 7 = 5 (percent)."),
        ("It was 2.1 million, down from 2.8 million.", "By how much did it fall?", "en", "= 700,000."),
        ("It was £2.1 million, down from £2.8 million.", "By how much did it fall?", "en", "= 700,000 (£)."),
    ],
)
def test_two_numbers_of_one_thing_are_reckoned(text: str, question: str, language: str, reckoned: str):
    assert reckoned in (difference([text], question, language) or "")


@pytest.mark.parametrize(
    "text",
    [
        "Nobody knows.",
        "It costs 12 pounds.",
        "In 1974 the 2 towers fell.",
        "He was 40 and had 3 sons.",
        "12 or 12",
    ],
)
def test_numbers_of_different_things_are_not(text: str):
    assert difference([text], "How much more is it?", "en") is None


def test_the_better_text_is_taken_first_and_the_named_unit_counts():
    texts = ["The old one holds 4 litres for 20 pounds, the new one 6 litres for 30 pounds."]
    assert difference(texts, "How many litres more does the new one hold?", "en") == "6 − 4 = 2 (litres)."
    assert difference(texts, "How many pounds more is the new one?", "en") == "30 − 20 = 10 (pounds)."
