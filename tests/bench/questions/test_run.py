import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from vidscout.bench.questions import report
from vidscout.bench.questions.run import Reply, run
from vidscout.tools.errors import MediaError, UsageError, WeightsError


def question(number: int, **changed) -> dict:
    plain = {"id": f"v/q{number}", "video": "v", "kind": "fact", "text": f"What is {number}?", "language": "en"}
    plain |= {"spoken_language": "en", "answers": [[str(number)]], "wrong": [], "unanswerable": False, "close": ""}
    return plain | {"after": None, "truth": [[10.0, 12.0]]} | changed


def made(folder: Path, questions: list[dict], half: str = "development", **recordings: str) -> Path:
    """A set with its list and no videos; the respondent of these tests reads none."""
    folder.mkdir(exist_ok=True)
    about = {name: {"file": f"{name}.mp4", "kind": "news", "recipe": recipe} for name, recipe in recordings.items()}
    told = {"half": half, "recordings": about or {"v": {"file": "v.mp4", "kind": "news", "recipe": "1"}}}
    (folder / "questions.json").write_text(json.dumps(told | {"questions": questions}), encoding="utf-8")
    return folder


class Scripted:
    """Answers by a table, and remembers what it was asked."""

    def __init__(self, replies: Mapping[str, Reply | Exception]) -> None:
        self.replies = replies
        self.videos: list[str] = []
        self.asked: list[tuple[str, str | None]] = []

    def read(self, video: Path) -> None:
        self.videos.append(video.name)

    def ask(self, video: Path, question: str, conversation: str | None) -> Reply:
        self.asked.append((question, conversation))
        reply = self.replies.get(question, Reply("no idea", abstained=True))
        if isinstance(reply, Exception):
            raise reply
        return reply


def here(text: str, confidence: float = 0.9, start: float = 10.0) -> Reply:
    evidence = [{"start": start, "end": start + 1, "modality": "speech", "text": text}]
    return Reply(text, confidence=confidence, evidence=evidence, seconds=2.0, first_token=0.5)


def test_answers_are_graded_and_written_with_all_that_a_report_needs(tmp_path: Path):
    folder = made(tmp_path / "set", [question(1), question(2, unanswerable=True, answers=[], truth=[]), question(3)])
    lines = run(folder, Scripted({"What is 1?": here("It is one.")}), tmp_path / "out", profile="embedded")
    assert [line["verdict"] for line in lines] == ["right", "right", "abstained"]
    assert (lines[0]["cited"], lines[0]["first_token"], lines[0]["expected"]) == (True, 0.5, [["1"]])
    assert report.load(tmp_path / "out") == ({"half": "development", "profile": "embedded"}, lines)


def test_a_second_run_asks_only_what_is_new_or_has_changed_and_grades_all_anew(tmp_path: Path):
    folder = made(tmp_path / "set", [question(1), question(2)])
    run(folder, Scripted({}), tmp_path / "out")
    made(folder, [question(1, answers=[["uno"]]), question(2, text="And what is two?"), question(3)])
    again = Scripted({"What is 3?": here("3")})
    lines = run(folder, again, tmp_path / "out")
    assert [asked for asked, _ in again.asked] == ["And what is two?", "What is 3?"]
    assert {line["id"]: line["expected"] for line in lines}["v/q1"] == [["uno"]]
    assert len(lines) == 3
    third = Scripted({})
    run(folder, third, tmp_path / "out")
    assert third.asked == third.videos == []


def test_a_video_that_was_rendered_otherwise_is_asked_about_anew(tmp_path: Path):
    questions = [question(1), question(2, id="w/q2", video="w")]
    folder = made(tmp_path / "set", questions, v="1", w="1")
    run(folder, Scripted({}), tmp_path / "out")
    made(folder, questions, v="2", w="1")
    again = Scripted({})
    run(folder, again, tmp_path / "out")
    assert again.videos == ["v.mp4"]


def test_a_line_that_a_kill_has_torn_is_asked_again(tmp_path: Path):
    folder = made(tmp_path / "set", [question(1), question(2)])
    run(folder, Scripted({}), tmp_path / "out")
    results = tmp_path / "out" / "results.jsonl"
    results.write_bytes(results.read_bytes()[:-20])
    again = Scripted({})
    assert len(run(folder, again, tmp_path / "out")) == 2
    assert [asked for asked, _ in again.asked] == ["What is 2?"]


class TestConversations:
    QUESTIONS = (
        question(1),
        question(2),
        question(3, kind="follow-up", after="v/q1"),
        question(4, kind="follow-up", after="v/q3"),
    )

    def test_follow_ups_share_a_conversation_and_others_have_none(self, tmp_path: Path):
        asked = Scripted({})
        run(made(tmp_path / "set", list(self.QUESTIONS)), asked, tmp_path / "out")
        first, alone, *others = [talk for _, talk in asked.asked]
        assert first is not None
        assert alone is None
        assert others == [first, first]

    def test_a_conversation_that_was_cut_off_is_held_anew_from_its_beginning(self, tmp_path: Path):
        folder = made(tmp_path / "set", list(self.QUESTIONS))
        before = Scripted({"What is 4?": WeightsError("gone")})
        with pytest.raises(WeightsError):
            run(folder, before, tmp_path / "out")
        again = Scripted({})
        assert len(run(folder, again, tmp_path / "out")) == 4
        assert [asked for asked, _ in again.asked] == ["What is 1?", "What is 3?", "What is 4?"]
        assert again.asked[0][1] != before.asked[0][1]

    def test_what_a_chosen_follow_up_leans_on_is_asked_too(self, tmp_path: Path):
        asked = Scripted({})
        run(made(tmp_path / "set", list(self.QUESTIONS)), asked, tmp_path / "out", kinds=["follow-up"], limit=1)
        assert [text for text, _ in asked.asked] == ["What is 1?", "What is 3?"]


