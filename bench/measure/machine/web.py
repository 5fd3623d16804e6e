"""How the web page feels, as the browser measures it: paint, layout shift, first event, dragging, memory.

python -m vidscout.bench.measure.machine.web [--runs 5] [--home .demo] [--minutes 0]

Needs Chromium and Playwright. The server runs in a process of its own. The first question after a start is cold: no
model has been loaded; the others are medians over the runs after it. Frames are counted in Chromium's own trace while
the timeline of a video of eight hours is dragged; with `--minutes` a page is left open, playing, and used a little once
a minute, and its memory is measured after garbage collection every five minutes.
"""

import argparse
import itertools
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from ....tools.runtime.cores import cores
from ...data.videos import lecture

QUESTIONS = ("What is the mirror made of?", "When does a cat appear?", "Who works at the science center in Lisbon?")
TABS = ("Ask", "Transcript", "Chapters", "Search")
PATIENCE = 180_000
"""Milliseconds."""
HOURS = 8
EVERY = 3.0
"""Seconds from one utterance of the long video to the next: 9,600 of them, as in real talk."""
SERVER = """
import sys
from dataclasses import replace
import numpy as np
from vidscout import Record, Span, VideoScout
from vidscout.agent.inbox.inbox import Inbox
from vidscout.tools.payloads import Chapter, ObjectCounts, Shot, Spoken, TextLines
from vidscout.web.site import Site
from vidscout.web.serve import serve
hours, every = int(sys.argv[3]), float(sys.argv[4])
with VideoScout(home=sys.argv[1]) as scout:
    scout.ingest(sys.argv[2])
    known, long, end = scout.find(sys.argv[2]), "e8" * 16, hours * 3600.0
    if scout.library.get(long) is None:
        found = []
        for number in range(int(end / every)):
            span = Span(number * every, number * every + every * 0.9)
            said = Spoken(f"sentence number {number}", speaker=f"Speaker {number % 4}")
            found.append(Record.of(long, span, said, 1.0, "made"))
            if number % 4 == 0:
                longer = Span(span.start, span.start + 4 * every)
                found.append(Record.of(long, longer, Shot(number // 4 + 1), 1.0, "made"))
                found.append(Record.of(long, longer, TextLines((f"slide {number}",)), 1.0, "made"))
                found.append(Record.of(long, longer, ObjectCounts((("dog", 1),)), 1.0, "made"))
            if number % 300 == 0:
                part, of = Span(span.start, span.start + 300 * every), number // 300 + 1
                found.append(Record.of(long, part, Chapter(f"part {of}", of), 1.0, "made"))
        vectors = np.random.default_rng(0).normal(size=(len(found), scout.role("text_embedding").dimensions))
        scout.index.add(found, vectors)
        counts = {"speech": len(found), "shot": 1, "screen_text": 1, "object": 1, "chapter": 1}
        scout.library.put(replace(known, id=long, name="eight hours.mp4", duration=end, counts=counts))
    serve(Site(Inbox(scout)), "127.0.0.1", 0)
"""
LONG = "e8" * 16
FIRST_PAINT = "performance.getEntriesByType('paint').find(e => e.name === 'first-contentful-paint')?.startTime"
SHIFTED = """new Promise(told => {
  let sum = 0;
  new PerformanceObserver(list => list.getEntries().forEach(e => { if (!e.hadRecentInput) sum += e.value; }))
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => told(sum), 300);
})"""


