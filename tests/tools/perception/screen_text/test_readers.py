import hashlib
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont
from vidscout.tools.errors import UsageError, WeightsError
from vidscout.tools.media.video import frames
from vidscout.tools.perception.screen_text.readers import (
    BLOCK,
    EasyOCR,
    RapidOCR,
    legible,
    merge_over_time,
    text_records,
)
from vidscout.tools.records import Box, Modality, Record, Span, TextLine
from vidscout.tools.runtime.backend import backend
from vidscout.tools.weights import pull as weights

SLIDE = [
    "Annual Report 2026",
    "Revenue grew by 12 percent in the second quarter",
    "Operating costs fell to 4.3 million euros",
    "Contact: press@example.org",
]
CENTRE = Box(0.3, 0.45, 0.7, 0.55)


def line(text: str, score: float = 0.95, box: Box = CENTRE) -> TextLine:
    return TextLine(text, score, box)


def row(number: int, left: float = 0.1, right: float = 0.6) -> Box:
    return Box(left, 0.1 * number, right, 0.1 * number + 0.06)


def seen(*readings: tuple[float, list[TextLine]], until: float | None = None) -> list[tuple[Span, list[TextLine]]]:
    """Observations that each stand until the next, the last for a second."""
    times = [start for start, _ in readings]
    ends = [*times[1:], until or times[-1] + 1]
    return [(Span(start, end), lines) for (start, lines), end in zip(readings, ends, strict=True)]


def records(*readings: tuple[float, list[TextLine]], until: float | None = None) -> list[Record]:
    return text_records("v", seen(*readings, until=until), "ocr/1")


def spans(found: list[Record]) -> list[tuple[str, float, float]]:
    return [(record.text, record.span.start, record.span.end) for record in found]


def picture(lines: list[str], size: int = 24, colours: tuple[str, str] = ("white", "black")) -> np.ndarray:
    """A slide of 1280×720 with one line below the other, RGB."""
    image = Image.new("RGB", (1280, 720), colours[0])
    draw = ImageDraw.Draw(image)
    for number, text in enumerate(lines):
        draw.text((90, 70 + number * size * 2.4), text, fill=colours[1], font=ImageFont.load_default(size))
    return np.asarray(image)


@pytest.fixture(scope="module")
def rapidocr() -> RapidOCR:
    return RapidOCR()


# what merging over time makes of readings


def test_a_title_read_three_times_is_one_record_with_its_best_reading():
    title = line("An unlucky bird", 0.98)
    found = records((4, [title]), (5, [line("An unlucky blrd", 0.71)]), (6, [line("An unlucky bird", 0.9)]))
    assert spans(found) == [("An unlucky bird", 4, 7)]
    assert found[0].modality is Modality.SCREEN_TEXT
    assert found[0].score == 0.98
    assert found[0].boxes == (title.box,)
    assert found[0].source == "ocr/1"


def test_what_was_read_most_often_beats_what_was_read_most_surely_once():
    often = [(float(n), [line("Peach Project presents", 0.96)]) for n in range(1, 5)]
    assert records((0, [line("Peach Project presentsr", 0.99)]), *often)[0].text == "Peach Project presents"


def test_the_same_words_after_a_pause_are_a_new_caption():
    live = [line("LIVE")]
    assert spans(records((4, live), (5, []), (60, live))) == [("LIVE", 4, 5), ("LIVE", 60, 61)]


def test_a_line_missed_on_one_frame_still_stands():
    found = records((4, [line("Chapter one")]), (5, []), (6, [line("Chapter one")]))
    assert spans(found) == [("Chapter one", 4, 7)]


def test_a_slide_that_stands_for_a_minute_is_one_record_of_a_minute():
    found = records((0, [line("Budget", box=row(1)), line("Staff", box=row(2))]), until=60)
    assert spans(found) == [("Budget / Staff", 0, 60)]


