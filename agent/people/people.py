"""The people in videos: who speaks and whose face is seen, when, and what they are called."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...tools.errors import UsageError
from ...tools.index.rows.people import How, Named
from ...tools.index.rows.people import People as Names
from ...tools.payloads import Appearance, Modality, Person, Track, Voice
from ...tools.records import Record, Span, of_kind
from ..core import Core
from ..which_video import VideoName

if TYPE_CHECKING:
    from ...tools.index.videos import Video

STAGE, STAGE_OF_FACES = "speakers", "faces"
"""The stages that find who speaks, and whose face is seen."""
LONGEST = 100
"""Characters of a name."""


@dataclass(frozen=True, slots=True)
class SomebodyThere:
    """Somebody who speaks in a video, or whose face is seen in it."""

    name: str
    """As somebody or the video says; else `Speaker 2`, what his audio track is called, or `unknown person 3`."""
    seconds: float
    """For how long."""
    spans: list[tuple[float, float]]
    """From when to when, in seconds."""
    video: str = ""
    """The video's id, where those of all videos are listed."""
    looks: list[str] = field(default_factory=list)
    """Colours of clothes and posture, as the stage `appearance` found them, of somebody whose face is seen."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The people in a video."""

    people: list[SomebodyThere]
    """Whose faces are seen, in the order in which they appear."""
    speakers: list[SomebodyThere]
    """In the order in which they begin to speak."""

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as `--json` prints them."""
        return {"people": [_plain(one) for one in self.people], "speakers": [_plain(one) for one in self.speakers]}


def _plain(one: SomebodyThere) -> dict[str, Any]:
    return {name: value for name, value in asdict(one).items() if name not in ("video", "looks") or value}


@dataclass(frozen=True)
class _Sense:
    """How people are found: by voice or by face."""

    stage: str
    kind: type[Voice] | type[Person]
    names: Names


class People:
    """What can be asked and said of the people in a `VideoScout`'s videos."""

    def __init__(self, scout: Core) -> None:
        self._scout = scout

    def list(self, video: VideoName | None = None) -> Listed:
        """Whose face is seen and who speaks in a video, for how long and when; by default in every video.

        Raises:
            UnknownVideoError: there is none.
            UsageError: it was read neither for faces nor for who speaks, or several videos are called so.
        """
        if video is not None:
            found = self._scout.find(video)
            self._check_read(found)
            return Listed(self._there(found, self._face), self._there(found, self._voice))
        people, speakers = [], []
        for known in self._scout.videos():
            people += [replace(one, video=known.id) for one in self._there(known, self._face)]
            speakers += [replace(one, video=known.id) for one in self._there(known, self._voice)]
        return Listed(people, speakers)

    def add(self, name: str, file: VideoName) -> None:
        """Show somebody: whose face is like his in any video is called so from then on, now and when it is read.

        Args:
            name: what he is called.
            file: a picture or a clip of him alone.

        Raises:
            MediaError: the file cannot be read.
            UsageError: there is no face in it, or more than one person's; faces are left out here.
        """
        from .likenesses import show

        called = _name(name)
        if STAGE_OF_FACES not in self._scout.profile.stages:
            raise UsageError("faces are left out here: the setting `faces` or the profile says so")
        show(self._scout, called, Path(file))

    def name(self, who: str, name: str, video: VideoName) -> None:
        """Say what somebody in a video is called; who has that name already is the same person from then on.

        Args:
            who: as `list` names him.
            name: what he is called.
            video: a video that has been read.

        Raises:
            UnknownVideoError: there is no such video.
            UsageError: nobody in it is called so, or the name is none.
        """
        called = Named(_name(name), How.USER)
        found = self._scout.find(video)
        for sense, labels in self._labels(who, found).items():
            self._rename(found, sense, dict.fromkeys(labels, called))

    def merge(self, who: str, into: str, video: VideoName) -> None:
        """Say that two in a video are one person, who is then called like the second.

        Raises:
            UnknownVideoError: there is no such video.
            UsageError: nobody in it is called like one of them.
        """
        found = self._scout.find(video)
        one, other = self._labels(who, found), self._labels(into, found)
        sense, [label, *_] = next(iter(other.items()))
        names = sense.names.names(found.id)
        called = Named(names[label].name if label in names else label, How.USER)
        for sense in self._senses:
            self._rename(found, sense, dict.fromkeys([*one.get(sense, ()), *other.get(sense, ())], called))

    def forget(self, name: str, video: VideoName | None = None) -> None:
        """Take a name back that somebody gave or the video told; those who were merged by it are apart again.

        Without a video, forget what somebody looks like who was shown by `add`, and the names that he got by it.

        Raises:
            UnknownVideoError: there is no such video.
            UsageError: nobody is called so.
        """
        if video is None:
            if not self._scout.index.faces.forget(" ".join(name.split())):
                shown = ", ".join(dict.fromkeys(one.name for one in self._scout.index.faces.likenesses())) or "nobody"
                raise UsageError(
                    f"nobody called {name[:LONGEST]!r} was shown; there are {shown}. In one video: name it too"
                )
            return
        found = self._scout.find(video)
        for sense, labels in self._labels(name, found).items():
            self._rename(found, sense, {}, set(labels))

    @property
    def _voice(self) -> _Sense:
        return _Sense(STAGE, Voice, self._scout.index.people)

    @property
    def _face(self) -> _Sense:
        return _Sense(STAGE_OF_FACES, Person, self._scout.index.faces)

    @property
    def _senses(self) -> tuple[_Sense, _Sense]:
        return self._face, self._voice

    def _there(self, video: "Video", sense: _Sense) -> "list[SomebodyThere]":
        names = sense.names.names(video.id)
        there: dict[str, list[Record]] = {}
        for record, one in self._records(video, sense):
            there.setdefault(names[one.label].name if one.label in names else one.label, []).append(record)
        followed = self._scout.index.timeline(video.id, [Modality.TRACK, Modality.APPEARANCE])
        return [
            replace(_somebody(name, [record.span for record in records]), looks=looks_of(records, followed))
            for name, records in there.items()
        ]

    def _check_read(self, video: "Video") -> None:
        entries = [self._scout.library.journal.entry(video.id, sense.stage) for sense in self._senses]
        if not any(entry is not None and entry.done for entry in entries):
            raise UsageError(
                f"{video.name} was not read for who is in it: vidscout ingest {video.path} --stage {STAGE}"
            )

    def _labels(self, who: str, video: "Video") -> "dict[_Sense, list[str]]":
        """The labels of whoever goes by a name or label in a video, whatever the case of its letters."""
        self._check_read(video)
        wanted = " ".join(who.split()).casefold()
        called: dict[_Sense, list[str]] = {}
        labelled: dict[_Sense, list[str]] = {}
        there: list[str] = []
        for sense in self._senses:
            names = sense.names.names(video.id)
            for label in dict.fromkeys(one.label for _, one in self._records(video, sense)):
                shown = names[label].name if label in names else label
                there.append(shown)
                if shown.casefold() == wanted:
                    called.setdefault(sense, []).append(label)
                if label.casefold() == wanted:
                    labelled.setdefault(sense, []).append(label)
        if not (called or labelled):
            names_there = ", ".join(dict.fromkeys(there)) or "nobody"
            raise UsageError(f"nobody in {video.name} is called {who[:LONGEST]!r}; there are {names_there}")
        return called or labelled

    def _rename(self, video: "Video", sense: _Sense, changed: dict[str, Named], dropped: Collection[str] = ()) -> None:
        """Write names, and tell the utterances."""
        from ...graphs.ingest.attribution import labels_of, tell, utterances

        index = self._scout.index
        with index.writing():
            known = sense.names.names(video.id)
            named = {label: one for label, one in known.items() if label not in dropped} | changed
            if sense.kind is Voice:
                voices = list(of_kind(index.timeline(video.id, [Modality.VOICE]), Voice))
                turns = [(voice.label, record.span) for record, voice in voices]
                tracks = {voice.label for _, voice in voices if voice.by_track}
                said = utterances(index, video.id, turns, known)
                labels = labels_of(said, turns, tracks, known)
                tell(index, said, labels, named)
            sense.names.rename(video.id, named)

    def _records(self, video: "Video", sense: _Sense) -> "Iterator[tuple[Record, Voice | Person]]":
        return of_kind(self._scout.index.timeline(video.id, [sense.kind.modality]), sense.kind)


