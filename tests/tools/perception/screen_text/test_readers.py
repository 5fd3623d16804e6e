import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from vidscout.bench.data.fetched import fetch
from vidscout.tools.errors import UsageError, WeightsError
from vidscout.tools.media.video import frames
from vidscout.tools.perception.screen_text.lines_over_time import BELIEVED
from vidscout.tools.perception.screen_text.readers import (
    EasyOCR,
    PPOCRReader,
    legible,
)
from vidscout.tools.records import Box, TextLine
from vidscout.tools.runtime.backend import backend
from vidscout.tools.weights import catalogue as weights

SLIDE = [
    "Annual Report 2026",
    "Revenue grew by 12 percent in the second quarter",
    "Operating costs fell to 4.3 million euros",
    "Contact: press@example.org",
]


def picture(
    lines: list[str], size: int = 24, colours: tuple[str, str] = ("white", "black"), typeface: str | None = None
) -> np.ndarray:
    """A slide of 1280×720 with one line below the other, RGB."""
    image = Image.new("RGB", (1280, 720), colours[0])
    draw = ImageDraw.Draw(image)
    # the built-in typeface has no accents
    font = ImageFont.truetype(fetch(typeface), size) if typeface else ImageFont.load_default(size)
    for number, text in enumerate(lines):
        draw.text((90, 70 + number * size * 2.4), text, fill=colours[1], font=font)
    return np.asarray(image)


@pytest.fixture(scope="module")
def reader() -> PPOCRReader:
    return PPOCRReader()


def test_signs_and_guesses_are_not_text():
    def line(text: str, score: float = 0.95) -> TextLine:
        return TextLine(text, score, Box(0.3, 0.45, 0.7, 0.55))

    assert legible([line("…"), line("O"), line("福"), line("guess", 0.4), line("OK")]) == [line("OK")]


@pytest.mark.models
def test_the_trailers_cards_are_read(reader: PPOCRReader, trailer):
    wanted = {
        6: "The Blender Foundation and",
        12: "An unlucky bird",
        18: "A (slightly overweight) bunny",
        34: "And three rodent pests",
        50: "Revenge is coming...",
    }
    shown = {round(frame.time): frame.image for frame in frames(trailer, 1.0) if round(frame.time) in wanted}
    readings = dict(zip(shown, reader.run(list(shown.values())), strict=True))
    assert {at: words in [found.text for found in readings[at]] for at, words in wanted.items()} == dict.fromkeys(
        wanted, True
    )


@pytest.mark.models
def test_small_print_of_a_screen_recording_that_was_made_smaller_is_read(reader: PPOCRReader):
    """Type of 11 pixels in 1080p and of 20 in 4K stands 7 pixels high in the frames that are looked at."""
    font = ImageFont.truetype(fetch("lato"), 20)
    screen = Image.new("RGB", (3840, 2160), "#1e1e22")
    draw = ImageDraw.Draw(screen)
    for number, line in enumerate(SLIDE):
        draw.text((900, 400 + 300 * number), line, "#d8d8d0", font)
    [lines] = reader.run([np.asarray(screen.resize((1280, 720), Image.Resampling.BOX))])
    assert sum(line.text in SLIDE for line in lines) >= 3


@pytest.mark.models
@pytest.mark.parametrize("colours", [("white", "black"), ("#102040", "#f0f0f0")])
def test_small_print_keeps_its_words_apart(reader: PPOCRReader, colours):
    [read] = reader.run([picture(SLIDE, size=18, colours=colours)])
    assert [found.text for found in read] == SLIDE


@pytest.mark.models
def test_accents_and_other_letters_of_the_latin_script_stay(reader: PPOCRReader):
    written = ["Die Brücke über den Fluss wurde größer", "Le théâtre était fermé à Noël", "Smörgåsbord på Åland"]
    [read] = reader.run([picture(written, size=32, typeface="lato")])
    assert [found.text for found in read] == written


@pytest.mark.models
def test_an_items_bullet_is_no_part_of_it(reader: PPOCRReader):
    [read] = reader.run([picture(["Costs", "• Ground station: 5 million"], size=32, typeface="lato")])
    assert [found.text for found in read] == ["Costs", "Ground station: 5 million"]


