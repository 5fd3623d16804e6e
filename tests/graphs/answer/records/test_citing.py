from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from vidscout.graphs.answer.records.citing import SUPPORTED, UNSUPPORTED, checked, support, with_times
from vidscout.graphs.answer.state import Candidate, CheckedSentence
from vidscout.tools.records import Modality, Record, Span


def candidate(text: str, relevance: float = 0.8) -> Candidate:
    record = Record("v", Span(1, 2), Modality.SPEECH, text, 1.0, "test/1")
    return Candidate(record, relevance, relevance, 1.0)


MIRROR = candidate("The mirror is made of silicon carbide, because glass would crack.")
COST = candidate("The flight costs forty two million dollars.")


def test_an_answer_that_a_record_holds_is_supported_by_that_record():
    share, holding = support("Silicon carbide.", "What is the mirror made of?", [COST, MIRROR])
    assert share == 1
    assert holding == [MIRROR]


def test_words_of_the_question_prove_nothing():
    share, _ = support("The mirror is made of glass fibre and gold.", "What is the mirror made of?", [MIRROR])
    assert share < 0.5


def test_a_number_that_no_record_holds_makes_an_answer_unsupported():
    share, holding = support("It costs 77 million dollars.", "What does the flight cost?", [COST])
    assert share == 0
    assert holding == []


def test_a_number_may_be_written_in_figures_or_in_words():
    said = candidate("It was polished for eleven weeks.")
    assert support("11 weeks", "How long was it polished?", [said])[0] == 1
    assert support("12 weeks", "How long was it polished?", [said])[0] == 0
    assert support("twelve weeks", "How long was it polished?", [said])[0] == 0
    written = candidate("Diameter: 48 cm")
    assert support("forty-eight cm", "How wide is it?", [written])[0] == 1


def test_a_time_that_a_sentence_tells_is_not_held_against_the_records():
    told = "Silicon carbide, at 12:34 and at 1:02:03."
    assert checked(told, "What is the mirror made of?", [MIRROR]).support == 1


def test_nothing_supports_an_answer_without_words():
    assert support("", "What?", [MIRROR]) == (0.0, [])
    assert support("...", "What?", [MIRROR]) == (0.0, [])


def test_nothing_is_supported_by_no_records():
    assert support("Silicon carbide.", "What is the mirror made of?", []) == (0.0, [])


def test_the_record_that_holds_most_comes_first():
    _, holding = support("forty two million for silicon", "What?", [MIRROR, COST])
    assert holding[0] == COST


def written(
    pieces: list[str], candidates: list[Candidate], question: str = "What?"
) -> tuple[str, list[CheckedSentence]]:
    stream = with_times(pieces, lambda sentence: checked(sentence, question, candidates))
    shown = []
    while True:
        try:
            shown.append(next(stream))
        except StopIteration as end:
            return "".join(shown), end.value


def test_each_sentence_gets_the_time_of_its_evidence():
    text, sentences = written(
        ["The mirror is silicon carbide. The flight", " costs forty two million."], [MIRROR, COST]
    )
    assert text == "The mirror is silicon carbide. (0:01) The flight costs forty two million. (0:01)"
    assert [sentence.cited[0] for sentence in sentences] == [MIRROR, COST]


def test_a_sentence_that_no_record_holds_is_marked():
    text, sentences = written(["The mirror is silicon carbide. It sank in 1912."], [MIRROR])
    assert text.endswith(f"It sank in 1912.{UNSUPPORTED}")
    assert [sentence.support >= SUPPORTED for sentence in sentences] == [True, False]


def test_a_sentence_that_tells_its_time_gets_no_second_one():
    text, _ = written(["At 0:01 the mirror is silicon carbide."], [MIRROR])
    assert text == "At 0:01 the mirror is silicon carbide."


@given(st.lists(st.integers(0, 60), max_size=8))
def test_however_the_answer_is_cut_the_marks_are_the_same(cuts: list[int]):
    whole = "The mirror is silicon carbide. It sank. 1. The flight costs forty two million"
    places = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    pieces = [whole[a:b] for a, b in pairwise(places)]
    assert written(pieces, [MIRROR, COST]) == written([whole], [MIRROR, COST])
