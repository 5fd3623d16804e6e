import json
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from vidscout.bench.public import PUBLIC
from vidscout.bench.public.base import srt
from vidscout.bench.run.load import load
from vidscout.tools.errors import UsageError

SRT = """1
00:00:01,500 --> 00:00:04,000
<i>Welcome to
the show.</i>

2
00:01:02,000 --> 00:01:03,250
Good night.
"""


def write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def video_mme(folder: Path) -> None:
    row = {
        "video_id": "001",
        "duration": "short",
        "domain": "Knowledge",
        "sub_category": "Humanity & History",
        "url": "https://www.youtube.com/watch?v=fFjv93ACGo8",
        "videoID": "fFjv93ACGo8",
        "question_id": "001-1",
        "task_type": "Counting Problem",
        "question": "Which fruit is counted most often?",
        "options": ["A. Apples.", "B. Candles.", "C. Berries.", "D. The three kinds are of the same number."],
        "answer": "C",
    }
    long = row | {"duration": "long", "videoID": "w0Wmc8C0Eq0", "question_id": "601-1", "answer": "A"}
    (folder / "videomme").mkdir(parents=True)
    table = pyarrow.Table.from_pylist([row, long])
    pyarrow.parquet.write_table(table, folder / "videomme" / "test-00000-of-00001.parquet")
    write(folder / "data" / "fFjv93ACGo8.mp4", "video")
    write(folder / "data" / "w0Wmc8C0Eq0.mp4", "video")
    write(folder / "subtitle" / "fFjv93ACGo8.srt", SRT)


def mlvu(folder: Path) -> None:
    tasks = {
        "1_plotQA": "plotQA",
        "2_needle": "findNeedle",
        "3_ego": "ego",
        "4_count": "count",
        "5_order": "order",
        "6_anomaly_reco": "anomaly_reco",
        "7_topic_reasoning": "topic_reasoning",
    }
    for task, type in tasks.items():
        item = {
            "video": f"{type}_1.mp4",
            "duration": 480.0,
            "question": "What colour is the main character's coat?",
            "candidates": ["Yellow", "Red", "Green", "Blue"],
            "answer": "Green",
            "question_type": type,
        }
        write(folder / "json" / f"{task}.json", [item])
        write(folder / "video" / task / f"{type}_1.mp4", "video")
    write(folder / "json" / "8_sub_scene.json", [{"video": "x.mp4", "question": "Describe it.", "answer": "A scene."}])


def longvideobench(folder: Path) -> None:
    item = {
        "video_id": "86CxyhFV9MI",
        "question": "What does the man in the black suit hold?",
        "question_wo_referring_query": "What does he hold?",
        "candidates": ["a cup", "a letter", "a lamp", "a rope", "a coat"],
        "correct_choice": 1,
        "position": [120, 240],
        "topic_category": "NP-News-Programs",
        "question_category": "S2O",
        "level": "L1-Perception",
        "id": "86CxyhFV9MI_0",
        "video_path": "86CxyhFV9MI.mp4",
        "subtitle_path": "86CxyhFV9MI_en.json",
        "duration_group": 600,
        "starting_timestamp_for_subtitles": 30,
        "duration": 190.0,
        "view_count": 12345,
    }
    other = item | {"id": "@user-1_0", "video_path": "@user-1.mp4", "subtitle_path": "@user-1_en.json"}
    write(folder / "lvb_val.json", [item, other | {"starting_timestamp_for_subtitles": 0}])
    write(
        folder / "subtitles" / "86CxyhFV9MI_en.json",
        [
            {"start": "00:00:10.000", "end": "00:00:12.000", "line": "before the clip"},
            {"start": "00:00:31.000", "end": "00:00:33.500", "line": "in the clip"},
        ],
    )
    write(folder / "subtitles" / "@user-1_en.json", [{"timestamp": [1.0, None], "text": "until the end"}])
    for name in ("86CxyhFV9MI", "@user-1"):
        write(folder / "videos" / f"{name}.mp4", "video")


