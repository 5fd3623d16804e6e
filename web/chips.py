"""Time chips: links that make the player seek and play. `seek.js` follows them."""

import re
from collections.abc import Sequence
from html import escape

from ..agent.answer import Answer, Evidence
from ..agent.markdown import plain
from ..tools.records import clock

FITS = 0.34
"""Share of a sentence's content words that evidence must hold to be shown as what supports the sentence."""

_CLOCK = re.compile(r"(?<![\d:.])(?:(\d{1,2}):)?(\d{1,3}):([0-5]\d)(?![\d:])")
_SENTENCE = re.compile(r"(?<=[.!?…])(?<!\b[A-Z]\.)\s+(?=\S)")
"""Not after a single letter, which is an option or an initial."""


def target(video: str, seconds: float) -> str:
    """Where a chip leads: a media fragment (W3C) with the video's id.

    >>> target("95c5", 31.04)
    '#t=31.040&v=95c5'
    """
    return f"#t={seconds:.3f}&v={video}"


def chip(video: str, seconds: float, text: str | None = None) -> str:
    """A chip as HTML."""
    return f"<a class='vs-chip' href='{escape(target(video, seconds))}'>{escape(text or clock(seconds))}</a>"


def markdown_chip(video: str, seconds: float) -> str:
    """A chip as Markdown."""
    return f"[{clock(seconds)}]({target(video, seconds)})"


def with_chips(answer: Answer) -> str:
    """The answer as Markdown, with a chip for each time it names and after each sentence that evidence supports."""
    if answer.abstained or not answer.evidence:
        return plain(answer.text)
    sentences = _SENTENCE.split(answer.text.strip())
    return " ".join(_sentence(sentence, number == 0, answer) for number, sentence in enumerate(sentences))


def _sentence(sentence: str, first: bool, answer: Answer) -> str:
    linked, named = "", False
    end = 0
    for match in _CLOCK.finditer(sentence):
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        at = hours * 3600.0 + minutes * 60.0 + seconds
        source = _standing_at(answer.evidence, at)
        if source is None:
            continue  # a time of day on a slide, not a time in the video
        linked += plain(sentence[end : match.start()]) + f"[{match[0]}]({target(source.video, _exact(source, at))})"
        end, named = match.end(), True
    linked += plain(sentence[end:])
    if named:
        return linked
    source = supporting(sentence, answer.evidence) or (answer.evidence[0] if first else None)
    return f"{linked} {markdown_chip(source.video, source.start)}" if source else linked


def _standing_at(evidence: Sequence[Evidence], at: float) -> Evidence | None:
    return next((item for item in evidence if item.start - 1 < at < item.end + 1), None)


def _exact(source: Evidence, at: float) -> float:
    """Printed times are cut to whole seconds; where one is a piece of evidence's start, its fraction comes back."""
    return source.start if int(source.start) == int(at) else at


def supporting(sentence: str, evidence: Sequence[Evidence]) -> Evidence | None:
    """The evidence that holds most of a sentence's words; the better-scored of equals; None where none fits."""
    from ..tools.words import content_words, coverage

    wanted = content_words(sentence)
    best = max(evidence, key=lambda item: (round(coverage(wanted, item.text), 2), item.score), default=None)
    return best if best is not None and coverage(wanted, best.text) >= FITS else None
