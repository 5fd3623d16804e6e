"""Copies of videos for browsers that cannot play the file itself.

Packets are copied into an MP4 where its formats allow; only what browsers do not decode is encoded anew, in the
background and after somebody asked for it. The file that was sent stays as it is.
"""

import logging
import queue
import threading
from pathlib import Path
from typing import Literal

from ...tools.clips.cut import cut
from ...tools.errors import MediaError, VidscoutError
from ...tools.geometry import Span
from ...tools.index.home import PLAYABLE, private_folder
from ...tools.media.packets import open_media
from ..scout import VideoScout

log = logging.getLogger(__name__)

State = Literal["missing", "making", "ready", "failed"]
PICTURES = {"h264", "vp8", "vp9", "av1"}
SOUNDS = {"aac", "mp3", "opus", "vorbis", "flac"}
"""Codecs that today's browsers play: https://developer.mozilla.org/docs/Web/Media/Guides/Formats."""


class Playable:
    """The copies of one library's videos, made one after another in a thread."""

    def __init__(self, scout: VideoScout) -> None:
        self._scout = scout
        self._folder = scout.settings.home / PLAYABLE
        self._waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._state: dict[str, State] = {}
        self._lock = threading.Lock()
        self._worker: threading.Thread | None = None

    def path(self, video: str) -> Path:
        """Where the copy of a video is, once it is there."""
        return self._folder / f"{video}.mp4"

    def state(self, video: str) -> State:
        """How far the copy of a video is."""
        return "ready" if self.path(video).is_file() else self._state.get(video, "missing")

    def make(self, video: str) -> State:
        """Make the copy of a video in the background, unless it is there; how far it is."""
        with self._lock:
            if (state := self.state(video)) in ("ready", "making"):
                return state
            self._sweep()
            self._state[video] = "making"
            self._waiting.put(video)
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="playable", daemon=True)
                self._worker.start()
        return "making"

    def drop(self, video: str) -> None:
        """Remove the copy of a video."""
        self._state.pop(video, None)
        self.path(video).unlink(missing_ok=True)

    def _work(self) -> None:
        while True:
            video = self._waiting.get()
            try:
                self._make(video)
                self._state.pop(video, None)
            except VidscoutError as error:
                log.warning("%s cannot be made playable: %s", video, error)
                self._state[video] = "failed"
            except Exception:
                log.exception("making %s playable failed", video)
                self._state[video] = "failed"

    def _make(self, video: str) -> None:
        known = self._scout.library.get(video)
        if known is None or not known.path.is_file():
            raise MediaError("the file has gone")
        private_folder(self._folder)
        landing = self._folder / f"{video}.part.mp4"
        try:
            cut(known.path, [Span(0.0, known.duration)], landing, exact=not decoded_by_browsers(known.path), force=True)
            landing.replace(self.path(video))
        finally:
            landing.unlink(missing_ok=True)
        if self._scout.library.get(video) is None:  # forgotten meanwhile
            self.drop(video)

    def _sweep(self) -> None:
        """Remove the copies of videos that are not known any more."""
        for path in self._folder.glob("*.mp4"):
            if self._scout.library.get(path.name.partition(".")[0]) is None:
                path.unlink(missing_ok=True)


def decoded_by_browsers(path: Path) -> bool:
    """Whether browsers decode every stream of a file, in whatever container they are.

    Raises:
        MediaError: it cannot be opened as video or audio.
    """
    with open_media(path) as opened:
        for stream in opened.streams:
            codec = stream.codec_context.name.removeprefix("lib").partition("-")[0] if stream.codec_context else ""
            codec = {"dav1d": "av1", "vpx": "vp9"}.get(codec, codec)
            if stream.type in ("video", "audio") and codec not in (PICTURES if stream.type == "video" else SOUNDS):
                return False
    return True
