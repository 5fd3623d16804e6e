"""What the server tells in English is in the page's strings, in every language: read off the code that tells it."""

import ast
import json
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
import vidscout
from vidscout.agent.generated.telling import Kind
from vidscout.agent.profiles.doctor import examine
from vidscout.agent.profiles.profile import PROFILES
from vidscout.graphs.ingest.about_files import damaged
from vidscout.graphs.ingest.due import failed
from vidscout.tools.forensics.calibration.ranges import DEFAULT, load
from vidscout.tools.forensics.signals.registry import OF_THE_FILE, SIGNALS
from vidscout.tools.forensics.signals.signal import fooled_by
from vidscout.tools.index.rows.stage_journal import Failure
from vidscout.tools.media.given_text.subtitles import TextTrack, notes
from vidscout.tools.media.packets import DecodeStats
from vidscout.tools.perception.screen_text.unread import notes as unread
from vidscout.tools.records import Box, Span, TextLine
from vidscout.web.shell import LANGUAGES, STATIC, checked, strings, told
from vidscout.web.telling import translated

ROOT = Path(vidscout.__file__).parent
TELL = {
    "graphs/forensics": ("graph.py", "judging.py", "measure.py", "people.py"),
    "tools/forensics": ("provenance.py", "signals/sound.py", "signals/text_stability.py"),
    "agent/generated": ("detect.py", "assemble.py"),
    "graphs/ingest": ("about_files.py", "bad_frames.py", "graph.py", "stages/of_file/subtitles.py"),
    "agent/inbox": ("queue.py", "status.py"),
    "tools/media": ("video.py", "packets.py"),
    "tools/perception/screen_text": ("unread.py",),
}
"""Files whose notes and failures the page shows."""
NOT_SHOWN = (
    r"reading .* failed",  # the log's
    r".*was made with encoder .*",  # the command line's
    r"7 read in 7 s, 7 × real time",  # of what was read, where nothing has failed
    r"7 skipped in the 777|7 damaged packets were|1 damaged packet was|the 7 7",  # made whole below, or in `why`
    r"7: 7 7 behind the end, as of another cut of the video|subtitles? lies?",
    r"1 subtitle that is a picture|7 subtitles that are pictures|7 could not be read, at 77",
    r"7 writing at 77|7 could not be read|7 was not read: 7 --again",
)
"""Texts of these files that are parts of others, or that only a log or the command line shows."""


def forms(language: str) -> list[re.Pattern[str]]:
    """What is matched, as `told` of dom.js does."""
    return [
        re.compile("(.+?)".join(map(re.escape, re.split(r"\{\w+\}", english))), re.S) for english, _ in told(language)
    ]


def is_told(line: str, language: str = "de") -> bool:
    return any(form.fullmatch(line) for form in forms(language))


def spoken(file: Path) -> Iterator[str]:
    """Texts of three words and more of a file, with a 7 where something is filled in; no docstrings, no errors but of
    media."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    left_out = {id(part) for node in ast.walk(tree) for part in _not_told(node)}
    for node in ast.walk(tree):
        if id(node) in left_out or not isinstance(node, ast.Constant | ast.JoinedStr):
            continue
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(one.value) if isinstance(one, ast.Constant) else "7" for one in node.values)
        else:
            text = node.value if isinstance(node.value, str) else ""
        if len(text.split()) >= 3:
            yield text


def _not_told(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.JoinedStr):  # its parts are no texts of their own
        yield from (part for part in ast.walk(node) if part is not node)
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield node.value
    elif isinstance(node, ast.Raise) and "MediaError" not in ast.dump(node):
        yield from ast.walk(node)
    elif isinstance(node, ast.AnnAssign | ast.arg) and node.annotation is not None:
        yield from ast.walk(node.annotation)
    elif isinstance(node, ast.FunctionDef) and node.returns is not None:
        yield from ast.walk(node.returns)


def test_no_note_or_failure_is_told_in_english_only():
    texts = {text for room, files in TELL.items() for name in files for text in spoken(ROOT / room / name)}
    assert len(texts) > 50
    missing = [text for text in texts if not is_told(text) and not any(re.fullmatch(one, text) for one in NOT_SHOWN)]
    assert missing == []


def test_what_a_check_rests_on_is_told_in_every_language():
    lines = [SIGNALS[name].fooled_by() for name in SIGNALS] + [fooled_by(about) for _, _, about in OF_THE_FILE.values()]
    lines += [signal.unit for signal in SIGNALS.values() if signal.unit != "dB"] + [load(DEFAULT).limits]
    assert [line for line in lines if not is_told(line)] == []
    for language in LANGUAGES:
        for kind in Kind.__args__:
            assert f"ck_kind_{kind}" in strings(language)
        for name in (*SIGNALS, *OF_THE_FILE):
            assert f"ck_signal_{name}" in strings(language)


def test_what_is_damaged_or_failed_is_told(lecture: Path):
    stats = DecodeStats()
    stats.damaged = 1
    [one] = damaged(str(lecture), "sound", stats)
    stats.damaged, stats.stretches = 3, [(Fraction(1), Fraction(4))]
    [three] = damaged(str(lecture), "picture", stats)
    lines = [one, three, failed("speech", [Failure(3.0, 9.0, "out of memory")])]
    lines += unread([(Span(0, 4), [TextLine("", 0.9, Box(0.1, 0.1, 0.3, 0.2), "Khmr")])])
    tracks = [
        TextTrack(0, "en"),
        TextTrack(1, "de", pictures=True),
        TextTrack(2, "fr"),
        TextTrack(3, "", readable=False),
    ]
    lines += notes(tracks, tracks[0])
    assert len(lines) == 7
    assert [line for line in lines if not is_told(line)] == []
    said = next(
        own for english, own in told("de") if english == "{n} damaged packets were skipped in the picture at {places}"
    )
    assert "beschädigte Pakete" in said


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_a_told_line_keeps_what_is_filled_in(language: str):
    english, own = (
        json.loads((STATIC / "told" / f"strings.{one}.json").read_text("utf-8")) for one in ("en", language)
    )
    assert english.keys() == own.keys()
    for key, said in english.items():
        assert sorted(re.findall(r"\{\w+\}", said)) == sorted(re.findall(r"\{\w+\}", own[key])), key
        assert own[key].strip(), key


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_what_doctor_and_the_profiles_say_is_told_in_the_pages_language(language: str):
    said = checked(language)
    for check in examine():
        for line in (check.what, check.found):
            if len(line.split()) >= 3 and "," not in line:
                assert translated(line, said) != line, line
    for one in PROFILES.values():
        assert translated(one.title, said) != one.title


def test_parts_of_a_line_are_told_each_in_its_place():
    line = "auto: nothing has been pulled — not gpu: no NVIDIA GPU; no torch"
    assert (
        translated(line, checked("de")) == "automatisch: noch nichts geladen — nicht gpu: keine NVIDIA-GPU; kein torch"
    )
    line = "embedded: CPU only, no model hub: weights that package registries carry (auto: its weights are here — x)"
    told_de = translated(line, checked("de"))
    assert told_de.startswith(
        "embedded: Nur Prozessor, kein Modell-Hub: Gewichte aus Paketverzeichnissen (automatisch:"
    )
    assert translated("a line of nobody", checked("de")) == "a line of nobody"
