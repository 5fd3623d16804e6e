"""Where a sentence of a transcript ends."""

import re

FULL_STOPS = (".", "?", "!", "…", "。", "？", "！")
_TITLE = re.compile(
    r"(?:^|[\s(“\"])(?:Dr|Drs|Mr|Mrs|Ms|Prof|Rev|St|Sr|Sra|Srta|Dra|Mme|Mlle|Hr|Frl|Nr|bzw|vs|д-р|г-н|г-жа)\.$"
)
"""Abbreviations that something follows: titles, which stand before a name, and what stands before a number or a
second thing."""


def ends_sentence(text: str) -> bool:
    """Whether a text ends with a full stop that is not that of a title.

    >>> [ends_sentence(text) for text in ("The measuring was done by Dr.", "It was done.", "it was")]
    [False, True, False]
    """
    return text.endswith(FULL_STOPS) and _TITLE.search(text) is None
