"""What the agent keeps in a home beside the index is for its owner alone: conversations, and files that were sent."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from vidscout.agent.conversations.checkpoints import open_checkpointer
from vidscout.agent.inbox.arrivals import Arrivals
from vidscout.agent.inbox.uploads import Limits, accept

pytestmark = pytest.mark.skipif(os.name != "posix", reason="file modes are those of POSIX")


@pytest.fixture(params=[0o000, 0o022], ids=["umask 0", "umask 022"], autouse=True)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def open_to_others(home: Path) -> list[str]:
    paths = (home, *home.rglob("*"))
    return [str(path.relative_to(home)) for path in paths if stat.S_IMODE(path.stat().st_mode) & 0o077]


def test_conversations_are_their_owners_alone_with_their_log(tmp_path: Path):
    home = tmp_path / "home"
    with open_checkpointer(home / "conversations.sqlite"):
        names = {path.name for path in home.iterdir()}
        assert names >= {"conversations.sqlite", "conversations.sqlite-wal"}
        assert open_to_others(home) == []


def test_what_arrives_and_what_is_accepted_is_its_owners_alone(tmp_path: Path, bikes: Path):
    home = tmp_path / "home"
    arrivals = Arrivals(home)
    sent = Path(shutil.copyfile(bikes, arrivals.place()))
    upload = accept(sent, home / "uploads", Limits(), "bikes.mp4")
    assert upload.path.is_file()
    assert upload.receipt.is_file()
    assert open_to_others(home) == []
