"""The branches that need models of their own: writing that is read several times, faces and hands that are followed."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from langgraph.runtime import Runtime

from ...tools.errors import BackendUnavailableError, CancelledError, WeightsError
from ...tools.forensics.signals.people.faces import face_jitter, mouth_movement
from ...tools.forensics.signals.people.hands import hand_jitter
from ...tools.forensics.signals.people.tracks import followed
from ...tools.forensics.signals.signal import Reading
from ...tools.forensics.signals.text_stability import LONG_ENOUGH, SURE, text_stability
from ...tools.media.audio import SAMPLE_RATE, audio
from ...tools.media.video import frames
from ...tools.perception.follower import B
from ...tools.records import Span
from ..events import timed
from .measure import spend
from .state import Examination, People, Update, Writing

if TYPE_CHECKING:
    from ...tools.runtime.backend import Tool

LINES_READ = 6
"""Frames in which one piece of writing is read."""
APART = 0.25
"""Seconds between them, where it is not known how long the writing stands."""
WRITINGS = 4
LOOKS = 6
"""Places at which a video that has not been read is looked at for writing, and every video for faces and hands."""
FOLLOWED = 2.4
"""Seconds for which a face is followed."""
CLOSE = 20
"""Neighbouring frames of them in which its points may tremble; after these every third frame is enough."""
LONGEST_SIDE = 640
VOICED = 0.5
"""Share of that time in which a voice must be heard for the lips to be expected to move."""
STILL_LIPS = 0.05
"""Eye distances. Measured over 2.3 s: a moved photo 0.03, a face that keeps silent 0.04, faces that speak or smile 0.15
and 0.26."""


@timed("writing")
def read_again(state: Writing, runtime: Runtime[Examination]) -> Update:
    """The same writing, read in neighbouring frames."""
    reader = runtime.context.screen_text
    assert reader is not None
    costs: dict[str, float] = {}
    began = time.perf_counter()
    found: list[Reading] = []
    try:
        for span in _known(state.spans) if state.spans else _looked_for(state, runtime.context):
            if runtime.context.stop.is_set():
                raise CancelledError("stopped")
            rate = max(LINES_READ / max(span.duration, 0.5), 1.0)
            shown = list(frames(state.path, rate, start=span.start, end=span.end))[:LINES_READ]
            lines = reader.run([frame.image for frame in shown])
            reading = text_stability([(frame.time, read) for frame, read in zip(shown, lines, strict=True)])
            if reading.measured:
                found.append(reading)
    except (BackendUnavailableError, WeightsError) as error:
        return {"notes": [f"writing was not read: {error}"]}
    spend(costs, "text_stability", began)
    if not found:
        return {"costs": costs, "notes": ["no writing stood long enough to be compared from frame to frame"]}
    worst = max(found, key=lambda reading: reading.value)
    return {"readings": {"text_stability": worst}, "costs": costs}


def _known(spans: Sequence[Span]) -> list[Span]:
    """The middle of the longest stretches in which writing stands: it fades in and out."""
    longest = sorted(spans, key=lambda span: -span.duration)[:WRITINGS]
    return [Span(span.start + 0.2 * span.duration, span.end - 0.2 * span.duration) for span in longest]


def _looked_for(state: Writing, context: Examination) -> list[Span]:
    """Around the places at which one frame shows writing that is read with certainty."""
    assert context.screen_text is not None
    found = []
    for at in places(state.info.duration, LINES_READ * APART):
        [image] = [frame.image for frame in frames(state.path, 1.0, start=at, end=at + 1.0)][:1] or [None]
        if image is None:
            continue
        [lines] = context.screen_text.run([image])
        if any(line.score >= SURE and len(line.text) >= LONG_ENOUGH for line in lines):
            found.append(Span(at, at + LINES_READ * APART))
    return found[:WRITINGS]


def places(duration: float, length: float) -> list[float]:
    """Where evenly spread stretches of a length begin, in seconds; one at the start of a video that is shorter."""
    count = min(LOOKS, max(int(duration / length), 1))
    return [max((n + 0.5) * duration / count - length / 2, 0.0) for n in range(count)]


@timed("faces")
def follow_faces(state: People, runtime: Runtime[Examination]) -> Update:
    """Faces from frame to frame: whether their points tremble, and whether the lips move while a voice is heard."""
    context = runtime.context
    faces = context.faces
    assert faces is not None
    costs: dict[str, float] = {}
    began = time.perf_counter()
    jitters: list[Reading] = []
    mouths: list[Reading] = []
    try:
        faces.ready()
        for start in places(state.info.duration, FOLLOWED):
            if context.stop.is_set():
                raise CancelledError("stopped")
            seen = _seen(state, faces, start, FOLLOWED)
            track = followed(seen[:CLOSE])
            jitter = face_jitter(track)
            if not jitter.measured:
                continue
            jitters.append(jitter)
            alone = all(len(shown) == 1 for _, shown in seen)
            if alone and state.info.has_audio and _voiced(Path(state.path), start) >= VOICED:
                mouths.append(mouth_movement(followed(seen)))
    except (BackendUnavailableError, WeightsError) as error:
        return {"notes": [f"faces were not looked for: {error}"]}
    spend(costs, "faces", began)
    if not jitters:
        return {"costs": costs, "notes": ["no face stayed long enough to be followed"]}
    readings = {"face_jitter": max(jitters, key=lambda reading: reading.value)}
    notes = []
    measured = [reading for reading in mouths if reading.measured]
    if measured:
        readings["mouth_movement"] = max(measured, key=lambda reading: reading.value)
        if readings["mouth_movement"].value < STILL_LIPS:
            notes.append(
                "a voice is heard while the only face in the picture hardly moves its lips: a narrator, or a voice that"
                " was put under it"
            )
    return {"readings": readings, "costs": costs, "notes": notes}


@timed("hands")
def follow_hands(state: People, runtime: Runtime[Examination]) -> Update:
    """Hands from frame to frame: whether their points tremble."""
    context = runtime.context
    hands = context.hands
    assert hands is not None
    costs: dict[str, float] = {}
    began = time.perf_counter()
    found: list[Reading] = []
    try:
        hands.ready()
        for start in places(state.info.duration, FOLLOWED):
            if context.stop.is_set():
                raise CancelledError("stopped")
            reading = hand_jitter(followed(_seen(state, hands, start, CLOSE / (state.info.fps or 25.0))))
            if reading.measured:
                found.append(reading)
    except (BackendUnavailableError, WeightsError) as error:
        return {"notes": [f"hands were not looked for: {error}"]}
    spend(costs, "hands", began)
    if not found:
        return {"costs": costs, "notes": ["no hand stayed long enough to be followed"]}
    return {"readings": {"hand_jitter": max(found, key=lambda reading: reading.value)}, "costs": costs}


def _seen(
    state: People, finder: "Tool[np.ndarray, list[B]]", start: float, seconds: float
) -> list[tuple[float, list[B]]]:
    """Times and what is found from a place on: on the neighbouring frames first; nothing where the first frame has
    none."""
    seen: list[tuple[float, list[B]]] = []
    rate = state.info.fps or 25.0
    coming = frames(state.path, rate, LONGEST_SIDE, start, start + seconds, threads=1)
    for number, frame in enumerate(coming):
        if number >= CLOSE and number % 3:
            continue
        [shown] = finder.run([frame.image])
        if not shown and not seen:
            break
        seen.append((frame.time, shown))
    return seen


def _voiced(path: Path, start: float) -> float:
    """Share of a stretch in which a voice is heard."""
    from ...tools.perception.speech.voice_activity import voice

    for chunk in audio(path, FOLLOWED, start):
        samples = np.asarray(chunk.samples)[: round(FOLLOWED * SAMPLE_RATE)]
        return sum(end - begin for begin, end in voice(samples)) / max(len(samples), 1)
    return 0.0
