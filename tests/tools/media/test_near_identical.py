import time

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from vidscout.tools.media.near_identical import NearIdentical
from vidscout.tools.media.video import frames

BULLETS = ["Annual report", "Revenue grew by 12 percent", "Costs fell in May", "Next steps", "Questions?"]


def slide(bullets: int, size: int = 20, ink: str = "black", paper: str = "white") -> np.ndarray:
    image = Image.new("RGB", (1280, 720), paper)
    draw = ImageDraw.Draw(image)
    for number, text in enumerate(BULLETS[:bullets]):
        draw.text((100, 80 + 60 * number), text, fill=ink, font=ImageFont.load_default(size))
    return np.asarray(image)


def kept(*images: np.ndarray) -> list[int]:
    looks_the_same = NearIdentical()
    return [number for number, image in enumerate(images) if not looks_the_same(image)]


def noisy(image: np.ndarray, deviation: float, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, deviation, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def test_a_slide_that_stands_is_kept_once():
    assert kept(*[slide(2)] * 20) == [0]


@pytest.mark.parametrize("size", [14, 20])
@pytest.mark.parametrize(("ink", "paper"), [("black", "white"), ("#999999", "#c8c8c8"), ("white", "#102040")])
def test_one_more_bullet_is_a_change(size: int, ink: str, paper: str):
    assert kept(*(slide(bullets, size, ink, paper) for bullets in (1, 1, 2, 2, 3, 3))) == [0, 2, 4]


def test_camera_noise_is_no_change():
    assert kept(*(noisy(slide(3), 6, seed) for seed in range(5))) == [0]


def test_a_pointer_that_moves_is_no_change():
    pointed = []
    for x in (300, 500, 700):
        image = slide(3).copy()
        image[400:418, x : x + 12] = 0
        pointed.append(image)
    assert kept(*pointed) == [0]


def test_slow_changes_add_up():
    fade = [np.full((360, 640, 3), level, np.uint8) for level in range(100, 140, 2)]
    assert kept(*fade) == [0, 4, 8, 12, 16]


def test_another_size_is_a_change():
    assert kept(slide(1), slide(1)[:, :960], slide(1)[:, :960]) == [0, 1]


def test_starting_over_at_a_kept_frame_keeps_the_same_frames():
    images = [slide(bullets) for bullets in (1, 1, 2, 3, 3, 4)]
    again = kept(*images[2:])
    assert [2 + number for number in again] == [number for number in kept(*images) if number >= 2]


def test_a_film_keeps_nearly_all_of_its_frames_and_a_lecture_a_frame_a_slide(trailer, lecture):
    film, slides = [frame.image for frame in frames(trailer, 1.0, longest_side=640)], NearIdentical()
    assert len(kept(*film)) > 0.9 * len(film)
    times = [frame.time for frame in frames(lecture, 1.0) if not slides(frame.image)]
    assert times == [12.0 * number for number in range(10)]


@pytest.mark.slow
def test_looking_takes_about_a_millisecond():
    looks_the_same = NearIdentical()
    image = slide(4)
    looks_the_same(image)
    took = []
    for _ in range(50):
        began = time.perf_counter()
        looks_the_same(image)
        took.append(time.perf_counter() - began)
    assert min(took) < 0.002
