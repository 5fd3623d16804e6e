from vidscout.tools.forensics.signals.people.tracks import FEWEST, followed
from vidscout.tools.records import Box, Detection


def face(left: float, size: float = 0.2) -> Detection:
    return Detection("face", 0.9, Box(left, 0.2, left + size, 0.2 + size))


def test_the_largest_of_those_that_stay_is_followed_until_it_is_lost():
    small, large = face(0.1, 0.1), face(0.5, 0.3)
    seen = [(at / 25, [large, small]) for at in range(8)] + [(8 / 25, [small]), (9 / 25, [large, small])]
    assert followed(seen) == [(at / 25, large) for at in range(8)]


def test_one_that_passes_is_not_taken_for_one_that_stays():
    passing, staying = face(0.1, 0.3), face(0.6)
    seen = [(at / 25, [passing, staying] if at < FEWEST - 1 else [staying]) for at in range(FEWEST + 2)]
    assert {found.box for _, found in followed(seen)} == {staying.box}


def test_nothing_is_followed_where_nothing_is_seen():
    assert followed([]) == []
    assert followed([(0.0, []), (0.04, [])]) == []
