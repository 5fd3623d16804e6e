import numpy as np
from PIL import Image, ImageDraw, ImageFont
from vidscout.tools.perception.screen_text.tesseract import HEIGHT, dark_on_light, enlarged, lifted


def line(ground: object, ink: str, size: int = 30) -> np.ndarray:
    """A line of capitals, BGR."""
    image = Image.new("RGB", (200, 44), ground) if isinstance(ground, str) else Image.fromarray(np.asarray(ground))
    ImageDraw.Draw(image).text((8, 4), "HILTON", ink, ImageFont.load_default(size), stroke_width=0)
    return np.asarray(image)


def test_a_line_is_scaled_to_one_height():
    assert enlarged(line("white", "black")).shape[0] == HEIGHT


def test_letters_come_dark_on_light_whichever_way_they_were():
    for ground, ink in (("white", "black"), ("#102040", "yellow")):
        assert np.median(dark_on_light(enlarged(line(ground, ink)))) > 150


def test_bright_letters_are_lifted_off_a_picture():
    noise = np.random.default_rng(0).integers(20, 150, (44, 200, 3), dtype=np.uint8)
    bright, _ = lifted(enlarged(line(noise, "white")))
    plain = enlarged(line("black", "white"))
    assert bright[plain < 20].mean() > 200
    assert bright[plain > 250].mean() < 40


def test_dark_letters_are_lifted_off_a_picture():
    noise = np.random.default_rng(0).integers(110, 240, (44, 200, 3), dtype=np.uint8)
    _, dark = lifted(enlarged(line(noise, "black")))
    plain = enlarged(line("white", "black"))
    assert dark[plain > 250].mean() > 200
    assert dark[plain < 5].mean() < 40
