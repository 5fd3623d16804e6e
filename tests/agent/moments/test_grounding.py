"""Where in videos something holds, and the files that are cut there, as Python and the command line give them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from vidscout import VideoScout
from vidscout.tools.errors import UsageError
from vidscout.tools.media.video import probe

pytestmark = pytest.mark.models


def vidscout(*arguments: object, home: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vidscout.agent.cli", "--home", str(home), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def only_line(done: subprocess.CompletedProcess[str]) -> str:
    [line] = [line for line in done.stderr.splitlines() if line.strip()]
    assert line.startswith("vidscout: ")
    return line


def test_what_is_said_is_found_where_it_is_said(scout: VideoScout, lecture: Path):
    [span] = scout.ground(lecture, "when does she say what the mirror is made of?")
    assert 24 <= span.start < span.end <= 36.5
    assert "silicon carbide" in span.evidence[0].text
    assert span.evidence[0].modality == "speech"
    assert 0.5 <= span.score <= 1


def test_what_is_nowhere_gives_nothing(scout: VideoScout, lecture: Path):
    assert scout.ground(lecture, "every time a crocodile is mentioned") == []
    assert scout.ground(lecture, "when does the screen say “platform nine”?") == []


def test_a_quoted_phrase_is_found_word_for_word(scout: VideoScout, lecture: Path):
    [span] = scout.ground(lecture, "when can one read “Launch date”?")
    assert span.start == pytest.approx(48.0, abs=1.5)
    assert span.end == pytest.approx(60.0, abs=1.5)


def test_where_it_does_not_hold_is_the_rest(scout: VideoScout, lecture: Path):
    grounded = scout.grounded(lecture, "the parts in which nobody mentions the “silicon carbide” mirror")
    assert grounded.which == "never"
    ends = [one.end for one in grounded.spans]
    assert max(ends) == pytest.approx(scout.find(lecture).duration, abs=0.01)
    assert len(grounded.spans) == 2
    assert all(one.evidence == [] for one in grounded.spans)


def test_a_range_keeps_to_what_overlaps_it(scout: VideoScout, lecture: Path):
    query = "when can one read “Launch date”?"
    assert scout.ground(lecture, query, (0.0, 30.0)) == []
    assert len(scout.ground(lecture, query, (40.0, 55.0))) == 1
    with pytest.raises(UsageError, match="ends at"):
        scout.ground(lecture, query, (9000.0, 9001.0))
    with pytest.raises(UsageError, match="empty"):
        scout.ground(lecture, "  ")


def test_several_videos_are_looked_through_together(scout: VideoScout, lecture: Path, trailer: Path):
    spans = scout.ground([trailer, lecture], "when can one read “An unlucky bird”?")
    assert {one.name for one in spans} == {trailer.name}


def test_the_reel_of_a_query_has_its_moment_and_fits(scout: VideoScout, lecture: Path):
    found = scout.highlights(lecture, "what the mirror is made of", seconds=10)
    assert [one.start for one in found.clips[:3]] == [0.0, 2.0, 4.0]
    best = max(found.clips, key=lambda one: one.score)
    assert 22 <= best.start <= 32
    assert 0 < sum(one.end - one.start for one in found.reel) <= 10
    assert any(one.start <= best.start < one.end for one in found.reel)
    by_itself = scout.highlights(lecture, seconds=20)
    assert 0 < sum(one.end - one.start for one in by_itself.reel) <= 20
    assert all(0 <= one.score <= 1 for one in by_itself.clips)


def test_what_was_found_is_cut_out(scout: VideoScout, lecture: Path, tmp_path: Path):
    spans = scout.ground(lecture, "when does she say what the mirror is made of?")
    made = scout.clip(lecture, spans, tmp_path, exact=True, subtitles="beside")
    assert made.path.name.startswith(f"{lecture.stem}_0m")
    assert probe(made.path).duration == pytest.approx(spans[0].end - spans[0].start, abs=0.1)
    assert made.beside is not None
    assert "silicon carbide" in made.beside.read_text()


def test_the_command_line_prints_one_object_or_lines(home: Path, lecture: Path, tmp_path: Path):
    done = vidscout("ground", lecture, "when can one read “Launch date”?", "--json", home=home)
    assert done.returncode == 0, done.stderr
    [span] = json.loads(done.stdout)["spans"]
    assert {"start", "end", "score", "evidence"} <= set(span)
    done = vidscout("ground", "all", "“platform nine”", home=home)
    assert (done.returncode, done.stdout, done.stderr.strip()) == (0, "", "nowhere")
    done = vidscout("clip", lecture, "0:31-0:33", "40-41.5", tmp_path / "out.gif", "--json", home=home)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["duration"] == 3.5


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("0:31-0:40", "out.xyz"), "is written as"),
        (("0:40-0:31", "out.mp4"), "has no length"),
        (("out.mp4",), "give stretches"),
        (("soon-later", "out.mp4"), "is not a time"),
        (("0:31", "out.mp4"), "is not a stretch"),
        (("99:00-99:10", "out.mp4"), "behind the end"),
    ],
)
def test_what_cannot_be_cut_is_said_in_one_line(
    arguments: tuple[str, ...], told: str, home: Path, lecture: Path, tmp_path: Path
):
    *stretches, out = arguments
    done = vidscout("clip", lecture, *stretches, tmp_path / out, home=home)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in only_line(done)
