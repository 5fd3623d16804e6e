"""Reading videos with the real embedded models."""

import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from vidscout import Modality, VideoScout
from vidscout.agent.bridge import finished
from vidscout.graphs.events import Progress
from vidscout.tools.errors import CancelledError, WeightsError

pytestmark = pytest.mark.models


def record_ids(scout: VideoScout, path: Path) -> set[str]:
    return {record.id for record in scout.index.timeline(scout.find(path).id)}


def position(scout: VideoScout, stage: str) -> float:
    """Seconds up to which a stage has read the only video of a home."""
    [video] = scout.videos()
    entry = scout.library.journal.entry(video.id, stage)
    return (entry.position if entry else None) or 0.0


def test_the_trailers_cards_are_read_with_their_times(scout: VideoScout, trailer: Path):
    video = scout.find(trailer).id
    texts = scout.index.timeline(video, [Modality.SCREEN_TEXT])
    for words, start, end in (
        ("unlucky bird", 10.5, 14.5),
        ("slightly overweight", 16, 23.5),
        ("three rodent pests", 32, 36.5),
        ("Revenge is coming", 47, 52.5),
    ):
        [card] = [record for record in texts if words in record.text]
        assert start <= card.span.start < card.span.end <= end, card


def test_the_lecture_is_heard_and_seen(scout: VideoScout, lecture: Path):
    video = scout.find(lecture).id
    said = " ".join(record.text for record in scout.index.timeline(video, [Modality.SPEECH])).lower()
    assert "silicon carbide" in said
    assert "fishing company" in said
    seen = " ".join(record.text for record in scout.index.timeline(video, [Modality.OBJECT]))
    assert "cat" in seen
    assert scout.index.timeline(video, [Modality.SHOT])
    captions = scout.index.timeline(video, [Modality.CAPTION])
    assert captions
    assert all(caption.source.startswith("composed/") for caption in captions)


def test_reading_again_adds_nothing_and_takes_no_time(scout: VideoScout, lecture: Path):
    before = record_ids(scout, lecture)
    [again] = scout.ingest(lecture)
    assert again.added == 0
    assert again.seconds < 1
    assert not any(again.counters.values())
    assert record_ids(scout, lecture) == before


def test_the_same_file_under_another_path_is_the_same_video(scout: VideoScout, bikes: Path, tmp_path: Path):
    scout.ingest(bikes)
    copy = tmp_path / "copy of bikes.mp4"
    shutil.copy(bikes, copy)
    [read] = scout.ingest(copy)
    assert read.added == 0
    assert read.video == scout.find(bikes).id


def test_another_file_under_the_same_name_is_another_video(
    scout: VideoScout, bikes: Path, carphone: Path, tmp_path: Path
):
    scout.ingest(bikes)
    other = tmp_path / bikes.name
    shutil.copy(carphone, other)
    [read] = scout.ingest(other)
    assert read.video != scout.find(bikes).id


def test_a_question_works_when_the_file_has_gone(elsewhere: VideoScout, tmp_path: Path, bikes: Path):
    path = tmp_path / "gone.mp4"
    shutil.copy(bikes, path)
    elsewhere.ingest(path)
    path.unlink()
    answer = elsewhere.ask("gone.mp4", "How many people are there?")
    assert answer.evidence
    assert all(Path(frame.thumbnail or "").is_file() for frame in answer.frames)


def test_a_killed_ingest_goes_on_and_ends_with_the_same_records(tmp_path: Path, scout: VideoScout, trailer: Path):
    home = tmp_path / "home"
    command = [sys.executable, "-m", "vidscout.agent.cli", "--home", str(home), "ingest", str(trailer)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with VideoScout(home=home) as watching:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            known = watching.videos()
            if known and position(watching, "screen_text") > 8:
                break
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        [video] = watching.videos()
        assert video.status == "reading"
        assert position(watching, "screen_text")
        [read] = watching.ingest(trailer)
        assert read.added > 0
        assert read.counters["frames_decoded"] < scout.find(trailer).fps * scout.find(trailer).duration
        assert record_ids(watching, trailer) == record_ids(scout, trailer)
        [again] = watching.ingest(trailer)
        assert again.added == 0


def test_stopping_keeps_what_was_read(tmp_path: Path, trailer: Path):
    with VideoScout(home=tmp_path / "home") as scout:
        events = scout.ingest_events(trailer)
        for event in events:
            if isinstance(event, Progress) and event.stage == "screen_text" and event.done > 0:
                break
        events.close()
        [video] = scout.videos()
        assert video.status == "reading"
        assert position(scout, "screen_text") > 0


def test_who_stops_during_the_last_batch_is_heard_all_the_same(
    tmp_path: Path, lecture: Path, monkeypatch: pytest.MonkeyPatch
):
    with VideoScout(home=tmp_path / "home") as scout:
        speech, stop = scout.role("speech"), threading.Event()
        perceive = speech.perceive
        monkeypatch.setattr(speech, "perceive", lambda batch: (stop.set(), perceive(batch))[1])
        with pytest.raises(CancelledError, match="to go on from here"):
            finished(scout.ingest_events(lecture, stop=stop))
        assert [video.status for video in scout.videos()] == ["reading"]
        [read] = scout.ingest(lecture)
        assert read.records.get("speech")


def test_where_seeing_fails_its_own_error_is_told(
    elsewhere: VideoScout, lecture: Path, monkeypatch: pytest.MonkeyPatch
):
    tags = elsewhere.role("tags")
    monkeypatch.setattr(tags, "run", lambda batch: raise_(WeightsError("the weights are gone")))
    with pytest.raises(WeightsError, match="the weights are gone"):
        elsewhere.ingest(lecture)


def raise_(error: Exception) -> None:
    raise error


def test_forgetting_one_video_leaves_the_others(elsewhere: VideoScout, bikes: Path, carphone: Path):
    elsewhere.ingest([bikes, carphone])
    kept = record_ids(elsewhere, carphone)
    elsewhere.forget(bikes)
    assert [video.name for video in elsewhere.videos()] == [carphone.name]
    assert record_ids(elsewhere, carphone) == kept
    [read] = elsewhere.ingest(bikes)
    assert read.added > 0


def test_a_failing_tool_is_noted_and_the_others_go_on(
    elsewhere: VideoScout, bikes: Path, monkeypatch: pytest.MonkeyPatch
):
    detector = elsewhere.role("objects")
    monkeypatch.setattr(detector, "perceive", lambda batch: 1 / 0)
    [read] = elsewhere.ingest(bikes)
    assert any("objects failed" in note and "ZeroDivisionError" in note for note in read.notes)
    assert read.records.get("frame")
    answer = elsewhere.ask(bikes, "What does the scene look like?")
    assert any("objects failed" in note for note in answer.notes)


def test_what_cannot_be_read_leaves_the_index_as_it_was(scout: VideoScout, tmp_path: Path, trailer: Path):
    before = record_ids(scout, trailer)
    broken = tmp_path / trailer.name
    broken.write_bytes(trailer.read_bytes()[:1000])
    with pytest.raises(Exception, match=trailer.name):
        scout.ingest(broken)
    assert record_ids(scout, trailer) == before
