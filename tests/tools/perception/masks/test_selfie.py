"""Masks of people with the real weights, and what is made of masks."""

import numpy as np
import pytest
from vidscout.bench.data.fetched import fetch
from vidscout.tools.geometry import Box
from vidscout.tools.media.video import frames
from vidscout.tools.perception.masks.segmenter import Marked, connected, cut, drawn, outline
from vidscout.tools.perception.masks.selfie import SelfieSegmentation


def disc(radius: int, at: tuple[int, int] = (60, 80)) -> np.ndarray:
    rows, columns = np.mgrid[0:120, 0:160]
    return (rows - at[0]) ** 2 + (columns - at[1]) ** 2 <= radius**2


def test_an_outline_encloses_what_the_mask_covers():
    import cv2

    mask = disc(30)
    points = outline(mask)
    assert 8 <= len(points) <= 60
    area = cv2.contourArea((np.array(points) * (160, 120)).astype(np.float32))
    assert area == pytest.approx(mask.sum(), rel=0.06)
    painted = drawn(np.zeros((120, 160, 3), np.uint8), points)
    assert painted[60, 80].sum() == 0
    assert painted[90, 80, 0] > 200


def test_of_several_parts_the_one_in_the_box_is_taken_and_none_where_there_is_none():
    both = disc(20, (60, 40)) | disc(20, (60, 120))
    taken = connected(both, Box(0.6, 0.2, 0.95, 0.8))
    assert taken is not None
    assert np.array_equal(taken, disc(20, (60, 120)))
    assert connected(both, Box(0.0, 0.0, 0.1, 0.1)) is None


def test_what_is_cut_out_stands_on_white():
    image = np.full((120, 160, 3), 90, np.uint8)
    alone = cut(image, disc(30))
    assert alone.shape == (61, 61, 3)
    assert alone[30, 30].tolist() == [90, 90, 90]
    assert alone[0, 0].tolist() == [255, 255, 255]


@pytest.mark.models
def test_a_person_is_told_from_what_is_behind_him_and_other_things_are_not_tried():
    image = next(iter(frames(fetch("man"), 25, 640))).image
    tool = SelfieSegmentation()
    box = Box(0.15, 0.1, 0.95, 1.0)
    mask, refused = tool.run([Marked(image, box, "person"), Marked(image, box, "door")])
    assert refused is None
    assert mask is not None
    assert 0.15 < mask.mean() < 0.5
    height, width = mask.shape
    rows, columns = np.nonzero(mask)
    assert mask[round(rows.mean()), round(columns.mean())]
    assert not mask[: height // 12].any()
    assert not mask[: height // 2, : width // 5].any()
