"""The stages that read what came with a file: subtitles and chapters."""

from pathlib import Path

import av
import pytest
from made_videos import clicking, steady, titled, write
from vidscout import Modality, VideoScout
from vidscout.graphs.ingest.stages.of_sound.speech import not_given
from vidscout.tools.payloads import Chapter, Sound, Spoken
from vidscout.tools.records import Record, Span

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


@pytest.mark.models
def test_a_question_is_answered_from_subtitles_where_nothing_is_heard(elsewhere: VideoScout, film: Path):
    [read] = elsewhere.ingest(film, stages=["subtitles"])
    assert read.stages == ["subtitles"]
    assert read.counters["frames_decoded"] == 0
    said = elsewhere.index.timeline(read.video, [Modality.SPEECH, Modality.SOUND])
    assert [(round(one.span.start, 1), one.payload) for one in said] == [
        (1.0, Spoken("The password is swordfish.", given=True)),
        (4.0, Sound("door creaks", given=True)),
        (6.0, Sound("door creaks", given=True)),
        (6.0, Spoken("Nobody is at home.", given=True)),
    ]
    assert {one.source for one in said} == {"given/subtitles"}
    answer = elsewhere.ask(film, "What is the password?")
    assert "swordfish" in answer.text
    assert answer.evidence[0].start == pytest.approx(1.0, abs=0.1)


@pytest.mark.models
def test_a_file_that_appears_beside_the_video_is_read_when_it_is_ingested_again(elsewhere: VideoScout, tmp_path: Path):
    film = write(tmp_path / "film.mp4", steady(3), [clicking(3)])
    [first] = elsewhere.ingest(film, stages=["subtitles"])
    assert first.records.get("speech", 0) == 0
    (tmp_path / "film.en.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nThe password is swordfish.\n")
    [again] = elsewhere.ingest(film, stages=["subtitles"])
    assert (again.stages, again.records["speech"]) == (["subtitles"], 1)
    assert elsewhere.ingest(film, stages=["subtitles"])[0].stages == []


@pytest.mark.models
def test_a_question_which_chapter_is_answered(elsewhere: VideoScout, tmp_path: Path):
    film = titled(tmp_path / "film.mkv", [(0, 4, "Arrival in Lisbon"), (4, 10, "The empty house")])
    [read] = elsewhere.ingest(film, stages=["chapters"])
    found = elsewhere.index.timeline(read.video, [Modality.CHAPTER])
    assert [one.payload for one in found] == [
        Chapter("Arrival in Lisbon", 1, 2),
        Chapter("The empty house", 2, 2),
    ]
    answer = elsewhere.ask(film, "Which chapter is at 0:06?")
    assert "The empty house" in answer.text
    assert answer.evidence[0].start == pytest.approx(4, abs=0.1)
    assert "0:04" in elsewhere.ask(film, "When does the chapter The empty house begin?").text


def said(start: float, end: float, text: str, given: bool = False) -> Record:
    return Record.of("v", Span(start, end), Spoken(text, given=given), 1.0, "demo/1")


class TestPreference:
    GIVEN = (
        said(4.0, 6.0, "The bridge was opened in 1937,", given=True),
        said(6.0, 8.7, "after four years of work.", given=True),
        said(20.0, 24.0, "Wir sehen uns morgen.", given=True),
    )

    @pytest.mark.parametrize(
        ("start", "end", "text", "kept"),
        [
            (4.1, 8.6, "The bridge was opened in 1937 after four years of work.", False),
            (4.1, 8.6, "The bridge was open in 1937, after four year of work", False),
            (4.1, 6.0, "The bridge was opened in 1937", False),
            (4.1, 8.6, "Red cable carries a heavy load and engineers check it.", True),  # another film's subtitles
            (15.0, 18.0, "The bridge was opened in 1937.", True),  # where there are none
            (20.0, 24.0, "We will see each other tomorrow.", True),  # a translation
        ],
    )
    def test_what_subtitles_say_is_not_said_again(self, start, end, text, kept):
        assert bool(not_given([said(start, end, text)], self.GIVEN)) is kept

    def test_without_subtitles_everything_is_kept(self):
        assert len(not_given([said(0, 1, "Hello there.")], [])) == 1
