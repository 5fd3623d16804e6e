"""Transcripts, chapters and the like as files for other programs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...tools.errors import UsageError
from ..which_video import VideoName
from .describing import DescribingVideos

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...graphs.events import Event

TRANSCRIPT = "transcript"
"""What is exported where nothing else is said: what is said and written."""

OF_CHAPTERS = ("youtube", "ffmetadata", "podlove")
"""Formats that hold chapters, where nothing else is said."""


class Exporting(DescribingVideos):
    """The part of `VideoScout` that writes files for others."""

    def export(
        self,
        video: VideoName,
        format: str = "srt",
        of: "str | Sequence[tuple[float, float, str]]" = TRANSCRIPT,
        *,
        on_event: "Callable[[Event], None] | None" = None,
    ) -> str:
        """What was found in a video, in a format that other programs read; it is read first if it has not been.

        Args:
            video: a file, or the id, name or link of a video that has been read.
            format: `srt`, `vtt`, `vtt-words`, `txt`, `json`, `csv`, `md`, `html`; `youtube`, `ffmetadata` and
                `podlove`, of chapters where nothing else is asked for; `edl`, `fcpxml` and `otio` for editors.
            of: `transcript`, a style of `describe`, or any stretches: start, end (seconds), and what each is called.
            on_event: called from this thread with progress.

        Raises:
            UsageError: there is no such format or kind.
            BackendUnavailableError: the format needs a package that is not installed.
            UnknownVideoError: what is named is neither a file nor a video that has been read.
        """
        from ...graphs.describe.results import Style
        from ..bridge import finished
        from ..exports.entries import TRANSCRIBED, of_description, of_records, of_spans
        from ..exports.formats import FORMATS, written

        if format not in FORMATS:
            raise UsageError(f"no format {format[:40]!r}; there are {', '.join(FORMATS)}")
        if isinstance(of, str) and of not in (TRANSCRIPT, *Style):
            raise UsageError(f"no {of[:40]!r} can be exported; there are {', '.join((TRANSCRIPT, *Style))}")
        known = finished(self._read_first(video), on_event)
        if not isinstance(of, str):
            return written(of_spans(known, of), format)
        if of == TRANSCRIPT and format not in OF_CHAPTERS:
            return written(of_records(known, self.index.timeline(known.id, TRANSCRIBED)), format)
        style = Style.CHAPTERS if of == TRANSCRIPT else Style(of)
        return written(of_description(known, self.describe(known.id, style, on_event=on_event)), format)
