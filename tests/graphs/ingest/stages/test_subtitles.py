"""Subtitles that lie in the file itself."""

from pathlib import Path

import av
import pytest
from made_videos import steady, write
from vidscout import Modality, VideoScout
from vidscout.tools.media.subtitles import subtitles

TEXTS = """1
00:00:06,000 --> 00:00:08,000
<i>The password is swordfish.</i>

2
00:00:09,000 --> 00:00:10,500
[door creaks]

3
00:00:11,000 --> 00:00:13,000
[door creaks] Nobody is
at home.
"""


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seconds without sound, with a text track; on the file's own clock all of it begins at 5 s."""
    folder = tmp_path_factory.mktemp("subtitled")
    picture, texts = write(folder / "picture.mkv", steady(10, 5), video_start=5.0), folder / "texts.srt"
    texts.write_text(TEXTS, encoding="utf-8")
    with av.open(str(picture)) as pictures, av.open(str(texts)) as said, av.open(str(folder / "film.mkv"), "w") as film:
        streams = [(part, film.add_stream_from_template(part.streams[0])) for part in (pictures, said)]
        for part, stream in streams:
            for packet in part.demux():
                if packet.pts is not None:
                    packet.stream = stream
                    film.mux(packet)
    return folder / "film.mkv"


def test_what_is_said_comes_with_its_times_and_without_markup_and_sounds(film: Path):
    said = [(round(span.start, 2), round(span.end, 2), spoken.text) for span, spoken in subtitles(film)]
    assert said == [(1.0, 3.0, "The password is swordfish."), (6.0, 8.0, "Nobody is at home.")]


def test_a_file_without_a_text_track_has_none(tmp_path: Path):
    assert list(subtitles(write(tmp_path / "plain.mp4", steady(1)))) == []


@pytest.mark.models
def test_a_question_is_answered_from_subtitles_where_nothing_is_heard(tmp_path: Path, film: Path):
    with VideoScout(home=tmp_path) as scout:
        [read] = scout.ingest(film, stages=["subtitles"])
        assert read.stages == ["subtitles"]
        assert read.counters["frames_decoded"] == 0
        assert [record.source for record in scout.index.timeline(read.video, [Modality.SPEECH])] == ["subtitles/1"] * 2
        answer = scout.ask(film, "What is the password?")
        assert "swordfish" in answer.text
        assert answer.evidence[0].start == pytest.approx(1.0, abs=0.1)
