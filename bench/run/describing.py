"""How well chapters and summaries fit what a person listed.

Boundary precision, recall and F1 within a tolerance, each boundary matched at most once, are those of audio and video
segmentation (`mir_eval.segment.detection`; VidChapters-7M, Yang et al., 2023, reports them at 3 and 5 s).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...tools.words import coverage, folded, stem, words


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many of what was found and of what was listed match."""

    matched: int
    found: int
    listed: int

    @property
    def precision(self) -> float:
        """Share of what was found that is listed; 1 where nothing was found and nothing is listed."""
        return self.matched / self.found if self.found else float(not self.listed)

    @property
    def recall(self) -> float:
        """Share of what is listed that was found; 1 where nothing is listed."""
        return self.matched / self.listed if self.listed else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    def __add__(self, other: "Agreement") -> "Agreement":
        return Agreement(self.matched + other.matched, self.found + other.found, self.listed + other.listed)


def boundaries(found: Sequence[float], listed: Sequence[float], within: float = 5.0) -> Agreement:
    """Boundaries found and listed, matched so that as many pairs as possible lie within a tolerance in seconds.

    Args:
        found: times in seconds, without the video's beginning and end.
        listed: likewise.
        within: seconds by which a pair may differ.
    """
    rest = sorted(listed)
    matched = 0
    for time in sorted(found):  # on a line, taking the earliest that fits leaves the most for those that follow
        while rest and rest[0] < time - within:
            rest.pop(0)
        if rest and rest[0] <= time + within:
            rest.pop(0)
            matched += 1
    return Agreement(matched, len(found), len(listed))


def title_similarity(found: str, listed: str) -> float:
    """F1 of the stems of two titles' words, 0..1: ROUGE-1 (Lin, 2004) with stemming."""
    ours, theirs = ({stem(word) for word in words(title)} for title in (found, listed))
    return Agreement(len(ours & theirs), len(ours), len(theirs)).f1 if ours and theirs else 0.0


def held(text: str, holds: Iterable[Sequence[str]]) -> bool:
    """Whether a text holds a fact: all strings of any of the lists, whatever case and accents."""
    there = folded(text)
    return any(all(folded(part) in there for part in parts) for parts in holds)


def supported(sentence: str, evidence: Iterable[str]) -> bool:
    """Whether the words of a sentence are all in what it cites."""
    wanted = [stem(word) for word in words(sentence)]
    return bool(wanted) and coverage(wanted, " ".join(evidence)) == 1.0
