"""Running web pages, and Chromium to open them with."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # test modules say `from browsing import …`

from browsing import CHROMIUM, FLAGS, NOTHING_OUTSIDE, PATIENCE
from served import serving as served_at
from vidscout.web.serve import application
from vidscout.web.site import Site

LEFT = ("AbortError: signal is aborted", "Unexpected error Connection errored out")
"""What Gradio's script says where its form is left while it loads."""
Serving = Callable[..., str]


@pytest.fixture(scope="module")
def serving() -> Iterator[Serving]:
    """Serves a page until the module's tests are over, and returns its address."""
    with ExitStack() as served:
        yield lambda site, login=None: served.enter_context(served_at(application(site, login))) + "/"


@pytest.fixture(scope="module")
def address(site: Site, serving: Serving) -> str:
    """The page of the module's own `site`."""
    return serving(site)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Chromium that can reach this machine only; a module's, because asyncio cannot run beside Playwright."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, NOTHING_OUTSIDE], timeout=PATIENCE)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Any, request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """Opens pages; when the test ends none of them may have asked outside, kept others' cookies, or complained."""
    outside: list[str] = []
    complaints: list[str] = []
    contexts = []

    def open_page(path: str = "", at: str | None = None, expect: tuple[str, ...] = (), **options: Any) -> Any:
        at = at or str(request.getfixturevalue("address"))
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, "locale": "en-US", **options})
        contexts.append((context, at))
        page = context.new_page()
        page.on("request", lambda r: None if r.url.startswith((at, "data:", "blob:")) else outside.append(r.url))
        page.on("console", lambda m: _noted(complaints, m.text, (*expect, *LEFT)) if m.type == "error" else None)
        page.on("pageerror", lambda error: _noted(complaints, str(error), LEFT))
        page.set_default_timeout(PATIENCE)
        page.goto(at + path, wait_until="domcontentloaded")
        return page

    yield open_page
    for context, at in contexts:
        foreign = [cookie for cookie in context.cookies() if cookie["domain"] not in at]
        stored = [one["origin"] for one in context.storage_state()["origins"] if not at.startswith(one["origin"])]
        assert not foreign
        assert not stored
        context.close()
    assert not outside
    assert not complaints


def _noted(complaints: list[str], text: str, expect: tuple[str, ...]) -> None:
    if not any(part in text for part in expect):
        complaints.append(text)
