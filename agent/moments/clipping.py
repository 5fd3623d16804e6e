"""Stretches of videos as files, and the highlights of a video."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ...tools.errors import MediaError, UsageError
from ...tools.index.videos import Video
from ..bridge import in_thread
from ..questions import checked_question
from ..which_video import VideoName, meant
from .grounding import Locating

if TYPE_CHECKING:
    from ...graphs.events import Event
    from ...graphs.ground.highlights import ScoredClip
    from ...tools.clips.results import Clip
    from ...tools.clips.subtitled import Line
    from ...tools.records import Span

SUBTITLES = ("burned", "beside")
MOST_SECONDS = 86_400.0


class Timed(Protocol):
    """Anything with a start and an end in seconds: a `FoundSpan`, an `Evidence`, a clip of `Highlights`."""

    @property
    def start(self) -> float: ...

    @property
    def end(self) -> float: ...


@dataclass(frozen=True, slots=True)
class HighlightClip:
    """A stretch with its score, 0..1, which compares only within one video and query."""

    start: float
    """Seconds."""
    end: float
    score: float


@dataclass(frozen=True, slots=True)
class Highlights:
    """How much each two seconds of a video are worth, and the best of them."""

    video: str
    """Id of the video."""
    name: str
    query: str | None
    clips: list[HighlightClip]
    """Of two seconds each, in order of time."""
    reel: list[HighlightClip]
    """The best that fit the time, in order of time, sentences whole."""

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as `--json` prints them."""
        return asdict(self)


class Clipping(Locating):
    """The part of `VideoScout` that cuts."""

    def clip(
        self,
        video: VideoName,
        spans: Sequence[tuple[float, float] | Timed] | tuple[float, float] | Timed,
        out: VideoName,
        exact: bool = False,
        *,
        subtitles: str | None = None,
        force: bool = False,
    ) -> "Clip":
        """Cut stretches out of a video and join them in the order given.

        Args:
            video: a file, or the id or name of a video that has been read; it need not have been.
            spans: pairs of seconds, or whatever has a start and an end, as what `ground` and `ask` cite.
            out: the file to write, whose suffix tells the format (video, .gif, .webp; .jpg and .png give a contact
                sheet), or a folder, in which the name carries the times.
            exact: begin with the very frame, which encodes anew; otherwise with the key frame before, copied as it is.
            subtitles: `burned` into the picture or `beside` the clip as SRT; the video is read for them if need be.
            force: write over another file; the video itself never is.

        Raises:
            UsageError: a stretch outside the video, a format that is not known, a file that is there.
            MediaError: the video cannot be read or has gone.
        """
        from ...tools.clips.cut import cut

        wanted = checked_spans(spans)
        if subtitles is not None and subtitles not in SUBTITLES:
            raise UsageError(f"subtitles are burned or beside, not {subtitles!r}")
        lines = self._lines(video) if subtitles else []
        source = self._file_of(video)
        return cut(source, wanted, Path(out), exact=exact, force=force, lines=lines, burned=subtitles == "burned")

    async def aclip(self, *arguments: Any, **options: Any) -> "Clip":
        """`clip` without blocking the event loop."""
        return await in_thread(self.clip, *arguments, **options)

    def highlights(
        self,
        video: VideoName,
        query: str | None = None,
        seconds: float = 60.0,
        on_event: "Callable[[Event], None] | None" = None,
    ) -> Highlights:
        """How much each two seconds of a video are worth seeing, for a query or by themselves, and the reel that fits.

        A video that has not been read yet is read first.

        Args:
            query: what the clips are to show or say; by default what stands out.
            seconds: of the reel.
            on_event: called from this thread with progress as it happens.

        Raises:
            UsageError: an empty query, or no time for a reel.
        """
        from ...graphs.ground import highlights
        from ...graphs.ground.graph import understood
        from ...tools.records import Modality
        from ..bridge import finished

        if query is not None:
            query = checked_question(query, "query")
        if not highlights.CLIP <= seconds <= MOST_SECONDS:
            raise UsageError(f"a reel of {seconds:g} s holds no clip of {highlights.CLIP:g} s, or is longer than a day")
        known = finished(self._read_first(video), on_event)
        self.embed_anew([known.id])
        grounding = self.grounding()
        if query is None:
            scored = highlights.by_itself(known.id, known.duration, grounding)
        else:
            sought = understood(query, None, grounding)
            scored = highlights.for_query(known.id, known.duration, sought, grounding)
        said = self.index.timeline(known.id, [Modality.SPEECH])
        chosen = highlights.reel(scored, said, seconds)
        return Highlights(
            known.id,
            known.name,
            query,
            *(
                [HighlightClip(round(c.span.start, 3), round(c.span.end, 3), c.score) for c in of]
                for of in (scored, chosen)
            ),
        )

    def _file_of(self, video: VideoName) -> Path:
        """The file of a video, whether it has been read or not."""
        found = meant(self.library, video)
        file = found.path if isinstance(found, Video) else found
        if isinstance(found, Video) and Path(video).is_file():
            file = Path(video)
        if not file.is_file():
            raise MediaError(f"{file.name}: the file has gone from where it was read; bring it back to cut it")
        return file

    def _lines(self, video: VideoName) -> "list[Line]":
        """What is said in a video, as subtitles; it is read first if it has not been."""
        from ...graphs.ground.pieces import sentences
        from ...tools.clips.subtitled import Line
        from ...tools.records import Modality
        from ..bridge import finished

        known = finished(self._read_first(video))
        said = self.index.timeline(known.id, [Modality.SPEECH])
        return [Line(piece.span, piece.text) for record in said for piece in sentences(record)]


def _clip(one: "ScoredClip") -> HighlightClip:
    return HighlightClip(round(one.span.start, 3), round(one.span.end, 3), one.score)


def checked_spans(
    spans: Sequence[tuple[float, float] | Timed] | tuple[float, float] | Timed,
) -> "list[Span]":
    """Stretches that run forward.

    Raises:
        UsageError: one does not.
    """
    from ...tools.records import Span, clock

    one = hasattr(spans, "start") or (isinstance(spans, tuple) and len(spans) == 2 and not isinstance(spans[0], tuple))
    listed: Sequence[Any] = [spans] if one else list(spans)  # pyright: ignore[reportArgumentType]
    pairs = [(s[0], s[1]) if isinstance(s, tuple | list) else (s.start, s.end) for s in listed]
    for start, end in pairs:
        if not 0 <= start < end:
            told = f"{clock(max(start, 0))}–{clock(max(end, 0))}"
            raise UsageError(f"{told} has no length; a stretch runs from an earlier to a later time")
    return [Span(float(start), float(end)) for start, end in pairs]
