"""The page answers at the addresses that it needs, and at no other that the installed Gradio brings.

OWASP Top 10: security misconfiguration. Attacks: conversion of any file by ffmpeg, reading files by path, fetching
addresses for others, code by a model.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from vidscout import VideoScout
from vidscout.agent.inbox.inbox import Inbox
from vidscout.web.routes import is_served
from vidscout.web.serve import application, page_application
from vidscout.web.site import Site

HERE = "http://127.0.0.1:7860"
NEEDED = {
    ("GET", "/"), ("HEAD", "/"), ("GET", "/config"), ("GET", "/config/"), ("GET", "/theme.css"),
    ("GET", "/favicon.ico"), ("GET", "/assets/{path:path}"), ("GET", "/static/{path:path}"),
    ("GET", "/media/{video}"), ("HEAD", "/media/{video}"),
    ("GET", "/thumbnail/{video}/{milliseconds}"), ("HEAD", "/thumbnail/{video}/{milliseconds}"),
    ("GET", "/transcript/{video}.{kind}"), ("HEAD", "/transcript/{video}.{kind}"),
    ("POST", "/gradio_api/queue/join"), ("GET", "/gradio_api/queue/data"), ("POST", "/gradio_api/cancel"),
    ("POST", "/gradio_api/run/{api_name}"), ("GET", "/gradio_api/heartbeat/{session_hash}"),
    ("POST", "/gradio_api/upload"), ("GET", "/gradio_api/upload_progress"),
    ("GET", "/gradio_api/info"), ("GET", "/gradio_api/info/"),
}  # fmt: skip
"""Of `run` only `predict`, which the page calls by an event's number."""
PUT_IN = {"api_name": "predict", "path": "a/b.js", "path_or_url": "etc/passwd", "url_path": "evil.example/x"}


def table(routes: Any) -> Iterator[tuple[str, str]]:
    """Method and path of every route, mounted and included ones too."""
    for route in routes:
        inner = getattr(route, "original_router", None) or getattr(route, "app", None)
        below = getattr(route, "routes", None) or getattr(inner, "routes", None)
        methods = getattr(route, "methods", None)
        if methods:
            yield from ((method, route.path) for method in methods)
        elif below:
            assert not getattr(route, "path", ""), "a mount below an address is not walked"
            yield from table(below)
        else:
            raise AssertionError(f"a route that this test does not understand: {route!r}")


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inbox]:
    with VideoScout("embedded", home=tmp_path_factory.mktemp("home") / "home") as scout:
        inbox = Inbox(scout)
        yield inbox
        inbox.close()


@pytest.fixture(scope="module")
def routes(inbox: Inbox) -> set[tuple[str, str]]:
    return set(table(page_application(Site(inbox)).routes))


def address_of(path: str) -> str:
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: PUT_IN.get(found[1], "0"), path)


def test_gradios_routes_are_walked(routes: set[tuple[str, str]]):
    assert {("POST", "/gradio_api/process_recording"), ("GET", "/gradio_api/file={path_or_url:path}")} <= routes
    assert routes >= NEEDED, "what is needed is there"


def test_what_the_page_does_not_need_is_refused(inbox: Inbox, routes: set[tuple[str, str]]):
    others = routes - NEEDED
    assert len(others) > 50
    with TestClient(application(Site(inbox)), HERE) as client:
        for method, path in sorted(others):
            response = client.request(method, address_of(path))
            assert response.status_code == 404, (method, path)
            assert response.text in ("nothing is here", ""), (method, path)


def test_what_the_page_needs_is_answered_by_the_page(routes: set[tuple[str, str]]):
    assert {(method, path) for method, path in routes if is_served(method, address_of(path))} == NEEDED


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/gradio_api/file=/etc/passwd"), ("GET", "/gradio_api/file/etc/passwd"),
        ("GET", "/gradio_api/proxy=http://127.0.0.1:9/x"), ("POST", "/gradio_api/process_recording"),
        ("POST", "/gradio_api/component_server"), ("POST", "/gradio_api/call/ask"), ("POST", "/gradio_api/run/ask"),
        ("POST", "/gradio_api/api/ask"), ("GET", "/gradio_api/runs"), ("POST", "/gradio_api/run-history/connect"),
        ("GET", "/monitoring"), ("POST", "/login"), ("GET", "/docs"), ("GET", "/openapi.json"), ("PUT", "/config"),
        ("GET", "/assets/../serve.py"), ("GET", "/assets/..%2f..%2fserve.py"), ("GET", "/static/%2e%2e/x"),
        ("GET", "/config/x"), ("GET", "/gradio_api/queue/join/../../process_recording"),
        ("TRACE", "/"), ("OPTIONS", "/"), ("GET", "/Gradio_API/info"), ("GET", "/assets/a\\..\\b"),
    ],
)  # fmt: skip
def test_ways_around_the_list_lead_nowhere(inbox: Inbox, method: str, path: str):
    with TestClient(application(Site(inbox)), HERE) as client:
        assert client.request(method, path).status_code == 404


def test_an_upload_is_not_converted_and_not_served(inbox: Inbox, tmp_path: Path):
    secret = tmp_path / "secret.ts"
    secret.write_bytes(b"not for you")
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile://{secret}\n#EXT-X-ENDLIST\n".encode()
    with TestClient(application(Site(inbox)), HERE) as client:
        form = {"files": ("x.m3u8", playlist, "video/mp4")}
        assert client.post("/gradio_api/process_recording", files=form).status_code == 404
        [path] = client.post("/gradio_api/upload", files=form).json()
        assert client.get(f"/gradio_api/file={path}").status_code == 404
        assert Path(path).read_bytes() == playlist


def test_the_page_keeps_no_history_and_offers_no_hub(inbox: Inbox):
    with TestClient(application(Site(inbox)), HERE) as client:
        config = client.get("/config").json()
    assert config["run_history"] is False
    assert not config.get("footer_links")
    assert config.get("analytics_enabled") is False
