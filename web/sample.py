"""The sample video of the first screen: the demo's lecture, made on this machine the first time somebody wants it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from ..agent.inbox.inbox import Inbox
from ..tools.errors import VidscoutError

NAME = "vidscout sample lecture.mp4"
MADE_WITHIN = 300.0
"""Seconds."""


def made() -> Path:
    """Where the sample is.

    Raises:
        VidscoutError: it cannot be made here.
    """
    command = [sys.executable, "-m", "vidscout.bench.data.videos", "lecture"]  # of a room that the page cannot import
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=MADE_WITHIN, check=True)
        return Path(done.stdout.strip().splitlines()[-1])
    except (OSError, subprocess.SubprocessError, IndexError):
        raise VidscoutError("the sample video cannot be made here: send one of your own") from None


def taken(inbox: Inbox, owner: str) -> str:
    """The id of the sample, which is queued where it has not been read.

    Raises:
        VidscoutError: it cannot be made here.
    """
    source = made()
    video = inbox.scout.library.identify(source)
    known = inbox.scout.library.get(video)
    if inbox.is_coming(video) or (known is not None and known.status == "ready"):
        return video
    arrived = inbox.arrivals.place()
    try:
        os.link(source, arrived)
    except OSError:
        shutil.copyfile(source, arrived)
    return inbox.take(arrived, NAME, owner).video
