"""Describing whole videos: summary, chapters, captions, notes and story, each made once and kept."""

import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakValueDictionary

from ...graphs.describe.kept import Kept
from ...graphs.describe.results import Description, Length, Style
from ...tools.errors import CancelledError, UsageError
from ...tools.index.videos import Video
from ...tools.languages import language_code, language_name
from ...tools.records import Modality, Span, clock
from ..asking.asking import Asking
from ..bridge import end_state, finished, in_thread, watched
from ..questions import check_range
from ..which_video import VideoName

if TYPE_CHECKING:
    from ...graphs.describe.state import Describing
    from ...graphs.events import Event

LARGEST_LIBRARY = 200
"""Videos that one call describes."""
BRANCHES_AT_ONCE = 2
"""Chapters that are worked on side by side: each takes a core."""

LOOKS = 0.2
"""Seconds between two looks at whether somebody who waits for a description has given up."""

Chosen = TypeVar("Chosen", Style, Length)
_turns: WeakValueDictionary[tuple[str, str], threading.Lock] = WeakValueDictionary()
_turns_lock = threading.Lock()


@dataclass(frozen=True)
class Wanted:
    """A description, checked."""

    style: Style
    length: Length
    language: str
    """ISO 639-1 code of the language to write; empty for what is spoken."""
    time_range: tuple[float, float] | None
    every: float | None


class DescribingVideos(Asking):
    """The part of `VideoScout` that describes."""

    def describe(
        self,
        video: VideoName,
        style: str = "summary",
        time_range: tuple[float, float] | None = None,
        language: str | None = None,
        length: str = "paragraph",
        *,
        every: float | None = None,
        on_event: "Callable[[Event], None] | None" = None,
    ) -> Description:
        """Describe a video; it is read first if it has not been. What was made before is kept until it is read anew.

        Args:
            video: a file, or the id, name or link of a video that has been read.
            style: `summary`, `chapters`, `captions`, `notes` or `story`.
            time_range: start and end in seconds; only this stretch.
            language: in which to write, as a code or a name; by default what is spoken. Sentences that are quoted stay
                as they were said.
            length: of a summary or a story: `line`, `paragraph` or `page`.
            every: seconds that each caption covers; by default the shots.
            on_event: called from this thread with steps and progress.

        Raises:
            UsageError: no such style, length or language, or a range without length or behind the end.
            UnknownVideoError: what is named is neither a file nor a video that has been read.
            MediaError: the file cannot be read.
            WeightsError: model weights have not been pulled.
        """
        return finished(self.describe_events(video, style, time_range, language, length, every=every), on_event)

    def describe_events(
        self,
        video: VideoName,
        style: str = "summary",
        time_range: tuple[float, float] | None = None,
        language: str | None = None,
        length: str = "paragraph",
        *,
        every: float | None = None,
        stop: threading.Event | None = None,
    ) -> "Generator[Event, None, Description]":
        """`describe`, yielding what happens meanwhile; closing the generator ends the work."""
        wanted = checked(style, time_range, language, length, every)
        known = yield from self._read_first(video)
        check_range(time_range, [known])
        stop = stop or threading.Event()

        def work(report: "Callable[[Event], None]") -> Description:
            return self._described(known, wanted, report, stop)

        return (yield from watched(work, stop))

    def describe_library(
        self,
        videos: Sequence[VideoName] | None = None,
        style: str = "summary",
        language: str | None = None,
        length: str = "line",
        on_event: "Callable[[Event], None] | None" = None,
    ) -> list[Description]:
        """What each of several videos holds, in the order in which they were read: by default of all of them.

        Raises:
            UsageError: as `describe`; or there are more than `LARGEST_LIBRARY`.
        """
        checked(style, None, language, length, None)
        names = [video.id for video in self.videos() if video.status == "ready"] if videos is None else list(videos)
        if len(names) > LARGEST_LIBRARY:
            raise UsageError(f"{len(names)} videos are too many to describe at once: name at most {LARGEST_LIBRARY}")
        return [self.describe(name, style, None, language, length, on_event=on_event) for name in names]

    async def adescribe(self, video: VideoName, **options: Any) -> Description:
        """`describe` without blocking the event loop; `on_event` is then called from another thread."""
        return await in_thread(self.describe, video, **options)

    def _described(
        self, video: Video, wanted: Wanted, report: "Callable[[Event], None]", stop: threading.Event
    ) -> Description:
        began = time.perf_counter()
        self.embed_anew([video.id], report, stop)
        span = _span(video, wanted.time_range)
        writes = self.profile.planner == "model"  # such an answerer is able to write summaries
        sources = (self.role("text_embedding").source, self.role("answerer").source if writes else "")
        kept = Kept(self.index, video.id, wanted.language, *sources)
        key = f"description {wanted.style} {wanted.length} {span.start:.3f} {span.end:.3f} {wanted.every}"
        with _turn(str(self.index.home), video.id, stop):  # what two ask for at once is made once
            if (made := kept.stored(key, Description)) is not None:
                return replace(made, name=video.name, seconds=time.perf_counter() - began, stored=True)
            return self._newly_described(video, wanted, report, stop, kept, key)

    def _newly_described(
        self,
        video: Video,
        wanted: Wanted,
        report: "Callable[[Event], None]",
        stop: threading.Event,
        kept: Kept,
        key: str,
    ) -> Description:
        began, span = time.perf_counter(), _span(video, wanted.time_range)
        writes = self.profile.planner == "model"
        from ...graphs.describe.graph import compiled
        from ...graphs.describe.material import language_of
        from ...graphs.describe.state import DescribeState

        spoken = language_of(self.index.timeline(video.id, [Modality.SPEECH], span))
        told_in = wanted.language or spoken
        start = DescribeState(video.id, span, wanted.style, wanted.length, wanted.every)
        stream = compiled().stream(
            start,
            {"max_concurrency": BRANCHES_AT_ONCE},
            context=self._describing(kept, wanted, stop, writes, told_in),
            stream_mode=["custom", "values"],
        )
        state = end_state(stream, report)
        remarks = [*state["remarks"], *_remarks(wanted, spoken, bool(state["items"]), writes)]
        items: Any = {str(wanted.style): tuple(state["items"])}
        description = Description(
            video=video.id,
            name=video.name,
            duration=video.duration,
            style=wanted.style,
            length=wanted.length,
            language=wanted.language if writes and wanted.language else spoken,
            start=span.start,
            end=span.end,
            remarks=tuple(dict.fromkeys(remarks)),
            told_in=told_in,
            seconds=time.perf_counter() - began,
            **items,
        )
        kept.store(key, Description, description)
        return description

    def _describing(
        self, kept: Kept, wanted: Wanted, stop: threading.Event, writes: bool, told_in: str
    ) -> "Describing":
        """What the graph works with."""
        from ...graphs.describe.state import Describing

        return Describing(
            index=self.index,
            text_embedding=self.role("text_embedding"),
            writer=self.role("answerer") if writes else None,
            language=language_name(wanted.language) if wanted.language else "",
            told_in=told_in,
            stored=kept.stored,
            store=kept.store,
            stop=stop,
        )


