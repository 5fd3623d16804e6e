"""What somebody wrote down of what is said: subtitles in the file, or in a file beside it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ....tools.geometry import Span
from ....tools.media.given_text.subtitles import Given, TextTrack, chosen, notes, subtitles, text_tracks
from ....tools.payloads import Sound, Spoken
from ....tools.records import Modality, Record
from ..stage import FileStage, Found, Parts, Sampling, Watched, packed, unpacked

SOURCE = "given/subtitles"
"""What made these records: nobody recognised anything."""

BESIDE = 1e-6
"""Seconds by which the times differ under which parts of one subtitle are written down."""

STATE = -1.0
"""Time under which it is written down which files beside the video were there."""


class Subtitles(FileStage):
    """The subtitles that came with the video: a record for what each person says at once, and one for each sound."""

    name = "subtitles"
    writes = (Modality.SPEECH, Modality.SOUND)

    def __init__(self, sampling: Sampling) -> None:
        """Take how the sound is listened to: subtitles in its language are preferred."""
        self._sampling = sampling

    @property
    def fingerprint(self) -> str:
        return "subtitles/5"

    def observe(self, video: Watched) -> list[tuple[float, Any]]:
        tracks, read = self._tracks(video.path)
        rows: list[tuple[float, Any]] = [(STATE, packed(list[str], _beside(tracks)))]
        given = [] if read is None else _within(subtitles(video.path, read), video.duration)
        return rows + [(one.span.start + n * BESIDE, packed(Given, one)) for n, one in enumerate(given)]

    def about(self, video: Watched) -> list[str]:
        tracks, read = self._tracks(video.path)
        told = notes(tracks, read)
        if read is not None and read.sidecar is not None:
            behind = sum(one.span.start >= video.duration for one in subtitles(video.path, read))
            several = "subtitle lies" if behind == 1 else "subtitles lie"
            told += [f"{read}: {behind} {several} behind the end, as of another cut of the video"] if behind else []
        return told

    def outdated(self, path: Path, found: Found) -> bool:
        from ....tools.media.given_text.sidecars import sidecars

        now = [sidecar.state for sidecar in sidecars(path)]
        read = next((unpacked(list[str], row) for time, row in found.observations(self.name) if time == STATE), [])
        return bool(now) and now != read

    def records(self, found: Found) -> list[Record]:
        made = []
        for time, row in found.observations(self.name):
            if time == STATE:
                continue
            one = unpacked(Given, row)
            said = Spoken(one.text, language=one.language, speaker=one.speaker, given=True)
            payload = Sound(one.text, given=True) if one.sound else said
            made.append(Record.of(found.video, one.span, payload, 1.0, SOURCE))
        return made

    def _tracks(self, path: Path) -> tuple[list[TextTrack], TextTrack | None]:
        from ....tools.media.given_text.sidecars import sidecars

        tracks = text_tracks(path, sidecars(path))
        return tracks, chosen(tracks, self._language(path)) if tracks else None

    def _language(self, path: Path) -> str:
        """What is spoken, as far as settings and the file tell."""
        from ....tools.languages import language_code
        from ....tools.media.video import probe
        from .. import listening

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
    return Subtitles(parts.sampling)
