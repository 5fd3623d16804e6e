"""An answer sentence by sentence: each is held against the records as soon as it is written, and gets its time."""

import re
from collections.abc import Callable, Generator, Iterable

from ....tools.records import clock
from ....tools.words import content_words, is_number, said, spoken_numbers, stem, words
from ..state import Candidate, CheckedSentence

SUPPORTED = 0.6
"""Share of a sentence's own words that the records must hold."""
AT_MOST_CITED = 3
UNSUPPORTED = " (no record says so)"

_END = re.compile(r"[.!?][”\"’')\]]*(?=\s)|[。！？][」』”]*")
_TIME = re.compile(r"(?<![\d:])\d{1,2}(?::\d\d){1,2}(?![\d:])")
"""As `clock` writes it, all of it."""


def support(answer: str, question: str, candidates: list[Candidate]) -> tuple[float, list[Candidate]]:
    """How far the records hold what a sentence says, and the records that hold it, best first.

    Words that the answer repeats from the question prove nothing, so only its own words count; a number that is in no
    record makes the answer unsupported whatever else it says.

    Returns:
        Share of the answer's own words that the records hold, 0..1, and the candidates that hold any of them.
    """
    asked = {stem(word) for word in words(question)}
    own = [word for word in content_words(answer) if word not in asked]
    own = [part for word in own for part in as_said(word, candidates)]
    held = {candidate.record.id: spoken_numbers(candidate.record.text) for candidate in candidates}
    if not own:
        return (1.0, candidates[:1]) if candidates and content_words(answer) else (0.0, [])
    everything = set().union(*held.values()) if held else set()
    if any(is_number(word) and word not in everything for word in own):
        return 0.0, []

    def holds(candidate: Candidate) -> int:
        return sum(word in held[candidate.record.id] for word in own)

    holding = [candidate for candidate in candidates if holds(candidate)]
    holding.sort(key=lambda candidate: (-holds(candidate), -candidate.relevance))
    return sum(word in everything for word in own) / len(own), holding


def as_said(word: str, candidates: list[Candidate]) -> list[str]:
    """A number in figures as the words that say it, when no record has the figures: “11” where “eleven” was said."""
    return [word] if any(word in words(candidate.record.text) for candidate in candidates) else sorted(said(word))


def checked(sentence: str, question: str, candidates: list[Candidate]) -> CheckedSentence:
    """A sentence with the records that support it. A time that it tells itself is not held against them."""
    share, holding = support(_TIME.sub(" ", sentence), question, candidates)
    return CheckedSentence(sentence.strip(), share, tuple(holding[:AT_MOST_CITED]))


def mark(sentence: CheckedSentence, name: Callable[[str], str] = lambda _: "", seen: bool = False) -> str:
    """What follows a sentence: when its evidence is, or that there is none; what was `seen` needs no record."""
    if sentence.support < SUPPORTED or not sentence.cited:
        return "" if seen else UNSUPPORTED
    if _TIME.search(sentence.text):
        return ""
    record = sentence.cited[0].record
    return f" ({f'{name(record.video)} '.lstrip()}{clock(record.span.start)})"


def with_times(
    pieces: Iterable[str],
    check: Callable[[str], CheckedSentence],
    name: Callable[[str], str] = lambda _: "",
    seen: bool = False,
) -> Generator[str, None, list[CheckedSentence]]:
    """An answer as it is written, with a mark after each sentence.

    Args:
        pieces: of the answer, cut anywhere.
        check: holds a sentence against the records.
        name: what to call the video of a mark; nothing where there is only one.
        seen: the answerer saw frames, and may say what no record does.

    Returns:
        The sentences, as the generator's return value.
    """
    sentences: list[CheckedSentence] = []
    current = ""
    """The sentence that has begun; all of it has been yielded."""
    for piece in pieces:
        text, begin, shown = current + piece, 0, len(current)
        for match in _END.finditer(text):
            if len(words(text[begin : match.end()])) < 2:
                continue  # the number of an item, an initial
            if rest := text[max(shown, begin) : match.end()]:
                yield rest
            sentences.append(check(text[begin : match.end()]))
            if said := mark(sentences[-1], name, seen):
                yield said
            begin = shown = match.end()
        if rest := text[shown:]:
            yield rest
        current = text[begin:]
    if words(current):
        sentences.append(check(current))
        if said := mark(sentences[-1], name, seen):
            yield said
    return sentences