def test_a_bullet_that_comes_later_is_a_record_of_its_own():
    title, first, second = line("Budget", box=row(1)), line("Staff costs", box=row(2)), line("Travel", box=row(3))
    found = records((0, [title, first]), (10, [title, first, second]), until=20)
    assert spans(found) == [("Budget / Staff costs", 0, 20), ("Travel", 10, 20)]


def test_lines_that_fade_in_unevenly_are_one_card():
    one, two = line("The Blender Foundation and", box=row(1)), line("Peach Project presents", box=row(2))
    assert spans(records((4, [one]), (5, [one, two]), (6, [one, two]))) == [
        ("The Blender Foundation and / Peach Project presents", 4, 7)
    ]


def test_writing_that_grows_in_one_place_is_one_line_in_full():
    typed = [
        (float(n), [line(text, box=Box(0.1, 0.4, right, 0.45))])
        for n, (text, right) in enumerate([("def merge", 0.3), ("def merge(lines)", 0.45), ("def merge(lines):", 0.47)])
    ]
    assert spans(records(*typed, until=9)) == [("def merge(lines):", 0, 9)]


def test_a_counter_that_counts_is_not_one_line():
    found = records(
        (0, [line("Lecture 12: binary search trees", 0.99)]), (9, [line("Lecture 13: binary search trees", 0.99)])
    )
    assert spans(found) == [
        ("Lecture 12: binary search trees", 0, 9),
        ("Lecture 13: binary search trees", 9, 10),
    ]


def test_equal_words_in_two_places_stay_two_lines():
    left, right = line("Total", box=Box(0.1, 0.1, 0.2, 0.15)), line("Total", box=Box(0.8, 0.8, 0.9, 0.85))
    merged = merge_over_time(seen((0, [left, right]), (1, [right, left]), (2, [left, right])))
    assert [(found.start, found.end, found.best.box) for found in merged] == [(0, 3, left.box), (0, 3, right.box)]


def test_reading_order_is_from_top_to_bottom_and_left_to_right():
    cells = [
        line("$1,200,000", box=Box(0.32, 0.302, 0.45, 0.35)),
        line("Marketing", box=Box(0.1, 0.3, 0.3, 0.352)),
        line("Budget", box=Box(0.1, 0.1, 0.3, 0.16)),
        line("Page two", box=Box(0.85, 0.3, 0.95, 0.35)),
    ]
    assert records((0, cells))[0].text == "Budget / Marketing $1,200,000 / Page two"


def test_a_screen_full_of_text_is_several_records_in_order():
    full = [line(f"line number {n} of a long listing", box=Box(0.1, n / 60, 0.9, n / 60 + 0.01)) for n in range(60)]
    found = records((0, full))
    assert len(found) > 2
    assert all(len(record.text) <= BLOCK + 3 * len(record.boxes) for record in found)
    assert " / ".join(record.text for record in found) == " / ".join(text.text for text in full)
    assert {record.span for record in found} == {Span(0, 1)}


def test_what_is_never_read_surely_is_no_record():
    assert records((0, [line("BOAR", 0.55)]), (1, [line("BOAR", 0.6)])) == []


def test_signs_and_guesses_are_not_text():
    assert legible([line("…"), line("O"), line("福"), line("guess", 0.4), line("OK", 0.9)]) == [line("OK", 0.9)]


@given(st.integers(0, 2**32))
def test_merging_is_deterministic_and_loses_no_time(seed: int):
    chance = random.Random(seed)
    words = ["Budget", "Budgets", "Staff costs", "Travel 2024", "Travel 2025", "An unlucky bird"]
    readings = [
        (float(at), [line(chance.choice(words), chance.uniform(0.75, 1), row(n)) for n in range(chance.randrange(4))])
        for at in range(12)
    ]
    found = records(*readings)
    assert found == records(*readings)
    for at, lines in readings:
        covered = {number for record in found if record.span.contains(at) for number in range(len(record.boxes))}
        assert bool(lines) <= bool(covered)


