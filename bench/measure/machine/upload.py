"""How a file of a gigabyte is sent by the page, cut off once, and what lies on the disk meanwhile.

python -m vidscout.bench.measure.machine.upload [--gigabytes 1.1]

An MKV is filled up to that size. Chromium sends it to a server with a home of its own; when a third has arrived, the
network is gone for a second, and at two thirds the server is killed and started again. Told are the seconds, how many
bytes the home held at most while it was sent, as a share of the file, how much memory the server took beside what it
had before, and whether what arrived is the file, byte by byte.
"""

import argparse
import filecmp
import os
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
    serve(Site(Inbox(scout)), "127.0.0.1", int(sys.argv[2]))
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


class Server:
    """A server that can be killed, and started again at the same port."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.grown = 0
        """Bytes of memory that it took at most beside those that it had when it was started."""
        self.address = self.start(0)

    def start(self, port: int) -> str:
        command = [sys.executable, "-c", SERVER, str(self.home), str(port)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        address = wait_for(self._process)
        self._first = self._resident()
        return address

    def _resident(self) -> int:
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8")
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS"))

    def look(self) -> int:
        """Bytes that the home holds; the memory is looked at too."""
        self.grown = max(self.grown, self._resident() - self._first)
        return held(self.home)

    def again(self) -> None:
        """Kill it, and start it again."""
        self.kill()
        self.start(int(self.address.rpartition(":")[2].strip("/")))

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


def sent(browser: Any, server: Server, file: Path) -> tuple[float, int]:
    """Seconds until all of it has arrived, and the most bytes that the home held meanwhile."""
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(server.address)
    began, most, size = time.perf_counter(), 0, file.stat().st_size
    page.set_input_files("#files", str(file))
    page.locator(".card.uploading").wait_for()
    offline = killed = False
    while page.locator(".card.uploading").count():
        most = max(most, server.look())
        if not offline and most > size / 3:
            offline = True
            page.context.set_offline(True)
            page.wait_for_timeout(1000)
            page.context.set_offline(False)
        if not killed and most > size * 2 / 3:
            killed = True
            server.again()
        page.wait_for_timeout(250)
    assert offline
    assert killed
    return time.perf_counter() - began, max(most, held(server.home))  # reading it has begun, which takes memory


def arrived(home: Path, file: Path) -> bool:
    """Whether the one file of its size in the home is the file, byte by byte."""
    [there] = [one for one in home.rglob("*") if one.is_file() and one.stat().st_size == file.stat().st_size]
    return filecmp.cmp(there, file, shallow=False)


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=1.1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vidscout-upload-") as folder, sync_playwright() as play:
        home = Path(folder) / "home"
        file = made(Path(folder), int(arguments.gigabytes * 1e9))
        server = Server(home)
        try:
            browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            before = held(home)
            took, most = sent(browser, server, file)
            same = arrived(home, file)
            browser.close()
        finally:
            server.kill()
        size = file.stat().st_size
        print(f"{size / 1e9:.2f} GB sent in {took:.1f} s, offline for a second and the server killed once meanwhile")
        print(f"the home held {(most - before) / size:.2f} times the file at most; the same bytes: {same}")
        print(f"the server took {server.grown / 1e6:.0f} MB more at most; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
