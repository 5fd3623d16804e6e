"""Questions that lean on the one before: “and when was that?”"""

import re

from ..graphs.answer.reading import ABOUT_THE_VIDEO, topic_of
from ..tools.words import content_words

FEW = 2
"""Content words of a question that may lean on the one before it."""

_LEANS = re.compile(
    r"\b(?:it|its|that|they|them|their|he|him|his|she|her|those|these|this|there|then|else|same|one)\b", re.IGNORECASE
)
_GOES_ON = re.compile(r"^\W*(?:and|but|or|so|also|(?:what|how) about|why|who|when|where)\b", re.IGNORECASE)
_SELF_CONTAINED = re.compile(r"[\"“”«»]|\d:\d\d|\b(?:this|the) (?:video|clip|film|movie|lecture|talk|trailer)\b", re.I)


def in_context(question: str, before: str | None) -> str:
    """The question with the topic of the one before, where it cannot be understood alone.

    >>> in_context("When was that?", "What is the mirror made of?")
    'When was that (mirror made of)?'
    >>> in_context("What about the camera?", "What is the mirror made of?")
    'What about the camera (mirror made of)?'
    >>> in_context("Who presents the film?", "What is the mirror made of?")
    'Who presents the film?'
    """
    if not before or _SELF_CONTAINED.search(question):
        return question
    meaningful = content_words(question, without=ABOUT_THE_VIDEO)
    goes_on = _GOES_ON.match(question) is not None
    leans = (_LEANS.search(question) is not None and len(meaningful) <= FEW) or (goes_on and not meaningful)
    about = re.match(r"^\W*(?:and|(?:what|how) about)\b", question, re.IGNORECASE) and len(meaningful) <= FEW
    if not leans and not about:
        return question
    topic = re.sub(r"\s*\([^()]*\)$", "", topic_of(before))
    body = question.rstrip(" ?.!")
    return f"{body} ({topic})?"
