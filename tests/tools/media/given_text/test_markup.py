"""What stands between angles and brackets in subtitles: tags, names, sounds, or words."""

from pathlib import Path

import pytest
from made_videos import steady, write
from vidscout.tools.media.given_text.labels import names
from vidscout.tools.media.given_text.sidecars import sidecars
from vidscout.tools.media.given_text.subtitles import Given, chosen, subtitles, text_tracks


def said(folder: Path, suffix: str, *cues: str) -> list[Given]:
    """What a file beside a video says, each of its subtitles for a second."""
    rows = "".join(f"00:00:{n:02}.000 --> 00:00:{n + 1:02}.000\n{cue}\n\n" for n, cue in enumerate(cues, 1))
    (folder / f"talk.{suffix}").write_text(f"WEBVTT\n\n{rows}" if suffix == "vtt" else rows)
    path = write(folder / "talk.mp4", steady(1))
    track = chosen(text_tracks(path, sidecars(path)), "")
    assert track is not None
    return list(subtitles(path, track))


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("if a < b then c", "if a < b then c"),
        ("a<b and c>d", "a<b and c>d"),
        ("if a <b and b> c", "if a <b and b> c"),
        ("I <3 you, x <- y", "I <3 you, x <- y"),
        ("<mail@example.org>", "<mail@example.org>"),
        ('<font color="#ff0000">red</font> <i>and</i> <b>bold', "red and bold"),
        ("<odd>kept</odd>", "kept"),
        ("{\\an8}{\\k20}Ka{\\k30}ra{\\k15}oke", "Karaoke"),
        ("{y:i}slanted", "slanted"),
        ("{braces} stay", "{braces} stay"),
        ("C:\\new\\hall", "C:\\new\\hall"),
    ],
)
def test_only_tags_are_taken_out_of_subrip(tmp_path: Path, written: str, text: str):
    assert [one.text for one in said(tmp_path, "srt", written)] == [text]


def test_each_voice_of_a_subtitle_speaks_for_itself(tmp_path: Path):
    found = said(
        tmp_path, "vtt", "<v Anna Lee>Well?</v>\n<v.loud Bob>a &lt; <c.yellow>b</c>", "<00:02.500><c>No</c>body"
    )
    assert [(one.speaker, one.text) for one in found] == [("Anna Lee", "Well?"), ("Bob", "a < b"), ("", "Nobody")]


def test_a_name_in_brackets_speaks_and_a_sound_is_heard(tmp_path: Path):
    found = said(
        tmp_path,
        "srt",
        "[Vera] Good morning.",
        "[door creaks] Who?",
        "- [VERA, whispering] One\n- [Bob] Two",
        "[sighs]",
    )
    assert [(one.speaker, one.text, one.sound) for one in found] == [
        ("Vera", "Good morning.", False),
        ("", "door creaks", True),
        ("", "Who?", False),
        ("", "whispering", True),
        ("Vera", "One", False),
        ("Bob", "Two", False),
        ("", "sighs", True),
    ]


@pytest.mark.parametrize(
    ("cues", "found"),
    [
        (["[Applause] Thank you.", "So we begin.", "[Applause]"], set()),
        (["[Vera]: Hello.", "So we begin.", "It is ten.", "Well."], {"Vera"}),
        (["[Vera] Hello.", "So we begin.", "[Vera] It is ten.", "Well."], {"Vera"}),
        (["[Rain] So we begin.", "It is ten.", "Well."], set()),
        (["【田中】こんにちは。", "【拍手】"], {"田中"}),
        (["[Speaker 2] Hello."], {"Speaker 2"}),
        (["[Music playing] Hello."], set()),
    ],
)
def test_a_name_never_stands_alone_and_is_usual_or_comes_back(cues: list[str], found: set[str]):
    assert names([cue] for cue in cues) == found
