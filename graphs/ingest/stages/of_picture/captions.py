"""Sentences about what is shown: the captioner's, or else composed from what other stages found."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .....tools.media.video import Frame
from .....tools.perception.captions.captioner import Described, FrameCaption, Scene
from .....tools.records import Modality, Record
from ...stage import Cost, Found, FrameStage, Parts, Sampling, Stage, Watched, packed, unpacked

if TYPE_CHECKING:
    from .....tools.perception.captions.captioner import Captioner


class Captions(FrameStage):
    """A caption of each frame; one record for as long as it holds."""

    name = "captions"
    writes = (Modality.CAPTION,)

    def __init__(self, captioner: "Captioner", sampling: Sampling) -> None:
        """Take the captioner, and how frames are sampled."""
        self.tool = self._captioner = captioner
        self._sampling = sampling
        self._before: dict[str, Described] = {}
        """By video: the frame before, of which a differential captioner is told."""

    @property
    def sequential(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._captioner.differential

    @property
    def fingerprint(self) -> str:
        return f"{self._captioner.source}; {self._sampling.frames}"

    def observe(self, video: Watched, frames: Sequence[Frame]) -> list[bytes]:
        if not self.sequential:
            said = self._captioner.run([Scene(frame.image) for frame in frames])
            return [packed(FrameCaption, caption) for caption in said]
        observed = []
        for frame in frames:
            [caption] = self._captioner.run([Scene(frame.image, self._before.get(video.id))])
            self._before[video.id] = Described(frame.image, caption.text)
            observed.append(packed(FrameCaption, caption))
        return observed

    def remind(self, video: Watched, frame: Frame, observed: bytes) -> None:
        self._before[video.id] = Described(frame.image, unpacked(FrameCaption, observed).text)

    def records(self, found: Found) -> list[Record]:
        from .....tools.perception.captions.captioner import caption_records

        self._before.pop(found.video, None)
        said = ((span, unpacked(FrameCaption, row)) for span, row in found.standing(self.name))
        return caption_records(found.video, said, self._captioner.source)


class ComposedCaptions(Stage):
    """A sentence a shot from the records of tags, objects and screen text."""

    name = "captions"
    writes = (Modality.CAPTION,)
    cost = Cost.FREE

    def __init__(self, needs: tuple[str, ...]) -> None:
        """Take the stages that it composes captions from, of those that the profile has; `shots` among them."""
        self.needs = needs

    @property
    def fingerprint(self) -> str:
        from .....tools.perception.captions.composed import SOURCE

        return SOURCE

    def records(self, found: Found) -> list[Record]:
        from .....tools.perception.captions.composed import captions

        by = {need: found.records(need) for need in self.needs}
        return captions(
            found.video,
            [shot.span for shot in by["shots"]],
            looks=by.get("tags", []),
            objects=[record for record in by.get("objects", []) if record.modality is Modality.OBJECT],
            texts=by.get("screen_text", []),
        )


def stage(parts: Parts) -> Any:
    """The stage, with the profile's captioner where it names one."""
    captioner = parts.optional("captions")
    if captioner is None:
        return ComposedCaptions(("shots", *parts.of("tags", "objects", "screen_text")))
    return Captions(captioner, parts.sampling)
