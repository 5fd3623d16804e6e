"""Files for other programs: whatever is said, they stay what they are."""

import csv
import io
import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
from vidscout.agent.exports.entries import Entry, Listed, of_description, of_records, of_spans
from vidscout.agent.exports.formats import FORMATS, written
from vidscout.agent.exports.subtitles import words_vtt
from vidscout.agent.exports.texts import youtube
from vidscout.graphs.describe.results import Chapter, Cited, Description, Length, Note, Style
from vidscout.tools.errors import BackendUnavailableError, UsageError
from vidscout.tools.index.videos import Video
from vidscout.tools.payloads import Spoken, Word
from vidscout.tools.records import Record, Span

VIDEO = Video("a1b2c3", "talk <b>.mp4", Path("/films/talk.mp4"), duration=100.0, fps=25.0)
ATTACK = '=HYPERLINK("https://evil.example") <script>alert(1)</script>\n\n2\n00:00:09,000 --> 00:00:10,000'


def said(start: float, text: str, **more) -> Record:
    return Record.of(VIDEO.id, Span(start, start + 2), Spoken(text, **more), 0.9, "demo/1")


def described(style: Style, *items) -> Description:
    listed: Any = {str(style): items}
    return Description("a1b2c3", "talk.mp4", 100.0, style, Length.PARAGRAPH, "en", 0, 100, **listed)


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "otio"])
def test_whatever_is_said_breaks_no_format(name: str):
    text = written(of_records(VIDEO, [said(1, ATTACK), said(4, "Next.")]), name)
    match name:
        case "srt":
            assert text.count(" --> ") == 2
            assert len([block for block in text.split("\n\n") if block.strip()]) == 2
        case "vtt" | "vtt-words":
            assert text.count("-->") == 2
            assert "<script>" not in text
        case "csv":
            rows = list(csv.reader(io.StringIO(text)))
            assert [len(row) for row in rows] == [5, 5, 5]
            assert rows[1][4].startswith("'=")
        case "json":
            assert json.loads(text)["lines"][0]["text"] == ATTACK
        case "html":
            assert "<script>" not in text
            assert "talk &lt;b&gt;.mp4" in text
        case "md":
            assert "<script>" not in text.replace("\\<", "")
            assert "https://" not in text
        case "podlove" | "fcpxml":
            shown = [
                one.attrib for one in ElementTree.fromstring(text).iter() if one.tag.endswith(("chapter", "marker"))
            ]
            assert len(shown) == 2
            assert "<script>" in (shown[0].get("title") or shown[0]["value"])
        case "ffmetadata":
            assert text.count("\n[CHAPTER]\n") == 2
            assert text.count("\ntitle=") == 3
        case "edl":
            assert len(re.findall(r"^\d{3}  ", text, re.MULTILINE)) == 2
            assert text.count("\n* LOC: ") == 2
        case _:
            assert len(text.splitlines()) == 2 - (name == "youtube")


def test_words_have_their_times_inside_the_cue():
    words = (Word("Hello", 1.0, 1.4), Word("world", 1.5, 2.0), Word("late", 9.0, 9.5))
    text = words_vtt(of_records(VIDEO, [said(1, "Hello world late", words=words)]))
    assert "Hello <00:00:01.500>world late" in text
    assert "00:00:09" not in text


def test_youtube_begins_at_zero_and_joins_what_is_too_short():
    spans = of_spans(VIDEO, [(3, 20, "Intro"), (20, 25, "Tiny"), (31, 95, "Middle\nof it"), (95, 100, "Bye")])
    assert youtube(spans) == "0:00 Intro\n0:20 Tiny\n0:31 Middle of it\n"
    assert youtube(of_spans(VIDEO, [])) == ""


def test_chapters_and_notes_are_listed_with_what_they_rest_on():
    cited = (Cited(0, 5, "speech", "x", "demo/1", "r1"),)
    chapters = of_description(VIDEO, described(Style.CHAPTERS, Chapter(0, 50, "One", "file", cited)))
    assert [(one.kind, one.text, one.more["evidence"]) for one in chapters.entries] == [("chapter", "One", ["r1"])]
    notes = of_description(VIDEO, described(Style.NOTES, Note(0, 5, "action", "Do it.", cited, "Ann", "Monday")))
    assert notes.entries[0].more == {"evidence": ["r1"], "owner": "Ann", "date": "Monday", "values": []}
    assert [one.kind for one in notes.entries] == ["action"]


def test_chapters_become_subtitles_as_well():
    text = written(of_spans(VIDEO, [(0, 50, "One"), (50, 100, "Two")]), "srt")
    assert re.findall(r"^\d\d:.*$", text, re.MULTILINE) == [
        "00:00:00,000 --> 00:00:50,000", "00:00:50,000 --> 00:01:40,000",
    ]  # fmt: skip


def test_an_editor_reads_the_timeline_back():
    editing = pytest.importorskip("opentimelineio")
    text = written(of_spans(VIDEO, [(10, 20, "Cut <this>")], "highlight"), "otio")
    timeline = editing.adapters.read_from_string(text, "otio_json")
    [clip] = timeline.find_clips()
    assert clip.media_reference.target_url == "file:///films/talk.mp4"
    [marker] = clip.markers
    assert marker.name == "Cut <this>"
    assert marker.marked_range.start_time.to_seconds() == 10
    assert marker.marked_range.duration.to_seconds() == 10


def test_without_the_package_the_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    import sys

    monkeypatch.setitem(sys.modules, "opentimelineio", None)
    with pytest.raises(BackendUnavailableError, match=r"pip install 'vidscout\[edit\]'"):
        written(Listed("v", "v.mp4", 1.0, (Entry(0, 1, "span", "x"),)), "otio")


def test_an_unknown_format_lists_those_there_are():
    with pytest.raises(UsageError, match="no format 'docx'; there are srt, vtt"):
        written(of_spans(VIDEO, []), "docx")
