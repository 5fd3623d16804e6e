import json
import threading
from pathlib import Path
from typing import ClassVar

import pytest
from scripted import Scripted
from vidscout.bench.pipelines.interface import Reply
from vidscout.bench.run import judge as judging
from vidscout.bench.run import report, whole
from vidscout.bench.run.figures import figures
from vidscout.bench.run.runner import RESULTS, read, run
from vidscout.bench.sets.question import Question
from vidscout.tools.errors import MediaError, UsageError, WeightsError


def question(number: int, video: str = "v.mp4", **other) -> Question:
    made = {"id": f"q{number:02}", "group": f"q{number:02}", "video": Path(video), "question": f"Which is {number}?"}
    made |= {"options": ("red", "green", "blue"), "answer": "B", "type": "colour"}
    return Question(**(made | other))


def opened(number: int, kind: str = "summary", criteria: tuple[str, ...] = ("correctness",), **other) -> Question:
    labels = {"criteria": list(criteria), "number": number, "video_name": "v.mp4"}
    made = {"options": (), "answer": "A man cooks.", "type": kind, "set": "vcgbench-diverse", "labels": labels}
    return question(number, **(made | other))


class Together:
    """Answers only once so many questions wait for it at the same time."""

    name: ClassVar[str] = "together"
    takes_subtitles: ClassVar[bool] = False

    def __init__(self, at_once: int = 1) -> None:
        self.barrier = threading.Barrier(at_once)
        self.prepared: list[str] = []
        self.asked: list[str] = []

    def prepare(self, video: Path, subtitles=()) -> None:
        self.prepared.append(video.name)

    def ask(self, video: Path, question: str, options) -> Reply:
        self.asked.append(question)
        self.barrier.wait(timeout=20)
        return Reply("B" if options else "A man bakes.", frame_times=[1.0, 2.0], pictures=2, pixels=2_000_000)


def test_several_questions_are_in_flight_at_once_and_each_has_one_line(tmp_path: Path):
    asked = [question(n, f"v{n // 2}.mp4") for n in range(8)]
    pipeline = Together(4)
    lines = run(asked, [pipeline], tmp_path, at_once=4)
    assert sorted(line["id"] for line in lines) == [q.id for q in asked]
    assert pipeline.prepared == ["v0.mp4", "v1.mp4", "v2.mp4", "v3.mp4"]
    assert sum("prepare" in line["seconds"] for line in lines) == 4
    assert len(read(tmp_path / RESULTS)) == 8


def test_a_run_with_several_in_flight_goes_on_where_it_was_stopped(tmp_path: Path):
    asked = [question(n) for n in range(6)]
    run(asked[:4], [Together(2)], tmp_path, at_once=2)
    pipeline = Together(2)
    lines = run(asked, [pipeline], tmp_path, at_once=2)
    assert sorted(pipeline.asked) == [q.question for q in asked[4:]]
    assert len(lines) == 6


def test_missing_weights_end_a_run_with_several_in_flight(tmp_path: Path):
    class Lacks(Together):
        def ask(self, video: Path, question: str, options) -> Reply:
            raise WeightsError("not here")

    with pytest.raises(WeightsError):
        run([question(n) for n in range(20)], [Lacks()], tmp_path, at_once=3)


def test_a_file_that_cannot_be_decoded_is_counted_once_and_its_questions_are_wrong(tmp_path: Path):
    class Breaks(Together):
        def prepare(self, video: Path, subtitles=()) -> None:
            if video.name == "broken.mp4":
                raise MediaError("broken.mp4: cannot be decoded")

    asked = [question(0, "broken.mp4"), question(1, "broken.mp4"), question(2, "good.mp4")]
    it = figures(run(asked, [Breaks()], tmp_path))
    assert it.once is not None
    assert (it.undecodable, it.failed) == (1, 2)
    assert it.once.value == pytest.approx(1 / 3)


