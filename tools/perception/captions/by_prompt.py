"""Captions by any video-LLM that is asked for them; several at once where a server answers."""

import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ...errors import UsageError
from ...runtime.backend import backend
from .captioner import MAX_TOKENS, Captioner, FrameCaption, Scene

if TYPE_CHECKING:
    from ...videollm.interface import VideoLLM

IN_FLIGHT = 32
"""Requests that a server is sent at once: it reads them as one batch, and the device is idle with one at a time."""
LONGEST_SIDE = 768
"""Pixels of a frame as a video-LLM is shown it for a caption."""
PROMPT = Path(__file__).with_name("caption.md")
CHANGES = Path(__file__).with_name("caption_changes.md")


class ByPrompt(Captioner):
    """Any answerer that reads frames, asked to describe one, or to say what changed since the one before."""

    name = "answerer"
    elsewhere = "asks the answerer"

    def __init__(
        self,
        answerer: "VideoLLM | str | None" = None,
        *,
        differential: bool = False,
        max_tokens: int = MAX_TOKENS,
        **options: Any,
    ) -> None:
        """Choose who is asked, and for what.

        Args:
            answerer: the model, or the name of its backend; by default whoever runs the graph sets the profile's.
            differential: ask what changed since the frame before.
            max_tokens: tokens of one caption at most.
            options: of the answerer's backend, where it is named.
        """
        super().__init__()
        self.answerer: VideoLLM | None = _answerer(answerer, options) if isinstance(answerer, str) else answerer
        self.differential = differential
        self.max_tokens = max_tokens

    @property
    def computes_on(self) -> Literal["cpu", "gpu", "elsewhere"]:
        return self.answerer.computes_on if self.answerer is not None else "cpu"

    @property
    def at_once(self) -> int | None:  # pyright: ignore[reportIncompatibleVariableOverride]
        return IN_FLIGHT if self.computes_on == "elsewhere" else None

    @property
    def source(self) -> str:
        who = self.answerer.source if self.answerer is not None else "nobody"
        return f"{'changes' if self.differential else 'captions'}/{self.version} by {who}"

    def setup(self) -> None:
        if self.answerer is None:
            raise UsageError(
                "the captioner 'answerer' has no answerer to ask: name one, as in answerer = 'transformers'"
            )
        if not self.answerer.accepts_frames:
            raise UsageError(f"answerer {self.answerer.name!r} reads no frames, so that it cannot caption any")
        self.answerer.ready()

    def perceive(self, batch: Sequence[Scene]) -> list[FrameCaption]:
        if self.computes_on != "elsewhere" or len(batch) < 2:
            return [self._caption(scene) for scene in batch]
        with ThreadPoolExecutor(min(len(batch), IN_FLIGHT), thread_name_prefix="captions") as askers:
            asked = [askers.submit(copy_context().run, self._caption, scene) for scene in batch]
            try:
                return [caption.result() for caption in asked]
            except BaseException:
                for caption in asked:
                    caption.cancel()
                raise

    def _caption(self, scene: Scene) -> FrameCaption:
        from ...videollm.interface import FramePart, Message, defused

        assert self.answerer is not None
        with tempfile.TemporaryDirectory() as folder:
            # a second after the frame before: at one time they would have no order, and make no video
            shown = FramePart(_picture(scene.image, Path(folder) / "now.jpg"), 1.0)
            if not self.differential or scene.before is None or not scene.before.text.strip():
                parts = (replace(shown, time=0.0), PROMPT.read_text(encoding="utf-8"))
            else:
                earlier = FramePart(_picture(scene.before.image, Path(folder) / "before.jpg"), 0.0)
                said = " ".join(defused(scene.before.text).split())
                prompt = CHANGES.read_text(encoding="utf-8").replace("{said}", said)
                parts = (earlier, shown, prompt)
            pieces = self.answerer.generate([Message("user", parts)], max_tokens=self.max_tokens)
            return FrameCaption(" ".join("".join(pieces).split()), 1.0)


def _answerer(name: str, options: dict[str, Any]) -> "VideoLLM":
    from ...videollm.interface import VideoLLM

    made = backend("answerer", name)(**options)
    assert isinstance(made, VideoLLM)
    return made


def _picture(image: np.ndarray, path: Path) -> Path:
    from PIL import Image

    picture = Image.fromarray(image)
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    picture.save(path, quality=90)
    return path
