"""What people do in a browser. Nothing here waits for a set time: every step waits for what it brings about."""

import io
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
TABS = {
    "Ask": "#vs-question",
    "Transcript": "#vs-search",
    "Library": "#vs-upload",
    "Settings": "#vs-profiles li",
    "Generated?": "#vs-check",
    "Doctor": "#vs-doctor table",
}
"""Each tab, and what shows that it is there."""

Page = Any

MARKS = [
    pytest.mark.browser,
    pytest.mark.models,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install -y --no-install-recommends chromium"),
]


def tab(page: Page, name: str) -> None:
    place = page.get_by_role("tab", name=name, exact=True)
    folded = page.locator("#vs-tabs .overflow-dropdown button", has_text=name)
    place.or_(folded).first.wait_for(state="attached")
    if place.is_visible():
        place.click()
    else:  # a narrow page folds the last ones into a menu
        page.locator("#vs-tabs .overflow-menu > button").click()
        folded.click()
    page.locator(TABS[name]).first.wait_for()


def choose(page: Page, *names: str) -> None:
    """Make these videos, in this order, the only ones that are asked about."""
    box = page.locator("#vs-chosen input")
    page.locator("#vs-player").wait_for()
    page.locator("#vs-chosen").get_by_title("Clear").click()
    page.locator("#vs-player").wait_for(state="detached")
    for name in names:
        box.click()
        page.get_by_role("option", name=name).click()
        page.locator("#vs-chosen .token", has_text=name).wait_for()
    box.press("Escape")
    page.locator(".vs-timeline").nth(len(names) - 1).wait_for()


def ask(page: Page, question: str) -> str:
    """Ask, wait for the evidence, and return the conversation."""
    tab(page, "Ask")
    page.locator("#vs-player").wait_for()
    page.locator("#vs-question textarea").fill(question)
    answered(page, lambda: page.locator("#vs-ask").click())
    return page.locator("#vs-chat").inner_text()


def answered(page: Page, send: Any) -> None:
    """Send a question and wait until its cost is there, and its relevance if anything was found."""
    page.evaluate("document.querySelectorAll('#vs-cost .vs-cost').forEach(line => line.remove())")
    send()
    page.locator("#vs-cost .vs-cost").first.wait_for()
    page.locator(".vs-relevance").first.wait_for(state="attached")


def upload(page: Page, file: Path) -> None:
    tab(page, "Library")
    page.set_input_files("#vs-upload input[type=file]", str(file))


def stands_at(page: Page, seconds: float, within: float) -> None:
    """Wait until the player does."""
    page.wait_for_function(f"Math.abs(document.getElementById('vs-player').currentTime - {seconds}) < {within}")


def pause(page: Page) -> None:
    page.evaluate("document.getElementById('vs-player').pause()")


def width(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth")


def picture(page: Page, name: str, of: str | None = None, until: str | None = None) -> None:
    """Keep a screenshot, if VIDSCOUT_SCREENSHOTS names a folder, with few colours, which makes it a tenth as large.

    Args:
        of: only this element.
        until: the whole page down to the end of this element.
    """
    from PIL import Image

    folder = os.environ.get("VIDSCOUT_SCREENSHOTS")
    if not folder:
        return
    page.wait_for_function("[...document.images].every(i => i.complete)")
    page.evaluate("scrollTo(0, 0)")
    options: dict[str, Any] = {"animations": "disabled"}
    if until is not None:
        end = page.locator(until).evaluate("e => e.getBoundingClientRect().bottom + scrollY + 12")
        options |= {"full_page": True, "clip": {"x": 0, "y": 0, "width": width(page), "height": end}}
    shown = page if of is None else page.locator(of)
    taken = Image.open(io.BytesIO(shown.screenshot(**options))).convert("RGB")
    Path(folder).mkdir(parents=True, exist_ok=True)
    taken.quantize(255, dither=Image.Dither.NONE).save(Path(folder) / f"{name}.png", optimize=True)