@pytest.mark.models
def test_small_pale_print_in_the_corners_of_an_empty_page_is_read(reader: PPOCRReader):
    page = Image.new("RGB", (1280, 720), "white")
    pen = ImageDraw.Draw(page)
    corners = {
        (12, 4): "page header",
        (1130, 4): "Chapter two",
        (12, 700): "All rights reserved",
        (1170, 700): "page 42",
    }
    for place, words in corners.items():
        pen.text(place, words, "#909090", ImageFont.load_default(14))
    for shown in (page, page.crop((0, 360, 1280, 720)), page.crop((640, 0, 1280, 720))):
        left, top = (1280 - shown.width, 720 - shown.height)
        wanted = {words for (x, y), words in corners.items() if x >= left and y >= top}
        [read] = reader.run([np.asarray(shown)])
        assert {found.text for found in read} == wanted


@pytest.mark.models
def test_a_title_that_fades_in_over_a_still_picture_is_read(reader: PPOCRReader, trailer):
    [meadow] = [frame.image for frame in frames(trailer, 1.0) if round(frame.time) == 43]
    titled = Image.fromarray(meadow)
    ImageDraw.Draw(titled).text((300, 330), "Three weeks later", "white", ImageFont.load_default(48))
    shown = [
        np.asarray(Image.blend(Image.fromarray(meadow), titled, strength)) for strength in (0.0, 0.1, 0.3, 0.6, 1.0)
    ]
    texts = [[found.text for found in lines] for lines in reader.run(shown)]
    assert texts[0] == []
    assert texts[-2:] == [["Three weeks later"]] * 2


@pytest.mark.models
def test_boxes_are_where_the_text_is(reader: PPOCRReader):
    image = np.full((720, 1280, 3), 255, np.uint8)
    image[360:, 640:] = picture(["Quarter"], size=40)[40:400, 0:640]
    [[found]] = reader.run([image])
    assert found.text == "Quarter"
    assert found.box.left > 0.5
    assert found.box.top > 0.5
    assert 0.04 < found.box.bottom - found.box.top < 0.15


@pytest.mark.models
def test_a_portrait_picture_and_a_tiny_one_are_read(reader: PPOCRReader):
    portrait = np.ascontiguousarray(np.full((1280, 720, 3), 255, np.uint8))
    portrait[300:400] = picture(["Portrait video"], size=40)[40:140, :720]
    tiny = picture(["Small frame"], size=90)[::4, ::4]
    texts = [[found.text for found in lines] for lines in reader.run([portrait, np.ascontiguousarray(tiny)])]
    assert texts == [["Portrait video"], ["Small frame"]]


@pytest.mark.models
def test_a_reading_does_not_depend_on_the_batch(reader: PPOCRReader):
    images = [picture([text], size=size) for text, size in zip(SLIDE, (18, 24, 30, 22), strict=True)]
    alone = [PPOCRReader().run([image])[0] for image in images[:2]]
    together = PPOCRReader().run(images[::-1])[::-1][:2]
    for one, other in zip(alone, together, strict=True):
        assert [(found.text, found.box) for found in one] == [(found.text, found.box) for found in other]


@pytest.mark.models
def test_pictures_without_text_give_no_lines(reader: PPOCRReader):
    noise = np.random.default_rng(0).integers(0, 256, (360, 640, 3), np.uint8)
    black, grey = np.zeros((720, 1280, 3), np.uint8), np.full((360, 640, 3), 127, np.uint8)
    read = reader.run([black, grey, noise])
    assert read[:2] == [[], []]
    assert all(found.score < BELIEVED for found in read[2]), "a guess that no record is made of"
    assert reader.run([]) == []


@pytest.mark.models
def test_looking_closer_finds_smaller_print_and_is_another_source(reader: PPOCRReader, trailer):
    [meadow] = [frame.image for frame in frames(trailer, 1.0) if round(frame.time) == 43]
    image = Image.fromarray(meadow)
    pen = ImageDraw.Draw(image)
    for number in range(6):
        at = (60 + 150 * number, 300 + 60 * number)
        pen.text(at, f"footnote {number}", "white", ImageFont.load_default(9), stroke_width=1, stroke_fill="black")
    closer = PPOCRReader(longest_side=1280)
    [few], [many] = reader.run([np.asarray(image)]), closer.run([np.asarray(image)])
    assert len(few) < len(many)
    assert closer.source != reader.source


def test_both_backends_are_known_by_name():
    assert backend("screen_text", "pp-ocr") is PPOCRReader
    assert backend("screen_text", "easyocr") is EasyOCR


