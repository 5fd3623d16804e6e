"""How long a summary is, and how much of it each chapter gets."""

from collections.abc import Sequence

from .extract import shares
from .results import Chapter, Length

SENTENCES = {Length.LINE: 1, Length.PARAGRAPH: 8, Length.PAGE: 30}
"""Sentences of a summary, at most."""
WORDS = {Length.LINE: 45, Length.PARAGRAPH: 130, Length.PAGE: 400}
"""Words of a summary, about."""
MAPPED = 3
"""Sentences that a model writes of each chapter, before all of them are summarised."""


def budgets(
    chapters: Sequence[Chapter], spoken: Sequence[bool], length: Length, writes: bool
) -> list[tuple[int, float]]:
    """Sentences and words that each chapter gives to a summary; nothing where nothing is said in it.

    Args:
        chapters: in order.
        spoken: whether something is said in each.
        length: of the summary.
        writes: a model writes it, and summarises again what it wrote of the chapters.
    """
    if writes:
        return [(MAPPED * one, 0.0) for one in spoken]
    lengths = [chapter.end - chapter.start for chapter, one in zip(chapters, spoken, strict=True) if one]
    counts = iter(shares(lengths, SENTENCES[length]))
    total = sum(lengths) or 1.0
    found = []
    for chapter, one in zip(chapters, spoken, strict=True):
        count = next(counts) if one else 0
        share = (chapter.end - chapter.start) / total
        found.append((count, WORDS[length] * max(share, count / SENTENCES[length])))
    return found
