"""A real clip read and asked about with the tools here or on a Ray cluster, and with Chroma on disk or as a server."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from vidscout import VideoScout
from vidscout.agent.distributed import ray_ingest as cluster
from vidscout.agent.distributed.deployments import by_role, deployments
from vidscout.agent.distributed.reader import Finished, Job
from vidscout.agent.distributed.readers import Readers
from vidscout.agent.profiles.profile import EMBEDDED, SERVED
from vidscout.bench.data.videos import concatenate
from vidscout.graphs.events import Event, Progress
from vidscout.tools.errors import MediaError, UsageError
from vidscout.tools.index.home import SHARDS
from vidscout.tools.index.videos import Video, state_of
from vidscout.tools.serving.ray_cluster import a_cluster
from vidscout.tools.serving.ray_serve import about, deploy

pytestmark = [
    pytest.mark.models,
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("ray") is None, reason="needs pip install 'vidscout[serve]'"),
]


NOBODY = dict.fromkeys(("sounds", "voices", "faces", "face_embedding", "poses", "hands", "judge"), False)
FEW: dict[str, Any] = {
    "base": "embedded",
    "stages": ["thumbnails", "screen_text", "objects", "tags", "shots", "frame_vectors", "captions"],
    "roles": {**NOBODY, "text_embedding": "minilm"},
}
"""What looks, without what listens: a replica of each tool is a process that loads a model, and half of them do here.
Speech that is served is in tests/tools/serving/."""


def few(home: Path, **settings: Any) -> VideoScout:
    return VideoScout("few", home, profiles={"few": FEW}, **settings)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with a_cluster(num_cpus=4) as address:  # two readers that stay, what is served, and what a test starts beside them
        yield address


@pytest.fixture(scope="module")
def serving(address: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    with few(tmp_path_factory.mktemp("for-serving")) as scout:
        deploy([tool for tool in deployments(scout.profile) if tool.role != "speech"])
    return address


@pytest.fixture(scope="module")
def chroma_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real `chroma run`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    chroma = Path(sys.executable).with_name("chroma")
    command = [chroma, "run", "--path", tmp_path_factory.mktemp("chroma"), "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert process.poll() is None, "chroma run has ended"
                assert time.monotonic() < until, "chroma run does not answer"
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def clip(trailer: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trailer's first ten seconds, with its first title."""
    return concatenate([trailer], tmp_path_factory.mktemp("clip") / "opening.mp4", 10)


def said(scout: VideoScout) -> dict[str, list[str]]:
    """The ids of all records by video: hashes of what they say, when, and by which tool."""
    return {video.id: sorted(record.id for record in scout.index.timeline(video.id)) for video in scout.videos()}


