import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import ClassVar

import pytest
from PIL import Image
from vidscout import VideoScout
from vidscout.bench.pipelines import registry
from vidscout.bench.pipelines.interface import Reply
from vidscout.bench.pipelines.vidscout import Blind
from vidscout.bench.run import recall, report
from vidscout.bench.run.figures import figures, share
from vidscout.bench.run.load import first_of_each_type
from vidscout.bench.run.runner import RESULTS, read, run
from vidscout.bench.sets.question import Question, Subtitle
from vidscout.tools.errors import MediaError, UsageError, WeightsError

OPTIONS = ("red", "green", "blue", "white")


def question(number: int = 0, turn: int = 0, **other) -> Question:
    turned = OPTIONS[turn:] + OPTIONS[:turn]
    made = {
        "id": f"q{number:02}_{turn}",
        "group": f"q{number:02}",
        "video": Path(f"v{number // 10}.mp4"),
        "question": f"Which colour has thing {number}?",
        "options": turned,
        "answer": "ABCD"[turned.index("blue")],
        "type": f"type {number % 2}",
        "turn": turn,
        "length": 60.0,
        "seed": 1,
    }
    return Question(**(made | other))


class Says:
    """Answers every question with the same text, and remembers what it was asked."""

    name: ClassVar[str] = "says"
    takes_subtitles: ClassVar[bool] = True

    def __init__(self, reply: Reply | Exception) -> None:
        self.reply = reply
        self.prepared: list[tuple[str, int]] = []
        self.asked: list[str] = []

    def prepare(self, video: Path, subtitles=()) -> None:
        self.prepared.append((video.name, len(subtitles)))

    def ask(self, video: Path, question: str, options) -> Reply:
        self.asked.append(question)
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply


def test_a_line_has_everything_that_the_report_needs(tmp_path: Path):
    reply = Reply(
        "Answer: C",
        frame_times=[1.0, 10.2],
        records=[(10.0, 11.0, "screen_text", "blue")],
        tokens={"auxiliary": 10, "visual": 0, "prompt": 50},
        seconds={"first_token": 0.25},
        trace={"route": ["plan"]},
    )
    [line] = run([question(needle_time=(10.0,), needle_end=(11.0,), medium="text")], [Says(reply)], tmp_path)
    assert (line["id"], line["pipeline"], line["type"], line["length"], line["seed"]) == (
        "q00_0",
        "says",
        "type 0",
        60.0,
        1,
    )
    assert (line["correct"], line["answer"], line["gt"]) == (True, "C", "C")
    assert line["recall_frames"] == {"1": 0.0, "8": 1.0, "32": 1.0, "all": 1.0}
    assert line["recall_records"] == {"1": 1.0, "8": 1.0, "32": 1.0, "all": 1.0}
    assert (line["tokens"]["prompt"], line["seconds"]["first_token"], line["trace"]) == (50, 0.25, {"route": ["plan"]})
    assert line["seconds"]["total"] >= 0
    assert [json.loads(text) for text in (tmp_path / RESULTS).read_text().splitlines()] == [line]


def test_an_answer_that_names_no_option_is_wrong_and_counted_as_unparsed(tmp_path: Path):
    lines = run([question(0), question(1)], [Says(Reply("It may be red or blue."))], tmp_path)
    assert [(line["correct"], line["answer"]) for line in lines] == [(False, None)] * 2
    assert figures(lines).unparsed == 1.0


def test_a_letter_that_the_pipeline_chose_counts_over_its_text(tmp_path: Path):
    [line] = run([question()], [Says(Reply("red", choice="C"))], tmp_path)
    assert (line["answer"], line["correct"]) == ("C", True)


def test_a_video_is_prepared_once_and_its_first_question_is_the_cold_one(tmp_path: Path):
    says = Says(Reply("C"))
    lines = run([question(n) for n in range(20)], [says], tmp_path)
    assert says.prepared == [("v0.mp4", 0), ("v1.mp4", 0)]
    assert [line["id"] for line in lines if "prepare" in line["seconds"]] == ["q00_0", "q10_0"]


def test_subtitles_reach_the_pipeline_only_when_asked_for(tmp_path: Path):
    asked = [question(subtitles=(Subtitle(0, 1, "hello"),))]
    without, with_them = Says(Reply("C")), Says(Reply("C"))
    run(asked, [without], tmp_path / "a")
    run(asked, [with_them], tmp_path / "b", subtitles=True)
    assert (without.prepared, with_them.prepared) == ([("v0.mp4", 0)], [("v0.mp4", 1)])
    with pytest.raises(UsageError, match="other questions"):
        run(asked, [with_them], tmp_path / "a", subtitles=True)


