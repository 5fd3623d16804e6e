import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from vidscout.bench.public import PUBLIC, named, vcgbench_diverse
from vidscout.bench.public.long.lvbench import apart
from vidscout.bench.public.scores import Score
from vidscout.bench.public.video_mme_v2 import points
from vidscout.bench.run.load import first_of_each_type, load
from vidscout.bench.sets.question import Question
from vidscout.tools.errors import UsageError


def write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def lines(questions: Sequence[Question], right: Callable[[Question], bool | None]) -> list[dict[str, Any]]:
    """The lines of a run in which each question was answered as `right` says."""
    return [
        {"id": q.id, "type": q.type, "labels": dict(q.labels), "correct": right(q), "gt": q.answer}
        | {"said": f"says {q.id}", "question": q.question}
        for q in questions
    ]


def scored(kind: str, answered: Sequence[dict[str, Any]]) -> dict[str, Score]:
    public = named(kind)
    assert public is not None
    return {score.name: score for score in public.score(answered)}


# -- the layouts as they are published ---------------------------------------------------------------------------------


def video_mme_v2(folder: Path) -> None:
    options = "\n".join(f"{letter}. Option {letter.lower()}." for letter in "ABCDEFGH")
    structures = {"001": ("relevance", "[1, 2, 3, 4]"), "002": ("logic", "[1, [2, 3], 4]")}
    rows = [
        {
            "video_id": video,
            "url": "https://example.org/watch?v=x",
            "group_type": kind,
            "group_structure": structure,
            "question_id": f"{video}-{number}",
            "question": f"What happens in step {number}?",
            "options": options,
            "answer": "ABCD"[number - 1],
            "level": None if number < 4 else 3,
            "second_head": "Order" if number == 4 else "Action",
            "third_head": "Steps",
        }
        for video, (kind, structure) in structures.items()
        for number in (2, 1, 3, 4)
    ]
    folder.mkdir(exist_ok=True)
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), folder / "test.parquet")
    for video in structures:
        write(folder / "video" / f"{video}.mp4", "video")
    said = [("Good", 1.0, 1.2), ("morning.", 1.3, 1.8), ("Now", 5.0, 5.2)]
    told = "\n".join(json.dumps({"text": text, "start_time": start, "end_time": end}) for text, start, end in said)
    write(folder / "subtitle" / "001.jsonl", told + "\n")


def lvbench(folder: Path) -> None:
    qa = {
        "uid": "0",
        "question": "What year appears in the opening caption?\n(A) 1636\n(B) 1366\n(C) 1363\n(D) 1633",
        "answer": "D",
        "question_type": ["key information retrieval", "entity recognition"],
        "time_reference": "00:15-00:19",
    }
    other = qa | {"uid": "1", "answer": "A", "question_type": ["summarization"], "time_reference": ""}
    write(
        folder / "data" / "video_info.meta.jsonl", json.dumps({"key": "Cm73ma6Ibcs", "type": "tv", "qa": [qa, other]})
    )
    write(folder / "scripts" / "videos" / "Cm73ma6Ibcs.mp4", "video")


def mlvu_test(folder: Path) -> None:
    item = {
        "video": "AR_0.mp4",
        "duration": 480.5,
        "question": "Does this surveillance footage contain an anomaly?",
        "candidates": ["Arson", "Assault", "Abuse", "Arrest", "No", "Fighting"],
        "answer": "No",
        "question_type": "anomaly_reco",
        "question_id": "AR_0",
    }
    sports = {"video": "SQ_1.mp4", "question_type": "sportsQA", "question_id": "SQ_1", "answer": "Arson"}
    more = [item | sports, item | sports | {"question_id": "SQ_2"}]
    write(folder / "test-ground-truth" / "test_mcq_gt.json", [item, *more])
    for name in ("AR_0.mp4", "SQ_1.mp4"):
        write(folder / "video" / name, "video")


def minerva(folder: Path) -> None:
    item = {
        "key": "abc:1",
        "video_id": "abc",
        "question": "How many laps are run before the first fall?",
        "answer": "Two",
        **{f"answer_choice_{number}": word for number, word in enumerate(["One", "Two", "Three", "Four", "Five"])},
        "answer_id": 1,
        "reasoning": "At 00:12 the race begins …",
        "question_type": "Counting",
        "split": "sports",
        "category": "Running",
    }
    write(folder / "minerva.json", [item, item | {"key": "abc:2", "answer_id": 4, "question_type": "Reading"}])
    write(folder / "videos" / "abc.webm", "video")


