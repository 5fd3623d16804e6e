from collections.abc import Sequence

import numpy as np
from made_stages import Hashed
from vidscout.tools.perception.embeddings.once import EmbeddedOnce
from vidscout.tools.perception.embeddings.purposes import Query


def test_a_text_that_repeats_is_embedded_once():
    model = Hashed()
    once = EmbeddedOnce(model)
    vectors = [*once.run(["2 persons", "a dog", "2 persons"]), *once.run(["a cat", "2 persons"])]
    assert model.given == ["2 persons", "a dog", "a cat"]
    expected = Hashed().run(["2 persons", "a dog", "2 persons", "a cat", "2 persons"])
    assert np.array_equal(vectors, expected)


def test_a_query_is_another_text_than_the_same_words_of_a_record():
    model = Hashed()
    EmbeddedOnce(model).run(["a dog", Query("a dog")])
    assert [type(text) for text in model.given] == [str, Query]


def test_no_more_is_kept_than_was_said_and_the_last_ones_stay():
    model = Hashed()
    once = EmbeddedOnce(model, most=2)
    once.run(["a", "b"])
    once.run(["a", "c"])
    model.given.clear()
    once.run(["a", "c", "b"])
    assert model.given == ["b"]


def test_what_fails_is_not_remembered():
    class Failing(Hashed):
        role = "text_embedding"
        name = "failing-for-a-test"
        fails = True

        def perceive(self, batch: Sequence[str]) -> list[np.ndarray]:
            if self.fails:
                raise RuntimeError("no")
            return super().perceive(batch)

    model = Failing()
    once = EmbeddedOnce(model)
    try:
        once.run(["a"])
    except RuntimeError:
        model.fails = False
    assert len(once.run(["a"])) == 1
