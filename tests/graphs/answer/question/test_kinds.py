"""The kind of answer that a question asks for, and its language, by nearness to examples."""

import numpy as np
import pytest
from vidscout.graphs.answer.question.kinds import EXAMPLES, LEARNT, SURE, understand, understood
from vidscout.graphs.answer.state import Kind
from vidscout.tools.perception.embeddings.by_example import examples, learn, learnt
from vidscout.tools.perception.embeddings.purposes import Labelled
from vidscout.tools.runtime.backend import backend


def test_every_kind_has_examples_in_ten_languages_and_none_stands_twice():
    rows = examples(EXAMPLES)
    assert {kind for kind, _, _ in rows} == set(Kind)
    assert {kind: len({tongue for k, tongue, _ in rows if k == kind}) for kind in Kind} == dict.fromkeys(Kind, 10)
    texts = [text.casefold() for _, _, text in rows]
    assert len(texts) == len(set(texts)) > 600


def test_what_was_learnt_is_of_these_kinds_and_languages():
    assert set(learnt(LEARNT, "kind").names) == set(Kind)
    assert set(learnt(LEARNT, "language").names) == {tongue for _, tongue, _ in examples(EXAMPLES)}


def test_what_lies_between_two_kinds_is_unsure():
    kinds = ["fact"] * 4 + ["when"] * 4
    vectors = np.array([[1.0, 0.0]] * 4 + [[0.0, 1.0]] * 4)
    known = learn(vectors, kinds, "demo/1", ridge=0.01), learn(vectors, ["en"] * 7 + ["de"], "demo/1", ridge=0.01)
    clear, between = (understood(*known, np.array(vector)) for vector in ([0.0, 1.0], [0.7, 0.7]))
    assert clear.kind is Kind.WHEN
    assert between.kind is None
    assert between.margin < SURE


def test_another_embedding_than_the_one_learnt_from_understands_nothing():
    assert understand(np.zeros(384, np.float32), "minilm/1") is None


@pytest.mark.models
def test_questions_that_are_no_examples_are_told_by_kind_and_language():
    asked = {
        "when will the ferry be back in service": (Kind.DATE, "en"),
        "at which minute does she bring up the ferry": (Kind.WHEN, "en"),
        "who complained that the queue was too long?": (Kind.WHO_SAID, "en"),
        "sum the whole thing up for me": (Kind.OVERVIEW, "en"),
        "Warum wurde die Fähre eingestellt?": (Kind.REASON, "de"),
        "¿Cuánto cuesta el billete de ida?": (Kind.NUMBER, "es"),
        "Est-ce que le bateau est parti ?": (Kind.YES_NO, "fr"),
        "船长穿什么颜色的衣服？": (Kind.LOOK, "zh"),
    }
    embedding = backend("text_embedding", "embeddinggemma")()
    vectors = embedding.run([Labelled(question) for question in asked])  # type: ignore[attr-defined]
    told = [understand(vector, embedding.source) for vector in vectors]
    got = [(one.nearest, one.language) for one in told if one is not None]
    assert sum(one == wanted for one, wanted in zip(got, asked.values(), strict=True)) >= len(asked) - 1
    assert [language for _, language in got] == [language for _, language in asked.values()]
