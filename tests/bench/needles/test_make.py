import json
import os
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from vidscout.bench.data.fetched import fetch
from vidscout.bench.data.voice import speak
from vidscout.bench.needles import make, pictures
from vidscout.bench.needles.haystack import HEIGHT, WIDTH
from vidscout.bench.needles.placing import FPS, GAP, LARGEST_SHARE, place, records
from vidscout.bench.needles.questions import TYPES, draw
from vidscout.bench.run.load import load
from vidscout.tools.errors import UsageError
from vidscout.tools.media import video as media
from vidscout.tools.records import clock


def planned(seed: int = 1, a_type: int = 15, length: float = 600.0):
    questions = draw(seed, a_type).questions
    return place(questions, length, seed, "set")


def test_the_small_set_has_fifteen_questions_of_each_type():
    drawn = draw(1, make.SIZES["small"])
    assert Counter(asked.type for asked in drawn.questions) == dict.fromkeys(TYPES, 15)
    assert drawn.short == {}


def test_the_full_set_has_sixty_of_each_type_and_says_which_has_fewer_photos(tmp_path: Path):
    for number in range(40):
        Image.new("RGB", (8, 8)).save(tmp_path / f"{number}.png")
        (tmp_path / f"thing {number}").mkdir()
        (tmp_path / f"{number}.png").rename(tmp_path / f"thing {number}" / "photo.png")
    known = len(pictures.photos())
    assert draw(1, make.SIZES["full"]).short == {"ret_object": known}
    drawn = draw(1, make.SIZES["full"], tmp_path)
    assert Counter(asked.type for asked in drawn.questions) == dict.fromkeys(TYPES, 60)


@pytest.mark.parametrize("a_type", [15, 60])
def test_no_two_needles_share_a_text_or_a_photo(a_type: int):
    needles = [needle for asked in draw(3, a_type).questions for needle in asked.needles]
    texts = [needle.text for needle in needles if needle.text]
    photos = [needle.picture.file for needle in needles if needle.picture and needle.picture.family == "photo"]
    drawn = [(needle.picture, needle.look) for needle in needles if needle.picture and needle.picture.family != "photo"]
    assert len(set(texts)) == len(texts)
    assert len(set(photos)) == len(photos)
    assert len(set(drawn)) == len(drawn)


def test_secret_words_differ_by_more_than_a_misread_letter():
    from rapidfuzz.distance import Levenshtein

    words = [asked.right for asked in draw(5, 60).questions if asked.type == "ret_edit1"]
    assert len(words) == 60
    assert min(Levenshtein.distance(a, b) for n, a in enumerate(words) for b in words[:n]) >= 3


def test_the_same_seed_gives_the_same_bytes_in_another_process_and_another_seed_others():
    script = (
        "from vidscout.bench.needles import make, placing, questions\n"
        "plans = placing.place(questions.draw({seed}, 15).questions, 600.0, {seed}, 'set')\n"
        "print(make._json(placing.records(plans, {seed}, 'set')), end='')"
    )

    def printed(seed: int, hash_seed: str) -> str:
        environment = os.environ | {"PYTHONHASHSEED": hash_seed}
        command = [sys.executable, "-c", script.format(seed=seed)]
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout

    assert printed(4, "1") == printed(4, "2")
    assert printed(4, "1") != printed(5, "1")


@pytest.mark.parametrize(("length", "most"), [(60.0, 180), (600.0, 12), (3600.0, 4)])
def test_questions_share_few_videos_and_needles_keep_apart(length: float, most: int):
    plans = planned(length=length)
    assert len(plans) <= most
    assert sum(len({id(placed.asked) for placed in plan.needles}) for plan in plans) == 180
    for plan in plans:
        assert plan.needles[0].start >= GAP - 1 / FPS
        assert plan.needles[-1].end <= length
        for before, after in pairwise(plan.needles):
            assert after.start - before.end >= GAP - 2 / FPS
        if len({id(placed.asked) for placed in plan.needles}) > 1:
            shown = sum(placed.end - placed.start for placed in plan.needles)
            assert shown <= max(LARGEST_SHARE * length, 12.0) + 0.1


