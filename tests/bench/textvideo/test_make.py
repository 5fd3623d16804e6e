import json
import random
from pathlib import Path

import pytest
from vidscout.bench.run.load import load
from vidscout.bench.textvideo.ask import draw
from vidscout.bench.textvideo.make import GROUNDS, LINES, WIDTH, drawn, make, paged
from vidscout.tools.errors import UsageError
from vidscout.tools.media import video as media


def story(sentences: int) -> str:
    """A text of sentences that all differ."""
    dice = random.Random(3)
    names = [f"{a}{b}" for a in ("Bel", "Mar", "Tol", "Ver") for b in ("ano", "ida", "oun", "ustra", "emi")]
    made = [
        f"In {1400 + n * 7} the town of {dice.choice(names)} sold {n + 12} barrels of salt to {dice.choice(names)}."
        for n in range(sentences)
    ]
    return "\n\n".join(" ".join(made[start : start + 9]) for start in range(0, sentences, 9))


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "story.txt"
    path.write_text(story(90), encoding="utf-8")
    return path


def test_a_text_becomes_a_video_of_pages_with_questions_that_bench_run_reads(text: Path, tmp_path: Path):
    made = make(text, tmp_path / "set", seed=5, questions=9, seconds=1.0)
    questions = load(tmp_path / "set")
    assert made.questions == 9
    assert len(questions) == 9 * 4
    assert {question.type for question in questions} == {"word", "when", "order"}
    info = media.probe(questions[0].video)
    assert info.duration == pytest.approx(made.pages * 1.0, abs=0.3)
    assert (info.width, info.has_audio) == (WIDTH, False)
    pages = json.loads((tmp_path / "set" / "needles.json").read_text(encoding="utf-8"))
    for question in questions:
        right = question.options["ABCD".index(question.answer)]
        page = pages[int(question.needle_time[0])]["text"].replace("\n", " ")
        assert len(set(question.options)) == 4
        if question.type == "word":
            assert right in page
            assert question.question.split('"')[1].replace("____", right) in page
        if question.type == "order":
            first = [" ".join(p["text"].split()) for p in pages]
            places = {option: next(n for n, p in enumerate(first) if option in p) for option in question.options}
            assert min(places, key=lambda option: places[option]) == right


def test_each_question_is_asked_in_four_rotations_with_its_answer_at_each_letter(text: Path, tmp_path: Path):
    make(text, tmp_path / "set", seed=5, questions=3, seconds=1.0)
    tries = [question for question in load(tmp_path / "set") if question.type == "word"]
    assert sorted(question.answer for question in tries) == ["A", "B", "C", "D"]
    assert len({question.options["ABCD".index(question.answer)] for question in tries}) == 1


def test_the_same_seed_gives_the_same_questions_and_another_does_not():
    pages = [" ".join(page) for page in paged(story(90))]
    assert draw(pages, 1, 12, 2.0) == draw(pages, 1, 12, 2.0)
    assert draw(pages, 1, 12, 2.0) != draw(pages, 2, 12, 2.0)


def test_no_line_is_wider_than_the_picture_and_no_page_longer():
    from PIL import Image, ImageChops

    pages = paged(story(40))
    assert all(1 <= len(page) <= LINES for page in pages)
    assert " ".join(" ".join(page) for page in pages) == " ".join(story(40).split())
    picture = drawn(pages[0], 0)
    ground = Image.new("RGB", picture.size, GROUNDS[0])
    box = ImageChops.difference(picture, ground).getbbox()
    assert box is not None
    assert box[2] <= WIDTH - 60


def test_a_short_text_and_no_text_are_refused_in_one_line(tmp_path: Path):
    short = tmp_path / "short.txt"
    short.write_text("Too short.", encoding="utf-8")
    with pytest.raises(UsageError, match="pages of text"):
        make(short, tmp_path / "set", seed=1)
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(UsageError, match="UTF-8"):
        make(binary, tmp_path / "set", seed=1)


def test_a_folder_that_holds_another_set_is_left_as_it_is(text: Path, tmp_path: Path):
    make(text, tmp_path / "set", seed=5, questions=3, seconds=1.0)
    before = (tmp_path / "set" / "questions.json").read_text(encoding="utf-8")
    with pytest.raises(UsageError, match="another set"):
        make(text, tmp_path / "set", seed=6, questions=3, seconds=1.0)
    assert (tmp_path / "set" / "questions.json").read_text(encoding="utf-8") == before
