"""Which two seconds of a video are worth seeing, and the reel of them that fits a time.

With a query a clip is worth as much as its likeliest piece is to be what is sought. Without one it is worth the mean of
what there is: how much its words are those of the whole video and not of everything, how unlike the rest its picture
is, and whether a text comes up in it, each by its rank among the clips. Nothing was measured to set these shares.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...tools.records import Modality, Record, Span
from ...tools.words import content_words
from ..answer.selectors.rarity import of_video
from . import decide, look, pieces
from .asks import Sense
from .state import Grounding, Piece, Sought

CLIP = 2.0
"""Seconds, as in QVHighlights."""
LONGEST_PIECE = 12.0
"""Seconds of one sentence that the reel takes as a whole."""


@dataclass(frozen=True, slots=True)
class ScoredClip:
    """A stretch with its score, 0..1; compares only within one video and query."""

    span: Span
    score: float


def clips_of(duration: float) -> list[Span]:
    """The clips of a video in order; the last may be shorter."""
    count = max(math.ceil(duration / CLIP - 1e-6), 1)
    return [Span(n * CLIP, max(min((n + 1) * CLIP, duration), n * CLIP)) for n in range(count)]


def for_query(video: str, duration: float, sought: Sought, grounding: Grounding) -> list[ScoredClip]:
    """Each clip with the probability of its likeliest piece."""
    scored: list[Piece] = []
    for group in pieces.near(video, sought, grounding):
        scored += decide.decided(group, sought)
    if sought.sense in (None, Sense.SHOWN) and not sought.quoted:
        scored += look.seen(video, duration, sought, grounding)
    best = np.zeros(len(clips_of(duration)))
    for piece in scored:
        first = min(int(piece.span.start // CLIP), len(best) - 1)
        last = max(math.ceil(piece.span.end / CLIP), first + 1)
        best[first:last] = np.maximum(best[first:last], piece.probability)
    return _clips(duration, best)


def by_itself(video: str, duration: float, grounding: Grounding) -> list[ScoredClip]:
    """Each clip with how much it stands for the video and apart from the rest of it."""
    count = len(clips_of(duration))
    said = grounding.index.timeline(video, [Modality.SPEECH])
    shown = grounding.index.timeline(video, [Modality.SCREEN_TEXT])
    times, _ = grounding.index.frame_vectors(video)
    parts = [_speaking(said, count), _beginning(shown, count)]
    if len(times):
        parts.append(_sampled(times, of_video(grounding.index, video), count))
    told = [_ranked(part) for part in parts if part.any()]
    return _clips(duration, np.mean(told, axis=0) if told else np.zeros(count))


def reel(scored: Sequence[ScoredClip], said: Sequence[Record], seconds: float) -> list[ScoredClip]:
    """The best clips that fit, in order of time; a clip within a sentence brings the sentence, and what touches is one.

    Args:
        said: the video's speech.
        seconds: of all together.
    """
    sentences = [piece.span for record in said for piece in pieces.sentences(record)]
    taken: list[ScoredClip] = []
    for one in sorted(scored, key=lambda clip: (-clip.score, clip.span)):
        if one.score <= 0:
            break
        whole = Span(*_whole(one.span, sentences))
        joined = _joined([*taken, ScoredClip(whole, one.score)])
        if sum(clip.span.duration for clip in joined) <= seconds + 1e-6:
            taken = joined
    return taken


def _whole(clip: Span, sentences: Sequence[Span]) -> tuple[float, float]:
    middle = (clip.start + clip.end) / 2
    for sentence in sentences:
        if sentence.contains(middle) and sentence.duration <= LONGEST_PIECE:
            return min(clip.start, sentence.start), max(clip.end, sentence.end)
    return clip.start, clip.end


def _joined(clips: Sequence[ScoredClip]) -> list[ScoredClip]:
    whole: list[ScoredClip] = []
    for one in sorted(clips, key=lambda clip: clip.span):
        if whole and one.span.start <= whole[-1].span.end:
            before = whole[-1]
            span = Span(before.span.start, max(before.span.end, one.span.end))
            whole[-1] = ScoredClip(span, max(before.score, one.score))
        else:
            whole.append(one)
    return whole


def _clips(duration: float, scores: np.ndarray) -> list[ScoredClip]:
    return [ScoredClip(span, round(float(s), 4)) for span, s in zip(clips_of(duration), scores, strict=True)]


def _speaking(said: Sequence[Record], count: int) -> np.ndarray:
    """How much the words of each clip are the video's own: the mean over its sentence's words of tf × idf."""
    sentences = [piece for record in said for piece in pieces.sentences(record)]
    stems = [content_words(piece.text) for piece in sentences]
    often = Counter(word for words in stems for word in words)
    worth = {word: n * math.log(1 + len(sentences) / n) if n > 1 else 0.0 for word, n in often.items()}
    scores = np.zeros(count)
    for piece, words in zip(sentences, stems, strict=True):
        value = sum(worth[word] for word in words) / max(len(words), 4)
        first = min(int(piece.span.start // CLIP), count - 1)
        last = max(math.ceil(piece.span.end / CLIP), first + 1)
        scores[first:last] = np.maximum(scores[first:last], value)
    return scores


def _beginning(shown: Sequence[Record], count: int) -> np.ndarray:
    """Where a text comes up."""
    scores = np.zeros(count)
    for record in shown:
        scores[min(int(record.span.start // CLIP), count - 1)] = 1.0
    return scores


def _sampled(times: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    """A curve over kept frames as one value a clip: the highest within it, or that of the frame which stands."""
    scores = np.zeros(count)
    for number in range(count):
        inside = values[(times >= number * CLIP) & (times < (number + 1) * CLIP)]
        standing = int(np.searchsorted(times, number * CLIP, side="right")) - 1
        scores[number] = inside.max() if len(inside) else values[max(standing, 0)]
    return scores


def _ranked(values: np.ndarray) -> np.ndarray:
    """Ranks as 0..1, equal values alike."""
    levels, inverse = np.unique(values, return_inverse=True)
    return inverse / max(len(levels) - 1, 1)
