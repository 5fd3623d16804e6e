"""The tab that tells whether a video was generated: through Gradio's client, and once in a browser."""

import html
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from vidscout import VideoScout
from vidscout.agent.inbox.inbox import Inbox
from vidscout.tools.index.videos import Video
from vidscout.web.site import Site

pytestmark = pytest.mark.models

CHROMIUM = Path(os.environ.get("VIDSCOUT_CHROMIUM", "/usr/bin/chromium"))
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking".split()


@pytest.fixture(scope="module")
def scout(tmp_path_factory: pytest.TempPathFactory, carphone: Path) -> Iterator[VideoScout]:
    """An index that knows one recording, of which nothing was read: a check needs none of it."""
    with VideoScout(home=tmp_path_factory.mktemp("check") / "home") as scout:
        key = scout.library.identify(carphone)
        scout.library.put(Video(key, "a <man> in a car.mp4", carphone, duration=4.0, status="ready"))
        yield scout


@pytest.fixture(scope="module")
def address(scout: VideoScout, serving: Callable[[Site], str]) -> str:
    return serving(Site(Inbox(scout)))


@pytest.fixture(scope="module")
def client(address: str) -> Any:
    return pytest.importorskip("gradio_client").Client(address, verbose=False)


def test_a_check_shows_label_score_notes_and_the_whole_report(client: Any, scout: VideoScout) -> None:
    [video] = scout.videos()
    shown = client.predict([video.id], api_name="/check")
    assert any(f"<h3>{label}</h3>" in shown for label in ("real", "uncertain"))
    assert "decided by signals" in shown
    assert "about the calibration" in shown
    report = html.unescape(shown.split("srcdoc='")[1].split("'></iframe>")[0])
    assert "<svg" in report
    assert "data:image/jpeg;base64," in report
    assert "Face that trembles" in report


def test_nothing_chosen_says_so(client: Any) -> None:
    assert "choose a video first" in client.predict([], api_name="/check")


def test_a_file_that_is_gone_is_a_message_and_no_failure(client: Any, scout: VideoScout, tmp_path: Path) -> None:
    [video, *_] = scout.videos()
    gone = Path(tmp_path / "gone.mp4")
    scout.library.put(Video(video.id, video.name, gone, duration=4.0, status="ready"))
    try:
        assert "gone.mp4" in client.predict([video.id], api_name="/check")
    finally:
        scout.library.put(video)


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium: apt-get install -y chromium")
def test_the_tab_is_there_and_shows_a_report_that_asks_nothing_of_the_outside(address: str) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    outside: list[str] = []
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.on("request", lambda r: None if r.url.startswith((address, "data:", "blob:")) else outside.append(r.url))
        page.goto(address, wait_until="domcontentloaded")
        page.get_by_role("tab", name="Generated?").click()
        page.locator("#vs-check").click()
        page.locator("#vs-verdict h3").first.wait_for(timeout=120_000)
        inside = page.frame_locator("iframe.vs-report")
        inside.get_by_role("heading", name="Signals").wait_for(timeout=30_000)
        assert inside.locator("svg").count() > 5
        if folder := os.environ.get("VIDSCOUT_SCREENSHOTS"):
            page.locator("#vs-verdict").scroll_into_view_if_needed()
            page.screenshot(path=str(Path(folder) / "check.png"))
        browser.close()
    assert not outside
