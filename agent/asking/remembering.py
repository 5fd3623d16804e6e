"""The part of `VideoScout` that has the answerer remember videos, to be asked later without reading them again."""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...tools.errors import HomeError, UsageError
from ...tools.index.home import ENCODED, private_folder
from ...tools.videollm.interface import FramePart
from ..core import Core
from ..questions import checked_question
from ..which_video import VideoName

if TYPE_CHECKING:
    from ...tools.videollm.hub_model import Transformers

FRAMES = 256
"""Frames that are remembered by default, spread evenly over what is kept of a video."""
MEMORIES = "memories"
"""The folder of a video's memories among what was encoded of it, so that they go with the video."""
KINDS = ("rekv", "stream_memory")
"""Kinds of memories that can be kept in a file; modules of `tools.videollm.memory`."""


@dataclass(frozen=True, slots=True)
class MemoryOfVideo:
    """What is remembered of a video now."""

    video: str
    kind: str
    frames: int
    bytes: int
    """Of keys and values, on disk."""
    seconds: float
    """That it took."""

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.frames} frames in {self.seconds:.1f} s, {self.bytes / 1e6:.1f} MB ({self.kind})"


class Remembering(Core):
    """The part of `VideoScout` that has the answerer remember videos."""

    def remember(self, video: VideoName, kind: str = "rekv", frames: int = FRAMES) -> MemoryOfVideo:
        """Have the answerer read a video once, and keep its keys and values in the home.

        Args:
            video: one that has been read.
            kind: one of `KINDS`.
            frames: how many at most, spread evenly.

        Raises:
            HomeError: the home cannot be written.
            UnknownVideoError: there is no such video.
            UsageError: no such kind, no frames are kept, or the answerer is none that can remember.
        """
        if self.unwritable is not None:
            raise self.unwritable
        known = self.find(video).id
        memory, _ = _kind(kind, self._remembers())
        times = self.index.frame_times(known)
        if not len(times):
            raise UsageError(f"no frames of {known} are kept, so there is nothing to remember")
        count = min(frames, len(times))
        shown = [float(times[n * len(times) // count]) for n in range(count)]
        began = time.perf_counter()
        found = memory.remember([FramePart(self.index.thumbnail(known, one), one) for one in shown], _opening())
        folder = self.settings.home / ENCODED / known / MEMORIES
        file = folder / f"{kind}.pt"
        try:
            private_folder(folder)
            part = file.with_suffix(".part")
            found.save(part)
            part.chmod(0o600)
            part.replace(file)
        except OSError as error:
            raise HomeError(f"{file} cannot be written ({error.strerror or error})") from error
        return MemoryOfVideo(known, kind, count, found.bytes, time.perf_counter() - began)

    def recall(self, video: VideoName, question: str) -> Iterator[str]:
        """Answer a question from what is remembered of a video, piece by piece.

        Neither the vision tower nor the video's tokens are run; nothing is searched, cited or verified.

        Raises:
            UnknownVideoError: there is no such video.
            UsageError: nothing is remembered of it, or by another model, or a frame has changed.
        """
        known, asked = self.find(video), checked_question(question)
        folder = self.settings.home / ENCODED / known.id / MEMORIES
        kept = sorted((file for kind in KINDS if (file := folder / f"{kind}.pt").is_file()), key=_written)
        if not kept:
            raise UsageError(f"nothing is remembered of {known.name}: vidscout remember {known.id}")
        memory, kept_class = _kind(kept[-1].stem, self._remembers())
        yield from memory.answer(kept_class.load(kept[-1]), asked, self.settings.max_new_tokens)

    def _remembers(self) -> "Transformers":
        from ...tools.videollm.hub_model import Transformers

        answerer = self.role("answerer")
        if not isinstance(answerer, Transformers):
            raise UsageError(f"answerer 'transformers' remembers videos, {answerer.name!r} does not")
        return answerer


def _kind(name: str, model: "Transformers") -> tuple[Any, Any]:
    """What remembers, and the class of what is remembered."""
    if name == "rekv":
        from ...tools.videollm.memory.rekv import Blocks, Rekv

        return Rekv(model), Blocks
    if name == "stream_memory":
        from ...tools.videollm.memory.stream_memory import Clips, StreamMemory

        return StreamMemory(model), Clips
    raise UsageError(f"no memory {name!r}; there are {', '.join(KINDS)}")


def _opening() -> str:
    from ...graphs.answer.packers import opening

    return opening().text


def _written(file: Path) -> float:
    return file.stat().st_mtime
