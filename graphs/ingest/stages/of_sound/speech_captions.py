"""Captions written from what is said, where the frames bear them out. No profile has this stage by itself."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .....tools.payloads import Caption, Spoken
from .....tools.perception.captions.from_speech import Line, aligned, rewritten, windows
from .....tools.records import Modality, Record, of_kind
from ...stage import Found, Parts, Stage

if TYPE_CHECKING:
    from .....tools.videollm.interface import VideoLLM


class SpeechCaptions(Stage):
    """Rewrites speech as captions by the profile's answerer, and keeps those that a frame nearby is like."""

    name = "speech_captions"
    writes = (Modality.CAPTION,)

    def __init__(self, answerer: "VideoLLM", frame_query: Callable[[str], Any], needs: tuple[str, ...]) -> None:
        """Take who rewrites, what turns a text into what frames are searched with, and the stages of the profile that
        it needs: of speech, frames' vectors, shots."""
        self._answerer, self._frame_query = answerer, frame_query
        self.needs = needs

    @property
    def fingerprint(self) -> str:
        return f"speech captions/1 by {self._answerer.source}"

    def records(self, found: Found) -> list[Record]:
        spoken = [record for need in ("speech", "subtitles") if need in self.needs for record in found.records(need)]
        said = sorted(of_kind(spoken, Spoken), key=lambda one: one[0].span.start)
        lines = [Line(record.span, words.text) for record, words in said if words.text.strip()]
        if not lines:
            return []
        self._answerer.ready()
        told = [one for window in windows(lines) for one in rewritten(self._answerer, window)]
        scenes = [shot.span for shot in found.records("shots")] if "shots" in self.needs else []
        kept = aligned(told, lambda text: found.index.frame_similarities(self._frame_query(text), found.video), scenes)
        return [
            Record.of(found.video, span, Caption(text), min(max(alike, 0.0), 1.0), self.fingerprint)
            for span, text, alike in kept
        ]


def stage(parts: Parts) -> SpeechCaptions:
    """The stage, with the profile's answerer and whatever its frames are searched by."""
    from .....tools.perception.frames.encoders import frame_query

    def query(text: str) -> Any:
        labels = parts.optional("label_embedding") or parts.role("text_embedding")
        return frame_query(text, parts.optional("frame_embedding"), labels)

    needs = (*parts.of("speech", "subtitles"), "frame_vectors", *parts.of("shots"))
    return SpeechCaptions(parts.role("answerer"), query, needs)