def video_bench(folder: Path) -> None:
    def item(name: str, count: int) -> dict[str, Any]:
        return {
            "vid_path": f"Eval_video/{name}/1.mp4",
            "video_id": "1",
            "question": "1/36. As shown in the video, what is right?",
            "answer": "B",
            "choices": {letter: f" choice {letter}" for letter in "ABCDEF"[:count]},
        }

    for name, count in (("TVQA", 5), ("MV", 4), ("NBA", 2), ("MOT", 6)):
        write(folder / "Eval_QA" / f"{name}_QA_new.json", {"7": item(name, count)})
        write(folder / "Eval_video" / name / "1.mp4", "video")
    write(folder / "Eval_QA" / "MOT_QA.json", {"7": {"an": "older version"}})


def videoespresso(folder: Path) -> None:
    item = {
        "video_path": "videos/test/1.mp4",
        "question": "Why does she open the window?",
        "options": ["(A): It is hot.", "(B): To shout.", "(C): To jump.", "(D): It rains."],
        "correct_answer": "(B)",
        "evidence": "She waves at somebody below.",
        "task": "Causal Inference",
    }
    write(folder / "bench_final.json", [item, item | {"correct_answer": "(D): It rains.", "task": "Event Process"}])
    write(folder / "videos" / "test" / "1.mp4", "video")


def vcgbench(folder: Path) -> None:
    general = {"video_name": "7A3n_hJJjgg.mp4", "Q": "What happens?", "A": "A man cooks."}
    pair = {"Q1": "Who cooks?", "Q2": "Who is at the stove?", "A": "A man.", "type": "consistency", "id": 4}
    items = [
        general | {"id": n, "type": kind} for n, kind in enumerate(("summary", "spatial", "reasoning", "temporal"))
    ]
    write(folder / "vcgbench_diverse_qa.json", [*items, {"video_name": "7A3n_hJJjgg.mp4"} | pair])
    write(folder / "videos" / "7A3n_hJJjgg.mp4", "video")


def avbench(folder: Path) -> None:
    closed = {"video": "1.mp4", "question": "What is heard?", "options": ["A. A bell", "B. A horn"], "answer": "A horn"}
    opened = {"video": "1.mp4", "question": "What is played?", "answer": "A waltz."}
    write(folder / "avbench.json", [closed, closed | {"answer": "A", "task": "sound"}, opened])
    write(folder / "videos" / "1.mp4", "video")


LAYOUTS: dict[str, Callable[[Path], None]] = {
    "video-mme-v2": video_mme_v2,
    "lvbench": lvbench,
    "mlvu-test": mlvu_test,
    "minerva": minerva,
    "video-bench": video_bench,
    "videoespresso": videoespresso,
    "vcgbench-diverse": vcgbench,
    "avbench": avbench,
}


@pytest.mark.parametrize("kind", LAYOUTS)
def test_a_folder_is_known_by_its_files_and_says_of_each_question_which_set_it_is_of(kind: str, tmp_path: Path):
    LAYOUTS[kind](tmp_path)
    questions = load(tmp_path)
    assert {question.set for question in questions} == {kind}
    assert len({question.id for question in questions}) == len(questions)
    assert all(question.video.is_file() for question in questions)


@pytest.mark.parametrize("kind", LAYOUTS)
def test_a_missing_video_is_named_with_the_place_where_the_set_is_published(kind: str, tmp_path: Path):
    LAYOUTS[kind](tmp_path)
    video = load(tmp_path)[0].video
    video.unlink()
    [published] = [one.published for one in PUBLIC if one.name == kind]
    with pytest.raises(UsageError, match=video.stem) as raised:
        load(tmp_path, kind)
    assert published in str(raised.value)


# -- Video-MME-v2 ------------------------------------------------------------------------------------------------------


def test_video_mme_v2_has_eight_options_and_the_subtitles_in_lines(tmp_path: Path):
    video_mme_v2(tmp_path)
    questions = load(tmp_path)
    first = next(question for question in questions if question.id == "001-1")
    assert (len(first.options), first.options[7], first.answer) == (8, "Option h.", "A")
    assert [(line.start, line.end, line.text) for line in first.subtitles] == [
        (1.0, 1.8, "Good morning."),
        (5.0, 5.2, "Now"),
    ]
    assert next(question for question in questions if question.id == "002-1").subtitles == ()


