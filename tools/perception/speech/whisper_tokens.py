"""What Whisper's decoder writes: words between timestamps."""

import zlib
from collections.abc import Iterator, Sequence

STEP = 0.02
"""Seconds between two timestamp tokens."""
MAX_TOKENS = 224
"""Tokens of one clip at most: half of Whisper's context, as in the original."""


def timed(tokens: Sequence[int], first: int, end: int, duration: float) -> Iterator[tuple[float, float, list[int]]]:
    """What a Whisper decoder wrote, as start and end in seconds and the tokens of the words between.

    Args:
        tokens: text, with timestamp tokens before and after each stretch.
        first: the timestamp token that stands for zero.
        end: the end-of-text token; those from it up to `first` are no words.
        duration: seconds of the clip, where words end that no timestamp follows.

    >>> list(timed([100, 7, 8, 150, 150, 9], 100, 50, 5.0))
    [(0.0, 1.0, [7, 8]), (1.0, 5.0, [9])]
    """
    start, words = 0.0, []
    for token in tokens:
        if token >= first:
            at = min(max(round((token - first) * STEP, 2), start), duration)
            if words:
                yield start, at, words
            start, words = at, []
        elif token < end:
            words.append(token)
    if words:
        yield start, max(duration, start), words


def repetitive(text: str) -> float:
    """How much smaller zlib makes a text; Whisper that goes in circles writes what compresses well."""
    said = text.encode()
    return len(said) / len(zlib.compress(said)) if said else 0.0