def looks_of(faces: Sequence[Record], followed: Sequence[Record]) -> list[str]:
    """What somebody looks like: the words of those who are followed where his face is, each once.

    Args:
        faces: where and when his face is seen.
        followed: tracks, and what they look like.
    """
    looks = {(one.span, one.boxes): one.text for one, seen in of_kind(followed, Appearance) if seen.upper or seen.lower}
    tracks = [(one, track) for one, track in of_kind(followed, Track) if (one.span, one.boxes) in looks and track.boxes]
    found: list[str] = []
    for face in (one for one in faces if one.boxes):
        x, y = face.boxes[0].centre
        for one, track in tracks:
            if one.span.overlaps(face.span):
                nearest = min(range(len(track.times)), key=lambda at: abs(track.times[at] - face.span.start))
                box = track.boxes[nearest]
                if box.left <= x <= box.right and box.top <= y <= (box.top + box.bottom) / 2:
                    found.append(looks[one.span, one.boxes])
    return list(dict.fromkeys(found))


def _name(name: str) -> str:
    """A name as it is kept.

    Raises:
        UsageError: it is none.
    """
    called = " ".join(name.split())
    if not called or len(called) > LONGEST or not called.isprintable():
        raise UsageError(f"a name has 1 to {LONGEST} characters, not {name[:40]!r}")
    return called


def _somebody(name: str, spans: Sequence[Span]) -> SomebodyThere:
    """One who is there in these stretches, which may overlap."""
    joined: list[tuple[float, float]] = []
    for span in sorted(spans):
        if joined and span.start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], span.end)
        else:
            joined.append((span.start, span.end))
    rounded = [(round(start, 2), round(end, 2)) for start, end in joined]
    return SomebodyThere(name, round(sum(end - start for start, end in rounded), 2), rounded)


class WithPeople(Core):
    """The part of `VideoScout` that knows the people."""

    @property
    def people(self) -> People:
        """Who is in the videos, and what they are called."""
        return People(self)
