"""How long people wait for the web page: until it is painted, and from a click to the first event of an answer.

python -m vidscout.bench.measure.web [--runs 5] [--home .demo]

Needs Chromium and Playwright. The server runs in a process of its own. The first row after a start is cold: no model
has been loaded; the others are medians over the runs after it.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from ...tools.runtime.cores import cores
from ..data.videos import lecture

QUESTIONS = ("What is the mirror made of?", "When does a cat appear?", "Who works at the science center in Lisbon?")
PATIENCE = 180_000
"""Milliseconds."""
SERVER = """
import sys
from vidscout import VideoScout
from vidscout.agent.inbox.inbox import Inbox
from vidscout.web.site import Site
from vidscout.web.serve import serve
with VideoScout(home=sys.argv[1]) as scout:
    scout.ingest(sys.argv[2])
    serve(Site(Inbox(scout)), "127.0.0.1", 0)
"""
FIRST_PAINT = "performance.getEntriesByType('paint').find(e => e.name === 'first-contentful-paint')?.startTime"


def painted(browser: Any, address: str) -> tuple[float, float]:
    """Seconds from opening the page to its first paint, and to the moment the button can be clicked."""
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    began = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector("#vs-ask")
    usable = time.perf_counter() - began
    first = page.evaluate(FIRST_PAINT) / 1000
    page.close()
    return first, usable


def until_first_event(page: Any, question: str) -> tuple[float, float]:
    """Seconds from the click to the first event of the graph on the page, and to the answer's evidence."""
    page.fill("#vs-question textarea", question)
    page.evaluate("document.querySelectorAll('#vs-cost .vs-cost').forEach(e => e.remove())")
    began = time.perf_counter()
    page.click("#vs-ask")
    page.locator("#vs-chat").get_by_text("Planned what to look for").last.wait_for()
    first = time.perf_counter() - began
    page.locator("#vs-cost .vs-cost").first.wait_for()
    answered = time.perf_counter() - began
    page.reload()
    page.wait_for_selector("#vs-player")
    return first, answered


def _await(address: str) -> None:
    """Wait until the server takes connections: it tells its address a moment before."""
    for _ in range(600):
        with suppress(OSError), urlopen(address, timeout=5):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{address} does not answer")


def row(name: str, seconds: Sequence[float]) -> str:
    """Median and worst of some timings in seconds, as a row of the table."""
    return f"| {name} | {statistics.median(seconds):.2f} s | {max(seconds):.2f} s |"


def main() -> None:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("needs Chromium: apt-get install -y --no-install-recommends chromium")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--home", type=Path, default=Path(".demo"))
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    began = time.perf_counter()
    command = [sys.executable, "-c", SERVER, str(arguments.home), str(lecture())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server, sync_playwright() as play:
        try:
            assert server.stdout is not None
            found = re.search(r"http://\S+", server.stdout.readline())
            assert found is not None
            address = found[0]
            _await(address)
            started = time.perf_counter() - began
            browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            paints = [painted(browser, address) for _ in range(arguments.runs)]
            page = browser.new_page()
            page.set_default_timeout(PATIENCE)
            page.goto(address)
            page.wait_for_selector("#vs-player")
            cold = until_first_event(page, QUESTIONS[0])
            warm = [until_first_event(page, QUESTIONS[run % len(QUESTIONS)]) for run in range(arguments.runs)]
            browser.close()
        finally:
            server.terminate()
    print(f"{cores()} cores; load {load:.1f} before, {os.getloadavg()[0]:.1f} in the end\n")
    print("| | median | worst |\n|---|---|---|")
    print(row("start of the process to its address", [started]))
    print(row("first contentful paint", [first for first, _ in paints]))
    print(row("page usable", [usable for _, usable in paints]))
    print(row("click to first event, no model loaded yet", [cold[0]]))
    print(row("click to answer with evidence, no model loaded yet", [cold[1]]))
    print(row("click to first event", [first for first, _ in warm]))
    print(row("click to answer with evidence", [answered for _, answered in warm]))


if __name__ == "__main__":
    main()
