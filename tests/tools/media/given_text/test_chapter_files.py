"""Chapters in a file beside a video, as people and programs write them."""

from pathlib import Path
from typing import cast

import pytest
from made_videos import steady, titled, write
from vidscout.graphs.ingest.stage import Watched, unpacked
from vidscout.graphs.ingest.stages.of_file.chapters import STATE, Chapters
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.media.given_text.chapter_files import beside
from vidscout.tools.media.given_text.chapters import FileChapter
from vidscout.tools.media.given_text.sidecars import sidecars

OGM = "CHAPTER01=00:00:00.000\r\nCHAPTER01NAME=Die Brücke\r\nCHAPTER02=00:00:04.500\r\nCHAPTER02NAME=The cable\r\n"
FFMPEG = """;FFMETADATA1
[CHAPTER]
TIMEBASE=1/1000
START=0
END=4500
title=Die Brücke
[CHAPTER]
TIMEBASE=1/10
START=45
END=100
title=The cable
"""
MATROSKA = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE Chapters SYSTEM "matroskachapters.dtd">
<Chapters><EditionEntry>
<ChapterAtom><ChapterTimeStart>00:00:00.000000000</ChapterTimeStart>
<ChapterDisplay><ChapterString>Die Brücke</ChapterString><ChapterLanguage>ger</ChapterLanguage></ChapterDisplay>
</ChapterAtom>
<ChapterAtom><ChapterTimeStart>00:00:04.500000000</ChapterTimeStart>
<ChapterDisplay><ChapterString>The cable</ChapterString></ChapterDisplay></ChapterAtom>
</EditionEntry></Chapters>
"""
VTT = "WEBVTT\n\n1\n00:00.000 --> 00:04.500\nDie Brücke\n\n2\n00:04.500 --> 00:10.000\nThe cable\n"
CUE = """FILE "talk.mp4" MP4
  TRACK 01 AUDIO
    TITLE "Die Brücke"
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    TITLE "The cable"
    INDEX 00 00:04:00
    INDEX 01 00:04:37
"""


def read(path: Path) -> tuple[list[FileChapter], list[str]]:
    """The chapters of a video of ten seconds, and what is told of them."""
    stage, video = Chapters(), Watched("v", path, 10.0, cast(VideoIndex, None))
    return [unpacked(FileChapter, row) for time, row in stage.observe(video) if time != STATE], stage.about(video)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("talk.chapters.txt", OGM),
        ("talk_chapters.txt", OGM.upper().replace("DIE BRÜCKE", "Die Brücke").replace("THE CABLE", "The cable")),
        ("talk.mp4.chapters.txt", FFMPEG),
        ("talk.ffmeta", FFMPEG),
        ("Talk.de.ffmetadata", FFMPEG),
        ("talk.chapters.xml", MATROSKA),
        ("talk.chapters.vtt", VTT),
        ("talk.cue", CUE),
        ("talk.chapters.txt", "0:00 Die Brücke\n0:04.5 - The cable\n"),
        ("talk.chapters.txt", "Chapters:\n(00:00:00) Die Brücke\n(00:00:04,5) The cable\n"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_chapters_are_read_in_each_manner(tmp_path: Path, name: str, text: str, encoding: str):
    if encoding != "utf-8" and text.startswith("<"):
        text = text.replace("UTF-8", encoding)
    (tmp_path / name).write_bytes(text.encode(encoding))
    found, told = read(write(tmp_path / "talk.mp4", steady(10, 5)))
    assert [(one.title, one.span.start, one.span.end) for one in found] == [
        ("Die Brücke", 0, pytest.approx(4.5, abs=0.02)),
        ("The cable", pytest.approx(4.5, abs=0.02), 10),
    ]
    assert told == []
    assert sidecars(tmp_path / "talk.mp4") == []  # they are no subtitles


def test_what_belongs_to_another_video_or_is_no_list_of_chapters_is_left_alone(tmp_path: Path):
    for name in ("talk.txt", "talk2.chapters.txt", "talk.notes.chapters.txt", "chapters.txt", "other.ffmeta"):
        (tmp_path / name).write_text(OGM)
    assert beside(tmp_path / "talk.mp4") is None


def test_those_beside_are_preferred_and_both_are_told_of(tmp_path: Path):
    path = titled(tmp_path / "talk.mkv", [(0, 4, "Arrival"), (4, 10, "The empty house")])
    (tmp_path / "talk.chapters.txt").write_text(OGM + "CHAPTER03=00:20:00.000\nCHAPTER03NAME=Behind\n")
    found, told = read(path)
    assert [one.title for one in found] == ["Die Brücke", "The cable"]
    assert told == [
        "talk.chapters.txt: 1 chapter lies behind the end, as of another cut of the video",
        "the chapters of talk.chapters.txt were taken, not the 2 in the file",
    ]


def test_a_file_without_any_is_told_of_and_those_of_the_video_are_taken(tmp_path: Path):
    path = titled(tmp_path / "talk.mkv", [(0, 4, "Arrival"), (4, 10, "The empty house")])
    (tmp_path / "talk.chapters.txt").write_text("Dear all,\nthe meeting is at ten.\n")
    found, [told] = read(path)
    assert [one.title for one in found] == ["Arrival", "The empty house"]
    assert told.endswith("talk.chapters.txt: no chapters are in it")
