import subprocess
import sys
import time
from itertools import pairwise

import numpy as np
import pytest
from vidscout.tools.perception.embeddings.text_embedding import DIMENSIONS, TOKENS_A_BATCH, MiniLM, _of_like_length
from vidscout.tools.runtime.backend import backend


def test_it_is_the_text_embedding_backend_minilm():
    assert backend("text_embedding", "minilm") is MiniLM


def test_groups_are_of_like_length_and_within_the_token_limit():
    lengths = [int(length) for length in np.random.default_rng(0).integers(2, 257, 500)]
    groups = list(_of_like_length(lengths))
    assert sorted(index for group in groups for index in group) == list(range(500))
    assert all(len(group) * max(lengths[index] for index in group) <= TOKENS_A_BATCH for group in groups)
    ends = [(lengths[group[0]], lengths[group[-1]]) for group in groups]
    assert all(before[1] <= after[0] for before, after in pairwise(ends))


def test_a_text_beyond_the_token_limit_still_has_a_group():
    assert list(_of_like_length([TOKENS_A_BATCH + 1, 2])) == [[1], [0]]


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    return MiniLM(threads=1)


@pytest.mark.models
def test_vectors_are_float32_of_unit_length_one_a_text_in_order(minilm: MiniLM):
    texts = ["a dog", "", "a much longer sentence about the history of wind turbines in Denmark " * 3, "a dog"]
    vectors = minilm.run(texts)
    assert [vector.shape for vector in vectors] == [(DIMENSIONS,)] * 4
    assert all(vector.dtype == np.float32 for vector in vectors)
    assert np.allclose([np.linalg.norm(vector) for vector in vectors], 1, atol=1e-5)
    assert np.allclose(vectors[0], vectors[3], atol=1e-6)
    assert not np.allclose(vectors[0], vectors[2], atol=0.1)


@pytest.mark.models
def test_a_text_has_the_same_vector_in_any_company(minilm: MiniLM):
    texts = [f"{'word ' * length}number {length}" for length in (1, 3, 90, 7, 250, 40)]
    together = minilm.run(texts)
    for text, vector in zip(texts, together, strict=True):
        assert np.abs(minilm.run([text])[0] - vector).max() < 1e-5


@pytest.mark.models
def test_meaning_counts_more_than_words(minilm: MiniLM):
    question, same, other = minilm.run(
        ["What animal is shown?", "a dog runs through the grass", "What year is shown on the balance sheet?"]
    )
    near, far = minilm.run(["a puppy in a meadow", "annual revenue by region"])
    assert same @ near > 0.4 > same @ far
    assert question @ same > question @ far
    assert other @ far > other @ same


@pytest.mark.models
def test_a_text_is_cut_at_256_tokens(minilm: MiniLM):
    start = "turbine " * 254  # and [CLS] and [SEP]
    vectors = minilm.run([start, start + "a penguin plays the violin " * 50, "turbine " * 200 + "penguin " * 54])
    assert np.allclose(vectors[0], vectors[1], atol=1e-5)
    assert not np.allclose(vectors[0], vectors[2], atol=1e-2)


@pytest.mark.models
def test_one_short_sentence_takes_less_than_ten_milliseconds(minilm: MiniLM):
    def seconds() -> float:
        start = time.perf_counter()
        minilm.run(["Who opens the door in the second scene?"])
        return time.perf_counter() - start

    seconds()
    assert min(seconds() for _ in range(30)) < 0.010


@pytest.mark.models
def test_embedding_loads_neither_torch_nor_transformers():
    program = (
        "import sys; from vidscout.tools.perception.embeddings.text_embedding import MiniLM; MiniLM().run(['hello']);"
        "print([name for name in ('torch', 'transformers') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.models
def test_after_close_it_loads_again():
    minilm = MiniLM(threads=1)
    [before] = minilm.run(["hello"])
    minilm.close()
    assert not minilm.is_ready
    assert np.array_equal(minilm.run(["hello"])[0], before)