def painted(browser: Any, address: str, there: str) -> tuple[float, float, float]:
    """Seconds to the first paint of a view and to the moment `there` can be used, and its layout shift."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(PATIENCE)
    began = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector(there)
    usable = time.perf_counter() - began
    page.wait_for_load_state("networkidle")
    shift = page.evaluate(SHIFTED)
    first = page.evaluate(FIRST_PAINT) / 1000
    page.close()
    return first, usable, shift


def painted_while_loading(browser: Any, address: str, video: str, runs: int) -> list[float]:
    """Seconds to the first paint of a view that is opened again and again while models are loaded for a question."""
    seen = []
    for _ in range(runs * 8):
        with urlopen(Request(f"{address}/v1/warm", method="POST")) as told:
            if json.load(told)["state"] != "loading":
                break
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(PATIENCE)
        page.goto(f"{address}/v/{video}", wait_until="commit")
        page.wait_for_selector("#player")
        while (first := page.evaluate(FIRST_PAINT)) is None:
            page.wait_for_timeout(20)
        seen.append(first / 1000)
        page.close()
    return seen


FIRST_EVENT = """(question) => new Promise((told, failed) => {
  const began = performance.now();
  const read = async () => {
    const video = location.pathname.split("/")[2];
    const body = { model: "vidscout", stream: true, video, messages: [{ role: "user", content: question }] };
    const answer = await fetch("/v1/chat/completions", { method: "POST", body: JSON.stringify(body),
      headers: { "content-type": "application/json" } });
    const reader = answer.body.getReader(), decoder = new TextDecoder();
    let first = null, text = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
      if (first === null && text.includes('"event":')) first = performance.now() - began;
    }
    told([first / 1000, (performance.now() - began) / 1000]);
  };
  read().catch(failed);
})"""


def until_first_event(page: Any, question: str) -> tuple[float, float]:
    """Seconds from sending a question, as the page does, to the first event of the graph, and to the whole answer."""
    first, answered = page.evaluate(FIRST_EVENT, question)
    return first, answered


def frames_while_dragged(browser: Any, address: str) -> tuple[float, float]:
    """Frames a second that Chromium draws while the zoomed timeline is dragged, and the longest gap in milliseconds."""
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    page.set_default_timeout(PATIENCE)
    page.goto(f"{address}/v/{LONG}?tab=about")
    body, bar = page.locator(".tlbody"), page.locator(".tlwindow")
    bar.wait_for()
    page.wait_for_load_state("networkidle")
    for _ in range(4):
        body.press("+")
    box = bar.bounding_box()
    y, left, width = box["y"] + box["height"] / 2, box["x"], box["width"]
    grip = bar.locator("i").bounding_box()
    page.mouse.move(grip["x"] + grip["width"] / 2, y)
    page.mouse.down()
    browser.start_tracing(page=page, categories=["disabled-by-default-devtools.timeline.frame", "devtools.timeline"])
    page.evaluate(
        "window.sawn = (async () => { const bar = document.querySelector('.tlwindow'), end = performance.now() + 4000;"
        f" const {{ left, width }} = {json.dumps({'left': left, 'width': width})};"
        " while (performance.now() < end) {"
        "  const share = 0.5 + 0.4 * Math.sin(performance.now() / 400);"
        "  bar.dispatchEvent(new PointerEvent('pointermove', { clientX: left + share * width, pointerId: 1 }));"
        "  await new Promise(requestAnimationFrame); } })()"
    )
    page.evaluate("window.sawn")
    traced = json.loads(browser.stop_tracing())["traceEvents"]
    page.mouse.up()
    page.close()
    drawn = sorted(event["ts"] / 1000 for event in traced if event["name"] == "DrawFrame")
    gaps = [after - before for before, after in itertools.pairwise(drawn)]
    return 1000 * len(gaps) / max(drawn[-1] - drawn[0], 1e-9), max(gaps)


def kept(page: Any) -> float:
    """MB of the page's heap after garbage collection."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = session.send("Performance.getMetrics")["metrics"]
    session.detach()
    return next(one["value"] for one in metrics if one["name"] == "JSHeapUsedSize") / 1e6


