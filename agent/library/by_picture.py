"""Searching by a picture: moments whose frames look like it.

Where a profile has an encoder of frames, its vectors are compared. Elsewhere it is the features of the classifier that
tags frames, which the journal of reading keeps for each of them: cosines of penultimate features, as in Babenko et al.,
2014 (Neural Codes for Image Retrieval).
"""

import io
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ...tools.errors import UsageError
from ...tools.records import Modality, Record, Span
from ..answer import Evidence
from ..questions import check_range, evidence
from ..which_video import VideoName
from .searching import Searching

if TYPE_CHECKING:
    import numpy as np

    from ...tools.perception.frames.encoders import FrameEncoder
    from ...tools.perception.frames.tags import Tags
    from ...tools.runtime.backend import Tool

APART = 5.0
"""Seconds from which two frames of a video are two moments, where no finding joins them."""
DEEP = 8
"""Times as many frames are looked at as moments are wanted: neighbours look alike."""
Picture = str | PathLike[str] | bytes
"""The file of a picture, or its bytes."""
Near = tuple[float, str, float]
"""Cosine, video and seconds of a frame."""


class SearchingByPicture(Searching):
    """The part of `VideoScout` that searches by a picture."""

    def search_by_image(
        self,
        image: Picture,
        videos: VideoName | Sequence[VideoName] | None = None,
        *,
        time_range: tuple[float, float] | None = None,
        k: int = 10,
    ) -> list[Evidence]:
        """The moments that look most like a picture, best first.

        Args:
            image: a file that Pillow reads (JPEG, PNG, WebP, …), or its bytes.
            videos: in one, several, or all that have been read.
            time_range: seconds; only what overlaps.
            k: at most so many.

        Returns:
            Findings of the modality `frame`: the time of the frame, its labels as text, the cosine, 0..1, as score.

        Raises:
            UsageError: no picture, a range without length, an unknown video.
            WeightsError: the weights of the model that looks at frames have not been pulled.
        """
        check_range(time_range)
        shown = picture_of(image)
        wanted = [videos] if isinstance(videos, str | PathLike) else videos
        known = {video.id: video.name for video in (self.videos() if wanted is None else map(self.find, wanted))}
        encoder = cast("FrameEncoder | None", self.models.optional("frame_embedding"))
        within = Span(*time_range) if time_range else None
        if encoder is not None:
            [vector] = encoder.run([shown])
            frames = self.index.search_frames(vector, videos=list(known), within=within, k=k * DEEP)
            near = [(frame.score, frame.video, frame.time) for frame in frames]
        else:
            near = self._by_features(shown, list(known), within, k * DEEP)
        return [evidence(*one, known[one[0].video]) for one in self._moments(near, k)]

    def _by_features(self, shown: "np.ndarray", videos: Sequence[str], within: Span | None, k: int) -> list[Near]:
        """The frames whose features by the tagging classifier are nearest to a picture's."""
        import numpy as np

        from ...graphs.ingest.stage import unpacked
        from ...graphs.ingest.stages.of_picture.tags import FrameTags, TaggedFrame

        [tags] = cast("Tool[np.ndarray, Tags]", self.role("tags")).run([shown])
        found: list[Near] = []
        for video in videos:
            best: list[Near] = []
            for time, row in self.library.journal.observations(video, FrameTags.name):
                features = np.frombuffer(unpacked(TaggedFrame, row).features, np.float16)
                if len(features) == len(tags.features) and (within is None or within.start <= time <= within.end):
                    best.append((float(features.astype(np.float32) @ tags.features), video, time))
            found = sorted([*found, *best], key=lambda one: -one[0])[:k]
        return found

    def _moments(self, near: Sequence[Near], k: int) -> list[tuple[Record, float]]:
        """The best of several frames that stand together, each with what is said of its look."""
        chosen: list[tuple[Record, float]] = []
        taken: list[tuple[str, Span]] = []
        looks: dict[str, list[Record]] = {}
        for score, video, time in near:
            if any(of == video and span.start - APART < time < span.end + APART for of, span in taken):
                continue
            if video not in looks:
                looks[video] = self.index.timeline(video, [Modality.FRAME])
            around = next((one for one in looks[video] if one.span.start <= time <= one.span.end), None)
            at = Span(time, time)
            taken.append((video, around.span if around else at))
            text, source = (around.text, around.source) if around else ("", self.role("tags").source)
            chosen.append((Record(video, at, Modality.FRAME, text, 1.0, source), score))
            if len(chosen) == k:
                break
        return chosen


def picture_of(image: Picture) -> "np.ndarray":
    """A picture as (height, width, 3) uint8, RGB, upright.

    Raises:
        UsageError: it cannot be read as a picture; one line.
    """
    import numpy as np
    from PIL import Image, ImageOps

    name = "the image" if isinstance(image, bytes) else str(Path(image))
    try:
        with Image.open(io.BytesIO(image) if isinstance(image, bytes) else Path(image)) as picture:
            return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
    except FileNotFoundError:
        raise UsageError(f"{name}: no such file") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        why = "too many pixels" if isinstance(error, Image.DecompressionBombError) else "not a picture that can be read"
        raise UsageError(f"{name}: {why}") from None
