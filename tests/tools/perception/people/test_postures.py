"""People picked from the network's heads, their postures, and the colours of their clothes."""

import numpy as np
import pytest
from vidscout.tools.geometry import Box
from vidscout.tools.payloads import Track
from vidscout.tools.perception.colours.naming import COLOURS
from vidscout.tools.perception.people.clothing import Sight, appearance
from vidscout.tools.perception.people.poses import CELLS, Pose, picked
from vidscout.tools.perception.people.postures import postures

STANDING = {0: (0.5, 0.1), 5: (0.55, 0.2), 6: (0.45, 0.2), 11: (0.53, 0.5), 12: (0.47, 0.5), 13: (0.53, 0.7),
            14: (0.47, 0.7), 15: (0.53, 0.9), 16: (0.47, 0.9)}  # fmt: skip
SITTING = STANDING | {13: (0.62, 0.54), 14: (0.56, 0.54), 15: (0.62, 0.75), 16: (0.56, 0.75)}
LYING = {at: (y, 1 - x) for at, (x, y) in STANDING.items()}
RAISED = STANDING | {10: (0.4, 0.02)}


WHOLE = Box(0.375, 0.0625, 0.625, 0.9375)


def pose(points: dict[int, tuple[float, float]], box: Box = WHOLE) -> Pose:
    table = np.zeros((17, 3), np.float32)
    for at, (x, y) in points.items():
        table[at] = x, y, 0.9
    return Pose(box, 0.8, table)


@pytest.mark.parametrize(
    ("points", "shown"),
    [
        (STANDING, ("standing",)), (SITTING, ("sitting",)), (LYING, ("lying",)), (RAISED, ("standing", "arm raised")),
        ({0: (0.5, 0.1), 5: (0.6, 0.3), 6: (0.4, 0.3)}, ()),
    ],
)  # fmt: skip
def test_a_posture_is_told_from_points(points: dict[int, tuple[float, float]], shown: tuple[str, ...]):
    assert postures(pose(points), 1.0) == shown


def sight(points: dict[int, tuple[float, float]], upper: str, lower: str) -> Sight:
    labels = np.full((120, 120), COLOURS.index("green"), np.uint8)
    labels[24:60, 50:70] = COLOURS.index(upper)
    labels[60:115, 50:70] = COLOURS.index(lower)
    return Sight(labels, (pose(points),))


def test_a_person_s_clothes_are_told_apart_from_what_is_behind():
    box = WHOLE
    track = Track("person", (0.0, 1.0, 2.0), (box,) * 3)
    looks = appearance(track, [sight(STANDING, "red", "blue"), sight(STANDING, "red", "blue"), None])
    assert [name for name, _ in looks.upper] == ["red"]
    assert [name for name, _ in looks.lower] == ["blue"]
    assert [name for name, _ in looks.postures] == ["standing"]
    assert looks.colours == ()


def test_who_stands_and_moves_walks_and_a_posture_of_one_frame_is_none():
    boxes = tuple(Box(0.375 + at / 8, 0.0625, 0.625 + at / 8, 0.9375) for at in range(3))
    moved = [
        Sight(one.labels, (Pose(box, 0.8, pose(STANDING).points),))
        for box, one in zip(boxes, [sight(STANDING, "red", "blue")] * 3, strict=True)
    ]
    walks = appearance(Track("person", (0.0, 0.5, 1.0), boxes), moved)
    assert [name for name, _ in walks.postures] == ["walking"]
    once = appearance(Track("person", (0.0,), boxes[:1]), moved[:1])
    assert once.postures == ()


def test_a_thing_has_the_colours_of_its_middle_and_a_size():
    labels = np.full((90, 160), COLOURS.index("grey"), np.uint8)
    labels[30:60, 40:80] = COLOURS.index("yellow")
    looks = appearance(Track("bus", (0.0,), (Box(0.25, 0.34, 0.5, 0.66),)), [Sight(labels, ())])
    assert looks.colours == (("yellow", 1.0),)
    assert looks.size == pytest.approx(0.08)


def test_people_are_picked_at_the_peaks_and_one_is_not_found_twice():
    people = np.zeros((CELLS, CELLS, 1), np.float32)
    people[32, 16], people[32, 17], people[32, 48] = 0.9, 0.8, 0.7
    sizes = np.zeros((CELLS, CELLS, 2), np.float32)
    sizes[32, [16, 17, 48]] = 40, 12
    guesses = np.zeros((CELLS, CELLS, 34), np.float32)
    guesses[32, 16, ::2], guesses[32, 48, ::2] = -12, -10
    points = np.full((CELLS, CELLS, 17), 0.05, np.float32)
    points[20, 16], points[22, 48] = 0.9, 0.8
    offsets = np.zeros((CELLS, CELLS, 2), np.float32)
    found = picked(people, sizes, offsets, guesses, points, np.zeros((CELLS, CELLS, 34), np.float32), (1.0, 0.75))
    assert [round(one.box.centre[0], 2) for one in found] == [0.25, 0.75]
    assert found[0].points[:, :2] == pytest.approx(np.tile((16 / 64, 20 / 64 / 0.75), (17, 1)))
    assert found[0].box.bottom <= 1.0
