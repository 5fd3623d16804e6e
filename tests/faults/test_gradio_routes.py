"""The page answers at the addresses that it needs, and at no other that the installed Gradio brings.

OWASP Top 10: security misconfiguration. Attacks: conversion of any file by ffmpeg, reading files by path, fetching
addresses for others, code by a model.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from vidscout import VideoScout
from vidscout.agent.inbox.inbox import Inbox
from vidscout.web.routes import is_served
from vidscout.web.serve import application, page_application
from vidscout.web.site import Site

HERE = "http://127.0.0.1:7860"
FORMS = "/forms"
NEEDED = {
    (method, FORMS + path)
    for methods, path in (
        ("GET HEAD", "/"), ("GET", "/config"), ("GET", "/config/"), ("GET", "/theme.css"),
        ("GET", "/assets/{path:path}"), ("GET", "/static/{path:path}"), ("POST", "/gradio_api/queue/join"),
        ("GET", "/gradio_api/queue/data"), ("GET", "/gradio_api/heartbeat/{session_hash}"),
    )
    for method in methods.split()
}  # fmt: skip
"""Of Gradio's routes."""
PUT_IN = {"api_name": "predict", "path": "a/b.js", "path_or_url": "etc/passwd", "url_path": "evil.example/x"}


def table(routes: Any, under: str = "") -> Iterator[tuple[str, str]]:
    """Method and path of every route, mounted and included ones too."""
    for route in routes:
        inner = getattr(route, "original_router", None) or getattr(route, "app", None)
        below = getattr(route, "routes", None) or getattr(inner, "routes", None)
        methods = getattr(route, "methods", None)
        if methods:
            yield from ((method, under + route.path) for method in methods)
        elif below:
            yield from table(below, under + getattr(route, "path", ""))
        elif getattr(route, "path", "") != "/static-offline-docs":  # files of the API's documents: not let through
            raise AssertionError(f"a route that this test does not understand: {route!r}")


def of_gradio(routes: set[tuple[str, str]]) -> set[tuple[str, str]]:
    return {(method, path) for method, path in routes if path.startswith(FORMS)}


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
    dangerous = {("POST", "/gradio_api/process_recording"), ("GET", "/gradio_api/file={path_or_url:path}")}
    assert {(method, FORMS + path) for method, path in dangerous} <= routes
    assert routes >= NEEDED, "what is needed is there"


def test_what_the_page_does_not_need_is_refused(inbox: Inbox, routes: set[tuple[str, str]]):
    others = of_gradio(routes) - NEEDED
    assert len(others) > 50
    with TestClient(application(Site(inbox)), HERE) as client:
        for method, path in sorted(others):
            response = client.request(method, address_of(path))
            assert response.status_code == 404, (method, path)
            assert response.text in ("nothing is here", ""), (method, path)


def test_what_the_forms_need_is_answered(routes: set[tuple[str, str]]):
    assert {(method, path) for method, path in of_gradio(routes) if is_served(method, address_of(path))} == NEEDED


def test_beside_the_forms_only_our_own_is_served(routes: set[tuple[str, str]]):
    served = {path for method, path in routes - of_gradio(routes) if is_served(method, address_of(path))}
    ours = ("/v1/", "/v/", "/app/", "/media/", "/thumbnail/", "/transcript/")
    assert {path for path in served if not path.startswith(ours)} == {"/", "/search", "/settings", "/sample", "/health"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/forms/gradio_api/file=/etc/passwd"), ("GET", "/forms/gradio_api/file/etc/passwd"),
        ("GET", "/forms/gradio_api/proxy=http://127.0.0.1:9/x"), ("POST", "/forms/gradio_api/process_recording"),
        ("POST", "/forms/gradio_api/component_server"), ("POST", "/forms/gradio_api/call/ask"),
        ("POST", "/forms/gradio_api/run/ask"), ("POST", "/forms/gradio_api/api/ask"),
        ("GET", "/forms/gradio_api/runs"), ("POST", "/forms/gradio_api/run-history/connect"),
        ("GET", "/forms/monitoring"), ("POST", "/forms/login"), ("GET", "/docs"), ("GET", "/openapi.json"),
        ("PUT", "/forms/config"), ("GET", "/app/../serve.py"), ("GET", "/app/..%2f..%2fserve.py"),
        ("GET", "/app/%2e%2e/x"), ("GET", "/app/index.html"), ("GET", "/forms/config/x"),
        ("GET", "/forms/gradio_api/queue/join/../../process_recording"), ("TRACE", "/"), ("OPTIONS", "/"),
        ("GET", "/Gradio_API/info"), ("GET", "/forms/assets/a\\..\\b"),
    ],
)  # fmt: skip
def test_ways_around_the_list_lead_nowhere(inbox: Inbox, method: str, path: str):
    with TestClient(application(Site(inbox)), HERE) as client:
        assert client.request(method, path).status_code == 404


def test_an_upload_is_not_converted_and_not_taken_by_gradio(inbox: Inbox):
    form = {"files": ("x.m3u8", b"#EXTM3U", "video/mp4")}
    with TestClient(application(Site(inbox)), HERE) as client:
        for path in ("process_recording", "upload"):
            assert client.post(f"{FORMS}/gradio_api/{path}", files=form).status_code == 404


def test_the_page_keeps_no_history_and_offers_no_hub(inbox: Inbox):
    with TestClient(application(Site(inbox)), HERE) as client:
        config = client.get("/forms/config").json()
    assert config["run_history"] is False
    assert not config.get("footer_links")
    assert config.get("analytics_enabled") is False
