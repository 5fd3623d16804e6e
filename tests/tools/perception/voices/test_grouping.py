"""Vectors of voices in groups."""

import numpy as np
import pytest
from vidscout.tools.perception.voices import grouping
from vidscout.tools.perception.voices.grouping import grouped


def voices(people: list[int], seed: int = 0, noise: float = 0.6) -> np.ndarray:
    """A unit vector near its person's own direction for each entry."""
    chance = np.random.default_rng(seed)
    centres = chance.normal(size=(max(people) + 1, 48))
    vectors = centres[people] + noise * chance.normal(size=(len(people), 48))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_each_person_is_a_group_numbered_as_they_appear():
    people = [0, 0, 2, 1, 2, 2, 0, 1, 1, 0] * 8
    assert grouped(voices(people), 0.4).tolist() == [{0: 0, 2: 1, 1: 2}[one] for one in people]


def test_a_known_number_decides_instead_of_the_likeness():
    vectors = voices([0] * 10 + [1] * 10)
    assert set(grouped(vectors, 0.99, number=2).tolist()) == {0, 1}
    assert set(grouped(vectors, -1.0, number=2).tolist()) == {0, 1}
    assert set(grouped(vectors, -1.0).tolist()) == {0}


def test_nothing_is_in_no_group():
    assert grouped(np.zeros((0, 4)), 0.5).tolist() == []


def test_more_vectors_than_are_compared_at_once_give_the_same_groups(monkeypatch: pytest.MonkeyPatch):
    people = ([0] * 30 + [1] * 30 + [2] * 30) * 3
    whole = grouped(voices(people), 0.4)
    monkeypatch.setattr(grouping, "AT_ONCE", 40)
    assert grouped(voices(people), 0.4).tolist() == whole.tolist() == people


def test_blocks_in_which_nobody_is_alike_come_to_an_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(grouping, "AT_ONCE", 4)
    assert grouped(np.eye(12), 0.5).tolist() == list(range(12))


def test_the_groups_are_those_of_average_linkage():
    hierarchy = pytest.importorskip("scipy.cluster.hierarchy")
    vectors = voices([0, 1, 2, 3, 4] * 12, seed=3, noise=1.1)
    for same in (0.2, 0.35, 0.5):
        tree = hierarchy.linkage(vectors, "average", metric="cosine")
        theirs = hierarchy.fcluster(tree, 1 - same, "distance").tolist()
        ours = grouped(vectors, same).tolist()
        assert len(set(zip(ours, theirs, strict=True))) == len(set(ours)) == len(set(theirs))
