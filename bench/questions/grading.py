"""Whether an answer is right: by the listed strings that it must hold, by yes or no, by a time, or by abstaining."""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from ...graphs.answer.question.times import seconds
from ...tools.words import folded
from .readings import holds, readings

NEAR = 3.0
"""Seconds by which a told time may miss."""

LONGEST_RANGE = 35.0
"""Seconds: a longer range does not tell when something is."""

MOST_TIMES = 3
"""Times that an answer may tell beyond the stretches there are; more of them are no answer."""

CITED = 3
"""Of an answer's evidence, the best first, so much counts as its citation."""

Stretch = Sequence[float]
"""Start and end, in seconds."""


class Verdict(StrEnum):
    """What an answer is."""

    right = "right"
    wrong = "wrong"
    abstained = "abstained"
    """It abstains although the video answers the question."""


_YES = "yes yeah yep ja jawohl doch oui si 是 是的 对 對 有 会 نعم اجل".split()
_NO = "no nope nein non 不 不是 没有 沒有 没 不会 否 لا كلا".split()
_LATIN = re.compile(
    r"^\W*(?:(?:the )?answer(?: is)?\W+)?(?:(?P<yes>yes|yeah|yep|ja|jawohl|oui|(?:si|doch)(?=\s*[,.;:!]|$)|نعم|اجل)"
    r"|(?P<no>no|nope|nein|non|لا|كلا))\b(?!-)"
)
_CHINESE = re.compile(r"^\W*(?:(?P<no>不|没|沒|否)|(?P<yes>是|对|對|有|会))")
_NEGATED = re.compile(r"\b(?:not|never|nicht|kein\w*|nie|jamais|nunca|pas)\b|n't\b|不|没|\b(?:ليس|لم|لن)\b")
_NOT_A_NO = re.compile(
    r"^\W*no\.? ?(?:later|more|less|fewer|earlier|sooner|longer than|doubt|problem|matter|wonder|\d)"
)

_SAID = (
    "(?:said|mentioned|told|stated|given|specified|named|discussed|provided|shown|known|disclosed|answered|described"
    "|explained|clear|found|available|revealed|indicated|covered|addressed)"
)
_REFUSALS = (
    "nothing (?:found )?in (?:the|this) (?:video|recording|notes|records?)",
    rf"\b(?:not|never|nowhere) (?:explicitly |clearly |directly |actually )?(?:being |been )?{_SAID}\b",
    rf"\b(?:is|was|are|were|has|have)n't (?:\w+ )?{_SAID}\b",
    rf"\bno (?:\w+ ){{1,4}}(?:is|was|are|were) (?:\w+ )?{_SAID}\b",
    r"\b(?:do|does|did)(?: not|n't) (?:\w+ )?"
    r"(?:say|mention|tell|state|specify|name|explain|disclose|reveal|indicate)\b",
    r"\b(?:video|recording|clip|transcript|text|context|notes|records?|speakers?) (?:do|does|did)(?: not|n't) (?:\w+ )?"
    r"(?:show|give|contain|include|provide|describe|answer|cover)\b",
    r"\bnever (?:says?|mentions?|tells?|states?|gives?|names?|explains?)\b",
    r"\b(?:can ?not|can't|could not|couldn't) (?:be )?(?:tell|told|determined?|answer(?:ed)?|said?|say)\b",
    r"\b(?:i|we) (?:do not|don't) know\b",
    r"\bno (?:information|mention|answer|evidence|indication)\b",
    r"\b(?:unknown|unclear|unanswerable)\b",
    r"\bnicht (?:\w+ )?(?:gesagt|erwahnt|genannt|angegeben|bekannt|beantwortet|erklart|gezeigt|klar)\b",
    r"\bkeine (?:angaben?|information(?:en)?|antwort)\b|\bunbekannt\b|\bnichts (?:im|in dem) video\b",
    r"\b(?:n'est|n'a|ne sont|n'ont) (?:pas|jamais) (?:ete )?"
    r"(?:dit|mentionn|precis|indiqu|donn|connu|nomm|trouv|expliqu)[a-z]*\b",
    r"\bne (?:le |la )?(?:dit|mentionne|precise|indique|donne|sait) pas\b|\baucune (?:information|reponse|mention)\b",
    r"\bno (?:se|lo) (?:\w+ )?(?:dice|menciona|indica|sabe|especifica|nombra|explica)\b",
    r"\bno (?:hay|existe) (?:informacion|mencion|respuesta)|\bdesconocid[oa]\b|\bnada en el video\b",
    "[没未沒](?:有)?(?:被)?(?:提到|提及|说明|說明|说|說|讲|给出|指出|透露)|不(?:知道|清楚)|无法(?:回答|确定|得知)|没有(?:答案|信息)",
    r"(?:لم|لا) (?:يتم )?(?:يذكر|ذكر|يقال|تذكر|يوجد|يرد|يقل)|غير (?:مذكور|معروف|محدد)",
)
"""How a text says that the video does not tell, folded, in the languages in which questions are asked."""

_REFUSAL = re.compile("|".join(f"(?:{pattern})" for pattern in _REFUSALS))
_NOBODY = re.compile(
    r"^\W*(?:nobody|none|nothing|nowhere|niemand|keine[rs]?|nichts|personne|aucune?|rien|nadie|ningun[oa]|nada)\b"
)