def test_needles_of_an_ordering_question_come_in_the_order_of_its_right_option():
    for plan in planned():
        for placed in plan.needles:
            if placed.asked.type == "ord_edit1":
                said = [one.needle.text.rpartition(" ")[2] for one in plan.of(placed.asked)]
                assert ", ".join(said) == placed.asked.right


def test_a_video_shows_no_kind_of_picture_for_two_questions_and_none_that_a_wrong_option_names():
    questions = draw(2, 15).questions
    plans = place(questions, 3600.0, 2, "set")
    kinds = {p.label: p.kind for p in [*pictures.photos(), *pictures.drawn("fruit"), *pictures.drawn("object")]}
    by_group = {record["id"].rpartition("_")[0]: record for record in records(plans, 2, "set")}
    for plan in plans:
        asked = {id(placed.asked): placed.asked for placed in plan.needles}.values()
        shown = Counter(kind for one in asked for kind in one.shows)
        assert max(shown.values()) == 1
        for one in asked:
            if one.type in ("ret_insert1", "ret_insert2", "ret_object"):
                record = by_group[f"set-{one.type}-{one.number:02}"]
                wrong = [kinds[label] for label in record["options"] if label != record["gt"]]
                assert len({*wrong, *one.shows}) == 4
                assert not set(wrong) & set(shown)


def test_four_rotations_put_the_right_option_under_each_letter_once():
    tries: dict[str, list[dict]] = {}
    for record in records(planned(), 1, "set"):
        assert set(record) >= {
            "video",
            "question",
            "options",
            "needle_time",
            "gt",
            "gt_option",
            "length",
            "type",
            "try",
        }
        assert record["options"]["ABCD".index(record["gt_option"])] == record["gt"]
        assert len(set(record["options"])) == 4
        tries.setdefault(record["id"].rpartition("_")[0], []).append(record)
    assert len(tries) == 180
    for four in tries.values():
        assert [record["try"] for record in four] == [0, 1, 2, 3]
        assert sorted(record["gt_option"] for record in four) == ["A", "B", "C", "D"]


def test_counts_and_times_are_what_the_needles_say():
    for record in records(planned(), 1, "set"):
        if record["type"] in ("cnt_edit1", "cnt_insert1"):
            assert int(record["gt"]) == len(record["needle_time"])
        if record["type"] == "when":
            assert record["gt"] == clock(record["needle_time"][0])


def test_a_pasted_question_counts_all_copies():
    for asked in draw(1, 15).questions:
        if asked.type == "cnt_edit2":
            assert int(asked.right) == sum(needle.copies for needle in asked.needles)
            assert len(asked.needles) == 4


@pytest.mark.parametrize("length", ["10", "m", "10s", "ten minutes", "-60s"])
def test_a_length_that_makes_no_sense_is_refused(length: str):
    with pytest.raises(UsageError, match="length"):
        make.seconds(length)


def test_a_video_too_short_for_its_questions_is_refused():
    with pytest.raises(UsageError, match="needs"):
        place(draw(1, 1).questions, 3.0, 1, "set")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory):
    """A set with one question of each type, in the short clip of a film."""
    out = tmp_path_factory.mktemp("needles")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(make.SIZES, "tiny", 1)
        make.make([fetch("bigbuckbunny"), fetch("carphone")], "60s", 9, out, "tiny")
        yield out


def needles(made: Path, kind: str) -> list[dict]:
    return [needle for needle in json.loads((made / "needles.json").read_text()) if needle["kind"] == kind]


def frame(made: Path, needle: dict, at: float) -> np.ndarray:
    path = made / "videos" / f"{needle['video']}.mp4"
    [*_, last] = media.frames(path, rate=FPS, start=max(at - 0.5, 0.0), end=at + 0.5 / FPS)
    assert abs(last.time - at) < 1e-6
    return last.image.astype(int)


def test_every_made_video_has_its_length_and_a_frame_for_each_tick(made: Path):
    videos = sorted((made / "videos").iterdir())
    assert {question.video for question in load(made)} == set(videos)
    for video in videos[:2]:
        assert media.probe(video).duration == pytest.approx(60.0, abs=0.05)
        times = [frame.time for frame in media.frames(video, rate=FPS)]
        assert times == pytest.approx([tick / FPS for tick in range(60 * FPS)])


