"""The things of which a question asks which one comes first."""

import pytest
from vidscout.graphs.answer.records.ordering import alternatives


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("What happens first, the signing or the session?", ["the signing", "the session"]),
        ("Was kommt zuerst: Zelt, Feuer oder Suppe?", ["Zelt", "Feuer", "Suppe"]),
        ("¿Qué viene antes, la firma o la sesión?", ["la firma", "la sesión"]),
        ("先出现的是哪个，火山还是河流？", ["火山", "河流"]),
        ("In what order do the slides come?", []),
        ("Who signs first?", []),
        ("or", []),
    ],
)
def test_what_is_named_on_both_sides_of_or(question: str, named: list[str]):
    assert alternatives(question) == named