def test_other_languages_are_another_source():
    assert EasyOCR().source != EasyOCR(languages=("en", "de")).source


needs_easyocr = pytest.mark.skipif(bool(EasyOCR.missing()), reason=f"needs {', '.join(EasyOCR.missing())}")


@pytest.mark.models
@pytest.mark.slow
@needs_easyocr
def test_easyocr_reads_slides_in_a_batch_as_each_alone():
    slides = [picture(SLIDE[n : n + 1], size=30)[:140, :700] for n in (0, 2)]
    small = slides[0][:120]
    tool = EasyOCR(gpu=False, batch_size=2)
    read = tool.run([slides[0], small, slides[1]])
    assert [[line.text for line in lines] for lines in read] == [SLIDE[:1], SLIDE[:1], SLIDE[2:3]]
    for image, lines in zip(slides, (read[0], read[2]), strict=True):
        [alone] = tool.run([image])
        assert [line.text for line in alone] == [line.text for line in lines]
        assert [line.score for line in alone] == pytest.approx([line.score for line in lines], abs=0.01)


@pytest.mark.models
@needs_easyocr
def test_easyocr_reads_several_languages_with_the_weights_of_their_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    import easyocr.config  # pyright: ignore[reportMissingImports]
    import torch
    from easyocr.model.vgg_model import Model  # pyright: ignore[reportMissingImports]

    (tmp_path / "craft_mlt_25k.pth").symlink_to(weights.folder("easyocr-english") / "craft_mlt_25k.pth")
    tool = EasyOCR(languages=("de", "fr", "en"), gpu=False, storage=tmp_path)
    with pytest.raises(WeightsError, match=r"latin_g2\.pth"):
        tool.ready()
    latin = easyocr.config.recognition_models["gen2"]["latin_g2"]
    model = Model(input_channel=1, output_channel=256, hidden_size=256, num_class=len(latin["characters"]) + 1)
    # as the package's own files are: of a model that was trained on several GPUs
    torch.save({f"module.{name}": value for name, value in model.state_dict().items()}, tmp_path / "latin_g2.pth")
    digest = hashlib.md5((tmp_path / "latin_g2.pth").read_bytes(), usedforsecurity=False).hexdigest()
    monkeypatch.setitem(latin, "md5sum", digest)
    tool.ready()
    assert {"ä", "é", "w"} <= set(tool._reader.lang_char)
    [lines] = tool.run([picture(SLIDE[:1], size=30)[:140, :700]])  # its random weights read nothing sensible
    assert all(line.score >= 0.5 for line in lines)


@needs_easyocr
def test_languages_that_easyocr_cannot_read_together_are_told(tmp_path: Path):
    for languages in (("ja", "ko"), ("en", "klingon")):
        with pytest.raises(UsageError, match=f"cannot read {', '.join(languages)} together"):
            EasyOCR(languages=languages, gpu=False, storage=_with_a_detector(tmp_path)).ready()


def _with_a_detector(folder: Path) -> Path:
    link = folder / "craft_mlt_25k.pth"
    if not link.exists():
        link.symlink_to(weights.folder("easyocr-english") / link.name)
    return folder


@needs_easyocr
def test_a_gpu_that_is_not_there_is_said():
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(UsageError, match="'cuda' was asked for"):
        EasyOCR(gpu=True).ready()


@pytest.mark.parametrize("turns", [1, 3])
def test_a_line_that_stands_on_end_is_read_to_whichever_side_it_was_turned(reader: PPOCRReader, turns: int):
    slide = picture(["Revenue grew by 12 percent"], 40)[:400, :800]
    [[found]] = reader.run([np.ascontiguousarray(np.rot90(slide, turns))])
    assert found.text == "Revenue grew by 12 percent"


def test_numbers_that_stand_alone_in_a_table_are_read(reader: PPOCRReader):
    slide = Image.new("RGB", (1280, 720), "white")
    draw, font = ImageDraw.Draw(slide), ImageFont.load_default(38)
    numbers = [str(number) for number in range(13, 97, 2)]
    for at, number in enumerate(numbers):
        draw.text((60 + 180 * (at % 7), 40 + 110 * (at // 7)), number, fill="#141b3c", font=font)
    [lines] = reader.run([np.asarray(slide)])
    assert sorted(line.text for line in lines) == numbers
