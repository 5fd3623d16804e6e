"""Pictures of every view of the page, light and dark, on a phone, a laptop and a desk.

python -m vidscout.bench.measure.machine.screenshots [--home .demo] [--out docs/screenshots] [--screens desk phone wide]

Reads the demo's lecture into the home if it is not there, opens the page in Chromium, asks a question where the page
has a place for one, and keeps each picture as WebP, which makes it a quarter as large as PNG.
"""

import argparse
import io
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from ...data.videos import lecture

SERVER = """
import sys
from vidscout import VideoScout
from vidscout.agent.inbox.inbox import Inbox
from vidscout.web.site import Site
from vidscout.web.sample import taken
from vidscout.web.serve import serve
with VideoScout(home=sys.argv[1]) as scout:
    scout.ingest(sys.argv[2])
    serve(Site(Inbox(scout), sample=taken), "127.0.0.1", 0)
"""
PATIENCE = 180_000
"""Milliseconds."""
QUESTION = "What is the mirror made of?"
SOUGHT = "telescope"
SCREENS = {"desk": (1280, 800), "phone": (390, 844), "wide": (1920, 1080)}
SCHEMES = ("light", "dark")


def kept(page: Any, path: Path) -> None:
    """Keep what a page shows, once its pictures are there."""
    from PIL import Image

    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(600)  # fonts, pictures of the timeline, transitions
    taken = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    path.parent.mkdir(parents=True, exist_ok=True)
    taken.save(path, quality=82, method=6)


def views(address: str, video: str, panels: list[str]) -> dict[str, str]:
    """The address of each view, by the name of its picture."""
    found = {"library": "/", "settings": "/settings"}
    found |= {name: f"/v/{video}?t=63&tab={name}" for name in [*panels, "about"]}
    if "search" in panels:
        found["everywhere"] = "/search"
    return {name: address + path for name, path in found.items()}


def asked(page: Any) -> None:
    """Ask in the panel, so that its picture shows an answer."""
    box = page.locator("vs-ask textarea, vs-ask input[type=text]").first
    box.fill(QUESTION)
    box.press("Enter")
    page.locator("vs-ask .chip").first.wait_for()


def searched(page: Any) -> None:
    """Search in the panel, or over everything."""
    page.locator("vs-search input[type=search]").fill(SOUGHT)
    page.keyboard.press("Enter")
    page.locator(".vs-hitcard").first.wait_for()


def followed(page: Any) -> None:
    """Point at the timeline, so that the picture of a moment shows."""
    box = page.locator(".tlbody").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.5)
    page.locator(".preview.tlhint").wait_for()


def cut(page: Any) -> None:
    """Choose two stretches."""
    page.get_by_role("button", name="Find highlights").click()
    page.locator(".vs-spans li").nth(1).wait_for()


MADE = {
    "ask": asked, "search": searched, "everywhere": searched, "transcript": followed, "clips": cut,
}  # fmt: skip
"""What is done in a view before its picture is taken."""


def main() -> None:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("needs Chromium: apt-get install -y --no-install-recommends chromium")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=Path(".demo"))
    parser.add_argument("--out", type=Path, default=Path("docs/screenshots"))
    parser.add_argument("--screens", nargs="+", choices=SCREENS, default=list(SCREENS))
    arguments = parser.parse_args()
    command = [sys.executable, "-c", SERVER, str(arguments.home), str(lecture())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server, sync_playwright() as play:
        try:
            assert server.stdout is not None
            found = re.search(r"http://\S+", server.stdout.readline())
            assert found is not None
            browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            for screen in arguments.screens:
                width, height = SCREENS[screen]
                for scheme in SCHEMES:
                    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
                    taken_of(context.new_page(), found[0], arguments.out, f"{screen}-{scheme}")
                    context.close()
            browser.close()
        finally:
            server.terminate()


def taken_of(page: Any, address: str, out: Path, suffix: str) -> None:
    """All views in one size and colour."""
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    page.locator(".card").first.wait_for()
    told = page.evaluate("JSON.parse(document.getElementById('about').textContent).panels")
    video = page.get_by_role("link", name="lecture.mp4").first.get_attribute("href").rpartition("/")[2]
    for name, where in views(address, video, told).items():
        page.goto(where)
        page.locator("main > *").first.wait_for()
        if name in MADE:
            MADE[name](page)
        kept(page, out / f"{name}-{suffix}.webp")


if __name__ == "__main__":
    main()
