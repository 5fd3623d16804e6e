"""Tools on a real Ray cluster on this machine, with the real embedded weights."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from vidscout.bench.data.voice import SAMPLE_RATE as VOICE_RATE
from vidscout.bench.data.voice import speak
from vidscout.tools.errors import ServingError, UsageError, WeightsError
from vidscout.tools.media.audio import AudioChunk
from vidscout.tools.perception.frames.tags import EfficientNetLite0
from vidscout.tools.perception.speech.voice_activity import RATE
from vidscout.tools.records import Utterance
from vidscout.tools.runtime.backend import Tool, backend
from vidscout.tools.runtime.counters import counting
from vidscout.tools.runtime.notes import noting
from vidscout.tools.serving.ray_cluster import a_cluster, connect, reason_of
from vidscout.tools.serving.ray_serve import Deployed, Placement, Served, about, deploy, withdraw
from vidscout.tools.serving.replica import STUCK, Replica

pytestmark = [
    pytest.mark.models,
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("ray") is None, reason="needs pip install 'vidscout[serve]'"),
]

CLIENTS = 8
SENTENCES = [f"Where in the video is the {thing} explained?" for thing in "mirror dish battery cat whale moon".split()]


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    with a_cluster(num_cpus=2) as address:
        deploy([Deployed("text_embedding", "minilm"), Deployed("tags", "efficientnet-lite0")])
        yield address


def here(role: str, name: str) -> Tool[Any, Any]:
    made = backend(role, name)()
    assert isinstance(made, Tool)
    return made


@pytest.fixture(scope="module")
def local() -> Tool[Any, Any]:
    return here("text_embedding", "minilm")


@pytest.fixture
def served(cluster: str) -> Tool[Any, Any]:
    return Served(here("text_embedding", "minilm"), cluster)


def frames(count: int) -> list[np.ndarray]:
    dice = np.random.default_rng(1)
    return [dice.integers(0, 255, (240, 320, 3), dtype=np.uint8) for _ in range(count)]


def at_once(run: Any, clients: int, asked: int) -> float:
    """Requests a second of so many threads, each asking for one sentence after another."""

    def ask(client: int) -> None:
        for n in range(asked):
            [vector] = run([SENTENCES[(client + n) % len(SENTENCES)]])
            assert vector.shape == (384,)

    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(ask, range(clients)))
    return clients * asked / (time.perf_counter() - began)


def test_a_served_tool_finds_what_the_same_tool_finds_here(cluster: str):
    local = here("tags", "efficientnet-lite0")
    served = Served(here("tags", "efficientnet-lite0"), cluster)
    pictures = frames(3)
    for mine, theirs in zip(local.run(pictures), served.run(pictures), strict=True):
        assert theirs.labels == mine.labels
        assert np.array_equal(theirs.features, mine.features)
    assert served.source == local.source
    assert not served.tool.is_ready, "the stand-in's own copy must not be loaded"


def test_what_the_work_cost_is_counted_where_it_was_asked_for(served: Tool[Any, Any]):
    with counting() as counters:
        served.run(SENTENCES[:3])
        served.run(SENTENCES[:2])
    assert counters["embeddings"] == 5


def test_with_eight_clients_at_once_batches_form(served: Tool[Any, Any]):
    """How fast that is, beside the tool in process, is measured in bench/measure/machine/serving.py."""
    at_once(served.run, CLIENTS, 12)
    assert max(about("text_embedding").batches) > 1


def test_killing_a_replica_loses_no_request_and_is_noted(served: Tool[Any, Any], local: Tool[Any, Any]):
    deploy([Deployed("text_embedding", "minilm", placement=Placement(replicas=2))])
    expected = local.run(SENTENCES)
    served.ready()
    noted, over = threading.Event(), threading.Event()

    def ask(client: int) -> int:
        """Ask until it is over; each answer must be the right one."""
        asked = 0
        with noting() as notes:
            while not over.is_set():
                which = (client + asked) % len(SENTENCES)
                [vector] = served.run([SENTENCES[which]])
                assert np.allclose(vector, expected[which], atol=1e-5)
                asked += 1
                if any("replica of text_embedding died" in note for note in notes):
                    noted.set()
        return asked

    with ThreadPoolExecutor(CLIENTS) as pool:
        futures = [pool.submit(ask, client) for client in range(CLIENTS)]
        for _ in range(5):  # one that is killed between two messages held nothing, and leaves no note
            os.kill(about("text_embedding").process, signal.SIGKILL)
            if noted.wait(20):
                break
        over.set()
        assert all(future.result() > 0 for future in futures)
    assert noted.is_set()


def test_a_single_replica_that_dies_is_restarted_and_asked_again(cluster: str):
    served = Served(here("tags", "efficientnet-lite0"), cluster)
    before = served.run(frames(1))
    first = about("tags").process
    os.kill(first, signal.SIGKILL)
    with noting():
        [after] = served.run(frames(1))
    assert after.labels == before[0].labels
    assert about("tags").process != first


def test_a_request_that_cannot_be_served_spoils_no_other_of_its_batch(cluster: str):
    served = Served(here("tags", "efficientnet-lite0"), cluster)
    served.ready()
    good, bad = frames(1)[0], np.zeros((0, 0, 3), np.uint8)
    together = threading.Barrier(CLIENTS)

    def ask(client: int) -> bool:
        together.wait(30)
        try:
            served.run([bad if client % 2 else good])
        except ServingError:
            raise
        except Exception as error:
            return "resize" not in str(error)
        return True

    with ThreadPoolExecutor(CLIENTS) as pool:
        assert list(pool.map(ask, range(CLIENTS))) == [client % 2 == 0 for client in range(CLIENTS)]


def test_a_tool_that_remembers_is_asked_for_one_caller_at_a_time_and_told_what_it_heard_before(cluster: str):
    deploy([Deployed("speech", "faster-whisper", {"threads": 1})])
    try:
        assert about("speech").most == 1
        assert about("tags").most > 1
        hears_in_one_language(cluster)
    finally:
        withdraw(["speech"])


def hears_in_one_language(cluster: str) -> None:
    """A served recogniser hears what follows on German as the same one does here."""
    german = said(
        "de", "Guten Morgen, meine Damen und Herren. Heute sprechen wir über die Geschichte der Stadt Berlin."
    )
    english = said("en-us", "The weather will be cold and wet tomorrow, with snow in the mountains.")
    first = AudioChunk(0.0, german)
    second, alone = AudioChunk(first.end, english), AudioChunk(0.0, english)
    served = Served(here("speech", "faster-whisper"), cluster)
    assert "guten morgen" in words(served.run([first]))
    assert "weather" in words(served.run([alone])), "another video's, in between"
    followed = words(served.run([second]))
    assert "weather" in followed, "the language is found for each stretch"
    local = here("speech", "faster-whisper")
    local.run([first])
    assert followed.strip(".") == words(local.run([second])).strip(".")


def words(heard: list[list[Utterance]]) -> str:
    return " ".join(utterance.text for utterances in heard for utterance in utterances).casefold()


def said(voice: str, text: str) -> np.ndarray:
    """A sentence at 16 kHz."""
    [spoken] = speak([text], words_per_minute=140, voice=voice)
    samples = spoken / 32768
    times = np.arange(round(len(samples) / VOICE_RATE * RATE)) / RATE
    return np.interp(times * VOICE_RATE, np.arange(len(samples)), samples).astype(np.float32)


def test_another_tool_than_the_profiles_is_refused(cluster: str):
    class Bolder(EfficientNetLite0):
        @property
        def source(self) -> str:
            return "efficientnet-lite0/2"

    with pytest.raises(UsageError, match=r"serves tags by efficientnet-lite0/1.*reads with efficientnet-lite0/2"):
        Served(Bolder(), cluster).run(frames(1))


def test_a_role_that_is_not_served_is_one_line(cluster: str):
    with pytest.raises(ServingError, match="serves no objects: start `vidscout serve`"):
        Served(here("objects", "nanodet"), cluster).run(frames(1))


def test_a_tool_that_cannot_load_is_the_users_to_mend_and_stays_off_the_cluster(
    cluster: str, monkeypatch: pytest.MonkeyPatch
):
    missing = {"model": "/no/such/folder"}
    with pytest.raises(WeightsError, match="/no/such/folder"):
        deploy([Deployed("frame_embedding", "clip", missing)])
    with pytest.raises(ServingError, match="serves no frame_embedding"):
        about("frame_embedding")


def test_a_cluster_without_room_says_so_in_time(cluster: str):
    with pytest.raises(ServingError, match="objects did not start in time") as refused:
        deploy([Deployed("objects", "nanodet", placement=Placement(gpus=1))], patience=3)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("placement", [{"replicas": 0}, {"gpus": -0.5}, {"batch": 0}])
def test_a_placement_that_makes_no_sense_is_refused(placement: dict[str, Any]):
    with pytest.raises(UsageError, match="at least one replica"):
        Placement(**placement)


def test_a_replica_that_hangs_reports_itself_ill():
    import asyncio

    replica = Replica("text_embedding", "minilm", {}, batch=2, wait=0.0)
    asyncio.run(replica.check_health())
    replica._began = time.monotonic() - STUCK - 1
    with pytest.raises(RuntimeError, match="at one batch for"):
        asyncio.run(replica.check_health())


def test_another_process_joins_a_cluster_that_was_started_here_without_being_told_how(cluster: str):
    told = "from vidscout.tools.serving.ray_cluster import connect; import sys; print(connect(sys.argv[1]))"
    bare = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    where, _, port = cluster.rpartition(":")
    for host in ("127.0.0.1", "localhost", where):
        address = f"{host}:{port}"
        done = subprocess.run(
            [sys.executable, "-c", told, address], env=bare, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.stdout.strip() in (f"127.0.0.1:{port}", cluster), done.stderr


def test_a_cluster_that_asks_for_a_token_is_said_to():
    asked = ConnectionError("Failed to connect to Ray cluster at 10.0.0.1:6379")
    asked.__cause__ = RuntimeError("RPC error: InvalidAuthToken: Authentication token is missing or incorrect")
    assert "RAY_AUTH_TOKEN" in reason_of(asked)
    assert reason_of(ConnectionError("first\nlast")) == "last"


def test_an_address_where_nobody_listens_is_one_line_at_once():
    """In a process of its own: this one may have joined a cluster already."""
    began = time.monotonic()
    command = [sys.executable, "-m", "vidscout.agent.cli", "serve", "--address", "127.0.0.1:9"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert time.monotonic() - began < 60
    assert ended.returncode == ServingError.exit_code
    assert re.fullmatch(r"vidscout: no Ray cluster answers at 127\.0\.0\.1:9 .*`vidscout serve`.*\n", ended.stderr)


def test_an_address_that_is_none_is_refused(cluster: str):
    command = [sys.executable, "-m", "vidscout.agent.cli", "serve", "--address", "ray://somewhere"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == UsageError.exit_code
    assert "HOST:PORT or auto" in ended.stderr
    assert connect("ignored where this process has joined one") == cluster