def test_an_unknown_kind_lists_the_known_ones(tmp_path: Path):
    with pytest.raises(UsageError, match="no questions of kind 'facts'; it has fact"):
        run(made(tmp_path / "set", [question(1)]), Scripted({}), tmp_path / "out", kinds=["facts"])


def test_a_video_that_cannot_be_read_fails_its_questions_and_no_others(tmp_path: Path):
    class Broken(Scripted):
        def read(self, video: Path) -> None:
            if video.name == "v.mp4":
                raise MediaError("v.mp4: no video")

    folder = made(tmp_path / "set", [question(1), question(2, id="w/q2", video="w")], v="1", w="1")
    first, second = run(folder, Broken({"What is 2?": here("2")}), tmp_path / "out")
    assert (first["error"], first["verdict"]) == ("v.mp4: no video", "wrong")
    assert second["verdict"] == "right"


@pytest.mark.parametrize("changed", [{"half": "report"}, {"profile": "hub"}])
def test_answers_of_another_half_or_profile_are_not_mixed_in(tmp_path: Path, changed: dict[str, str]):
    run(made(tmp_path / "a", [question(1)]), Scripted({}), tmp_path / "out", profile="embedded")
    folder = made(tmp_path / "b", [question(1)], changed.get("half", "development"))
    with pytest.raises(UsageError, match="choose another folder"):
        run(folder, Scripted({}), tmp_path / "out", profile=changed.get("profile", "embedded"))


class TestReport:
    def lines(self, folder: Path) -> list[dict]:
        asked = [question(1), question(2), question(3), question(4, kind="look"), question(5, language="de")]
        asked += [question(number, unanswerable=True, answers=[], truth=[]) for number in (6, 7, 8, 9)]
        replies: dict[str, Reply | Exception] = {
            "What is 1?": here("1", 0.9),
            "What is 2?": here("2", 0.8, start=50.0),
            "What is 3?": here("4", 0.85),
            "What is 5?": here("fünf", 0.7),
            "What is 6?": here("6", 0.2),
        }
        return run(made(folder / "set", asked), Scripted(replies), folder / "out")

    def test_shares_are_of_what_can_and_of_what_cannot_be_answered(self, tmp_path: Path):
        all_of_it = report.figures(self.lines(tmp_path))
        assert (all_of_it.answerable, all_of_it.right, all_of_it.wrong, all_of_it.abstained) == (5, 0.6, 0.2, 0.2)
        assert (all_of_it.cited, all_of_it.cited_first) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
        assert (all_of_it.unanswerable, all_of_it.declined) == (4, 0.75)

    def test_the_table_has_a_row_a_kind_and_a_language(self, tmp_path: Path):
        text = report.table(self.lines(tmp_path))
        rows = {row.split(" | ")[0].strip("| "): row for row in text.splitlines() if row.startswith("|")}
        assert rows["English, not visual"].split(" | ")[1:3] == ["3", "67%"]
        assert rows["other languages over English speech"].split(" | ")[1:3] == ["1", "100%"]
        assert {"fact", "look", "asked in de", "spoken in en", "in a news"} <= set(rows)
        assert "first token: 0.50 s" in text

    def test_confidence_is_held_against_right_answers_that_were_given(self):
        assert report.auc([0.9, 0.8, 0.3, 0.3], [True, False, True, False]) == 0.625
        assert report.auc([0.9], [True]) is None
        assert report.calibration_error([0.95, 0.95, 0.15, 0.15], [True, True, False, False]) == pytest.approx(0.1)
        assert report.calibration_error([1.0], [True]) == 0.0
        assert report.calibration_error([], []) is None

    def test_failures_show_what_was_said_and_what_was_wanted(self, tmp_path: Path):
        text = report.failures(self.lines(tmp_path))
        assert "v/q3 (fact, en) wrong" in text
        assert "wanted: 3 at 10.0–12.0" in text
        assert "v/q1 " not in text

    def test_the_failures_of_the_report_half_are_refused_in_one_line(self, tmp_path: Path):
        run(made(tmp_path / "set", [question(1, text="A secret?")], "report"), Scripted({}), tmp_path / "out")
        command = [sys.executable, "-m", "vidscout.agent.cli", "bench", "questions", "report", str(tmp_path / "out")]
        refused = subprocess.run([*command, "--failures"], capture_output=True, text=True, check=False)
        assert refused.returncode == 2
        assert refused.stdout == ""
        assert len(refused.stderr.strip().splitlines()) == 1
        assert "not shown" in refused.stderr
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert "| **all** | 1 | 0% |" in shown
        assert "secret" not in shown

    def test_a_folder_without_answers_says_how_to_ask(self, tmp_path: Path):
        with pytest.raises(UsageError, match="questions run"):
            report.load(tmp_path)
