import pickle

import pytest
from vidscout.tools.perception.embeddings.purposes import Labelled, Query


@pytest.mark.parametrize("purpose", [Query, Labelled])
def test_a_text_keeps_its_purpose_through_pickle(purpose: type[str]):
    there = pickle.loads(pickle.dumps([purpose("what is said?"), "what is said?"]))
    assert [type(text) for text in there] == [purpose, str]
    assert there[0] == purpose("what is said?")


def test_one_text_for_several_purposes_is_several_keys():
    vectors = {"a crane": 1, Query("a crane"): 2, Labelled("a crane"): 3}
    assert [vectors["a crane"], vectors[Query("a crane")], vectors[Labelled("a crane")]] == [1, 2, 3]
    assert Query("a crane") != "a crane"
    assert Query("a crane") != Query("a bridge")


def test_the_words_are_read_as_those_of_any_text():
    assert f"{Query('a crane')}!" == "a crane!"
    assert Query("A Crane").lower().split() == ["a", "crane"]
    assert Query("crane") in ["a", Query("crane")]