_CLOCK = r"(?<![\d:.,])(?:\d{1,2}:)?\d{1,3}:\d{2}(?:\.\d+)?(?![\d:])"
_LONG = (
    r"(?<![\d:.,])(?:(\d+) ?(?:minutes?|mins?|m|minuten) (?:and |und )?)?"
    r"(\d+(?:\.\d+)?) ?(?:seconds?|secs?|s|sekunden)\b"
)
_RANGE = re.compile(rf"(?P<a>{_CLOCK})\s*(?:-|–|—|to|until|bis|à|a|至|到)\s*(?P<b>{_CLOCK})")


def verdict(question: dict[str, Any], text: str, abstained: bool, evidence: Sequence[Stretch]) -> Verdict:
    """Grade an answer.

    Args:
        question: an entry of `questions.json`.
        text: the answer.
        abstained: whether it says of itself that nothing answers the question.
        evidence: the stretches that it stands on, the best first.
    """
    refused = abstained or refuses(text)
    if question["unanswerable"]:
        denied = _opening(text) == "no" or _NOBODY.match(_plain(text)) is not None
        return Verdict.right if refused or denied else Verdict.wrong
    if abstained:
        return Verdict.abstained
    languages = [question["language"], question["spoken_language"], "en"]
    said = without_citations(text, evidence)
    if any(_has(said, string, languages) for string in question["wrong"]):
        return Verdict.wrong
    claim = _first_sentence(said) if refused else said
    if any(all(_has(claim, string, languages) for string in inner) for inner in question["answers"]):
        return Verdict.right
    if refused:
        return Verdict.abstained
    if question["kind"] == "when" and points(text, evidence, question["truth"]):
        return Verdict.right
    return Verdict.wrong


def overlaps(evidence: Sequence[Stretch], truth: Sequence[Stretch]) -> bool:
    """Whether any of the evidence shares time with any of the truth."""
    return any(one[0] <= other[1] and other[0] <= one[1] for one in evidence for other in truth)


def refuses(text: str) -> bool:
    """Whether an answer begins by saying that the video does not tell.

    >>> refuses("Not said. Closest: 3:41, the pier is closed."), refuses("No, it is green.")
    (True, False)
    """
    return _REFUSAL.search(_plain(_first_sentence(text))) is not None


def without_citations(text: str, evidence: Sequence[Stretch]) -> str:
    """A text without the times that say where in the video something is: “16” is not in “Nine (1:16)”.

    >>> without_citations("Nine (1:16), at 9:30, said from 1:20 to 1:22", [(76.0, 77.0), (80.2, 82.4)])
    'Nine ( ), at 9:30, said from   to  '
    """
    edges = [edge for stretch in evidence for edge in stretch]

    def kept(match: re.Match[str]) -> str:
        return " " if any(abs(seconds(match[0]) - edge) < 1 for edge in edges) else match[0]

    return re.sub(_CLOCK, kept, text)


def points(text: str, evidence: Sequence[Stretch], truth: Sequence[Stretch]) -> bool:
    """Whether an answer tells when: by the times in its text, or without any by the start of its best evidence."""
    told = times(text)
    if len(told) > len(truth) + MOST_TIMES:
        return False
    if not told and evidence:
        told = [(evidence[0][0], evidence[0][0])]
    near = [(max(start - NEAR, 0.0), end + NEAR) for start, end in told]
    return overlaps(near, truth)


def times(text: str) -> list[tuple[float, float]]:
    """The moments and short ranges that a text tells, in seconds.

    >>> times("At 1:05, and again from 2:00 to 2:10; it takes 45 seconds.")
    [(120.0, 130.0), (65.0, 65.0), (45.0, 45.0)]
    """
    text = text.lower()
    found: list[tuple[float, float]] = []
    for match in _RANGE.finditer(text):
        start, end = seconds(match["a"]), seconds(match["b"])
        if 0 <= end - start <= LONGEST_RANGE:
            found.append((start, end))
    text = _RANGE.sub(" ", text)
    moments = [seconds(match[0]) for match in re.finditer(_CLOCK, text)]
    moments += [float(match[1] or 0) * 60 + float(match[2]) for match in re.finditer(_LONG, text)]
    return found + [(moment, moment) for moment in moments]


def _has(text: str, wanted: str, languages: Sequence[str]) -> bool:
    meant = _plain(wanted)
    if meant in _YES or meant in _NO:
        denied = _opening(text) or ("no" if _NEGATED.search(_plain(_first_sentence(text))) else None)
        return denied == ("yes" if meant in _YES else "no")
    return holds(readings(text, languages), readings(wanted, languages))


def _opening(text: str) -> str | None:
    """`yes` or `no`, if that is how a text begins."""
    plain = _plain(text)
    if _NOT_A_NO.match(plain):
        return None
    if match := _CHINESE.match(plain) or _LATIN.match(plain):
        return "yes" if match["yes"] else "no"
    return None


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.!?。！？؟])(?:\s|(?=[\u3400-\u9fff]))|\n", text.strip(), maxsplit=1)[0]


def _plain(text: str) -> str:
    return " ".join(folded(re.sub(r"[*_`#\"“”„«»]", "", text)).replace("’", "'").split())
