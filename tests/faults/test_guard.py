"""Whatever a part raises becomes a note or one line: no traceback, and the best answer that is left."""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from made_stages import Clicks, Numbers, read
from made_videos import clicking, steady, write
from small_scout import ANSWER, FIRST, QUESTION, filled, hanging, raising, small_scout
from vidscout import Answer, VideoScout
from vidscout.agent.cli.common import reported
from vidscout.graphs.answer.nodes import gather as gathering
from vidscout.graphs.ingest import graph as ingest_graph
from vidscout.tools.errors import CancelledError, StepError, VidscoutError, WeightsError
from vidscout.tools.index.video_index import VideoIndex

UNSEARCHED = "The video could not be searched, so whether it answers this is not known."
BUG = KeyError("something\nthat nobody foresaw")


@pytest.fixture
def scout(home: Path) -> Iterator[VideoScout]:
    with small_scout(home) as opened:
        yield filled(opened)


def noted(answer: Answer, *parts: str) -> bool:
    """Whether one of the notes has all of these parts, and none of them has two lines."""
    assert not [note for note in answer.notes if "\n" in note]
    return any(all(part in note for part in parts) for note in answer.notes)


def test_a_healthy_answer_has_no_notes(scout: VideoScout):
    answer = scout.ask(FIRST, QUESTION)
    assert "silicon" in answer.text
    assert answer.notes == []


def test_where_the_embedding_fails_words_are_searched(scout: VideoScout):
    scout.role("text_embedding").fault = raising(BUG)
    answer = scout.ask(FIRST, QUESTION)
    assert "silicon" in answer.text
    assert noted(answer, "searched by words only", "KeyError")
    assert not [note for note in answer.notes if note.startswith("speech")]


def test_where_the_embedding_hangs_words_are_searched_within_the_deadline(home: Path):
    with small_scout(home, tool_timeout=0.6) as scout, hanging() as fault:
        filled(scout)
        scout.ask(FIRST, QUESTION)
        scout.role("text_embedding").fault = fault
        began = time.monotonic()
        answer = scout.ask(FIRST, "Who welcomes whom to the observatory?")
        assert time.monotonic() - began < 10
    assert noted(answer, "searched by words only", "no answer in 0.3 s")
    assert any("observatory" in item.text for item in answer.evidence)


@pytest.mark.parametrize("options", [None, ["glass", "silicon carbide"]])
@pytest.mark.parametrize("error", [BUG, MemoryError(), VidscoutError("it broke off"), OSError(5, "I/O error")])
def test_where_the_answerer_fails_the_records_answer(scout: VideoScout, options: list[str] | None, error: Exception):
    scout.role("answerer").fault = raising(error)
    answer = scout.ask(FIRST, QUESTION, options)
    assert "silicon carbide" in answer.text
    assert answer.choice == ("B" if options else None)
    assert noted(answer, "the answerer failed, so the records answer alone")


@pytest.mark.parametrize("step", ["select", "pack", "respond", "verify", "find_objects"])
@pytest.mark.parametrize("options", [None, ["glass", "silicon carbide"]])
def test_a_step_that_fails_is_noted_and_the_question_is_answered(
    scout: VideoScout, step: str, options: list[str] | None, monkeypatch: pytest.MonkeyPatch
):
    broken = {"select": "_chosen", "pack": "PACKERS", "respond": "waited", "verify": "sees", "find_objects": ""}[step]
    if step == "find_objects":  # it looks only where a detector can find anything by name
        monkeypatch.setattr("vidscout.graphs.answer.nodes.find_objects.detect_selected", raising(BUG))
        detector = scout.role("objects")
        monkeypatch.setattr(type(detector), "open_vocabulary", True)
        answer = scout.ask(FIRST, "Is there a boat?", options)
        assert noted(answer, "objects could not be looked for", "KeyError")
        return
    monkeypatch.setattr(f"vidscout.graphs.answer.nodes.{step}.{broken}", raising(BUG))
    answer = scout.ask(FIRST, QUESTION, options)
    assert "silicon" in answer.text
    assert noted(answer, "(")
    assert step in answer.route


