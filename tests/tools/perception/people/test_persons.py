"""Sightings of faces in groups."""

import numpy as np
from vidscout.tools.geometry import Box, Span
from vidscout.tools.perception.people.persons import persons

LEFT, RIGHT = Box(0.1, 0.2, 0.3, 0.6), Box(0.6, 0.2, 0.8, 0.6)


def face(who: int, seed: int) -> np.ndarray:
    """A unit vector near that person's own direction."""
    vector = np.eye(4, 64)[who] + np.random.default_rng(seed).normal(0, 0.05, 64)
    return vector / np.linalg.norm(vector)


def test_each_person_has_the_stretches_in_which_he_is_seen():
    seen = [(Span(at, at + 1), LEFT, face(0, at)) for at in range(4)]
    seen += [(Span(at, at + 1), RIGHT, face(1, at)) for at in range(2, 6)]
    seen += [(Span(at, at + 1), RIGHT, face(0, at)) for at in range(20, 23)]
    first, second = persons(sorted(seen, key=lambda one: one[0]), 0.6)
    assert (first.label, first.spans) == ("unknown person 1", [Span(0, 4), Span(20, 23)])
    assert first.boxes == [(LEFT, LEFT), (RIGHT, RIGHT)]
    assert (second.label, second.spans) == ("unknown person 2", [Span(2, 6)])


def test_a_face_that_is_seen_once_is_nobody_and_a_short_look_away_is_no_end():
    seen = [(Span(0, 1), LEFT, face(0, 0)), (Span(1, 2), LEFT, face(1, 1)), (Span(3, 4), LEFT, face(0, 2))]
    [only] = persons(seen, 0.6)
    assert only.spans == [Span(0, 4)]
    assert len(persons(seen, 0.6, least=1)) == 2
    assert persons([], 0.6) == []
