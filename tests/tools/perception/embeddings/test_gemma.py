import numpy as np
import pytest
from vidscout.tools.perception.embeddings.gemma import DIMENSIONS, DOCUMENT, LABELLED, QUERY, EmbeddingGemma
from vidscout.tools.perception.embeddings.purposes import Labelled, Query
from vidscout.tools.runtime.backend import backend


def test_it_is_the_text_embedding_backend_embeddinggemma():
    assert backend("text_embedding", "embeddinggemma") is EmbeddingGemma


def test_what_a_text_is_for_says_with_which_prompt_it_is_embedded():
    prompted = EmbeddingGemma().prompted
    assert prompted("The crane came in June.") == f"{DOCUMENT}The crane came in June."
    assert prompted(Query("when did the crane come?")) == f"{QUERY}when did the crane come?"
    assert prompted(Labelled("when did the crane come?")) == f"{LABELLED}when did the crane come?"


@pytest.fixture(scope="module")
def gemma() -> EmbeddingGemma:
    return EmbeddingGemma(threads=1)


@pytest.mark.models
def test_vectors_are_float32_of_unit_length_one_a_text_in_order(gemma: EmbeddingGemma):
    texts = ["a dog", "", "a sentence about wind turbines " * 80, "a dog", Query("a dog")]
    vectors = gemma.run(texts)
    assert [vector.shape for vector in vectors] == [(DIMENSIONS,)] * len(texts)
    assert all(vector.dtype == np.float32 for vector in vectors)
    assert np.allclose([np.linalg.norm(vector) for vector in vectors], 1, atol=1e-5)
    assert np.allclose(vectors[0], vectors[3], atol=1e-5)
    assert not np.allclose(vectors[0], vectors[4], atol=1e-2), "a prompt of its own"


@pytest.mark.models
def test_a_text_has_the_same_vector_in_any_company(gemma: EmbeddingGemma):
    texts = [f"{'word ' * length}number {length}" for length in (1, 3, 90, 300)]
    together = gemma.run(texts)
    for text, vector in zip(texts, together, strict=True):
        assert np.abs(gemma.run([text])[0] - vector).max() < 1e-4


ANSWERED = [
    ("¿Cuándo llega la grúa nueva?", "The new crane arrives in the second week of June."),
    ("Wer muss den Text prüfen?", "Tom has to check the text before Friday."),
    ("泥棒は何を盗みましたか", "The thieves took two hundred litres of diesel."),
    ("Pourquoi le lancement a-t-il été retardé ?", "Der Start wurde verschoben, weil die Pumpe versagte."),
    ("how many eggs do i need", "Сварите четыре яйца в течение девяти минут."),
]
"""A question in one language, and what answers it in another; no word in common."""


@pytest.mark.models
def test_questions_find_their_answers_in_another_language(gemma: EmbeddingGemma):
    vectors = np.stack(gemma.run([*[Query(asked) for asked, _ in ANSWERED], *[told for _, told in ANSWERED]]))
    similar = vectors[: len(ANSWERED)] @ vectors[len(ANSWERED) :].T
    assert similar.argmax(axis=1).tolist() == list(range(len(ANSWERED)))
