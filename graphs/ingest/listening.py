"""Which of a file's audio tracks are listened to, and how much louder they are made."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from ...tools.errors import AudioTrackError
from ...tools.languages import language_code, language_name
from ...tools.media.audio import AudioChunk, audio
from ...tools.media.packets import open_media
from ...tools.media.tracks import AudioTrack, audio_tracks

AUTO, ALL, CHANNELS = "auto", "all", "channels"
"""What may be wanted beside a track's number and a language; with `channels` it is the track of `auto`, each of its
channels apart, as in a telephone call with a channel a person."""

SAMPLES, SAMPLE = 8, 10.0
"""How many stretches of a track are looked into, spread evenly, and seconds of each: some 0.4 s of work a track on one
core, half of it for finding the places."""

SPOKEN = 0.3
"""Share of the voiced track's voice that a track must have to carry speech as well. Two tracks of one film with voices
in different languages come to 0.8 and more of each other; music and effects without the voices to 0.2 at most."""

TOLD = 12
"""Tracks that a note names at most as not listened to."""

LEAST_VOICE = 0.01
"""Share of a track in which a voice must be heard for it to carry speech at all."""

QUIET, LOUD = 0.05, 0.3
"""Greatest sample of a track that is made louder, −26 dB of full scale, and what it is made; Silero VAD finds less and
less voice below −40 dB."""

SILENT = 1e-4
"""Greatest sample below which there is nothing but the noise of 16-bit conversion; it is left as it is."""


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What samples of a track tell."""

    voice: float
    """Share of them in which somebody speaks, 0..1."""
    peak: float
    """Greatest sample, 0..1."""


@dataclass(frozen=True, slots=True)
class Listening:
    """What is listened to."""

    tracks: tuple[int, ...] = ()
    """Numbers of audio tracks; several are heard apart, each as a speaker of its own."""
    channels: tuple[int, ...] = ()
    """Of the one track, where they are heard apart instead."""
    gain: float = 1.0
    """By how much all of them are made louder."""
    names: tuple[str, ...] = ()
    """What each of several tracks or channels is called."""
    notes: tuple[str, ...] = ()


def listening(path: Path, duration: float, wanted: str, language: str | None = None) -> Listening:
    """Choose among a file's audio tracks.

    Args:
        path: of the file.
        duration: of it, in seconds.
        wanted: `auto`, a track's number from 0, a language, `all`, or `channels`.
        language: that is spoken, where somebody said so.

    Raises:
        AudioTrackError: there is no such track.
    """
    with open_media(path) as container:
        tracks = tuple(audio_tracks(container))
    if not tracks:
        return Listening()

    def survey(track: int) -> Surveyed:
        return surveyed(path, track, duration, path.stat().st_mtime_ns)

    asked = AUTO if wanted == CHANNELS else wanted
    numbers = chosen(tracks, asked, language, lambda track: survey(track.number).voice)
    gain = louder(max(survey(number).peak for number in numbers))
    called = {track.number: track for track in tracks}
    if wanted == CHANNELS and (apart := called[numbers[0]].channels) > 1:
        names = tuple(f"channel {channel + 1}" for channel in range(apart))
        return Listening(tuple(numbers), tuple(range(apart)), gain, names, told(tracks, numbers))
    names = [called[number].title or f"track {number}" for number in numbers]
    names = names if len(set(names)) == len(names) else [f"track {number}" for number in numbers]
    return Listening(tuple(numbers), (), gain, tuple(names) if len(numbers) > 1 else (), told(tracks, numbers))


