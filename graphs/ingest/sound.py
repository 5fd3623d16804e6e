"""The sound that stages listen to: one track made loud enough, or several in step."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

import numpy as np

from ...tools.media.audio import SAMPLE_RATE, AudioChunk, audio
from ...tools.media.packets import DecodeStats
from .listening import Listening

STRETCH = 30.0
"""Seconds within which the loudest sample decides how loud it may be."""


def sound(path: Path, heard: Listening, start: float = 0.0, stats: DecodeStats | None = None) -> Iterator[AudioChunk]:
    """The sound of what is listened to, from a time in seconds on; of several tracks their sum, and each of them.

    A reading that goes on hears sample for sample what it would have heard without a break, as what is found, and so
    the ids of its records, must not depend on where it was broken off: the file is decoded from its beginning, and
    limits are kept over the same stretches.
    """
    return from_time(_stretches(path, heard, start - start % STRETCH, stats), start)


def _stretches(path: Path, heard: Listening, start: float, stats: DecodeStats | None) -> Iterator[AudioChunk]:
    parts = [(track, channel) for track in heard.tracks for channel in heard.channels or (None,)]
    streams = [audio(path, STRETCH, start, track, stats, channel, seek=False) for track, channel in parts]
    for chunks in zip_longest(*streams):
        there = [chunk for chunk in chunks if chunk is not None]
        rows = np.zeros((len(chunks), max(len(chunk.samples) for chunk in there)), np.float32)
        for row, chunk in zip(rows, chunks, strict=True):
            if chunk is not None:
                row[: len(chunk.samples)] = chunk.samples
        rows = within_limits(rows * heard.gain)
        if len(rows) == 1:
            yield AudioChunk(there[0].start, rows[0])
        else:
            yield AudioChunk(there[0].start, within_limits(rows.sum(axis=0)), tracks=tuple(rows))


def within_limits(samples: np.ndarray) -> np.ndarray:
    """Samples made quieter, as far as is needed for them to stay within −1..1."""
    peak = float(np.abs(samples).max(initial=0.0))
    return samples / peak if peak > 1 else samples


def from_time(chunks: Iterable[AudioChunk], start: float) -> Iterator[AudioChunk]:
    """A stream of sound from a time in seconds on, to the nearest sample."""
    begin = round(start * SAMPLE_RATE)
    for chunk in chunks:
        first = begin - round(chunk.start * SAMPLE_RATE)
        if first <= 0:
            yield chunk
        elif first < len(chunk.samples):
            yield replace(
                chunk,
                start=begin / SAMPLE_RATE,
                samples=chunk.samples[first:],
                tracks=tuple(track[first:] for track in chunk.tracks),
            )


class TracksApart:
    """Cuts the tracks as their sum is cut: windows end where nobody speaks in any of them."""

    def __init__(self, heard: Listening) -> None:
        """Take what is listened to."""
        self._names = heard.names
        self._held: deque[AudioChunk] = deque()

    def passing(self, chunks: Iterable[AudioChunk]) -> Iterator[AudioChunk]:
        """The stream as it is, its tracks remembered until `of` has been asked for them."""
        for chunk in chunks:
            if chunk.tracks:
                self._held.append(chunk)
            yield chunk

    def of(self, window: AudioChunk) -> list[AudioChunk]:
        """The tracks of a window, which come in order; the window itself where there is one track only."""
        if not self._held:
            return [window]
        begin = round(window.start * SAMPLE_RATE)
        end = begin + len(window.samples)
        pieces: list[tuple[np.ndarray, ...]] = []
        for chunk in self._held:
            at = round(chunk.start * SAMPLE_RATE)
            first, last = max(begin - at, 0), min(end - at, len(chunk.samples))
            if first < last:
                pieces.append(tuple(track[first:last] for track in chunk.tracks))
        while self._held and self._held[0].end * SAMPLE_RATE <= end:
            self._held.popleft()
        tracks = [np.concatenate(parts) for parts in zip(*pieces, strict=True)]
        return [
            AudioChunk(window.start, samples, track=name) for name, samples in zip(self._names, tracks, strict=True)
        ]
