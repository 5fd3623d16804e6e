"""The people in videos: who speaks when, and what they are called."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..tools.errors import UsageError
from ..tools.index.people import How, Named
from ..tools.payloads import Modality, Voice
from ..tools.records import Record, Span, of_kind
from .core import Core
from .which_video import VideoName

if TYPE_CHECKING:
    from ..graphs.ingest.attribution import Turn
    from ..tools.index.videos import Video

STAGE = "speakers"
"""The stage that finds who speaks."""
LONGEST = 100
"""Characters of a name."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Somebody who speaks in a video."""

    name: str
    """As somebody or the video says; else `Speaker 2`, or what his audio track is called."""
    seconds: float
    """How long he speaks."""
    spans: list[tuple[float, float]]
    """From when to when, in seconds."""
    video: str = ""
    """The video's id, where those of all videos are listed."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The people in a video."""

    speakers: list[Speaker]
    """In the order in which they begin to speak."""
    people: list[dict[str, Any]] = field(default_factory=list)
    """Whose faces are seen."""

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as `--json` prints them."""
        speakers = [asdict(speaker) for speaker in self.speakers]
        for speaker in speakers:
            if not speaker["video"]:
                del speaker["video"]
        return {"people": self.people, "speakers": speakers}


class People:
    """What can be asked and said of the people in a `VideoScout`'s videos."""

    def __init__(self, scout: Core) -> None:
        self._scout = scout

    def list(self, video: VideoName | None = None) -> Listed:
        """Who speaks in a video, how long and when; by default in every video in which somebody was listened to.

        Raises:
            UnknownVideoError: there is none.
            UsageError: it was not read by the stage `speakers`, or several videos are called so.
        """
        if video is not None:
            return Listed(self._speakers(self._scout.find(video)))
        listened = [one for one in self._scout.videos() if self._listened(one)]
        return Listed([replace(speaker, video=one.id) for one in listened for speaker in self._speakers(one)])

    def name(self, who: str, name: str, video: VideoName) -> None:
        """Say what somebody is called who speaks in a video; who has that name already is the same person from then on.

        Args:
            who: as `list` names him.
            name: what he is called.
            video: a video that has been read.

        Raises:
            UnknownVideoError: there is no such video.
            UsageError: nobody in it is called so, or the name is none.
        """
        called = " ".join(name.split())
        if not called or len(called) > LONGEST or not called.isprintable():
            raise UsageError(f"a name has 1 to {LONGEST} characters, not {name[:40]!r}")
        found = self._scout.find(video)
        labels = self._labels(who, found)
        self._rename(found, {label: Named(called, How.USER) for label in labels})

    def merge(self, who: str, into: str, video: VideoName) -> None:
        """Say that two who speak in a video are one person, who is then called like the second.

        Raises:
            UnknownVideoError: there is no such video.
            UsageError: nobody in it is called like one of them.
        """
        found = self._scout.find(video)
        labels = self._labels(who, found)
        [other, *_] = self._labels(into, found)
        names = self._scout.index.people.names(found.id)
        called = names[other].name if other in names else other
        self._rename(found, {label: Named(called, How.USER) for label in [*labels, other]})

    def forget(self, name: str, video: VideoName) -> None:
        """Take a name back that somebody gave or the video told; those who were merged by it are apart again.

        Raises:
            UnknownVideoError: there is no such video.
            UsageError: nobody in it is called so.
        """
        found = self._scout.find(video)
        labels = self._labels(name, found)
        self._rename(found, {}, set(labels))

    def _speakers(self, video: "Video") -> "list[Speaker]":
        names = self._scout.index.people.names(video.id)
        spans: dict[str, list[Span]] = {}
        for label, span in self._turns(video):
            spans.setdefault(names[label].name if label in names else label, []).append(span)
        return [_speaker(name, parts) for name, parts in spans.items()]

    def _listened(self, video: "Video") -> bool:
        entry = self._scout.library.journal.entry(video.id, STAGE)
        return entry is not None and entry.done

    def _turns(self, video: "Video") -> "Sequence[Turn]":
        if not self._listened(video):
            raise UsageError(
                f"{video.name} was not read for who speaks in it: vidscout ingest {video.path} --stage {STAGE}"
            )
        return [(voice.label, record.span) for record, voice in self._voices(video)]

    def _labels(self, who: str, video: "Video") -> "list[str]":
        """The labels of whoever goes by a name or label in a video, whatever the case of its letters."""
        names = self._scout.index.people.names(video.id)
        labels = list(dict.fromkeys(label for label, _ in self._turns(video)))
        shown = {label: names[label].name if label in names else label for label in labels}
        wanted = " ".join(who.split()).casefold()
        found = [label for label in labels if shown[label].casefold() == wanted]
        found = found or [label for label in labels if label.casefold() == wanted]
        if not found:
            there = ", ".join(dict.fromkeys(shown.values())) or "nobody"
            raise UsageError(f"nobody in {video.name} is called {who[:LONGEST]!r}; there are {there}")
        return found

    def _rename(self, video: "Video", changed: dict[str, Named], dropped: Collection[str] = ()) -> None:
        """Write names, and tell the utterances."""
        from ..graphs.ingest.attribution import labels_of, tell, utterances

        index = self._scout.index
        with index.writing():
            known = index.people.names(video.id)
            voices = list(self._voices(video))
            turns = [(voice.label, record.span) for record, voice in voices]
            tracks = {voice.label for _, voice in voices if voice.by_track}
            said = utterances(index, video.id, turns, known)
            labels = labels_of(said, turns, tracks, known)
            named = {label: one for label, one in known.items() if label not in dropped} | changed
            index.people.rename(video.id, named)
            tell(index, said, labels, named)

    def _voices(self, video: "Video") -> "Iterator[tuple[Record, Voice]]":
        return of_kind(self._scout.index.timeline(video.id, [Modality.VOICE]), Voice)


def _speaker(name: str, spans: Sequence[Span]) -> Speaker:
    """One who speaks in these stretches, which may overlap."""
    joined: list[tuple[float, float]] = []
    for span in sorted(spans):
        if joined and span.start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], span.end)
        else:
            joined.append((span.start, span.end))
    rounded = [(round(start, 2), round(end, 2)) for start, end in joined]
    return Speaker(name, round(sum(end - start for start, end in rounded), 2), rounded)


class WithPeople(Core):
    """The part of `VideoScout` that knows the people."""

    @property
    def people(self) -> People:
        """Who speaks in the videos, and what they are called."""
        return People(self)
