"""A model hub on a local port: the part of the hub's API that huggingface_hub uses to pull a model."""

import hashlib
import http.server
import json
import re
import threading
import time
import urllib.parse
from dataclasses import dataclass, field
from typing import Any

COMMIT = "a" * 40
NEWER = "b" * 40


@dataclass
class LocalHub:
    """Repositories by `owner/name`, each with commits and their files; the last commit is what `main` names."""

    repos: dict[str, dict[str, dict[str, bytes]]] = field(default_factory=dict)
    gated: set[str] = field(default_factory=set)
    private: set[str] = field(default_factory=set)
    requests: list[str] = field(default_factory=list)
    failing: bool = False
    """Answer everything with an error of the server's own."""
    stalling: bool = False
    """Take connections, and say nothing."""
    cut: set[str] = field(default_factory=set)
    """Files of which only half is sent before the connection ends."""
    address: str = ""

    def __enter__(self) -> "LocalHub":
        hub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self) -> None:
                hub.answer(self, body=False)

            def do_GET(self) -> None:
                hub.answer(self, body=True)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def downloads(self) -> list[str]:
        """The files that were sent, in order."""
        return [line.rpartition("/")[2] for line in self.requests if line.startswith("GET") and "/resolve/" in line]

    def answer(self, asked: Any, body: bool) -> None:
        path = urllib.parse.unquote(urllib.parse.urlsplit(asked.path).path)
        self.requests.append(f"{asked.command} {path}")
        if self.stalling:
            time.sleep(20)
            return None
        if self.failing:
            return self._send(asked, 503, b"", body)
        if found := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/(revision|tree)/([^/]+))?", path):
            return self._about(asked, body, *found.groups())
        if found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            return self._file(asked, body, *found.groups())
        return self._send(asked, 404, b"", body)

    def _files(self, repo: str, revision: str | None) -> tuple[str, dict[str, bytes]] | None:
        commits = self.repos[repo]
        commit = next(reversed(commits)) if revision in (None, "main") else revision
        return (commit, commits[commit]) if commit in commits else None

    def _about(self, asked: Any, body: bool, repo: str, what: str | None, revision: str | None) -> None:
        if repo not in self.repos or repo in self.private:
            return self._send(asked, 401, b"", body, {"X-Error-Code": "RepoNotFound"})
        found = self._files(repo, revision)
        if found is None:
            return self._send(asked, 404, b"", body, {"X-Error-Code": "RevisionNotFound"})
        commit, files = found
        if what == "tree":
            page: Any = [
                {"type": "file", "path": name, "size": len(data), "oid": "0" * 40} for name, data in files.items()
            ]
        else:
            siblings = [{"rfilename": name, "size": len(data)} for name, data in files.items()]
            page = {"id": repo, "modelId": repo, "sha": commit, "siblings": siblings, "tags": [], "private": False}
        return self._send(asked, 200, json.dumps(page).encode(), body, {"Content-Type": "application/json"})

    def _file(self, asked: Any, body: bool, repo: str, revision: str, name: str) -> None:
        if repo in self.gated:
            return self._send(asked, 403, b"", body, {"X-Error-Code": "GatedRepo"})
        found = self._files(repo, revision) if repo in self.repos else None
        if found is None or name not in found[1]:
            return self._send(asked, 404, b"", body, {"X-Error-Code": "EntryNotFound"})
        commit, files = found
        etag = hashlib.sha256(files[name]).hexdigest()
        return self._send(asked, 200, files[name], body, {"ETag": f'"{etag}"', "X-Repo-Commit": commit}, name)

    def _send(
        self, asked: Any, status: int, content: bytes, body: bool, headers: dict[str, str] | None = None, name: str = ""
    ) -> None:
        asked.send_response(status)
        for header, value in (headers or {}).items():
            asked.send_header(header, value)
        asked.send_header("Content-Length", str(len(content)))
        asked.end_headers()
        if body and name in self.cut:
            asked.wfile.write(content[: len(content) // 2])
            asked.wfile.flush()
            asked.close_connection = True
        elif body:
            asked.wfile.write(content)
