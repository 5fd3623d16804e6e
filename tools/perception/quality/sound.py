"""What the sound tells of its quality: clipping, and loudness as EBU R128 measures it."""

from collections.abc import Iterable
from fractions import Fraction

import numpy as np

from ...media.audio import SAMPLE_RATE, AudioChunk

FLAT = 3
"""Samples in a row at the peak that make a clipped one of each: a wave that is let through turns there."""
NEAR = 0.998
"""Share of the loudest sample from which a sample is at the peak."""
LOUD = 0.1
"""Amplitude that a second must reach to be clipped at all."""
SILENT = -70.0
"""LUFS below which EBU R128 gates everything out."""


def clipping(samples: np.ndarray) -> float:
    """Share of the samples that lie in a row of at least three at the loudest sample's height."""
    peak = float(np.abs(samples).max(initial=0.0))
    if peak < LOUD:
        return 0.0
    found = 0
    for at_peak in (samples >= NEAR * peak, samples <= -NEAR * peak):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], at_peak.view(np.int8), [0]])))
        lengths = edges[1::2] - edges[::2]
        found += int(lengths[lengths >= FLAT].sum())
    return found / len(samples)


def loudness(chunks: Iterable[AudioChunk]) -> tuple[float | None, list[tuple[float, float]]]:
    """The integrated loudness in LUFS (EBU R128), None where all is silence, and (seconds, momentary LUFS) each
    second: by FFmpeg's `ebur128`."""
    from av.audio.frame import AudioFrame
    from av.error import BlockingIOError, EOFError
    from av.filter import Graph

    base = Fraction(1, SAMPLE_RATE)
    graph = Graph()
    source = graph.add_abuffer(format="flt", sample_rate=SAMPLE_RATE, layout="mono", time_base=base)
    meter, sink = graph.add("ebur128", "metadata=1"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    whole, curve, place = SILENT, [], 0

    def drain() -> None:
        nonlocal whole
        while True:
            try:
                frame = graph.pull()
            except (BlockingIOError, EOFError):
                return
            told = getattr(frame, "metadata", {})
            whole = float(told.get("lavfi.r128.I", whole))
            at = frame.time
            if "lavfi.r128.M" in told and at is not None and (not curve or at - curve[-1][0] >= 1):
                curve.append((at, float(told["lavfi.r128.M"])))

    for chunk in chunks:
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(chunk.samples[None], np.float32), "flt", "mono")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, place, base
        place += len(chunk.samples)
        graph.push(frame)
        drain()
    graph.push(None)
    drain()
    return (whole if whole > SILENT else None), curve