@pytest.fixture(scope="module")
def expected(clip: Path, carphone: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What the clips are read as by one process, on disk, without any cluster."""
    with VideoScout(home=tmp_path_factory.mktemp("expected")) as scout:
        scout.ingest([clip, carphone])
        return said(scout)


@pytest.fixture(scope="module")
def seen(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What is seen in the clip by one process, on disk, without any cluster."""
    with few(tmp_path_factory.mktemp("seen")) as scout:
        [read] = scout.ingest(clip)
        assert "Blender Foundation" in scout.ask(clip, "Who presents the film?").text
        return said(scout)[read.video]


@pytest.mark.parametrize(
    ("tools", "chroma"), [("here", "as a server"), ("on Ray Serve", "on disk"), ("on Ray Serve", "as a server")]
)
def test_a_clip_is_read_and_asked_about(
    tools: str, chroma: str, clip: Path, seen: list[str], tmp_path: Path, request: pytest.FixtureRequest
):
    settings: dict[str, Any] = {}
    if tools == "on Ray Serve":
        settings["serving"] = request.getfixturevalue("serving")
    if chroma == "as a server":
        settings["chroma_server"] = request.getfixturevalue("chroma_server")
    with few(tmp_path, **settings) as scout:
        [read] = scout.ingest(clip)
        assert said(scout)[read.video] == seen
        assert read.counters["ocr_calls"] > 0
        answer = scout.ask(clip, "Who presents the film?")
        assert "Blender Foundation" in answer.text
        assert answer.evidence[0].start < 10
        assert (tmp_path / "chroma").exists() == (chroma == "on disk")
        if settings.get("serving"):
            assert not scout.role("screen_text").tool.is_ready, "nothing may be loaded here"
        scout.forget(read.video)
        assert said(scout) == {}


def test_a_replica_that_dies_while_a_video_is_read_is_a_note(serving: str, clip: Path, seen: list[str], tmp_path: Path):
    with few(tmp_path, serving=serving) as scout:
        killed: list[int] = []

        def kill_while_it_reads() -> None:
            until = time.monotonic() + 120
            while not (replica := about("screen_text")).busy:
                assert time.monotonic() < until
            killed.append(replica.process)
            os.kill(replica.process, signal.SIGKILL)

        assassin = threading.Thread(target=kill_while_it_reads)
        assassin.start()
        [read] = scout.ingest(clip)
        assassin.join()
        assert killed
        assert said(scout)[read.video] == seen
        assert any("replica of screen_text died" in note for note in read.notes), read.notes


@pytest.fixture(scope="module")
def readers(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Readers]:
    """Readers with the embedded profile's models loaded, for all tests here."""
    with (
        VideoScout(home=tmp_path_factory.mktemp("for-readers")) as scout,
        cluster.readers_for(scout, 2) as readers,
    ):
        yield readers


def test_videos_spread_over_a_cluster_read_the_same_as_here(
    address: str, readers: Readers, clip: Path, carphone: Path, expected: dict[str, list[str]], tmp_path: Path
):
    with VideoScout(home=tmp_path) as scout:
        seen: list[Event] = []
        read = cluster.ingest_on(scout, address, [clip, carphone], seen.append, readers=readers)
        assert [one.path for one in read] == [str(clip), str(carphone)]
        assert said(scout) == expected
        assert [one.added for one in read] == [len(expected[one.video]) for one in read]
        assert {event.video for event in seen if isinstance(event, Progress)} == set(expected)
        assert not scout.role("tags").is_ready, "the pictures were looked at elsewhere"
        began = time.monotonic()
        again = cluster.ingest_on(scout, address, [clip, carphone], readers=readers)
        assert [one.added for one in again] == [0, 0]
        assert time.monotonic() - began < 5
        answer = scout.ask(clip, "Who presents the film?")
        assert "Blender Foundation" in answer.text
        assert not any((tmp_path / SHARDS).iterdir())
        [found] = scout.index.search_frames(scout.models.frame_query("a red car"), videos=[read[0].video], k=1)
        assert found.thumbnail is not None
        assert found.thumbnail.read_bytes().startswith(b"\xff\xd8")


def test_another_reader_goes_on_where_one_died(
    address: str, readers: Readers, clip: Path, expected: dict[str, list[str]], tmp_path: Path
):
    with VideoScout(home=tmp_path) as scout:
        killed: list[float] = []
        begun: list[float] = []

        def kill_once(event: Event) -> None:
            if not isinstance(event, Progress) or event.stage != "screen_text":
                return
            if killed:
                begun.append(event.done)
            elif event.done > 2:
                killed.append(event.done)
                os.kill(_process_that_reads(), signal.SIGKILL)

        [read] = cluster.ingest_on(scout, address, [clip], kill_once, readers=readers)
        assert killed
        assert said(scout)[read.video] == expected[read.video]
        assert any("the reader of the video died; another one went on" in note for note in read.notes)
        assert min(begun) > 2, "what had been observed was not observed again"


def _process_that_reads() -> int:
    """The reader's process, by the name that Ray gives its work."""
    import psutil

    [process] = [p for p in psutil.process_iter(["cmdline"]) if "ray::read " in " ".join(p.info["cmdline"] or [])]
    return process.pid


def test_a_stopped_run_keeps_what_it_had_and_the_next_one_goes_on(
    address: str, readers: Readers, clip: Path, expected: dict[str, list[str]], tmp_path: Path
):
    def stop(event: Event) -> None:
        if isinstance(event, Progress) and event.stage == "screen_text" and event.done > 2:
            raise InterruptedError

    with VideoScout(home=tmp_path) as scout:
        with pytest.raises(InterruptedError):
            cluster.ingest_on(scout, address, [clip], stop, readers=readers)
        [video] = scout.videos()
        assert video.status == "reading"
        assert scout.index.stats(video.id)["frames"] == 0, "nothing of a half-read video is in the index"
    with VideoScout(home=tmp_path) as scout:
        seen: list[Event] = []
        cluster.ingest_on(scout, address, [clip], seen.append, readers=readers)
        assert said(scout)[video.id] == expected[video.id]
        told = [event.done for event in seen if isinstance(event, Progress) and event.stage == "screen_text"]
        assert min(done for done in told if done) > 2, "what had been observed was not observed again"


def test_a_stage_that_is_read_later_elsewhere_leaves_the_others_as_they_are(
    address: str, readers: Readers, carphone: Path, tmp_path: Path
):
    with VideoScout(home=tmp_path) as scout:
        cluster.ingest_on(scout, address, [carphone], readers=readers)
        before = said(scout)
        [video] = before
        vectors = scout.index.frame_vectors(video)
        [again] = cluster.ingest_on(scout, address, [carphone], stages=["objects"], again=True, readers=readers)
        assert "objects" in again.stages
        assert "screen_text" not in again.stages
        assert said(scout) == before
        assert again.added == 0
        assert (scout.index.frame_vectors(video)[1] == vectors[1]).all()


def test_a_video_that_cannot_be_read_keeps_no_other_from_being_read(
    address: str, readers: Readers, carphone: Path, tmp_path: Path
):
    broken = tmp_path / "broken.mp4"
    broken.write_text("not a video at all", encoding="utf-8")
    with VideoScout(home=tmp_path / "home") as scout:
        with pytest.raises(MediaError, match=r"broken\.mp4") as refused:
            cluster.ingest_on(scout, address, [broken, carphone, carphone], readers=readers)
        assert "\n" not in str(refused.value)
        assert [video.name for video in scout.videos() if video.status == "ready"] == ["carphone.mp4"]


def the_job(scout: VideoScout, path: Path) -> Job:
    """What a reader would be asked to do for a file that no stage has read."""
    ingest, video = scout.reading(), scout.library.identify(path)
    ingest.library.begin_reading(Video(video, path.name, path), ingest.token)
    for stage in ingest.stages:
        ingest.journal.begin(video, stage.name, stage.fingerprint)
    due = [stage.name for stage in ingest.stages]
    state = cluster.IngestState(str(path), video, file=state_of(path), due=due)
    return cluster._job(scout, state, ingest, again=False)


def the_last(readers: Readers, job: Job) -> Any:
    """A reader's last word about it."""
    return list(cluster._sent(readers, job, lambda: False, threading.Event()))[-1]


def test_a_file_that_the_cluster_sees_differently_is_refused(readers: Readers, carphone: Path, tmp_path: Path):
    mine = Path(shutil.copy(carphone, tmp_path / "mine.mp4"))
    with VideoScout(home=tmp_path / "home") as scout:
        job = the_job(scout, mine)
        with mine.open("ab") as file:  # as if the path led to another file there
            file.write(b"\0" * 64)
        last = the_last(readers, job)
    assert isinstance(last, Finished)
    assert "is another file on the machine" in str(last.error)


def test_a_cluster_that_reads_with_other_tools_is_refused(readers: Readers, carphone: Path, tmp_path: Path):
    with VideoScout(home=tmp_path) as scout:
        job = the_job(scout, carphone)
        job = replace(job, fingerprints={"objects": "another detector"})
        last = the_last(readers, job)
    assert isinstance(last, Finished)
    assert "install the same vidscout there" in str(last.error)


def test_settings_reach_the_readers_but_no_keys_do(address: str, carphone: Path, tmp_path: Path):
    quick = {"quick": {"stages": ["thumbnails", "tags"]}}
    settings: dict[str, Any] = {"sample_rate": 0.5, "skip_bad": True, "api_keys": ("hunter2",)}
    with VideoScout(profile="quick", home=tmp_path, profiles=quick, **settings) as scout:
        assert "hunter2" not in cluster.readers_for(scout).settings
        [read] = cluster.ingest_on(scout, address, [carphone])
        assert read.records["frames"] == 2


def test_the_command_serves_until_it_is_told_to_stop(tmp_path: Path, carphone: Path):
    command = [sys.executable, "-m", "vidscout.agent.cli", "--profile", "few"]
    own = {**os.environ, "VIDSCOUT_PROFILES": json.dumps({"few": FEW})}
    bounds = ["--replicas", "tags=2", "--most", "objects=2", "--queue", "64"]
    serve = subprocess.Popen([*command, "serve", *bounds], stdout=subprocess.PIPE, text=True, env=own)
    assert serve.stdout is not None
    watchdog = threading.Timer(240, serve.kill)
    watchdog.start()
    try:
        name, _, address = serve.stdout.readline().strip().partition("=")
        assert name == "VIDSCOUT_SERVING"
        read = subprocess.run(
            [*command, "--home", str(tmp_path), "ingest", str(carphone)],
            env={**own, "VIDSCOUT_SERVING": address}, capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
        assert read.returncode == 0, read.stderr
        assert "4 frames" in read.stdout
        serve.send_signal(signal.SIGTERM)
        assert serve.wait(60) == 0
    finally:
        watchdog.cancel()
        serve.kill()


def test_what_is_served_leaves_a_core_to_the_task_that_reads():
    assert sum(one.placement.cpus * one.placement.replicas for one in deployments(EMBEDDED)) <= 1


def test_replicas_and_shares_come_from_the_profile_or_the_command():
    tools = {tool.role: tool for tool in deployments(SERVED, 1.0, {"tags": 3}, {"objects": 0.5})}
    assert "answerer" not in tools, "the answerer is served by vLLM"
    assert tools["tags"].placement.replicas == 3
    assert tools["objects"].placement.gpus == 0.5
    shares = {role: tool.placement.gpus for role, tool in tools.items() if role != "objects"}
    assert shares["tags"] == shares["text_embedding"] == 0, "they run on the CPU"
    assert 0.1 < shares["speech"] == shares["captions"]
    assert sum(shares.values()) <= 1
    assert {tool.placement.gpus for tool in deployments(EMBEDDED, 1.0)} == {0.0}


@pytest.mark.parametrize("given", ["tags", "tags=many", "pictures=2"])
def test_a_count_that_is_none_is_refused(given: str):
    with pytest.raises(UsageError, match="ROLE=NUMBER"):
        by_role([given], int)
