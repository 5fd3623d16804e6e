"""The transcript as files for other programs: who says a line stands beside it."""

from pathlib import Path

from vidscout.agent.exports.entries import of_records
from vidscout.agent.exports.subtitles import srt, vtt
from vidscout.agent.exports.texts import as_markdown
from vidscout.tools.index.videos import Video
from vidscout.tools.payloads import Spoken
from vidscout.tools.records import Record, Span
from vidscout.web.transcript import rows_html

VIDEO = Video("a1", "talk.mp4", Path("talk.mp4"), duration=9.0)
LINES = [
    Record.of("a1", Span(0, 2), Spoken("Hello <all>.", speaker="Maria & <Co>"), 0.9, "made/1"),
    Record.of("a1", Span(3, 4), Spoken("Who is there?"), 0.9, "made/1"),
]


def test_subtitles_name_who_speaks():
    assert "\nMaria & <Co>: Hello <all>.\n" in srt(of_records(VIDEO, LINES))
    assert "\nWho is there?\n" in srt(of_records(VIDEO, LINES))


def test_a_name_is_a_voice_of_webvtt_and_begins_no_tag():
    assert "\n<v Maria &amp; &lt;Co&gt;>Hello &lt;all&gt;.\n" in vtt(of_records(VIDEO, LINES))
    assert "\nWho is there?\n" in vtt(of_records(VIDEO, LINES))


def test_the_list_and_the_page_name_who_speaks():
    assert "- **0:00** Maria" in as_markdown(of_records(VIDEO, LINES))
    page = rows_html(LINES)
    assert "Maria &amp; &lt;Co&gt;:</span> Hello &lt;all&gt;." in page
    assert "<Co>" not in page