@contextmanager
def _turn(home: str, video: str, stop: threading.Event) -> Iterator[None]:
    """Whoever describes a video while another does waits until that one is done, or until `stop` is set."""
    with _turns_lock:
        turn = _turns.setdefault((home, video), threading.Lock())
    while not turn.acquire(timeout=LOOKS):
        if stop.is_set():
            raise CancelledError("the description was given up")
    try:
        yield
    finally:
        turn.release()


def checked(
    style: str, time_range: tuple[float, float] | None, language: str | None, length: str, every: float | None
) -> Wanted:
    """What is asked for, checked.

    Raises:
        UsageError: there is no such style, length or language, or a range or step has no length.
    """
    check_range(time_range)
    code = language_code(language) if language else ""
    if language and not code:
        raise UsageError(f"no language {language[:40]!r}: name it by its code or in English, as de or German")
    if every is not None and not 1 <= every <= 3600:
        raise UsageError(f"a caption covers 1 to 3600 seconds, not {every:g}")
    return Wanted(_one_of(Style, style, "style"), _one_of(Length, length, "length"), code, time_range, every)


def _one_of(kind: type[Chosen], name: str, what: str) -> Chosen:
    try:
        return kind(str(name).strip().casefold())
    except ValueError:
        raise UsageError(f"no {what} {str(name)[:40]!r}; there are {', '.join(kind)}") from None


def _span(video: Video, time_range: tuple[float, float] | None) -> Span:
    if time_range is None:
        return Span(0.0, video.duration)
    return Span(time_range[0], min(time_range[1], video.duration))


def _remarks(wanted: Wanted, spoken: str, found: bool, writes: bool) -> list[str]:
    """What the description lacks."""
    remarks = []
    if not found:
        remarks.append(f"nothing was found of which {wanted.style} could be made")
    elif not spoken and wanted.style in (Style.SUMMARY, Style.NOTES, Style.STORY):
        remarks.append("nothing is said in it, or in no language that is known")
    if wanted.language and not writes and spoken and wanted.language != spoken:
        name, other = language_name(spoken), language_name(wanted.language)
        remarks.append(f"sentences are quoted in {name}, as they were said: this profile writes no {other}")
    return remarks


def told(description: Description) -> list[str]:
    """A description for people, a line each: times, then what is there."""
    from ...graphs.describe.results import Chapter, Note, Scene, Sentence
    from ...graphs.describe.wording import wording

    def fixed(name: str, **parts: str) -> str:
        return wording(name, description.told_in, **parts)

    lines = []
    for item in description.items:
        at = f"{clock(item.start)}–{clock(item.end)}"
        match item:
            case Chapter():
                lines.append(f"{at:<13} {item.title or fixed('untitled')}")
                lines += [
                    f"    {clock(one.start)}–{clock(one.end)}  {one.title or fixed('untitled')}" for one in item.parts
                ]
            case Note():
                about = ", ".join(part for part in (item.owner, item.date, *item.values) if part)
                lines.append(f"{at:<13} {fixed(item.kind):<10} {item.text}{f' [{about}]' if about else ''}")
            case Scene():
                who = f"({', '.join(item.who)}) " if item.who else ""
                lines.append(f"{at:<13} {who}{item.text}")
            case Sentence():
                written = bool(item.evidence) and item.evidence[0].modality == Modality.SCREEN_TEXT
                text = fixed("on_screen", text=item.text) if written else item.text
                lines.append(f"{text} ({clock(item.start)})")
            case _:
                lines.append(f"{at:<13} {item.text}")
    return lines
