"""Pairs that are made from videos, and what is rejected of them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_scout import ANSWER, FIRST, QUESTION, Answers, filled, small_scout
from vidscout import VideoScout
from vidscout.bench.pairs.bootstrap import bootstrap, clips, holds
from vidscout.bench.pairs.preferences import Posed, preferences, questions
from vidscout.bench.run.sides import chosen_among, probed
from vidscout.tools.errors import UsageError


class Varies(Answers):
    """Says in turn what it is told to."""

    def __init__(self, *replies: str) -> None:
        super().__init__()
        self.turns = list(replies)

    def stream(self, *rest, **named):
        self.reply = self.turns.pop(0) if self.turns else self.reply
        return super().stream(*rest, **named)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VideoScout]:
    with small_scout(tmp_path_factory.mktemp("pairs") / "home") as scout:
        yield filled(scout)


def listed(path: Path, *lines: dict) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_what_the_label_confirms_is_kept_and_the_rest_counted(known: VideoScout, tmp_path: Path):
    path = tmp_path / "clips.jsonl"
    asked = [QUESTION, "Who counts the boats?"]
    found = clips(listed(path, {"video": "0.mp4", "label": "silicon carbide mirrors", "questions": asked}))
    known.models._backends["answerer"] = Answers()
    broken = tmp_path / "no.mp4"
    broken.write_bytes(b"no video")
    found = [
        type(found[0])(FIRST, found[0].label, found[0].questions),
        *clips(listed(path, {"video": broken.name, "label": "x"})),
    ]
    made = bootstrap(found, known.with_settings(best_of=2), tmp_path / "out.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [line["question"] for line in lines] == [QUESTION]
    assert "silicon" in lines[0]["answer"]
    assert lines[0]["evidence"]
    assert (made.asked, made.kept, made.rejection) == (4, 1, 0.75)
    assert made.rejected["the video cannot be read"] == 2


def test_a_label_is_held_by_other_forms_of_its_words_too():
    assert holds("A man rides two bicycles", "bicycle")
    assert not holds("A man walks", "bicycle")
    assert not holds("bicycle", "red bicycle")


def test_the_best_and_the_worst_answer_are_a_pair_where_the_evidence_tells_them_apart(
    known: VideoScout, tmp_path: Path
):
    known.models._backends["answerer"] = Varies(
        "The mirror is made of marble.", ANSWER, *(["The mirror is made of glass."] * 2)
    )
    scout = known.with_settings(best_of=2, max_rounds=1)
    made = preferences([Posed(FIRST, QUESTION)] * 2, scout, tmp_path / "pairs.jsonl")
    [line] = [json.loads(line) for line in (tmp_path / "pairs.jsonl").read_text().splitlines()]
    assert line["chosen"].startswith("The mirror is made of silicon carbide")
    assert line["rejected"].startswith("The mirror is made of marble")
    assert line["chosen_score"] > line["rejected_score"] + 0.2
    assert (made.kept, made.rejection, made.rejected) == (1, 0.5, {"all answers are the same": 1})
    with pytest.raises(UsageError, match="at least 2 answers"):
        preferences([], known, tmp_path / "none.jsonl")


def test_a_list_that_is_none_is_refused_with_its_line(tmp_path: Path):
    path = tmp_path / "list.jsonl"
    with pytest.raises(UsageError, match="line 2"):
        clips(listed(path, {"video": "a", "label": "b"}, {"video": "a"}))
    with pytest.raises(UsageError, match="line 1"):
        questions(listed(path, {"video": "a"}))
    path.write_text("[]\n")
    with pytest.raises(UsageError, match="one a line"):
        questions(path)


def line(id: str, correct: bool, drafts=()) -> dict:
    return {"id": id, "try": 0, "correct": correct, "type": "order", "trace": {"drafts": list(drafts)}}


def test_the_report_tells_which_side_of_the_probe_is_right():
    words, frames = [True, True, False, False], [True, False, True, False]
    lines = {
        "timeline": [line(str(at), right) for at, right in enumerate(words)],
        "frames": [line(str(at), right) for at, right in enumerate(frames)],
    }
    assert probed(lines) == [[name, "4", *["25%"] * 4] for name in ("order", "all")]
    assert probed({"timeline": lines["timeline"]}) == []


def test_the_report_tells_how_far_several_answers_are_supported():
    some = [line("1", True, [("a", 0.9), ("b", 0.1)]), line("2", True, [("a", 0.7), ("b", 0.3)]), line("3", True)]
    assert chosen_among({"best-of-4": some, "blind": [line("1", False)]}) == [["best-of-4", "2", "2.0", "0.80", "0.20"]]
