"""What people do in a browser. Nothing here waits for a set time: every step waits for what it brings about."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = os.environ.get("VIDSCOUT_CHROMIUM") or shutil.which("chromium")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync --autoplay-policy=no-user-gesture-required"
).split()
NOTHING_OUTSIDE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
PATIENCE = 180_000
"""Milliseconds for any one thing, reading a minute of video among them, on a slow machine that does other work."""
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 1}
WIDTHS = [PHONE, {"viewport": {"width": 1280, "height": 800}}, {"viewport": {"width": 1920, "height": 1080}}]
SHIFTED = """new Promise(told => {
  let sum = 0;
  new PerformanceObserver(list => list.getEntries().forEach(e => { if (!e.hadRecentInput) sum += e.value; }))
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => told(sum), 50);
})"""
"""The sum of layout shifts since the page was opened (web.dev/articles/cls)."""

SETTLED = "!document.getAnimations().some(one => one instanceof CSSTransition)"
"""Whether no colour is on its way to another."""

Page = Any

MARKS = [
    pytest.mark.browser,
    pytest.mark.models,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install -y --no-install-recommends chromium"),
]


def until(page: Page, holds: str) -> None:
    """Wait until an expression holds: the page's own policy forbids what `wait_for_function` does."""
    for _ in range(PATIENCE // 50):
        if page.evaluate(
            f"() => {{ try {{ return {holds} }} catch {{ return false }} }}"
        ):  # what is asked may come later
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never: {holds}")


def card(page: Page, name: str) -> Any:
    """The card of a video in the library."""
    return page.locator(".card", has=page.get_by_role("link", name=name, exact=True))


def open_video(page: Page, name: str) -> None:
    """Open a video from the library, and wait until its player knows how long it is."""
    page.get_by_role("link", name=name, exact=True).click()
    playable(page)


def playable(page: Page) -> None:
    """Wait until the player knows how long its video is, and the timeline what is in it."""
    page.locator("#player").wait_for()
    until(page, "document.getElementById('player')?.readyState >= 1")


def tab(page: Page, name: str) -> Any:
    """Open a panel by its tab; the panel."""
    found = page.get_by_role("tab", name=name, exact=True)
    found.click()
    return page.locator(f"#{found.get_attribute('aria-controls')}")


def upload(page: Page, file: Path) -> None:
    page.set_input_files("#files", str(file))


def stands_at(page: Page, seconds: float, within: float) -> None:
    """Wait until the player does."""
    until(page, f"Math.abs(document.getElementById('player')?.currentTime - {seconds}) < {within}")


def pause(page: Page) -> None:
    page.evaluate("document.getElementById('player').pause()")


def width(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth")


def complaints_of(page: Page) -> list[str]:
    """What axe-core finds serious or critical on a page as it is, and in its other colours."""
    from axe_playwright_python.sync_playwright import Axe

    axe = Axe()
    found = axe.run(page).response["violations"]
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    page.emulate_media(color_scheme="light" if dark else "dark")
    until(page, SETTLED)
    found += axe.run(page, options={"runOnly": ["color-contrast"]}).response["violations"]
    page.emulate_media(color_scheme="dark" if dark else "light")
    until(page, SETTLED)
    return [
        f"{one['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