# what the real models read


@pytest.mark.models
def test_the_trailers_cards_are_read(rapidocr: RapidOCR, trailer):
    wanted = {
        6: "The Blender Foundation and",
        12: "An unlucky bird",
        18: "A (slightly overweight) bunny",
        34: "And three rodent pests",
        50: "Revenge is coming...",
    }
    shown = {round(frame.time): frame.image for frame in frames(trailer, 1.0) if round(frame.time) in wanted}
    readings = dict(zip(shown, rapidocr.run(list(shown.values())), strict=True))
    assert {at: words in [found.text for found in readings[at]] for at, words in wanted.items()} == dict.fromkeys(
        wanted, True
    )


@pytest.mark.models
@pytest.mark.parametrize("colours", [("white", "black"), ("#102040", "#f0f0f0")])
def test_small_print_keeps_its_words_apart(rapidocr: RapidOCR, colours):
    [read] = rapidocr.run([picture(SLIDE, size=18, colours=colours)])
    assert [found.text for found in read] == SLIDE


@pytest.mark.models
def test_boxes_are_where_the_text_is(rapidocr: RapidOCR):
    image = np.full((720, 1280, 3), 255, np.uint8)
    image[360:, 640:] = picture(["Quarter"], size=40)[40:400, 0:640]
    [[found]] = rapidocr.run([image])
    assert found.text == "Quarter"
    assert found.box.left > 0.5
    assert found.box.top > 0.5
    assert 0.04 < found.box.bottom - found.box.top < 0.15


@pytest.mark.models
def test_a_portrait_picture_and_a_tiny_one_are_read(rapidocr: RapidOCR):
    portrait = np.ascontiguousarray(np.full((1280, 720, 3), 255, np.uint8))
    portrait[300:400] = picture(["Portrait video"], size=40)[40:140, :720]
    tiny = picture(["Small frame"], size=90)[::4, ::4]
    texts = [[found.text for found in lines] for lines in rapidocr.run([portrait, np.ascontiguousarray(tiny)])]
    assert texts == [["Portrait video"], ["Small frame"]]


@pytest.mark.models
def test_a_reading_does_not_depend_on_the_batch(rapidocr: RapidOCR):
    images = [picture([text], size=size) for text, size in zip(SLIDE, (18, 24, 30, 22), strict=True)]
    alone = [RapidOCR().run([image])[0] for image in images[:2]]
    together = RapidOCR().run(images[::-1])[::-1][:2]
    for one, other in zip(alone, together, strict=True):
        assert [(found.text, found.box) for found in one] == [(found.text, found.box) for found in other]


@pytest.mark.models
def test_pictures_without_text_give_no_lines(rapidocr: RapidOCR):
    noise = np.random.default_rng(0).integers(0, 256, (360, 640, 3), np.uint8)
    black, grey = np.zeros((720, 1280, 3), np.uint8), np.full((360, 640, 3), 127, np.uint8)
    assert rapidocr.run([black, grey, noise]) == [[], [], []]
    assert rapidocr.run([]) == []


@pytest.mark.models
def test_looking_closer_finds_smaller_print_and_is_another_source(rapidocr: RapidOCR, trailer):
    [meadow] = [frame.image for frame in frames(trailer, 1.0) if round(frame.time) == 43]
    image = Image.fromarray(meadow)
    pen = ImageDraw.Draw(image)
    for number in range(6):
        at = (60 + 150 * number, 300 + 60 * number)
        pen.text(at, f"footnote {number}", "white", ImageFont.load_default(13), stroke_width=1, stroke_fill="black")
    closer = RapidOCR(detection_side=1280)
    [few], [many] = rapidocr.run([np.asarray(image)]), closer.run([np.asarray(image)])
    assert len(few) < len(many)
    assert closer.source != rapidocr.source


def test_both_backends_are_known_by_name():
    assert backend("screen_text", "rapidocr") is RapidOCR
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
