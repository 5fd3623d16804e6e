"""Names of colours, of single ones and of parts of a picture in another light."""

import numpy as np
import pytest
from vidscout.bench.measure.perceiving.colours import lit
from vidscout.tools.geometry import Box
from vidscout.tools.perception.colours.light import balanced
from vidscout.tools.perception.colours.naming import COLOURS, encoded, linear, names
from vidscout.tools.perception.colours.parts import inside, label_map, most, within


@pytest.mark.parametrize(
    ("rgb", "name"),
    [
        ((12, 12, 14), "black"), ((40, 38, 44), "black"), ((250, 250, 250), "white"), ((128, 128, 130), "grey"),
        ((200, 20, 30), "red"), ((250, 130, 10), "orange"), ((250, 230, 40), "yellow"), ((30, 140, 50), "green"),
        ((40, 80, 200), "blue"), ((25, 40, 110), "blue"), ((120, 40, 150), "purple"), ((250, 130, 190), "pink"),
        ((110, 65, 30), "brown"),
    ],
)  # fmt: skip
def test_a_plain_colour_has_its_basic_name(rgb: tuple[int, int, int], name: str):
    assert COLOURS[int(names(np.array(rgb, np.uint8)))] == name


def test_light_and_level_are_each_other_s_inverse():
    levels = np.linspace(0, 1, 64)
    assert np.allclose(encoded(linear(levels)), levels, atol=1e-6)


def test_a_white_wall_by_a_lamp_is_white():
    picture = np.full((90, 160, 3), 235, np.uint8)
    picture[30:60, 20:60] = (40, 80, 200)
    picture[30:60, 100:140] = (30, 140, 50)
    yellowish = lit(picture, (1.0, 0.85, 0.6))
    raw = names(yellowish[5, 5])
    labels = label_map(yellowish)
    assert COLOURS[int(raw)] != "white"
    assert most(inside(labels, Box(0.0, 0.0, 1.0, 0.3))) == "white"
    assert most(inside(labels, Box(0.15, 0.4, 0.35, 0.6))) == "blue"
    assert most(inside(labels, Box(0.65, 0.4, 0.85, 0.6))) == "green"


def test_a_black_picture_stays_as_it_is():
    black = np.zeros((9, 16, 3), np.uint8)
    assert (balanced(black) == black).all()


def test_colours_are_counted_in_a_box_and_in_a_shape():
    labels = np.full((10, 20), COLOURS.index("grey"), np.uint8)
    labels[4:8, 10:14] = COLOURS.index("red")
    assert inside(labels, Box(0.5, 0.4, 0.7, 0.8)).sum() == 16
    assert most(inside(labels, Box(0.5, 0.4, 0.7, 0.8))) == "red"
    assert inside(labels, Box(1.0, 1.0, 1.0, 1.0)).sum() == 1  # a pixel at least, and none beside the picture
    triangle = within(labels, np.array([(0.5, 0.4), (0.65, 0.4), (0.65, 0.7)]))
    assert triangle[COLOURS.index("red")] == triangle.sum() > 3
