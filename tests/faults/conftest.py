"""What the attacks share: servers over an empty library, in every combination of face and credentials."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))  # test modules say `from browsing import …`

from served import serving
from vidscout import VideoScout
from vidscout.agent.api.app import application as api
from vidscout.agent.inbox.inbox import Inbox
from vidscout.agent.mcp.server import http_application as mcp
from vidscout.web.serve import Login
from vidscout.web.serve import application as page
from vidscout.web.site import Site

KEY = "a-key-for-tests"
LOGIN = Login("ada", "pass:word")


@dataclass(frozen=True)
class Face:
    """One way to reach vidscout over HTTP."""

    name: str
    guarded: bool
    """Whether a key or a password is needed."""

    @property
    def path(self) -> str:
        """An address at which a `GET` tells something."""
        return {"page": "/v1/videos", "api": "/v1/videos", "mcp": "/mcp"}[self.name]

    def client(self, address: str, known: bool = True) -> httpx.Client:
        """Whoever asks, with the right credentials where `known`."""
        bearer = {"Authorization": f"Bearer {KEY}"} if known and self.guarded and self.name != "page" else {}
        basic = httpx.BasicAuth(LOGIN.user, LOGIN.password) if known and self.guarded and self.name == "page" else None
        return httpx.Client(base_url=address, headers=bearer, auth=basic, timeout=60)


FACES = [Face(name, guarded) for name in ("page", "api", "mcp") for guarded in (False, True)]


@contextmanager
def served(face: Face, inbox: Inbox, host: str = "127.0.0.1") -> Iterator[str]:
    """The face of an inbox on a port of this machine."""
    keys = (KEY,) if face.guarded else ()
    made = {
        "page": lambda: page(Site(inbox), LOGIN if face.guarded else None, host=host),
        "api": lambda: api(inbox, keys, host),
        "mcp": lambda: mcp(inbox, keys, host),
    }
    with serving(made[face.name]()) as address:
        yield address


@pytest.fixture(scope="module", params=FACES, ids=lambda face: f"{face.name}{' guarded' if face.guarded else ''}")
def face(request: pytest.FixtureRequest) -> Face:
    return request.param


@pytest.fixture(scope="module")
def address(face: Face, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with VideoScout("embedded", home=tmp_path_factory.mktemp("home") / "home") as scout:
        inbox = Inbox(scout)
        with served(face, inbox) as address:
            yield address
        inbox.close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home of a test's own, empty."""
    return tmp_path / "home"