def egoschema(folder: Path) -> None:
    questions = [
        {
            "q_uid": uid,
            "google_drive_id": "1abc",
            "question": "What is the overarching behaviour of C?",
            **{f"option {number}": f"C does thing {number}." for number in range(5)},
        }
        for uid in ("0074f737-11cb-497d-8d07-77c3a8127391", "00aa7247-9a4b-4667-8588-37df29d40fe8")
    ]
    write(folder / "questions.json", questions)
    write(folder / "subset_answers.json", {"0074f737-11cb-497d-8d07-77c3a8127391": 3})
    write(folder / "videos" / "0074f737-11cb-497d-8d07-77c3a8127391.mp4", "video")


def vnbench(folder: Path) -> None:
    options = ["Carol", "Grace", "Mary", "Frank"]
    items = [
        {
            "video": "/VNBench_new/video7014_ret_edit1.mp4",
            "question": "What is the secret word?",
            "options": options[turn:] + options[:turn],
            "needle_time": [12],
            "gt": "Mary",
            "gt_option": "ABCD"[(2 - turn) % 4],
            "length": 31.5,
            "type": "ret_edit1",
            "try": turn,
        }
        for turn in range(4)
    ]
    count = {"question": "How many secret words appeared in the video?", "options": [2, 5, 3, 1], "gt": 3, "try": 0}
    count |= {"type": "cnt_edit1", "needle_time": [2, 9, 20], "length": 31.5, "gt_option": "C"}
    items.append(count | {"video": "/VNBench_new/video7014_cnt_edit1.mp4"})
    write(folder / "VNBench-main-4try.json", items)
    write(folder / "VNBench_new" / "video7014_ret_edit1.mp4", "video")
    write(folder / "VNBench_new" / "video7014_cnt_edit1.mp4", "video")


LAYOUTS = {
    "video-mme": video_mme,
    "mlvu": mlvu,
    "longvideobench": longvideobench,
    "egoschema": egoschema,
    "vnbench": vnbench,
}


def test_video_mme_has_its_length_groups_and_the_subtitles_that_there_are(tmp_path: Path):
    video_mme(tmp_path)
    short, long = load(tmp_path)
    assert (short.id, short.length, short.type, short.answer) == ("001-1", "short", "Counting Problem", "C")
    assert short.options[0] == "Apples."
    assert short.video == tmp_path / "data" / "fFjv93ACGo8.mp4"
    assert [(line.start, line.end, line.text) for line in short.subtitles] == [
        (1.5, 4.0, "Welcome to the show."),
        (62.0, 63.25, "Good night."),
    ]
    assert (long.length, long.subtitles) == ("long", ())


def test_mlvu_has_one_question_type_a_task_and_no_generation_tasks(tmp_path: Path):
    mlvu(tmp_path)
    questions = load(tmp_path)
    assert [question.type for question in questions] == [
        "plotQA",
        "findNeedle",
        "ego",
        "count",
        "order",
        "anomaly_reco",
        "topic_reasoning",
    ]
    assert {question.answer for question in questions} == {"C"}
    assert questions[1].video == tmp_path / "video" / "2_needle" / "findNeedle_1.mp4"


def test_mlvu_of_an_older_layout_names_its_folders_without_numbers(tmp_path: Path):
    mlvu(tmp_path)
    for folder in (tmp_path / "video").iterdir():
        folder.rename(folder.with_name(folder.name.partition("_")[2]))
    assert load(tmp_path)[0].video == tmp_path / "video" / "plotQA" / "plotQA_1.mp4"


def test_longvideobench_subtitles_are_those_of_the_clip_on_its_own_clock(tmp_path: Path):
    longvideobench(tmp_path)
    first, second = load(tmp_path)
    assert (first.answer, first.length, first.type) == ("B", "600 s", "S2O")
    assert [(line.start, line.end, line.text) for line in first.subtitles] == [(1.0, 3.5, "in the clip")]
    assert [(line.start, line.end) for line in second.subtitles] == [(1.0, 190.0)]


