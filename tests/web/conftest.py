"""A running web page."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from vidscout.web.backstage import Backstage
from vidscout.web.serve import application

Serving = Callable[[Backstage], str]


@contextmanager
def _served(backstage: Backstage) -> Iterator[str]:
    import uvicorn

    config = uvicorn.Config(application(backstage), port=0, log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def serving() -> Iterator[Serving]:
    """Serves a page until the module's tests are over, and returns its address."""
    with ExitStack() as served:
        yield lambda backstage: served.enter_context(_served(backstage))