def transcript_of_hours(browser: Any, address: str) -> tuple[float, int, float]:
    """Seconds until the transcript of the long video can be read, its lines that are elements, and MB of heap."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(PATIENCE)
    began = time.perf_counter()
    page.goto(f"{address}/v/{LONG}?tab=transcript")
    page.locator(".vs-line").first.wait_for()
    shown = time.perf_counter() - began
    page.wait_for_load_state("networkidle")
    lines, heap = page.locator(".vs-line").count(), kept(page)
    page.close()
    return shown, lines, heap


def left_open(page: Any, minutes: float) -> list[float]:
    """MB of heap, first and then every five minutes, of a page that plays and is used a little once a minute."""
    page.evaluate("(() => { const p = document.getElementById('player'); p.muted = p.loop = true; p.play(); })()")
    page.wait_for_timeout(60_000)  # what is loaded once has been
    began, seen = time.monotonic(), [kept(page)]
    for minute in itertools.count(1):
        if time.monotonic() - began > minutes * 60:
            return seen
        page.get_by_role("tab", name=TABS[minute % len(TABS)], exact=True).click()
        if minute % 8 == 0:
            page.get_by_role("button", name="New", exact=True).click()
            page.locator(".vs-question").fill(QUESTIONS[minute // 8 % len(QUESTIONS)])
            page.keyboard.press("Enter")
            page.locator(".vs-answerfoot").first.wait_for()
        page.get_by_role("slider", name="Timeline").press("+-"[minute % 2])
        page.wait_for_timeout(max(0, minute * 60 - (time.monotonic() - began)) * 1000)
        if minute % 5 == 0:
            seen.append(kept(page))
    return seen


def _await(address: str) -> None:
    """Wait until the server takes connections: it tells its address a moment before."""
    for _ in range(600):
        with suppress(OSError), urlopen(address, timeout=5):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{address} does not answer")


def wait_for(server: "subprocess.Popen[str]") -> str:
    """The address that a server has told, once it takes connections.

    Raises:
        RuntimeError: it tells none, or does not answer there.
    """
    assert server.stdout is not None
    found = re.search(r"http://\S+", server.stdout.readline())
    if found is None:
        raise RuntimeError("the server told no address")
    _await(found[0])
    return found[0]


@contextmanager
def served(home: Path) -> Iterator[tuple[str, float]]:
    """A server in a process of its own: its address, and the seconds until it told it."""
    began = time.perf_counter()
    command = [sys.executable, "-c", SERVER, str(home), str(lecture()), str(HOURS), str(EVERY)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield wait_for(server), time.perf_counter() - began
        finally:
            server.terminate()


def row(name: str, values: Sequence[float], unit: str = "s") -> str:
    """Median and worst of some measurements, as a row of the table."""
    return f"| {name} | {statistics.median(values):.3g} {unit} | {max(values):.3g} {unit} |"


def short(address: str) -> str:
    """The id of the lecture."""
    with urlopen(f"{address}/v1/videos") as told:
        return next(one["id"] for one in json.load(told)["data"] if one["id"] != LONG)


def measured(browser: Any, address: str, runs: int, minutes: float) -> list[str]:
    """The rows of the table."""
    library = [painted(browser, address, "#choose") for _ in range(runs)]
    video = short(address)
    view = [painted(browser, f"{address}/v/{video}", "#player") for _ in range(runs)]
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{address}/v/{video}")
    page.wait_for_selector("#player")
    cold = until_first_event(page, QUESTIONS[0])
    warm = [until_first_event(page, QUESTIONS[run % len(QUESTIONS)]) for run in range(runs)]
    rows = []
    for name, seen in (("library", library), ("video", view)):
        rows.append(row(f"{name}: first contentful paint", [one[0] for one in seen]))
        rows.append(row(f"{name}: usable", [one[1] for one in seen]))
        rows.append(row(f"{name}: layout shift", [one[2] for one in seen], ""))
    rows += [row("sending to first event, no model loaded yet", [cold[0]]), row("sending to answer, cold", [cold[1]])]
    rows += [
        row("sending to first event", [one[0] for one in warm]),
        row("sending to answer", [one[1] for one in warm]),
    ]
    shown, lines, heap = transcript_of_hours(browser, address)
    rows.append(f"| transcript of {HOURS} h can be read | {shown:.2f} s | {lines} lines are elements, {heap:.1f} MB |")
    rate, gap = frames_while_dragged(browser, address)
    rows += [f"| frames a second, timeline of {HOURS} h dragged | {rate:.1f} | longest gap {gap:.0f} ms |"]
    if minutes:
        heap = left_open(page, minutes)
        told = ", ".join(f"{one:.2f}" for one in heap)
        rows.append(f"| heap of a page left open for {minutes:g} min, every 5 min | {heap[-1]:.2f} MB | {told} MB |")
    return rows


def main() -> None:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("needs Chromium: apt-get install -y --no-install-recommends chromium")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--home", type=Path, default=Path(".demo"))
    parser.add_argument("--minutes", type=float, default=0, help="how long a page is left open")
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        with served(arguments.home) as (address, _):
            loading = painted_while_loading(browser, address, short(address), arguments.runs)
        with served(arguments.home) as (address, started):
            rows = measured(browser, address, arguments.runs, arguments.minutes)
        browser.close()
    print(f"{cores()} cores; load {load:.1f} before, {os.getloadavg()[0]:.1f} in the end\n")
    print("| | median | worst |\n|---|---|---|")
    print(row("start of the process to its address", [started]))
    print(row("video: first contentful paint while models are loaded", loading))
    print("\n".join(rows))


if __name__ == "__main__":
    main()
