"""What a chapter is called: the title that stands on the picture, else the words that tell what is said in it."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ....tools.records import Modality, Span
from ....tools.words import STOP_WORDS, one_line, stem, words
from ..material import Embed, Material, Passage, Slide, unit
from ..results import Cited

_WORD = re.compile(r"[^\W\d_][\w'’-]*")

Title = tuple[str, str, tuple[Cited, ...]]
"""The title, where it is from, and what it rests on."""

OVERHANG = 3.0
"""Seconds by which a slide may come up before its chapter begins."""
LEAST_SHOWN = 0.15
"""Share of a chapter for which a slide must stand to give it its title, where it is not the first."""
KEY_WORDS = 3
"""Words of a title that is told from speech."""
CANDIDATES = 24
"""Words a chapter that are embedded."""
OPENING = 2
"""Passages with which a stretch begins and mostly says what it is about."""
OPENS = 0.3
"""What a word of them counts more, beside cosines; set on the recordings to work with, as the number of words."""
SHORTEST_WORD = 3
"""Characters."""
COMMON = 0.2
"""Share of the passages from which a word is too common to be in a title, whatever the language."""
LONGEST_TITLE = 60
"""Characters of a sentence that has to do as a title."""


def titled(material: Material, spans: Sequence[Span], embed: Embed) -> list[Title]:
    """A title for each stretch.

    Args:
        material: what was found.
        spans: stretches in order, without overlaps.
        embed: makes vectors of phrases.
    """
    inside = [[at for at, one in enumerate(material.passages) if span.contains(middle(one))] for span in spans]
    telling = Telling.of(material.passages, material.vectors)
    spoken = [[material.passages[at] for at in these] for these in inside]
    counts = [Counter(key for one in these for key in keys_of(one.text)) for these in spoken]
    titles = []
    for number, span in enumerate(spans):
        shown = of_slides(material.slides, span)
        if shown is not None:
            titles.append(shown)
            continue
        vectors = material.vectors[inside[number]] if inside[number] else np.zeros((0, 0))
        titles.append(of_speech(spoken[number], vectors, telling, counts[number], embed))
    return titles


def middle(passage: Passage) -> float:
    """The middle of a passage, in seconds."""
    return (passage.span.start + passage.span.end) / 2


def of_slides(slides: Sequence[Slide], span: Span) -> Title | None:
    """The title of the slide with which a stretch begins, else of the one that stands longest in it."""
    best: tuple[float, Slide] | None = None
    for slide in slides:
        shared = min(slide.span.end, span.end) - max(slide.span.start, span.start)
        if shared <= 0:
            continue
        opens = abs(slide.span.start - span.start) <= OVERHANG
        weight = shared / span.duration + opens
        if (opens or weight >= LEAST_SHOWN) and (best is None or weight > best[0]):
            best = (weight, slide)
    return None if best is None else (best[1].title, str(Modality.SCREEN_TEXT), (Cited.of(best[1].record),))


def of_speech(
    passages: Sequence[Passage], vectors: np.ndarray, telling: "Telling", counts: Counter[str], embed: Embed
) -> Title:
    """The words that tell a stretch from the rest of the video: nearest in meaning to all that is said in it, and
    nearer to it than to the video (KeyBERT: Grootendorst, 2020); those of its first sentences before others.

    Candidates are the words said more there than elsewhere (c-TF-IDF). Where too few are told apart, as in languages
    that are written without spaces, the passage that stands for the stretch has to do.
    """
    if not passages:
        return "", "", ()
    centre = unit(vectors.mean(axis=0, keepdims=True))[0]
    central = passages[int((vectors @ centre).argmax())]
    opening = {key for one in passages[:OPENING] for key in keys_of(one.text)}
    weights = {key: count * count / telling.everywhere[key] for key, count in counts.items() if telling.tells(key)}
    most = max(weights.values(), default=1.0)
    order = sorted(weights, key=lambda key: (-weights[key] / most - 0.5 * (key in opening), key))[:CANDIDATES]
    if len(order) < KEY_WORDS:
        return shortened(central.text), str(Modality.SPEECH), tuple(map(Cited.of, central.records))
    rows = unit(np.stack([np.asarray(one, np.float32) for one in embed([telling.forms[key] for key in order])]))
    here, anywhere = rows @ centre, rows @ telling.centre
    rated = 2 * here - anywhere + OPENS * np.array([key in opening for key in order])
    best = [order[at] for at in np.argsort(-rated, kind="stable")[:KEY_WORDS]]
    title = ", ".join(telling.forms[key] for key in best)
    sources = [next(one for one in passages if key in keys_of(one.text)) for key in best]
    cited = dict.fromkeys(Cited.of(record) for one in sources for record in one.records)
    return title[:1].upper() + title[1:], str(Modality.SPEECH), tuple(cited)


@dataclass(frozen=True)
class Telling:
    """What is said in the whole video, by which the words of a part are weighed."""

    everywhere: Counter[str]
    """Passages in which each word is, by its stem."""
    forms: dict[str, str]
    """How each is mostly written."""
    centre: np.ndarray
    """The middle of all passages, (dimensions,)."""
    common: frozenset[str]
    """Words that are too common to tell anything."""

    @classmethod
    def of(cls, passages: Sequence[Passage], vectors: np.ndarray) -> "Telling":
        """That of all passages of a video."""
        written: dict[str, Counter[str]] = {}
        for one in passages:
            for word in _WORD.findall(one.text):
                for key in keys_of(word):
                    written.setdefault(key, Counter())[word] += 1
        everywhere = Counter(key for one in passages for key in keys_of(one.text))
        forms = {key: max(spelled, key=lambda form: (spelled[form], form)) for key, spelled in written.items()}
        centre = unit(vectors.mean(axis=0, keepdims=True))[0] if len(vectors) else np.zeros(0)
        return cls(everywhere, forms, centre, common_words(passages))

    def tells(self, key: str) -> bool:
        """Whether a word may be in a title."""
        form = self.forms.get(key, "")
        return len(form) >= SHORTEST_WORD and not {key, form.casefold()} & self.common


def keys_of(text: str) -> set[str]:
    """The stems of a text's words."""
    return {stem(word) for word in words(text)}


def common_words(passages: Sequence[Passage]) -> frozenset[str]:
    """Words that are in many passages, and English function words."""
    counts = Counter(word for passage in passages for word in set(words(passage.text)))
    least = max(COMMON * len(passages), 2)
    return STOP_WORDS | {word for word, count in counts.items() if count >= least and len(word) < 6}


def shortened(text: str) -> str:
    """A sentence cut between words to the length of a title."""
    text = one_line(text)
    if len(text) <= LONGEST_TITLE:
        return text.rstrip(".!?。！？")
    head = text[:LONGEST_TITLE]
    return (head.rsplit(" ", 1)[0] if " " in head else head).rstrip(",;:") + "…"
