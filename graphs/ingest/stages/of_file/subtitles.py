"""What somebody wrote down of what is said: subtitles in the file, or in a file beside it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .....tools.geometry import Span, clock
from .....tools.media.given_text.subtitles import (
    AT_ONCE,
    Given,
    TextTrack,
    chosen,
    notes,
    subtitles,
    taken_apart,
    text_tracks,
)
from .....tools.payloads import Sound, Spoken
from .....tools.records import Modality, Record, TextLine
from .....tools.runtime.backend import Tool
from .....tools.runtime.notes import note
from ...stage import FileStage, Found, Parts, Sampling, Watched, packed, unpacked

SOURCE = "given/subtitles"
"""What made these records: nobody recognised anything."""

BESIDE = 1e-6
"""Seconds by which the times differ under which parts of one subtitle are written down."""

AT_A_TIME = 8
"""Pictures of text that are read together."""
TOLD = 3
"""Times that a note names at most."""

STATE = -1.0
"""Time under which it is written down which files beside the video were there."""

if TYPE_CHECKING:
    import numpy as np


class Subtitles(FileStage):
    """The subtitles that came with the video: a record for what each person says at once, and one for each sound."""

    name = "subtitles"
    writes = (Modality.SPEECH, Modality.SOUND)

    def __init__(self, sampling: Sampling, reader: "Tool[np.ndarray, list[TextLine]] | None" = None) -> None:
        """Take how the sound is listened to, as subtitles in its language are preferred, and who reads pictures."""
        self._sampling = sampling
        self._reader = reader

    @property
    def fingerprint(self) -> str:
        return "subtitles/6"

    def observe(self, video: Watched) -> list[tuple[float, Any]]:
        tracks, read = self._tracks(video.path)
        rows: list[tuple[float, Any]] = [(STATE, packed(list[str], _beside(tracks)))]
        given = [] if read is None else _within(self._given(video.path, read), video.duration)
        return rows + [(one.span.start + n * BESIDE, packed(Given, one)) for n, one in enumerate(given)]

    def about(self, video: Watched) -> list[str]:
        tracks, read = self._tracks(video.path)
        told = notes(tracks, read)
        if read is not None and read.pictures:
            told.append(f"{read}: pictures of text, read as writing on the picture is")
        elif read is not None and read.sidecar is not None:
            behind = sum(one.span.start >= video.duration for one in subtitles(video.path, read))
            several = "subtitle lies" if behind == 1 else "subtitles lie"
            told += [f"{read}: {behind} {several} behind the end, as of another cut of the video"] if behind else []
        return told

    def outdated(self, path: Path, found: Found) -> bool:
        from .....tools.media.given_text.sidecars import sidecars

        now = [sidecar.state for sidecar in sidecars(path)]
        read = next((unpacked(list[str], row) for time, row in found.observations(self.name) if time == STATE), [])
        return bool(now) and now != read

    def records(self, found: Found) -> list[Record]:
        made = []
        dark: list[float] = []
        for time, row in found.observations(self.name):
            if time == STATE:
                continue
            one = unpacked(Given, row)
            if not one.text:
                dark.append(one.span.start)
                continue
            said = Spoken(one.text, language=one.language, speaker=one.speaker, given=True)
            payload = Sound(one.text, given=True) if one.sound else said
            made.append(Record.of(found.video, one.span, payload, 1.0, SOURCE))
        if dark:
            several = "1 subtitle that is a picture" if len(dark) == 1 else f"{len(dark)} subtitles that are pictures"
            more = " and later" if len(dark) > TOLD else ""
            note(f"{several} could not be read, at {', '.join(clock(at) for at in dark[:TOLD])}{more}")
        return made

    def _given(self, path: Path, track: TextTrack) -> Iterable[Given]:
        if not track.pictures:
            return subtitles(path, track)
        return self._read_pictures(path, track)

    def _read_pictures(self, path: Path, track: TextTrack) -> Iterator[Given]:
        """What pictures of text say, in order; a picture that cannot be read says nothing."""
        from itertools import islice

        from .....tools.media.given_text.pictures import joined, pictured
        from .....tools.perception.screen_text.lines_over_time import in_reading_order

        assert self._reader is not None
        number = track.number if track.sidecar is None else int(track.sidecar.part or 0)
        read: list[tuple[Span, list[str]]] = []
        shown = pictured(path, number, track.sidecar)
        while some := list(islice(shown, AT_A_TIME)):
            lines = self._reader.run([one.image for one in some])
            read += [(one.span, in_reading_order(found)) for one, found in zip(some, lines, strict=True)]
        events = [(span.start, span.end, lines, "") for span, lines in joined(read, AT_ONCE)]
        dark = [Given(Span(start, end), "", track.language) for start, end, lines, _ in events if not lines]
        said = taken_apart([event for event in events if event[2]], track.language)
        yield from sorted([*said, *dark], key=lambda one: one.span.start)

    def _tracks(self, path: Path) -> tuple[list[TextTrack], TextTrack | None]:
        from .....tools.media.given_text.sidecars import sidecars

        tracks = text_tracks(path, sidecars(path))
        return tracks, chosen(tracks, self._language(path), self._reader is not None) if tracks else None

    def _language(self, path: Path) -> str:
        """What is spoken, as far as settings and the file tell."""
        from .....tools.languages import language_code
        from .....tools.media.video import probe
        from ... import listening

        sampling = self._sampling
        if sampling.language and (code := language_code(sampling.language.split(",")[0])):
            return code
        tracks = probe(path).tracks
        apart = sampling.audio_track in {listening.ALL, listening.CHANNELS}
        wanted = listening.AUTO if apart else sampling.audio_track
        numbers = listening.chosen(tracks, wanted, None, lambda track: 1.0) if tracks else []
        return next((track.language for track in tracks if track.number in numbers), "")


def _within(given: Iterable[Given], duration: float) -> Iterator[Given]:
    """Subtitles as far as the video goes."""
    for one in given:
        if one.span.start < duration:
            yield replace(one, span=Span(one.span.start, min(one.span.end, duration)))


def _beside(tracks: list[TextTrack]) -> list[str]:
    return [track.sidecar.state for track in tracks if track.sidecar is not None]


def stage(parts: Parts) -> Subtitles:
    """The stage."""
    return Subtitles(parts.sampling, parts.optional("screen_text"))