def chosen(
    tracks: Sequence[AudioTrack], wanted: str, language: str | None, voice: Callable[[AudioTrack], float]
) -> list[int]:
    """The numbers of the tracks to listen to.

    A track that is asked for goes first. Otherwise commentaries, descriptions and tracks without the voices go last,
    then it is the tracks in which somebody speaks, of these one in the language that is said to be spoken, of these the
    one marked as default, and of several the first.

    Args:
        tracks: of the file, at least one.
        wanted: `auto`, a track's number from 0, a language, or `all`.
        language: that is spoken, or several with commas, where somebody said so.
        voice: in which share of a track somebody speaks.

    Raises:
        AudioTrackError: there is no such track.
    """
    if wanted == ALL:
        return [track.number for track in tracks]
    if wanted != AUTO:
        return [asked_for(tracks, wanted).number]
    likely = [track for track in tracks if not track.aside] or list(tracks)
    if len(likely) > 1:
        share = {track.number: voice(track) for track in likely}
        most = max(share.values())
        least = max(SPOKEN * most, LEAST_VOICE)
        likely = [track for track in likely if share[track.number] >= least] or likely
    spoken = {language_code(one) for one in (language or "").split(",")} - {""}
    return [
        min(likely, key=lambda one: (bool(spoken) and one.language not in spoken, not one.default, one.number)).number
    ]


def asked_for(tracks: Sequence[AudioTrack], wanted: str) -> AudioTrack:
    """The track of a number, or the first in a language, not a commentary if there is another.

    Raises:
        AudioTrackError: there is none.
    """
    there = ", ".join(str(track) for track in tracks)
    if wanted.isdecimal():
        for track in tracks:
            if track.number == int(wanted):
                return track
        raise AudioTrackError(f"there is no audio track {wanted}, only {there}")
    code = language_code(wanted)
    found = [track for track in tracks if code and track.language == code]
    if found:
        return min(found, key=lambda track: (track.aside, not track.default, track.number))
    if len(tracks) == 1:
        return tracks[0]
    raise AudioTrackError(f"there is no audio track in {language_name(code) if code else repr(wanted)}, only {there}")


def told(tracks: Sequence[AudioTrack], numbers: Sequence[int]) -> tuple[str, ...]:
    """The note about the tracks of a file that has several."""
    if len(tracks) < 2:
        return ()
    heard = [str(track) for track in tracks if track.number in numbers]
    others = [str(track) for track in tracks if track.number not in numbers]
    one = "audio track" if len(heard) == 1 else "audio tracks"
    note = f"{one} {', '.join(heard)} {'was' if len(heard) == 1 else 'were'} listened to"
    if others:
        more = f" and {len(others) - TOLD} more" if len(others) > TOLD else ""
        note += f", not {', '.join(others[:TOLD])}{more}; --audio-track chooses by number or language, or all"
    return (note,)


@lru_cache(maxsize=64)
def surveyed(path: Path, track: int, duration: float, _changed: int) -> Surveyed:
    """Look into a track at a few places; kept while the file stays as it is."""
    from ...tools.perception.speech.voice_activity import voice

    samples, voiced, peak = 0, 0, 0.0
    for chunk in _samples(path, track, duration):
        greatest = float(np.abs(chunk.samples).max(initial=0.0))
        peak = max(peak, greatest)
        samples += len(chunk.samples)
        if greatest > SILENT:
            voiced += sum(end - start for start, end in voice(chunk.samples * louder(greatest)))
    return Surveyed(voiced / samples if samples else 0.0, peak)


def _samples(path: Path, track: int, duration: float) -> Iterator[AudioChunk]:
    if duration <= SAMPLES * SAMPLE:
        yield from audio(path, track=track)
        return
    for number in range(SAMPLES):
        start = (number + 0.5) * duration / SAMPLES - SAMPLE / 2
        yield from _first(audio(path, seconds=SAMPLE, start=start, track=track))


def _first(chunks: Iterator[AudioChunk]) -> Iterator[AudioChunk]:
    for chunk in chunks:
        yield chunk
        return


def louder(peak: float) -> float:
    """By how much to multiply sound with this greatest sample."""
    return LOUD / peak if SILENT < peak < QUIET else 1.0
