"""Captions graded by their events, and answers by when they come, in small folders of the published layout."""

import json
from pathlib import Path

import pytest
from scripted import Scripted
from vidscout import VideoScout
from vidscout.bench.pipelines.registry import build
from vidscout.bench.telling import due, events
from vidscout.bench.telling.due import Asked, Reply, in_span
from vidscout.bench.telling.events import Clip, Events, caption_events, means
from vidscout.bench.telling.judged import Judge
from vidscout.tools.errors import UsageError


def dream(folder: Path, video_file: str = "<placeholder>") -> Path:
    line = {
        "idx": 7,
        "dataset": "DREAM/movie_animation",
        "text": {"prompt": "<video>\nDescribe the video in detail.", "response": "Two birds hover over a dog."},
        "video_file": video_file,
        "extra_info": {"duration": 8.22, "n_shots": 1, "events": ["Two birds hover over a dog"], "n_events": 1},
    }
    (folder / events.ANNOTATED).write_text(json.dumps(line) + "\n")
    return folder / "videos" / "7.mp4"


def magqa(folder: Path) -> Path:
    answer = [{"content": "It is red.", "time": [2.0, 6.5]}]
    asked = [{"role": "user", "content": "What is shown about the car?", "time": 0}]
    line = {"question_id": 3, "video": "a.0_12.mp4", "conversation": asked, "answer": answer}
    (folder / due.ANNOTATED).write_text(json.dumps([line]))
    return folder / "videos" / "a.0_12.mp4"


@pytest.mark.parametrize(("made", "load"), [(dream, events.load), (magqa, due.load)])
def test_a_set_is_read_as_it_is_published_and_what_is_missing_is_named(made, load, tmp_path: Path):  # type: ignore[no-untyped-def]
    with pytest.raises(UsageError, match="its authors publish it at"):
        load(tmp_path)
    video = made(tmp_path)
    with pytest.raises(UsageError, match=video.name):
        load(tmp_path)
    video.parent.mkdir()
    video.write_text("video")
    [one] = load(tmp_path)
    assert one.video == video


def test_what_stands_in_a_set_stays_in_its_folder(tmp_path: Path):
    outside = tmp_path / "7.mp4"
    outside.write_text("video")
    inside = tmp_path / "set"
    inside.mkdir()
    dream(inside, "../7.mp4")
    with pytest.raises(UsageError, match="lacks 1 videos"):
        events.load(inside)


def test_caption_events_are_held_both_ways():
    scored = caption_events(
        "a dog runs and a cat flies",
        ["a dog runs", "a cat flies"],
        "a dog runs, a man falls, it rains",
        ["a dog runs", "a man falls", "it rains"],
        lambda text, event: event in text,
    )
    assert (scored.precision, scored.recall) == (0.5, pytest.approx(1 / 3))
    assert scored.f1 == pytest.approx(0.4)


def test_subsets_count_alike_however_many_clips_they_have():
    clips = [Clip(id, Path("x"), subset, "", ()) for id, subset in (("1", "a"), ("2", "a"), ("3", "b"))]
    found = means(clips, {"1": Events(1.0, 1.0), "2": Events(0.0, 0.0), "3": Events(1.0, 0.5)})
    assert (found["precision"], found["recall"]) == (pytest.approx(0.75), pytest.approx(0.5))
    assert found["F1"] == pytest.approx((0.5 + 2 / 3) / 2)


def test_a_reply_counts_while_its_answer_is_due():
    wanted = [Reply(0, 10, "red"), Reply(20, 30, "blue"), Reply(40, 50, "black")]
    replies = [Reply(5, 5, "red"), Reply(8, 8, "no"), Reply(12, 12, "blue"), Reply(30, 30, "green")]
    scores = in_span(replies, wanted, lambda a, b: 5.0 if a == b else 1.0)
    assert scores == {
        "in-span score": pytest.approx((3 + 1 + 1) / 3),
        "answered": pytest.approx(2 / 3),
        "in time": pytest.approx(3 / 4),
    }


def test_replies_of_a_judge_that_cannot_be_read_are_counted():
    judge = Judge(
        Scripted('{"events": ["A dog runs."]}', "It has none.", '{"relation": "entailment"}', '{"points": 9}')
    )
    assert judge.events("A dog runs.") == ["A dog runs."]
    assert judge.events("A dog runs.") == []
    assert judge.says("A dog runs.", "A dog runs.")
    assert judge.points("What runs?", "A dog", "A cat") == 1
    assert judge.unread == 2


def test_a_real_clip_is_captioned_and_graded_once(scout: VideoScout, lecture: Path, tmp_path: Path):
    clip = Clip("1", lecture, "DREAM/stock", "A man speaks of stars.", ("A man speaks", "A star explodes"))
    yes, no = '{"relation": "entailment"}', '{"relation": "neutral"}'
    model = Scripted('{"events": ["A man speaks of stars."]}', yes, yes, no)
    found = events.run([clip], scout, Judge(model), tmp_path)
    assert found == {"precision": 1.0, "recall": 0.5, "F1": pytest.approx(2 / 3)}
    assert "star" in model.asked[0].lower()  # the caption quotes what is said
    assert events.run([clip], scout, Judge(model), tmp_path) == found
    other = Scripted()
    other.__class__ = type("Other", (Scripted,), {"source": "other/1"})
    with pytest.raises(UsageError, match="has grades by scripted/1"):
        events.run([clip], scout, Judge(other), tmp_path)


def test_a_question_about_a_real_video_is_answered_where_the_answer_is(
    scout: VideoScout, lecture: Path, tmp_path: Path
):
    question = "every time the first stars are mentioned"
    [first, *_] = sorted(scout.ground(lecture, question), key=lambda span: span.start)
    asked = Asked("1", lecture, question, (Reply(first.start, first.end, "The first stars."),))
    found = due.run([asked], scout, Judge(Scripted('{"points": 4}', '{"points": 4}')), tmp_path)
    assert (found["in-span score"], found["answered"]) == (4.0, 1.0)
    assert found["replies"] >= 1


def test_questions_are_answered_from_the_description_alone(scout: VideoScout, lecture: Path):
    reply = build("description", scout)
    reply.prepare(lecture)
    told = reply.ask(lecture, "What is the lecture about?", ["The first stars", "A recipe for bread"])
    assert told.choice in ("A", "B")
    assert told.pictures == 0
    assert {modality for _, _, modality, _ in told.records} == {"caption"}