RIGHT = {
    ("relevance", "[1, 2, 3, 4]"): {"0000": 0, "0100": 6.25, "1010": 25, "1110": 56.25, "1111": 100},
    ("logic", "[1, 2, 3, 4]"): {"0111": 0, "1011": 6.25, "1101": 25, "1110": 56.25, "1111": 100},
    ("logic", "[1, [2, 3], 4]"): {"0111": 0, "1000": 100 / 12, "1010": 400 / 12, "1110": 700 / 12, "1111": 100},
    ("logic", "[[1, 2], 3, 4]"): {"0011": 0, "0111": 10, "1011": 10, "1100": 20, "1110": 50, "1111": 100},
}


@pytest.mark.parametrize(("kind", "structure"), RIGHT)
def test_a_group_of_four_gains_as_its_authors_say(kind: str, structure: str):
    for answers, expected in RIGHT[kind, structure].items():
        assert points(kind, structure, [one == "1" for one in answers]) == pytest.approx(expected), answers


def test_video_mme_v2_counts_whole_groups_under_the_heads_of_their_last_question(tmp_path: Path):
    video_mme_v2(tmp_path)
    questions = load(tmp_path)
    assert {question.type for question in questions} == {"Order"}
    answered = lines(questions, lambda q: q.id != "002-2")
    told = scored("video-mme-v2", answered)
    assert told["Non-Lin"] == Score("Non-Lin", (100 + 400 / 12) / 2, 2)
    assert told["Non-Lin, level 3"].count == 2
    assert told["Non-Lin, kind logic"].value == pytest.approx(400 / 12)
    assert told["accuracy"].value == pytest.approx(100 * 7 / 8)
    assert scored("video-mme-v2", answered[:7])["Non-Lin"] == Score("Non-Lin", 100.0, 1)


def test_a_limit_keeps_groups_of_four_whole(tmp_path: Path):
    video_mme_v2(tmp_path)
    assert [q.id for q in first_of_each_type(load(tmp_path), 1)] == ["001-2", "001-1", "001-3", "001-4"]


# -- LVBench -----------------------------------------------------------------------------------------------------------


def test_lvbench_takes_the_options_out_of_the_question_and_knows_when_the_evidence_is(tmp_path: Path):
    lvbench(tmp_path)
    first, second = load(tmp_path)
    assert first.question == "What year appears in the opening caption?"
    assert (first.options, first.answer) == (("1636", "1366", "1363", "1633"), "D")
    assert (first.needle_time, first.needle_end) == ((15.0,), (19.0,))
    assert second.needle_time == ()


def test_lvbench_counts_a_question_in_each_of_its_types(tmp_path: Path):
    lvbench(tmp_path)
    told = scored("lvbench", lines(load(tmp_path), lambda q: q.id == "0"))
    assert {name: (score.value, score.count) for name, score in told.items()} == {
        "KIR": (100.0, 1),
        "Sum": (0.0, 1),
        "ER": (100.0, 1),
        "Overall": (50.0, 2),
    }
    assert list(told) == ["KIR", "Sum", "ER", "Overall"]


def test_options_that_are_not_lettered_in_order_are_refused():
    with pytest.raises(ValueError, match="not in order"):
        apart("Which?\n(A) one\n(C) two")
    with pytest.raises(ValueError, match="no options"):
        apart("Which?")


# -- MLVU-Test, MINERVA, Video-Bench, VideoEspresso --------------------------------------------------------------------


def test_mlvu_test_has_six_options_and_its_mean_is_that_of_the_tasks(tmp_path: Path):
    mlvu_test(tmp_path)
    questions = load(tmp_path)
    assert (questions[0].answer, len(questions[0].options), questions[0].length) == ("E", 6, 480.5)
    told = scored("mlvu-test", lines(questions, lambda q: q.type == "anomaly_reco"))
    assert told["M-Avg"] == Score("M-Avg", 50.0, 2)
    assert told["sportsQA"] == Score("sportsQA", 0.0, 2)


def test_minerva_finds_videos_of_other_suffixes_and_counts_by_type_split_and_category(tmp_path: Path):
    minerva(tmp_path)
    first, second = load(tmp_path)
    assert (first.answer, second.answer, first.video.name) == ("B", "E", "abc.webm")
    told = scored("minerva", lines([first, second], lambda q: q is first))
    assert told["overall"].value == 50.0
    assert (told["type Counting"].value, told["split sports"].count) == (100.0, 2)


