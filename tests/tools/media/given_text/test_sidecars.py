"""Subtitle files as people and programs name and write them."""

from pathlib import Path

import pytest
from made_videos import steady, write
from vidscout.tools.media.given_text.sidecars import sidecars
from vidscout.tools.media.given_text.subtitles import subtitles, text_tracks
from vidscout.tools.media.given_text.text_encoding import decoded

LINE = "1\n00:00:01,000 --> 00:00:03,000\nThe password is swordfish.\n"
TWO_LANGUAGES = """<SAMI><HEAD><STYLE TYPE="text/css"><!--
P { margin-left: 8pt; }
.ENCC { Name: English; lang: en-US; SAMIType: CC; }
.KRCC { Name: Korean; lang: ko-KR; SAMIType: CC; }
--></STYLE></HEAD><BODY>
<SYNC Start=1000><P Class=ENCC>The password is swordfish.<P Class=KRCC>암호는 황새치입니다.
<SYNC Start=3000><P Class=ENCC>&nbsp;<P Class=KRCC>&nbsp;
<SYNC Start=4000><P Class=KRCC>집에 아무도 없습니다.
<SYNC Start=4500><P Class=encc>Nobody is<br>at home.
<SYNC Start=6000><P Class=KRCC>&nbsp;
<SYNC Start=7000><P Class=ENCC>&nbsp;
</BODY></SAMI>
"""
MEETING = """WEBVTT

1
00:00:01.000 --> 00:00:03.000
Ada Lovelace: The password is swordfish.

2
00:00:04.000 --> 00:00:06.000
Bob: Two things: nobody is at home.
"""


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("films") / "talk.mp4", steady(8, 5))


def beside(folder: Path, film: Path, name: str, text: str = LINE) -> Path:
    """A video in a folder of its own, with a file of that name in the folder."""
    video = folder / "talk.mp4"
    video.write_bytes(film.read_bytes())
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return video


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("talk.transcript.vtt", ""),
        ("talk.en-orig.vtt", "en"),
        ("talk_de.srt", "de"),
        ("talk (English).srt", "en"),
        ("talk - fr.srt", "fr"),
        ("talk.mp4.srt", ""),
        ("Subs/talk.en.srt", "en"),
        ("Subs/talk/2_English.srt", "en"),
        ("Subtitles/talk.srt", ""),
    ],
)
def test_a_file_is_a_videos_by_its_name(name: str, language: str, film: Path, tmp_path: Path):
    [found] = sidecars(beside(tmp_path, film, name, LINE))
    assert found.language == language


@pytest.mark.parametrize("name", ["talk 2.srt", "talker.srt", "talk_part.srt", "Subs/other.srt", "other/talk.srt"])
def test_other_names_are_other_videos(name: str, film: Path, tmp_path: Path):
    assert sidecars(beside(tmp_path, film, name, LINE)) == []


def test_a_file_of_another_video_of_a_longer_name_is_that_ones(film: Path, tmp_path: Path):
    video = beside(tmp_path, film, "talk_de.srt")
    other = video.with_name("talk_de.mkv")
    other.write_bytes(b"")
    assert sidecars(video) == []
    assert len(sidecars(other)) == 1


def test_two_languages_of_one_file_are_two_tracks(film: Path, tmp_path: Path):
    video = beside(tmp_path, film, "talk.smi", TWO_LANGUAGES)
    english, korean = text_tracks(video, sidecars(video))
    assert (english.language, korean.language) == ("en", "ko")
    told = [
        [(one.span.start, one.span.end, one.text) for one in subtitles(video, track)] for track in (english, korean)
    ]
    assert told == [
        [(1.0, 3.0, "The password is swordfish."), (4.5, 7.0, "Nobody is at home.")],
        [(1.0, 3.0, "암호는 황새치입니다."), (4.0, 6.0, "집에 아무도 없습니다.")],
    ]


def test_names_before_a_colon_are_speakers_where_all_lines_have_them(film: Path, tmp_path: Path):
    video = beside(tmp_path, film, "talk.transcript.vtt", MEETING)
    [track] = text_tracks(video, sidecars(video))
    assert [(one.speaker, one.text) for one in subtitles(video, track)] == [
        ("Ada Lovelace", "The password is swordfish."),
        ("Bob", "Two things: nobody is at home."),
    ]


def test_a_colon_in_one_line_of_many_is_no_speaker(film: Path, tmp_path: Path):
    video = beside(tmp_path, film, "talk.srt", LINE + "\n2\n00:00:04,000 --> 00:00:06,000\nRemember: nobody.\n")
    [track] = text_tracks(video, sidecars(video))
    assert [(one.speaker, one.text) for one in subtitles(video, track)][1] == ("", "Remember: nobody.")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("הנמל היה סגור.\n\nבגלל הסערה.\n", "cp1255"),
        ("항구가 폐쇄되었습니다.\n\n폭풍 때문입니다.\n", "cp949"),
        ("гавань была закрыта.\n\nиз-за шторма.\n", "cp1251"),
        ("ท่าเรือปิด\n\nเพราะพายุ\n", "cp874"),
    ],
)
def test_a_few_lines_tell_their_alphabet(text: str, encoding: str):
    assert decoded(text.encode(encoding)) == text