def test_a_second_run_asks_only_what_is_new(tmp_path: Path):
    first, second = Says(Reply("C")), Says(Reply("A"))
    run([question(n) for n in range(5)], [first], tmp_path)
    lines = run([question(n) for n in range(8)], [second], tmp_path)
    assert second.asked == [question(n).question for n in (5, 6, 7)]
    assert [line["answer"] for line in lines] == ["C"] * 5 + ["A"] * 3


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.bench.run.test_runner import Says, question
from vidscout.bench.pipelines.interface import Reply
from vidscout.bench.run.runner import run

class Dies(Says):
    def ask(self, video, question, options):
        with open(sys.argv[2], "a") as log:
            print(question, file=log)
        if sys.argv[3] == "kill" and len(self.asked) == 50:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().ask(video, question, options)

run([question(n) for n in range(60)], [Dies(Reply("C"))], Path(sys.argv[1]))
"""


def test_a_run_that_is_killed_at_question_fifty_repeats_none_of_the_fifty(tmp_path: Path):
    log = tmp_path / "asked.txt"
    root = Path(__file__).parents[3]

    def start(how: str) -> int:
        command = [sys.executable, "-c", KILLED, str(tmp_path / "out"), str(log), how]
        return subprocess.run(command, cwd=root, check=False).returncode

    assert start("kill") == -9
    assert len(read(tmp_path / "out" / RESULTS)) == 50
    assert start("finish") == 0
    asked = Counter(log.read_text().splitlines())
    assert len(asked) == 60
    assert {text for text, times in asked.items() if times > 1} == {question(50).question}
    assert len({line["id"] for line in read(tmp_path / "out" / RESULTS)}) == 60


def test_a_line_that_was_torn_by_a_kill_is_asked_again_and_leaves_no_trace(tmp_path: Path):
    run([question(n) for n in range(3)], [Says(Reply("C"))], tmp_path)
    path = tmp_path / RESULTS
    path.write_bytes(path.read_bytes()[:-20])
    says = Says(Reply("C"))
    run([question(n) for n in range(3)], [says], tmp_path)
    assert says.asked == [question(2).question]
    assert [line["id"] for line in read(path)] == ["q00_0", "q01_0", "q02_0"]


def test_results_of_other_questions_are_not_mixed_in(tmp_path: Path):
    run([question(0)], [Says(Reply("C"))], tmp_path)
    with pytest.raises(UsageError, match="other questions"):
        run([question(0, question="Which shape has it?")], [Says(Reply("C"))], tmp_path)


def test_a_pipeline_that_fails_on_a_question_has_it_wrong_and_the_report_says_why(tmp_path: Path):
    lines = run([question(0), question(1)], [Says(MediaError("v0.mp4: the picture is broken"))], tmp_path)
    assert [line["correct"] for line in lines] == [False, False]
    text = report.write(lines, tmp_path, "broken").read_text()
    assert "says: v0.mp4: the picture is broken" in text


def test_missing_weights_end_the_run_rather_than_make_everything_wrong(tmp_path: Path):
    with pytest.raises(WeightsError):
        run([question(0)], [Says(WeightsError("not here"))], tmp_path)
    assert read(tmp_path / RESULTS) == []


# -- recall -----------------------------------------------------------------------------------------------------------


def asked_about(medium: str, *spans: tuple[float, float]) -> Question:
    starts, ends = zip(*spans, strict=True)
    return question(needle_time=starts, needle_end=ends, medium=medium)


def test_recall_counts_each_needle_once_and_only_within_its_time():
    asked = asked_about("photo", (10.0, 11.5), (20.0, 21.5), (30.0, 31.5))
    reply = Reply("", frame_times=[11.49, 10.0, 21.5, 19.9, 31.0])
    assert recall.of_frames(asked, reply) == pytest.approx({"1": 1 / 3, "8": 2 / 3, "32": 2 / 3, "all": 2 / 3})


def test_recall_at_eight_looks_at_the_first_eight_only():
    asked = asked_about("drawn", (50.0, 51.0))
    reply = Reply("", frame_times=[*range(9), 50.5])
    found = recall.of_frames(asked, reply)
    assert found is not None
    assert (found["8"], found["32"]) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("medium", "modality", "found"),
    [
        ("text", "screen_text", 1.0),
        ("text", "speech", 0.0),
        ("speech", "speech", 1.0),
        ("speech", "screen_text", 0.0),
        ("photo", "object", 1.0),
        ("", "speech", 1.0),
    ],
)
def test_a_record_finds_only_needles_that_its_modality_can_tell(medium: str, modality: str, found: float):
    reply = Reply("", records=[(9.0, 12.0, modality, "words")])
    ranks = recall.of_records(asked_about(medium, (10.0, 11.0)), reply)
    assert ranks is not None
    assert ranks["8"] == found


def test_a_record_that_spans_minutes_finds_nothing():
    reply = Reply("", records=[(0.0, 300.0, "caption", "a film")])
    ranks = recall.of_records(asked_about("text", (10.0, 11.0)), reply)
    assert ranks is not None
    assert ranks["all"] == 0.0


def test_a_frame_cannot_find_what_is_only_heard_and_no_needle_has_no_recall():
    assert recall.of_frames(asked_about("speech", (10.0, 11.0)), Reply("", frame_times=[10.5])) is None
    assert recall.of_records(question(), Reply("")) is None


# -- figures and report -----------------------------------------------------------------------------------------------


def test_a_question_is_right_in_rotation_only_if_all_four_tries_are(tmp_path: Path):
    class KnowsTheColour(Says):
        def ask(self, video: Path, question: str, options) -> Reply:
            # Of every second thing it knows the colour; of the others it always takes the third option.
            return Reply("blue" if int(question[:-1].split()[-1]) % 2 else "C")

    asked = [question(n, turn) for n in range(10) for turn in range(4)]
    it = figures(run(asked, [KnowsTheColour(Reply(""))], tmp_path))
    assert it.once is not None
    assert it.rotated is not None
    assert (it.once.value, it.once.count) == (1.0, 10)
    assert (it.rotated.value, it.rotated.count) == (0.5, 10)


def test_the_interval_holds_the_share_and_narrows_with_more_questions():
    few, many = share([True, False] * 10), share([True, False] * 500)
    assert few is not None
    assert many is not None
    assert few.low < 0.5 < few.high
    assert many.high - many.low < 0.1 < few.high - few.low
    assert few == share([True, False] * 10)
    assert share([]) is None


def test_warm_is_measured_on_later_first_tries_and_cold_with_preparation(tmp_path: Path):
    class Slower(Says):
        def ask(self, video: Path, question: str, options) -> Reply:
            self.asked.append(question)
            return Reply("C", seconds={"first_token": float(len(self.asked))})

    it = figures(run([question(n, turn) for n in range(2) for turn in range(2)], [Slower(Reply(""))], tmp_path))
    assert it.warm == 3.0
    assert it.cold == pytest.approx(1.0, abs=0.5)


def test_a_when_answer_is_measured_by_how_far_it_points_from_its_needle(tmp_path: Path):
    asked = [question(n, type="when", needle_time=(10.0,), needle_end=(12.0,)) for n in range(3)]
    it = figures(run(asked, [Says(Reply("C", at=11.5))], tmp_path))
    assert (it.off, it.pointed) == (1.5, 3)
    assert figures(run(asked, [Says(Reply("C"))], tmp_path / "other")).off is None


def test_the_report_has_a_row_for_each_pipeline_and_type_and_a_picture(tmp_path: Path):
    class Other(Says):
        name: ClassVar[str] = "other"

    asked = [question(n, needle_time=(1.0,), needle_end=(2.0,), medium="text") for n in range(10)]
    lines = run(asked, [Says(Reply("C", frame_times=[1.5])), Other(Reply("A"))], tmp_path)
    text = report.write(lines, tmp_path, "a run").read_text()
    assert "| says | 10 | 100.0% (100%–100%) |" in text
    assert "| other | 10 | 0.0% (0%–0%) |" in text
    assert "| type 0 | 100% | 0% |" in text
    assert "| text | 100% / 0% | 0% / 0% |" in text
    with Image.open(tmp_path / "report.png") as picture:
        assert picture.format == "PNG"
        colours = picture.convert("RGB").getcolors(maxcolors=1 << 20)
        assert colours is not None
        assert len(colours) > 4


def test_a_limit_keeps_all_tries_of_the_questions_it_keeps():
    asked = [question(n, turn) for n in range(6) for turn in range(4)]
    kept = first_of_each_type(asked, 2)
    assert sorted({q.group for q in kept}) == ["q00", "q01", "q02", "q03"]
    assert len(kept) == 16


def test_an_unknown_pipeline_is_answered_with_those_there_are():
    with pytest.raises(UsageError, match="blind"):
        registry.build("clairvoyant", None)  # type: ignore[arg-type]


def test_the_command_line_refuses_a_set_that_is_not_there(tmp_path: Path):
    from typer.testing import CliRunner
    from vidscout.bench.cli import app

    ran = CliRunner().invoke(app, ["run", "--set", str(tmp_path / "no"), "--pipeline", "blind", "--out", str(tmp_path)])
    assert isinstance(ran.exception, UsageError)
    assert "no such folder" in str(ran.exception)


@pytest.mark.models
def test_the_blind_pipeline_answers_from_the_question_alone(loaded_scout: VideoScout, tmp_path: Path):
    lines = run([question(n) for n in range(3)], [Blind(loaded_scout)], tmp_path / "out")
    assert all(line["answer"] in "ABCD" for line in lines)
    assert all(line["tokens"]["auxiliary"] == 0 < line["tokens"]["prompt"] for line in lines)
    assert all(line["seconds"]["first_token"] > 0 for line in lines)