def test_when_every_branch_fails_it_says_that_it_could_not_be_searched(
    scout: VideoScout, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(gathering, "find", raising(BUG))
    answer = scout.ask(FIRST, QUESTION)
    assert (answer.text, answer.abstained, answer.confidence, answer.evidence) == (UNSEARCHED, True, 0.0, [])
    assert noted(answer, "speech failed", "KeyError")
    choice = scout.ask(FIRST, QUESTION, ["glass", "steel"])
    assert (choice.text, choice.choice, choice.abstained) == (UNSEARCHED, None, True)


def test_when_one_branch_was_searched_nothing_found_is_said_as_before(
    scout: VideoScout, monkeypatch: pytest.MonkeyPatch
):
    find = gathering.find
    monkeypatch.setattr(gathering, "find", lambda r, a: find(r, a) if r.modality == "speech" else raising(BUG)())
    answer = scout.ask(FIRST, "Which zebra won the marathon?")
    assert answer.abstained
    assert "Nothing found" in answer.text


def test_what_nothing_stands_in_for_ends_with_one_line(scout: VideoScout, monkeypatch: pytest.MonkeyPatch):
    scout.role("text_embedding").fault = raising(WeightsError("run `vidscout models pull`"))
    with pytest.raises(WeightsError, match="models pull"):
        scout.ask(FIRST, QUESTION)
    scout.role("text_embedding").fault = None
    monkeypatch.setattr("vidscout.graphs.answer.nodes.plan.planned", raising(BUG))
    with pytest.raises(StepError) as error:
        scout.ask(FIRST, QUESTION)
    assert str(error.value).startswith("plan failed (KeyError: ")
    assert "\n" not in str(error.value)


def test_a_conversation_that_cannot_be_kept_is_one_line(scout: VideoScout, monkeypatch: pytest.MonkeyPatch):
    full = sqlite3.OperationalError("database or disk is full")
    monkeypatch.setattr("langgraph.checkpoint.sqlite.SqliteSaver.put", raising(full))
    with pytest.raises(VidscoutError, match="disk is full"):
        scout.ask(FIRST, QUESTION, conversation="kept")


def test_who_gives_up_is_not_answered_by_what_is_left(scout: VideoScout):
    scout.role("answerer").fault = raising(CancelledError("the question was given up"))
    with pytest.raises(CancelledError):
        scout.ask(FIRST, QUESTION)


@pytest.mark.parametrize(
    "about", ['{"duration": 7.5, "status": "ready", "from_the_future": {"x": 1}, "counts": "many"}', "", "[1]", "{"]
)
def test_a_library_row_that_is_not_as_expected_is_read_as_far_as_it_can_be(scout: VideoScout, home: Path, about: str):
    with closing(sqlite3.connect(home / "vidscout.sqlite")) as db, db:
        db.execute("update videos set about = ? where id = ?", (about, FIRST))
    first, second = scout.videos()
    assert (first.id, second.status) == (FIRST, "ready")
    assert first.counts == {}
    assert first.duration == (7.5 if "7.5" in about else 0.0)


def test_a_finding_that_cannot_be_read_is_left_out_with_a_note(scout: VideoScout, home: Path):
    with closing(sqlite3.connect(home / "vidscout.sqlite")) as db, db:
        [payload] = db.execute("select payload from records where text like 'Welcome%'").fetchone()
        db.execute('update records set payload = \'{"version": 99, "kind": "spoken"}\' where text like \'Welcome%\'')
        more = json.dumps({**json.loads(payload), "from_the_future": 1, "text": ANSWER})
        db.execute("update records set payload = ? where text = ?", (more, ANSWER))
    answer = scout.ask(FIRST, "Who welcomes whom to the observatory? What is the mirror made of?")
    assert "silicon" in answer.text
    assert noted(answer, "was left out", "newer vidscout")


class Cutting(Clicks):
    """Fails while the sound is cut into windows, which belongs to no window."""

    broken = True

    def windows(self, chunks):
        for at, window in enumerate(super().windows(chunks)):
            if self.broken and at == 1:
                raise BUG
            yield window


def test_a_stage_that_breaks_off_costs_the_others_nothing_and_is_taken_up_again(home: Path, tmp_path: Path):
    film = write(tmp_path / "film.mkv", steady(6, 5), [clicking(6)])
    with VideoIndex(home) as index:
        ended = read(index, film, Numbers(), cutting := Cutting())
        assert ended["added"] == 30
        assert any("clicks failed: KeyError" in note for note in ended["notes"])
        cutting.broken = False
        again = read(index, film, Numbers(), cutting)
        assert again["due"] == ["clicks"]
        assert again["notes"] == []
        assert [record.text for record in index.records_by(ended["video"], "clicks")] == [
            f"1 clicks from {at}" for at in (0, 2, 4)
        ]


@pytest.mark.parametrize("part", ["probe", "finish", "decode"])
def test_what_breaks_a_reading_is_one_line_and_the_next_reading_mends_it(
    home: Path, tmp_path: Path, part: str, monkeypatch: pytest.MonkeyPatch
):
    film = write(tmp_path / "film.mkv", steady(2, 5))
    with VideoIndex(home) as index:
        with monkeypatch.context() as broken:
            where = {"probe": (ingest_graph, "probe"), "finish": (ingest_graph, "notes_of")}.get(part)
            if where is None:
                broken.setattr("vidscout.graphs.ingest.passes.frames", raising(BUG))
            else:
                broken.setattr(*where, raising(BUG))
            with pytest.raises(StepError, match="KeyError"):
                read(index, film, Numbers())
        read(index, film, Numbers())
        [video] = index.library.all()
        assert (video.status, video.notes) == ("ready", ["the video has no sound: nothing was listened to"])
        assert len(index.records_by(video.id, "numbers")) == 10


def test_the_command_line_ends_with_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("VIDSCOUT_DEBUG", raising=False)
    with pytest.raises(SystemExit) as ended, reported():
        raise BUG
    assert ended.value.code == 1
    assert capsys.readouterr().err.count("\n") == 1
    monkeypatch.setenv("VIDSCOUT_DEBUG", "1")
    with pytest.raises(KeyError), reported():
        raise BUG
