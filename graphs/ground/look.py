"""What the picture shows: objects that a detector named, and frames that look like what is sought."""

from collections.abc import Sequence

import numpy as np

from ...tools.errors import UsageError
from ...tools.payloads import Labels
from ...tools.records import Modality, Record, Span, of_kind
from ...tools.words import stem, words
from ..answer.question.object_names import known_labels, named_labels
from .decide import apart, frame_weights, names_it, topic_stems
from .state import Grounding, Piece, Sought

FEATURES = ("apart", "cosine", "named")
"""Of a frame: how far its similarity stands out in the video, the similarity itself, and whether one of its labels is
called so."""


def seen(video: str, duration: float, sought: Sought, grounding: Grounding) -> list[Piece]:
    """What objects and frames show, with probabilities, in order of time."""
    return sorted(
        [*objects(video, sought, grounding), *frames(video, duration, sought, grounding)], key=lambda piece: piece.span
    )


def objects(video: str, sought: Sought, grounding: Grounding) -> list[Piece]:
    """Where a detector found what is sought; nothing where the query says more than the names of labels."""
    labels = named_labels(sought.topic, known_labels(grounding.index, [video]))
    named = {stem(word) for label in labels for word in words(label)}
    if not labels or len(topic_stems(sought)) > max(len(named), len(labels)):
        return []
    found = grounding.index.timeline(video, [Modality.OBJECT])
    return [Piece(one.span, one.modality, one.text, one, one.score) for one in found if set(labels) <= set(one.labels)]


def frames(video: str, duration: float, sought: Sought, grounding: Grounding) -> list[Piece]:
    """Each kept frame, standing until the next or the end of its shot, with how likely it shows what is sought."""
    times, rows = features(video, sought, grounding)
    if not len(times):
        return []
    weights = frame_weights()
    level = rows @ np.array([weights[name] for name in FEATURES]) + weights["offset"]
    likely = 1 / (1 + np.exp(-level))
    looks = grounding.index.timeline(video, [Modality.FRAME])
    cuts = [shot.span.start for shot in grounding.index.timeline(video, [Modality.SHOT])]
    ends = [*times[1:].tolist(), max(duration, float(times[-1]))]
    pieces = []
    for time, end, one in zip(times.tolist(), ends, likely.tolist(), strict=True):
        record = _standing(looks, time)
        text = record.text if record is not None else ""
        pieces.append(Piece(_within_shot(time, end, cuts), Modality.FRAME, text, record, one))
    return pieces


def features(video: str, sought: Sought, grounding: Grounding) -> tuple[np.ndarray, np.ndarray]:
    """Times of the kept frames, (frames,), and their features, (frames, features); nothing where another encoder made
    their vectors."""
    index = grounding.index
    try:
        times, similar = index.frame_similarities(grounding.frame_query(sought.topic), video)
    except UsageError:
        return np.zeros(0), np.zeros((0, len(FEATURES)))
    if not len(times):
        return times, np.zeros((0, len(FEATURES)))
    topic = topic_stems(sought)
    named = np.zeros(len(times))
    for record, looks in of_kind(index.timeline(video, [Modality.FRAME]), Labels):
        if any(names_it(topic, tag.label.split(",")) for tag in looks.tags):
            named[(times >= record.span.start - 1e-3) & (times < max(record.span.end, record.span.start + 0.1))] = 1.0
    return times, np.stack([apart(similar), similar, named], axis=1)


def _standing(looks: Sequence[Record], time: float) -> Record | None:
    return next((one for one in looks if one.span.start - 1e-3 <= time < max(one.span.end, one.span.start + 0.1)), None)


def _within_shot(start: float, end: float, cuts: Sequence[float]) -> Span:
    """A frame's stretch: on to the next kept frame, or to the next cut if that comes first."""
    return Span(start, min((cut for cut in cuts if start < cut < end), default=max(end, start)))
