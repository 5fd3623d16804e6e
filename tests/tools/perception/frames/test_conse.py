from collections.abc import Sequence

import numpy as np
import pytest
from photos import photo
from vidscout.tools.perception.embeddings.text_embedding import DIMENSIONS, MiniLM
from vidscout.tools.perception.frames.conse import ConSE
from vidscout.tools.perception.frames.tags import EfficientNetLite0, Tags
from vidscout.tools.records import Tag


class CountingMiniLM(MiniLM):
    """The real embedding; remembers what it was asked for."""

    role = "text_embedding"

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def run(self, batch: Sequence[str]) -> list[np.ndarray]:
        self.asked += batch
        return super().run(batch)


def tagged(*labels: tuple[str, float]) -> Tags:
    return Tags(tuple(Tag(*label) for label in labels))


@pytest.mark.models
def test_a_frame_is_nearest_to_the_words_for_what_it_shows():
    text = MiniLM()
    names = ["cat", "coffee", "rocket"]
    frames = ConSE(text).vectors(EfficientNetLite0().run([photo(name) for name in names]))
    questions = np.stack(text.run(["a kitten with whiskers", "a cup of espresso", "a rocket on its launch pad"]))
    assert (questions @ frames.T).argmax(axis=1).tolist() == [0, 1, 2]


@pytest.mark.models
def test_vectors_are_weighted_sums_of_the_names_in_unit_length():
    text = MiniLM()
    [vector] = ConSE(text).vectors([tagged(("lakeside", 0.6), ("castle", 0.2))])
    lake, castle = text.run(["lakeside", "castle"])
    expected = 0.6 * lake + 0.2 * castle
    assert np.allclose(vector, expected / np.linalg.norm(expected), atol=1e-5)
    assert vector.dtype == np.float32


@pytest.mark.models
def test_a_name_is_embedded_once():
    text = CountingMiniLM()
    similarity = ConSE(text)
    similarity.vectors([tagged(("lakeside", 0.6)), tagged(("lakeside", 0.4), ("castle", 0.2))])
    similarity.vectors([tagged(("castle", 0.9))])
    assert sorted(text.asked) == ["castle", "lakeside"]


@pytest.mark.models
def test_a_frame_without_labels_is_similar_to_nothing():
    vectors = ConSE(MiniLM()).vectors([Tags.none(), tagged(("castle", 0.5))])
    assert vectors.shape == (2, DIMENSIONS)
    assert not vectors[0].any()
    assert np.isfinite(vectors).all()


def test_no_frames_give_no_vectors():
    assert ConSE(MiniLM()).vectors([]).shape == (0, DIMENSIONS)
