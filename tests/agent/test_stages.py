"""Which stages have read a video, and reading it by one of them: from Python, command line, HTTP and MCP."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from made_videos import steady, write
from served import serving
from vidscout import VideoScout
from vidscout.agent.api.app import application
from vidscout.agent.inbox.inbox import Inbox
from vidscout.tools.errors import UnknownVideoError, UsageError

pytestmark = pytest.mark.models

OWN = {"quick": {"base": "embedded", "stages": ["thumbnails", "subtitles", "tags", "shots"]}}


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("film") / "film.mp4", steady(3))


@pytest.fixture
def scout(tmp_path: Path, film: Path) -> Iterator[VideoScout]:
    """A profile of four stages, by two of which the film has been read."""
    with VideoScout("quick", tmp_path / "home", profiles=OWN) as made:
        made.ingest(film, stages=["thumbnails", "subtitles"])
        yield made


def states(scout: VideoScout, film: Path) -> dict[str, str]:
    return {stage.name: stage.state for stage in scout.stages(film)}


def test_a_profile_of_ones_own_says_by_what_a_video_is_read(scout: VideoScout, film: Path):
    half = {"thumbnails": "done", "subtitles": "done", "tags": "missing", "shots": "missing"}
    assert states(scout, film) == half
    assert not scout.role("tags").is_ready
    [read] = scout.ingest(film)
    assert read.stages == ["tags", "shots"]
    assert set(states(scout, film).values()) == {"done"}
    with pytest.raises(UsageError, match=r"no stage 'speech'; there are thumbnails, subtitles, tags, shots"):
        scout.ingest(film, stages=["speech"])
    with pytest.raises(UnknownVideoError):
        scout.stages("another.mp4")


def test_a_profile_cannot_name_a_stage_that_is_none(tmp_path: Path):
    with pytest.raises(UsageError, match=r"profiles\.own\.stages: no stage 'smell'; there are appearance"):
        VideoScout("own", tmp_path, profiles={"own": {"stages": ["smell"]}})


def test_a_question_says_what_the_video_has_not_been_read_for(scout: VideoScout, film: Path):
    note = "film.mp4 has not been read by tags: `vidscout ingest film.mp4 --stage tags`"
    assert note in scout.ask(film, "What does the scene look like?").notes
    scout.ingest(film)
    assert note not in scout.ask(film, "What does the scene look like?").notes


def test_the_command_lists_stages_and_reads_by_one(scout: VideoScout, film: Path, tmp_path: Path):
    config = tmp_path / "profiles.json"
    config.write_text(json.dumps(OWN))

    def vidscout(*arguments: object) -> str:
        home = ["--home", scout.settings.home, "--profile", "quick", *arguments]
        done = subprocess.run(
            [sys.executable, "-m", "vidscout.agent.cli", *map(str, home)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "VIDSCOUT_PROFILES": config.read_text()},
        )
        return done.stdout

    assert [line.split() for line in vidscout("videos", "--stages").splitlines()[1:]] == [
        ["thumbnails", "done"],
        ["subtitles", "done"],
        ["tags", "missing"],
        ["shots", "missing"],
    ]
    [read] = json.loads(vidscout("ingest", film, "--stage", "shots", "--json"))["videos"]
    assert read["stages"] == ["tags", "shots"]
    [listed] = json.loads(vidscout("videos", "--stages", "--json"))["videos"]
    assert {stage["state"] for stage in listed["stages"]} == {"done"}


def test_over_http_stages_are_listed_and_run(scout: VideoScout, film: Path):
    inbox = Inbox(scout)
    video = scout.find(film).id
    with serving(application(inbox)) as address, httpx.Client(base_url=address, timeout=120) as http:
        listed = http.get(f"/v1/videos/{video}/stages").json()["data"]
        assert [stage["state"] for stage in listed] == ["done", "done", "missing", "missing"]
        read = http.post(f"/v1/videos/{video}/stages", json={"stages": ["tags"]})
        assert [stage["state"] for stage in read.json()["data"]] == ["done", "done", "done", "missing"]
        assert scout.find(film).name == "film.mp4"
        refused = http.post(f"/v1/videos/{video}/stages", json={"stages": ["smell"]})
        assert refused.status_code == 400
        assert "no stage 'smell'" in refused.json()["error"]["message"]
    inbox.close()
