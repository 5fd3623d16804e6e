"""How a file of a gigabyte is sent by the page, cut off once, and what lies on the disk meanwhile.

python -m vidscout.bench.measure.machine.upload [--gigabytes 1.1]

An MKV is filled up to that size. Chromium sends it to a server with a home of its own; when a third has arrived, the
network is gone for a second. Told are the seconds, and how many bytes the home held at most while it was sent, as a
share of the file.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from ...data.videos import lecture
from .web import PATIENCE, wait_for

SERVER = """
import sys
from vidscout import VideoScout
from vidscout.agent.inbox.inbox import Inbox
from vidscout.web.site import Site
from vidscout.web.serve import serve
with VideoScout(home=sys.argv[1]) as scout:
    serve(Site(Inbox(scout)), "127.0.0.1", 0)
"""


VOID = b"\xec\x01"
"""What an element of Matroska begins with that is to be skipped, its size in the seven bytes after it (RFC 8794)."""


def made(folder: Path, size: int) -> Path:
    """An MKV of so many bytes: the packets of a video, copied, and an element to be skipped that fills it up."""
    whole = folder / "long lecture.mkv"
    subprocess.run(["ffmpeg", "-loglevel", "error", "-i", str(lecture()), "-c", "copy", str(whole)], check=True)
    with whole.open("ab") as file:
        missing = size - file.tell() - len(VOID) - 7
        file.write(VOID + missing.to_bytes(7, "big"))
        file.truncate(size)
    return whole


def held(home: Path) -> int:
    """Bytes of the files of a home that lie on the disk."""
    total = 0
    for path in home.rglob("*"):
        try:
            total += path.stat().st_blocks * 512
        except FileNotFoundError:  # it has just been renamed
            continue
    return total


def sent(browser: Any, address: str, file: Path, home: Path) -> tuple[float, int]:
    """Seconds until all of it has arrived, and the most bytes that the home held meanwhile."""
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    began, most = time.perf_counter(), 0
    page.set_input_files("#files", str(file))
    page.locator(".card.uploading").wait_for()
    cut = False
    while page.locator(".card.uploading").count():
        most = max(most, held(home))
        if not cut and most > file.stat().st_size / 3:
            cut = True
            page.context.set_offline(True)
            page.wait_for_timeout(1000)
            page.context.set_offline(False)
        page.wait_for_timeout(250)
    return time.perf_counter() - began, max(most, held(home))


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=1.1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vidscout-upload-") as folder, sync_playwright() as play:
        home = Path(folder) / "home"
        file = made(Path(folder), int(arguments.gigabytes * 1e9))
        command = [sys.executable, "-c", SERVER, str(home)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                address = wait_for(server)
                browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
                before = held(home)
                took, most = sent(browser, address, file, home)
                browser.close()
            finally:
                server.terminate()
        size = file.stat().st_size
        print(f"{size / 1e9:.2f} GB sent in {took:.1f} s ({size / took / 1e6:.0f} MB/s), cut off once")
        print(f"the home held {(most - before) / size:.2f} times the file at most")


if __name__ == "__main__":
    main()