def differs(picture: np.ndarray, layer: np.ndarray) -> float:
    """How far a picture is from a layer where the layer covers it."""
    covered = layer[..., 3] > 0
    return float(np.abs(picture[covered] - layer[..., :3][covered]).mean())


def test_a_text_stands_exactly_as_long_as_the_set_says(made: Path):
    for needle in needles(made, "text"):
        layers = [np.asarray(make.written(needle["text"], look)).astype(int) for look in (0, 1)]
        first, last = frame(made, needle, needle["start"]), frame(made, needle, needle["end"] - 1 / FPS)
        layer = min(layers, key=lambda layer: differs(first, layer))
        assert max(differs(first, layer), differs(last, layer)) < 25
        assert differs(frame(made, needle, needle["start"] - 1 / FPS), layer) > 40
        assert differs(frame(made, needle, needle["end"]), layer) > 40


def test_an_inserted_picture_fills_the_screen_for_its_time_only(made: Path):
    for needle in needles(made, "insert"):
        inside = frame(made, needle, needle["start"])
        assert np.abs(frame(made, needle, needle["end"] - 1 / FPS) - inside).mean() < 2
        assert np.abs(frame(made, needle, needle["start"] - 1 / FPS) - inside).mean() > 15
        assert np.abs(frame(made, needle, needle["end"]) - inside).mean() > 15


def test_an_inserted_photo_is_the_photo_that_the_option_names(made: Path):
    [needle] = [needle for needle in needles(made, "insert") if needle["type"] == "ret_object"]
    [photo] = [photo for photo in pictures.photos() if f"photo: {photo.label}" == needle["picture"]]
    shown = np.asarray(pictures.full_screen(photo, (WIDTH, HEIGHT), 0)).astype(int)
    assert np.abs(frame(made, needle, needle["start"]) - shown).mean() < 8


def test_pasted_copies_change_only_a_part_of_running_frames(made: Path):
    for needle in needles(made, "patch"):
        before, during = frame(made, needle, needle["start"] - 1 / FPS), frame(made, needle, needle["start"])
        changed = (np.abs(before - during).max(axis=2) > 40).mean()
        assert changed > 0.01


def test_a_spoken_needle_is_heard_in_its_place(made: Path):
    for needle in needles(made, "speech"):
        path = made / "videos" / f"{needle['video']}.mp4"
        sound = np.concatenate([chunk.samples for chunk in media.audio(path)])
        voice = make._resampled(speak([needle["text"]], make.WORDS_PER_MINUTE)[0])
        first = round(needle["start"] * media.SAMPLE_RATE)
        heard = sound[first : first + len(voice)]
        assert np.corrcoef(heard, voice)[0, 1] > 0.6


def test_making_a_set_again_only_makes_what_is_missing(made: Path):
    [lost, *kept] = sorted((made / "videos").iterdir())
    times = {path: path.stat().st_mtime_ns for path in kept}
    lost.unlink()
    make.make([fetch("bigbuckbunny"), fetch("carphone")], "60s", 9, made, "tiny")
    assert lost.is_file()
    assert {path: path.stat().st_mtime_ns for path in kept} == times


def test_a_folder_with_another_set_is_left_alone(made: Path):
    before = (made / "questions.json").read_bytes()
    with pytest.raises(UsageError, match="another set"):
        make.make([fetch("bigbuckbunny")], "60s", 10, made, "tiny")
    assert (made / "questions.json").read_bytes() == before


def test_a_set_whose_videos_are_missing_says_how_to_make_them(made: Path, tmp_path: Path):
    for name in ("questions.json", "needles.json"):
        (tmp_path / name).write_bytes((made / name).read_bytes())
    with pytest.raises(UsageError, match="needles make"):
        load(tmp_path)


def test_the_second_wordings_put_the_same_questions_otherwise():
    first, second = draw(7, 4).questions, draw(7, 4, wordings="second").questions
    assert [(one.type, one.needles, one.right, one.wrong) for one in first] == [
        (one.type, one.needles, one.right, one.wrong) for one in second
    ]
    assert not {one.question for one in first} & {one.question for one in second}
    with pytest.raises(UsageError, match="there are first, second"):
        draw(7, 4, wordings="third")