def test_video_bench_has_two_to_six_options_and_only_the_new_annotations(tmp_path: Path):
    video_bench(tmp_path)
    questions = {question.type: question for question in load(tmp_path)}
    assert {name: len(question.options) for name, question in questions.items()} == {
        "MOT": 6,
        "MV": 4,
        "NBA": 2,
        "TVQA": 5,
    }
    assert questions["NBA"].options == ("choice A", "choice B")


def test_video_bench_scores_a_level_only_when_all_its_sets_were_asked(tmp_path: Path):
    video_bench(tmp_path)
    told = scored("video-bench", lines(load(tmp_path), lambda q: q.type == "MV"))
    assert told["prior knowledge"].value == pytest.approx(100 / 3)
    assert (told["video-exclusive understanding"].value, told["final"].value) == (None, None)
    sets = {name: weight for level in named_levels() for name, weight in level.items()}
    every = [{"type": name, "correct": name == "MOT"} for name in sets]
    told = scored("video-bench", every)
    assert told["video-exclusive understanding"].value == pytest.approx(50 / 6.5)
    assert told["final"].value == pytest.approx(50 / 6.5 / 3)


def named_levels() -> list[dict[str, float]]:
    from vidscout.bench.public.video_bench import LEVELS

    return list(LEVELS.values())


def test_videoespresso_reads_both_ways_of_writing_the_answer(tmp_path: Path):
    videoespresso(tmp_path)
    first, second = load(tmp_path)
    assert (first.answer, second.answer, first.options[0]) == ("B", "D", "It is hot.")
    told = scored("videoespresso", lines([first, second], lambda q: q is first))
    assert (told["overall"].value, told["task Causal Inference"].value) == (50.0, 100.0)


def test_an_answer_that_is_no_option_is_not_as_published(tmp_path: Path):
    videoespresso(tmp_path)
    items = json.loads((tmp_path / "bench_final.json").read_text())
    write(tmp_path / "bench_final.json", [items[0] | {"correct_answer": "(F)"}])
    with pytest.raises(UsageError, match="not as published"):
        load(tmp_path)


# -- open questions ----------------------------------------------------------------------------------------------------


def test_vcgbench_diverse_asks_both_questions_of_a_pair_and_knows_what_each_is_graded_by(tmp_path: Path):
    vcgbench(tmp_path)
    questions = load(tmp_path)
    assert [question.id for question in questions] == ["0", "1", "2", "3", "4-1", "4-2"]
    assert all(question.options == () for question in questions)
    assert questions[4].together == questions[5].together == "4"
    assert questions[3].labels["criteria"] == ["temporal"]


def test_vcgbench_diverse_means_are_over_the_types_that_each_figure_is_of(tmp_path: Path):
    vcgbench(tmp_path)
    answered = lines(load(tmp_path), lambda q: None)
    assert scored("vcgbench-diverse", answered)["mean of the five"].value is None
    given = {
        "0": {"correctness": 4, "detail": 2, "context": 3},
        "1": {"correctness": 1, "detail": 0, "context": 2},
        "2": {"correctness": 1, "detail": 1, "context": None},
        "3": {"temporal": 5},
        "4-1": {"consistency": 3},
    }
    told = scored("vcgbench-diverse", [line | {"points": given.get(line["id"])} for line in answered])
    assert told["Correctness of Information"] == Score("Correctness of Information", 2.0, 3)
    assert told["Contextual Understanding"] == Score("Contextual Understanding", 2.5, 2)
    assert told["Dense Captioning"].value == 3.0
    assert told["mean of the five"].value == pytest.approx((2 + 1 + 2.5 + 5 + 3) / 5)


def test_answers_are_written_as_the_authors_scripts_read_them(tmp_path: Path):
    vcgbench(tmp_path)
    told = vcgbench_diverse.predictions(lines(load(tmp_path), lambda q: None))
    assert told[0] == {
        "ann_id": 0,
        "video_name": "7A3n_hJJjgg.mp4",
        "answer": "A man cooks.",
        "prompt": "What happens?",
        "text": "says 0",
    }
    assert (told[4]["prompt_1"], told[4]["text_2"]) == ("Who cooks?", "says 4-2")
    assert len(told) == 5


def test_avbench_takes_answers_as_letters_as_options_and_open(tmp_path: Path):
    avbench(tmp_path)
    questions = load(tmp_path)
    assert [question.answer for question in questions] == ["B", "A", "A waltz."]
    answered = lines(questions, lambda q: q.answer == "B" if q.options else None)
    answered[2]["points"] = {"correctness": 4}
    told = scored("avbench", answered)
    assert (told["accuracy"].value, told["correctness of open answers (0–5)"].value) == (50.0, 4.0)
