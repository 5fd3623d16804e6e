"""Readers on a real Ray with four GPUs that it only believes in: what is handed to whom, and what a death costs."""

import os
import shutil
import signal
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from vidscout import VideoScout
from vidscout.agent.distributed.ray_ingest import ingest_on, readers_for
from vidscout.graphs.events import Event, Progress
from vidscout.tools.serving.ray_cluster import a_cluster

pytestmark = [
    pytest.mark.models,
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("ray") is None, reason="needs pip install 'vidscout[serve]'"),
]

QUICK: dict[str, Any] = {
    "profile": "quick",
    "profiles": {
        "quick": {"base": "embedded", "stages": ["thumbnails", "tags", "shots"], "roles": {"text_embedding": "minilm"}}
    },
}
GPUS = 4


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with a_cluster(num_cpus=GPUS, num_gpus=GPUS) as address:
        yield address


@pytest.fixture(scope="module")
def videos(carphone: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Six files of different content: bytes behind the end change the id and no picture."""
    folder = tmp_path_factory.mktemp("videos")
    made = []
    for number in range(GPUS + 2):
        file = Path(shutil.copy(carphone, folder / f"{number}.mp4"))
        with file.open("ab") as end:
            end.write(b"\0" * (number + 1))
        made.append(file)
    return made


def said(scout: VideoScout) -> dict[str, list[str]]:
    return {video.id: sorted(record.id for record in scout.index.timeline(video.id)) for video in scout.videos()}


def test_each_reader_has_one_gpu_and_what_one_had_goes_on_elsewhere_when_it_dies(
    address: str, videos: list[Path], tmp_path: Path
):
    with VideoScout(home=tmp_path / "here", **QUICK) as here:
        here.ingest(videos)
        expected = said(here)
    with VideoScout(home=tmp_path / "there", **QUICK) as scout, readers_for(scout, gpu=True) as readers:
        assert readers.most == GPUS
        killed: list[str] = []

        def kill_one(event: Event) -> None:
            if isinstance(event, Progress) and event.stage == "tags" and event.done and not killed:
                name = next(file for file in videos if scout.library.identify(file) == event.video).name
                if process := _reading(name):
                    killed.append(event.video)
                    os.kill(process, signal.SIGKILL)

        read = ingest_on(scout, address, videos, kill_one, readers=readers)
        assert said(scout) == expected
        assert killed
        died = {one.video for one in read if any("the reader of the video died" in note for note in one.notes)}
        assert died == {*killed}
        readers.settle()
        about = readers.about()
    assert sorted(one.gpus for one in about) == [(str(number),) for number in range(GPUS)]
    assert len({one.process for one in about}) == GPUS
    assert sum(one.read for one in about) >= len(videos) - 2, "one reader's videos were lost with it"
    assert [one.loaded for one in about if one.read] == [("tags", "text_embedding")] * sum(
        one.read > 0 for one in about
    )


def _reading(name: str) -> int | None:
    """The process whose work has this name."""
    import psutil

    found = [
        p.pid for p in psutil.process_iter(["cmdline"]) if f"ray::read {name}" in " ".join(p.info["cmdline"] or [])
    ]
    return found[0] if found else None


def test_without_a_gpu_of_its_own_there_is_a_reader_a_core(address: str, tmp_path: Path):
    with VideoScout(home=tmp_path, **QUICK) as scout:
        assert readers_for(scout).gpu is False, "the profile computes on the CPU"
        assert readers_for(scout, wanted=3).most == 3
        assert readers_for(scout).most == GPUS


def test_a_reader_that_cannot_be_made_is_one_line(address: str, tmp_path: Path):
    from vidscout.agent.distributed.readers import Readers
    from vidscout.tools.errors import ServingError

    with (
        Readers('{"profile": "there is none"}', gpu=False, wanted=1) as readers,
        pytest.raises(ServingError) as refused,
    ):
        readers.take(lambda: False)
    assert "a reader cannot be made on the cluster" in str(refused.value)
    assert "\n" not in str(refused.value)