def test_egoschema_has_five_options_and_only_questions_with_public_answers(tmp_path: Path):
    egoschema(tmp_path)
    [question] = load(tmp_path)
    assert (question.answer, len(question.options), question.length) == ("D", 5, 180.0)


def test_vnbench_keeps_its_four_tries_together_and_knows_when_the_needles_are(tmp_path: Path):
    vnbench(tmp_path)
    *turned, counted = load(tmp_path)
    assert [question.turn for question in turned] == [0, 1, 2, 3]
    assert {question.group for question in turned} == {"video7014_ret_edit1:ret_edit1"}
    assert sorted(question.answer for question in turned) == ["A", "B", "C", "D"]
    assert all(q.options["ABCD".index(q.answer)] == "Mary" for q in turned)
    assert (turned[0].needle_time, turned[0].needle_end) == ((12.0,), (13.0,))
    assert (counted.answer, counted.options) == ("C", ("2", "5", "3", "1"))


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_missing_video_is_named_with_the_place_where_the_set_is_published(name: str, tmp_path: Path):
    LAYOUTS[name](tmp_path)
    video = load(tmp_path)[0].video
    video.unlink()
    [published] = [one.published for one in PUBLIC if one.name == name]
    with pytest.raises(UsageError, match=video.name) as raised:
        load(tmp_path)
    assert published in str(raised.value)


@pytest.mark.parametrize("name", [name for name in LAYOUTS if name != "egoschema"])
def test_questions_whose_video_is_missing_can_be_left_out(name: str, tmp_path: Path):
    LAYOUTS[name](tmp_path)
    before = load(tmp_path)
    before[0].video.unlink()
    after = load(tmp_path, partial=True)
    assert after == [question for question in before if question.video != before[0].video]


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_set_without_its_annotations_says_where_they_are_published(name: str, tmp_path: Path):
    [public] = [one for one in PUBLIC if one.name == name]
    with pytest.raises(UsageError) as raised:
        load(tmp_path, name)
    assert public.mark in str(raised.value)
    assert public.published in str(raised.value)


def test_a_task_file_that_is_missing_from_mlvu_is_named(tmp_path: Path):
    mlvu(tmp_path)
    (tmp_path / "json" / "5_order.json").unlink()
    with pytest.raises(UsageError, match=r"json/5_order\.json"):
        load(tmp_path)


def test_annotations_that_lack_a_field_are_not_taken_as_published(tmp_path: Path):
    vnbench(tmp_path)
    items = json.loads((tmp_path / "VNBench-main-4try.json").read_text())
    del items[0]["gt"]
    write(tmp_path / "VNBench-main-4try.json", items)
    with pytest.raises(UsageError, match="not as published"):
        load(tmp_path)


def test_a_file_that_is_no_parquet_is_named(tmp_path: Path):
    video_mme(tmp_path)
    write(tmp_path / "videomme" / "test-00000-of-00001.parquet", "no parquet")
    with pytest.raises(UsageError, match="Parquet"):
        load(tmp_path)


def test_a_folder_that_holds_no_set_is_told_what_is_looked_for(tmp_path: Path):
    with pytest.raises(UsageError, match=r"lvb_val\.json"):
        load(tmp_path)
    with pytest.raises(UsageError, match="no such folder"):
        load(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="no kind of set"):
        load(tmp_path, "imagenet")


def test_a_subtitle_file_with_a_broken_block_keeps_the_others(tmp_path: Path):
    write(tmp_path / "a.srt", "﻿1\n00:00:01,000 --> nonsense\nlost\n\n" + SRT.replace("\n", "\r\n"))
    assert [line.text for line in srt(tmp_path / "a.srt")] == ["Welcome to the show.", "Good night."]