def test_the_report_says_what_was_seen_and_which_reference_was_not_run(tmp_path: Path):
    lines = run([question(n) for n in range(4)], [Together()], tmp_path)
    text = report.write(lines, tmp_path, "a run", ["A note."], {"frames-only": "no eyes"}).read_text(encoding="utf-8")
    assert "| together | 2.0 | 2.0 | 2.00 |" in text
    assert "| frames-only | not run: no eyes |" in text
    assert "| text-only | not run |" in text
    assert "A note." in text


def test_the_report_has_the_scores_that_a_public_sets_authors_publish(tmp_path: Path):
    asked = [question(n, set="mlvu-test", type=("ego" if n else "order")) for n in range(3)]
    lines = run(asked, [Together()], tmp_path)
    text = report.write(lines, tmp_path, "a run").read_text(encoding="utf-8")
    assert "## MLVU-Test: as its authors score it (of how many)" in text
    assert "| M-Avg | 100.0 (2) |" in text


def test_an_open_question_is_neither_right_nor_unparsed_until_a_judge_has_graded_it(tmp_path: Path):
    lines = run([opened(0), question(1)], [Together()], tmp_path)
    it = figures(lines)
    assert lines[0]["correct"] is None
    assert it.once is not None
    assert (it.once.count, it.unparsed) == (1, 0.0)
    assert figures([line for line in lines if line["correct"] is None]).once is None


def judged(tmp_path: Path, replies: list[str]) -> tuple[list[Question], Scripted]:
    pair = {"kind": "consistency", "criteria": ("consistency",)}
    asked = [
        opened(0, criteria=("correctness", "detail")),
        opened(7, **pair, id="7-1", group="7-1"),
        opened(7, **pair, id="7-2", group="7-2", question="Who is at the stove?"),
    ]
    run(asked, [Together()], tmp_path)
    return asked, Scripted(*replies)


def test_a_judge_grades_each_answer_by_each_criterion_and_a_pair_together(tmp_path: Path):
    _, model = judged(tmp_path, ['{"points": 4}', "I like it.", '{"points": 2}'])
    count = judging.judge(read(tmp_path / RESULTS), model, tmp_path, lambda *_: None)
    assert count == 3
    grades = judging.graded(tmp_path)
    assert [(grade["id"], grade["criterion"], grade["points"]) for grade in grades] == [
        ("q00", "correctness", 4),
        ("q00", "detail", None),
        ("7-1", "consistency", 2),
    ]
    assert "A man cooks." in model.asked[0]
    assert "Who is at the stove?" in model.asked[2]
    judging.judge(read(tmp_path / RESULTS), model, tmp_path, lambda *_: None)
    assert len(model.asked) == 3
    text = report.write(read(tmp_path / RESULTS), tmp_path, "a run").read_text(encoding="utf-8")
    assert "| Correctness of Information | 4.0 (1) |" in text
    assert "Judged by scripted/1: 3 grades, of which 1 replies gave no points." in text


def test_grades_of_two_judges_are_not_mixed(tmp_path: Path):
    class Other(Scripted):
        @property
        def source(self) -> str:
            return "other/1"

    _, model = judged(tmp_path, ['{"points": 4}'] * 3)
    judging.judge(read(tmp_path / RESULTS), model, tmp_path, lambda *_: None)
    with pytest.raises(UsageError, match="scripted/1"):
        judging.judge(read(tmp_path / RESULTS), Other(), tmp_path, lambda *_: None)


def test_a_run_without_open_questions_needs_no_judge(tmp_path: Path):
    run([question(0)], [Together()], tmp_path)
    with pytest.raises(UsageError, match="no open question"):
        judging.judge(read(tmp_path / RESULTS), Scripted(), tmp_path, lambda *_: None)


def test_answers_are_written_for_the_authors_scripts_in_a_folder_for_each_pipeline(tmp_path: Path):
    judged(tmp_path, [])
    [path] = whole.write_predictions(tmp_path)
    told = json.loads(path.read_text(encoding="utf-8"))
    assert path.parent.name == "together"
    assert [one["ann_id"] for one in told] == [0, 7]
    with pytest.raises(UsageError, match="no run"):
        whole.write_predictions(tmp_path / "nowhere")
