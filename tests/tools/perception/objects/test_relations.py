"""What followed objects do to each other, read off made tracks."""

import numpy as np
from vidscout.tools.geometry import Box
from vidscout.tools.payloads import Change, Track
from vidscout.tools.perception.objects.relations import Seen, relations

WHOLE = (0.0, 20.0)


def walk(places: list[float], foot: float = 0.8, height: float = 0.3, label: str = "person", begin: float = 1) -> Track:
    """Somebody a third as wide as tall, whose middle is at these places, a second apart."""
    half = height / 6
    boxes = tuple(
        Box(max(x - half, 0.0), foot - height, min(x + half, 1.0), foot) for x in places if -half < x < 1 + half
    )
    return Track(label, tuple(begin + float(at) for at in range(len(boxes))), boxes)


def told(*tracks: Track, cuts: tuple[float, ...] = WHOLE) -> list[Seen]:
    return relations(tracks, cuts)


def changes(*tracks: Track, cuts: tuple[float, ...] = WHOLE) -> list[Change]:
    return [seen.relation.change for seen in told(*tracks, cuts=cuts)]


def test_who_walks_up_to_something_and_stays_approaches_it():
    car = walk([0.7] * 12, label="car")
    [seen] = told(walk([*np.linspace(0.2, 0.58, 7), *[0.58] * 5]), car)
    assert (seen.relation.change, seen.relation.label, seen.relation.other) == (Change.APPROACHES, "person", "car")
    assert 1.0 <= seen.span.start < seen.span.end <= 8.0
    assert changes(walk([*[0.58] * 5, *np.linspace(0.58, 0.2, 7)]), car) == [Change.PARTS]


def test_who_walks_past_neither_approaches_nor_parts_and_is_in_front_where_he_stands_lower():
    stands = walk([0.5] * 11, label="dog")
    [seen] = told(stands, walk(list(np.linspace(0.25, 0.75, 11)), foot=0.86))
    assert (seen.relation.change, seen.relation.label, seen.relation.other) == (Change.PASSES, "person", "dog")
    [behind] = told(stands, walk(list(np.linspace(0.25, 0.75, 11)), foot=0.74))
    assert behind.relation.label == "dog"


def test_who_stands_behind_something_far_off_does_not_approach_it():
    assert changes(walk([*np.linspace(0.2, 0.62, 7), *[0.62] * 5], foot=0.5), walk([0.7] * 12)) == []


def test_who_comes_in_at_the_edge_enters_unless_a_cut_shows_him():
    inwards = [0.03, 0.1, 0.2, 0.3, 0.4]
    assert changes(walk(inwards, begin=4)) == [Change.ENTERS]
    assert changes(walk(inwards, begin=4), cuts=(0.0, 3.5, 20.0)) == []
    assert changes(walk(inwards, begin=1)) == []


def test_who_goes_out_at_the_edge_leaves():
    assert changes(walk([0.5, 0.6, 0.7, 0.8, 0.9, 0.97], begin=4)) == [Change.LEAVES]
    assert changes(walk([0.5, 0.5, 0.5, 0.5, 0.5], begin=4)) == []
