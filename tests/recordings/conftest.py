"""Small recordings of the kinds that people have, each made for these tests: `data/`."""

from collections.abc import Callable, Iterator
from functools import cache

import pytest
from recordings_read import DATA, Read
from vidscout import VideoScout


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VideoScout]:
    """A scout that reads recordings; its models stay loaded."""
    with VideoScout(home=tmp_path_factory.mktemp("recordings") / "home") as scout:
        yield scout


@pytest.fixture(scope="session")
def read(recordings: VideoScout) -> Callable[[str], Read]:
    """Reads a file of `data/` once."""

    @cache
    def read_once(name: str) -> Read:
        [one] = recordings.ingest([DATA / name])
        return Read(one.duration, one.notes, recordings.index.timeline(one.video))

    return read_once
