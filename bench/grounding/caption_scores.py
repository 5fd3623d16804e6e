"""Scores of captions with times: how well their stretches fit (ActivityNet Captions, Krishna et al., 2017), and how
well what they say does, by CIDEr-D (Vedantam, Zitnick and Parikh, 2015) of the pairs whose stretches overlap enough.
The authors split words with Stanford's tokenizer; here they are split as everywhere in vidscout.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from statistics import mean

from ...tools.words import words
from .spans import iou

TIOU_AT = (0.3, 0.5, 0.7, 0.9)
"""Overlaps at which captions count, over which scores are averaged."""
LONGEST = 4
"""Words of an n-gram."""
SIGMA = 6.0
"""Of how much another length costs."""

Grams = Counter[tuple[str, ...]]
Score = Callable[[Sequence[str], Sequence[str]], Sequence[float]]
"""Likeness, 0..1, of texts with one reference each."""


@dataclass(frozen=True, slots=True)
class Event:
    """What happens in a stretch, in a sentence."""

    start: float
    """Seconds."""
    end: float
    text: str

    @property
    def stretch(self) -> tuple[float, float]:
        """Start and end in seconds."""
        return self.start, self.end


def dense_scores(
    captions: Sequence[Sequence[Event]], references: Sequence[Sequence[Sequence[Event]]], score: Score | None = None
) -> dict[str, float]:
    """`precision`, `recall` and `F1` of the stretches and `CIDEr` of what is said, each averaged over the overlaps; a
    video with several references counts with all of them. CIDEr is on its own scale, up to 10; `METEOR`, 0..1, is the
    mean over the pairs of which CIDEr is made, and there only with a `score`.

    Args:
        captions: of each video.
        references: of each video, one set of events a person.
        score: METEOR of texts with one reference each.
    """
    found = {}
    for name, at in (("precision", 0), ("recall", 1)):
        found[name] = mean(
            mean(fit(made, one, least)[at] for made, right in zip(captions, references, strict=True) for one in right)
            for least in TIOU_AT
        )
    both = found["precision"] + found["recall"]
    found["F1"] = 2 * found["precision"] * found["recall"] / both if both else 0.0
    found["CIDEr"] = mean(
        mean(said(made, right, least) for made, right in zip(captions, references, strict=True)) for least in TIOU_AT
    )
    if score is not None:
        found["METEOR"] = mean(
            mean(alike(made, right, least, score) for made, right in zip(captions, references, strict=True))
            for least in TIOU_AT
        )
    return found


def fit(captions: Sequence[Event], events: Sequence[Event], least: float) -> tuple[float, float]:
    """Share of the captions that overlap an event enough, and of the events that a caption does."""
    table = [[iou(one.stretch, other.stretch) > least for other in events] for one in captions]
    precision = mean(any(row) for row in table) if table else 0.0
    recall = mean(any(column) for column in zip(*table, strict=True)) if table and events else 0.0
    return precision, recall


def said(captions: Sequence[Event], references: Sequence[Sequence[Event]], least: float) -> float:
    """CIDEr-D of one video: each caption with every event that it overlaps enough; one that overlaps none scores 0."""
    return cider(pairs_of(captions, references, least))


def alike(captions: Sequence[Event], references: Sequence[Sequence[Event]], least: float, score: Score) -> float:
    """As `said` by another score: the mean over the pairs, of which one without a partner counts 0."""
    pairs = pairs_of(captions, references, least)
    fitting = [(text, right) for text, right in pairs if right is not None]
    scores = score([text for text, _ in fitting], [right for _, right in fitting]) if fitting else []
    return sum(scores) / len(pairs) if pairs else 0.0


def pairs_of(
    captions: Sequence[Event], references: Sequence[Sequence[Event]], least: float
) -> list[tuple[str, str | None]]:
    """Each caption with the text of every event that it overlaps enough, or with None."""
    pairs: list[tuple[str, str | None]] = []
    for one in captions:
        fitting = [event.text for events in references for event in events if iou(one.stretch, event.stretch) >= least]
        pairs += [(one.text, text) for text in fitting] or [(one.text, None)]
    return pairs


def cider(pairs: Sequence[tuple[str, str | None]]) -> float:
    """CIDEr-D of captions with a reference each, 0..10; None is a reference that shares no word.

    >>> round(cider([("a man runs fast", "a man runs fast"), ("a dog sleeps here", "the rain falls now")]), 2)
    5.0
    """
    if not pairs:
        return 0.0
    right = [grams("" if reference is None else reference) for _, reference in pairs]
    documents = Counter(gram for one in right for gram in one)
    weighed = [_weighed(one, documents, len(pairs)) for one in right]
    scores = []
    for (text, reference), theirs in zip(pairs, weighed, strict=True):
        ours = _weighed(grams(text), documents, len(pairs))
        scores.append(_alike(ours, theirs, len(words(text)), len(words(reference or ""))))
    return mean(scores)


def grams(text: str) -> Grams:
    """How often each run of up to four words is in a text."""
    split = words(text)
    return Counter(
        tuple(split[at : at + long]) for long in range(1, LONGEST + 1) for at in range(len(split) - long + 1)
    )


def _weighed(counts: Grams, documents: Grams, total: int) -> list[dict[tuple[str, ...], float]]:
    """Counts times how rare each n-gram is, by length of the n-gram."""
    by_length: list[dict[tuple[str, ...], float]] = [{} for _ in range(LONGEST)]
    for gram, count in counts.items():
        by_length[len(gram) - 1][gram] = count * (log(total) - log(max(documents[gram], 1)))
    return by_length


def _alike(
    ours: list[dict[tuple[str, ...], float]],
    theirs: list[dict[tuple[str, ...], float]],
    our_words: int,
    their_words: int,
) -> float:
    shorter = exp(-((our_words - their_words) ** 2) / (2 * SIGMA**2))
    found = 0.0
    for mine, right in zip(ours, theirs, strict=True):
        shared = sum(min(weight, right.get(gram, 0.0)) * right.get(gram, 0.0) for gram, weight in mine.items())
        norms = sqrt(sum(w * w for w in mine.values())) * sqrt(sum(w * w for w in right.values()))
        found += shared / norms if norms else 0.0
    return 10.0 * shorter * found / LONGEST
