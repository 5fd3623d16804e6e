from vidscout.tools.perception.follower import Followed, follow
from vidscout.tools.perception.objects.counts_over_time import GAP, by_overlap
from vidscout.tools.records import Box, Detection, Span


def followed(observations: list[tuple[Span, list[Detection]]]) -> list[Followed[Detection]]:
    return follow(observations, GAP, by_overlap)


def person(left: float, score: float = 0.8, label: str = "person") -> Detection:
    return Detection(label, score, Box(left, 0.2, left + 0.2, 0.8))


def seconds(*frames_: list[Detection]) -> list[tuple[Span, list[Detection]]]:
    return [(Span(at, at + 1), found) for at, found in enumerate(frames_)]


def test_two_persons_who_walk_are_two_tracks():
    found = followed(seconds([person(0.1), person(0.6)], [person(0.65), person(0.15)], [person(0.2), person(0.7)]))
    assert [(track.span, [round(seen.box.left, 2) for seen in track.seen]) for track in found] == [
        (Span(0, 3), [0.1, 0.15, 0.2]),
        (Span(0, 3), [0.6, 0.65, 0.7]),
    ]


def test_an_object_that_is_missed_once_is_the_same():
    [track] = followed(seconds([person(0.1)], [], [person(0.12)]))
    assert track.span == Span(0, 3)


def test_an_object_that_returns_after_long_is_another():
    first, second = followed(seconds([person(0.1)], [], [], [], [person(0.1)]))
    assert (first.span, second.span) == (Span(0, 1), Span(4, 5))


def test_a_dog_where_a_person_was_is_not_that_person():
    assert [track.seen[0].label for track in followed(seconds([person(0.1)], [person(0.1, label="dog")]))] == [
        "person",
        "dog",
    ]


def test_the_nearest_box_is_the_same_object():
    [first, *_] = followed(seconds([person(0.3)], [person(0.4), person(0.31)]))
    assert [seen.box.left for seen in first.seen] == [0.3, 0.31]
