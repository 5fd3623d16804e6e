"""Real servers for tests: ASGI applications and folders of files, on free ports of this machine."""

import functools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@contextmanager
def serving(application: Any, port: int = 0) -> Iterator[str]:
    """Serve an ASGI application in a thread, on any free port or this one; its address, without a slash at the end."""
    import uvicorn

    config = uvicorn.Config(application, port=port, log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


class FileServer(ThreadingHTTPServer):
    """Serves a folder, redirects as told, and remembers what it was asked and how it answered."""

    def __init__(self, folder: Path) -> None:
        self.redirects: dict[str, str] = {}
        self.answered: list[tuple[str, int]] = []
        super().__init__(("127.0.0.1", 0), functools.partial(_Handler, directory=str(folder)))

    @property
    def address(self) -> str:
        return f"http://{self.host}"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class _Handler(SimpleHTTPRequestHandler):
    @property
    def _files(self) -> FileServer:
        assert isinstance(self.server, FileServer)
        return self.server

    def do_GET(self) -> None:
        where = self._files.redirects.get(self.path)
        if where is None:
            super().do_GET()
            return
        self.send_response(302)
        self.send_header("Location", where)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        self._files.answered.append((self.path, int(code)))


@contextmanager
def files_served(folder: Path) -> Iterator[FileServer]:
    """Serve a folder of files over HTTP."""
    server = FileServer(folder)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)
