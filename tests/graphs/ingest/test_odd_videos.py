"""Videos that lack something: each is read as far as it goes, says what is missing, and can be asked about."""

from pathlib import Path

import pytest
from made_videos import clicking, cut, steady, write
from vidscout import VideoScout

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def reader(loaded_scout: VideoScout, tmp_path_factory: pytest.TempPathFactory):
    reader = loaded_scout.at(tmp_path_factory.mktemp("odd") / "home")
    yield reader
    reader.index.close()


def test_a_video_without_sound_is_looked_at(reader: VideoScout, tmp_path: Path):
    path = write(tmp_path / "silent.mp4", steady(3))
    [read] = reader.ingest(path)
    assert "the video has no sound: nothing was listened to" in read.notes
    assert read.records["frames"] >= 1
    answer = reader.ask(path, "What does the speaker say about taxes?")
    assert answer.abstained
    assert "the video has no sound: nothing was listened to" in answer.notes


def test_a_file_with_sound_only_is_listened_to(reader: VideoScout, lecture: Path, tmp_path: Path):
    path = write(tmp_path / "sound.m4a", sounds=[clicking(3)])
    [read] = reader.ingest(path)
    assert "the file has no picture: nothing was looked at" in read.notes
    assert read.records["frames"] == 0
    assert reader.ask(path, "What is said?").abstained


def test_a_video_of_one_frame_is_read(reader: VideoScout, tmp_path: Path):
    path = write(tmp_path / "one.mp4", [0.0])
    [read] = reader.ingest(path)
    assert read.records["frames"] == 1
    answer = reader.ask(path, "What text is on screen?")
    assert len(answer.frames) == 1


def test_a_truncated_video_is_read_as_far_as_it_goes(reader: VideoScout, bikes: Path, tmp_path: Path):
    whole = write(tmp_path / "whole.mkv", steady(10))
    path = cut(whole, tmp_path / "cut.mkv", 0.5)
    [read] = reader.ingest(path)
    assert 1 < read.duration < 9
    assert read.records["frames"] >= 1
    assert reader.ask(path, "When does a dog appear?").abstained
