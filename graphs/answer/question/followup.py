"""Questions that lean on the one before: “and when was that?”, “what happened after that?”"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ....tools.records import Span
from ....tools.words import content_words
from ..state import Place, Turn
from .rules import ABOUT_THE_VIDEO

FEW = 2
"""Content words of a question that may lean on the one before it."""

_LEANS = re.compile(
    r"\b(?:it|its|that|they|them|their|he|him|his|she|her|those|these|this|there|then|else|same|one)\b", re.IGNORECASE
)
_GOES_ON = re.compile(r"^\W*(?:and|but|or|so|also|(?:what|how) about|why|who|when|where)\b", re.IGNORECASE)
_ABOUT = re.compile(r"^\W*(?:and|(?:what|how) about)\b", re.IGNORECASE)
_SELF_CONTAINED = re.compile(r"[\"“”«»]|\d:\d\d|\b(?:this|the) (?:video|clip|film|movie|lecture|talk|trailer)\b", re.I)
_AFTER = re.compile(
    r"\b(?:(?:right |just |shortly )?(?:after|following|since)(?: (?:that|this|it))?|next|afterwards?|then|later)\W*$",
    re.IGNORECASE,
)
_BEFORE = re.compile(r"\b(?:(?:right |just |shortly )?before(?: (?:that|this|it))?|previously|earlier)\W*$", re.I)


@dataclass(frozen=True)
class InContext:
    """A question as it is understood after those before it."""

    question: str
    within: Span | None = None
    place: Place | None = None
    """Which end of `within` it asks about."""
    video: str | None = None
    """The video that the question before found its answer in."""
    words: str = ""
    """What of the question named that time."""


def in_context(question: str, turns: Sequence[Turn], durations: dict[str, float]) -> InContext:
    """The question with what the one before gives it: its topic, or the time before or after its evidence.

    >>> mirror = Turn("What is the mirror made of?", "mirror made of", "Silicon.", "a1", Span(4.0, 9.0))
    >>> in_context("When was that?", [mirror], {}).question
    'When was that (mirror made of)?'
    >>> in_context("What about the camera?", [mirror], {}).question
    'What about the camera (mirror made of)?'
    >>> in_context("Who presents the film?", [mirror], {}).question
    'Who presents the film?'
    >>> in_context("And what happened after that?", [mirror], {"a1": 60.0}).within
    Span(start=9.0, end=60.0)
    """
    if not turns or _SELF_CONTAINED.search(question):
        return InContext(question)
    before = turns[-1]
    if before.span is not None and before.video in durations:
        if match := _AFTER.search(question):
            end = durations[before.video]
            after = Span(min(before.span.end, end), end)
            return InContext(question, after, Place.FIRST, before.video, match[0])
        if match := _BEFORE.search(question):
            return InContext(question, Span(0.0, before.span.start), Place.LAST, before.video, match[0])
    meaningful = content_words(question, without=ABOUT_THE_VIDEO)
    few = len(meaningful) <= FEW
    leans = _LEANS.search(question) is not None and few
    goes_on = _GOES_ON.match(question) is not None and not meaningful
    if not leans and not goes_on and not (_ABOUT.match(question) and few):
        return InContext(question)
    return InContext(f"{question.rstrip(' ?.!')} ({before.topic})?", video=before.video if leans or goes_on else None)
