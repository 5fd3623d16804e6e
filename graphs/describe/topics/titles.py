"""What a chapter is called: the title that stands on the picture, else the phrase nearest to what is said in it."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from ....tools.records import Modality, Span
from ....tools.words import STOP_WORDS, one_line, stem, words
from ..material import Embed, Material, Passage, Slide, unit
from ..results import Cited

Title = tuple[str, str, tuple[Cited, ...]]
"""The title, where it is from, and what it rests on."""

OVERHANG = 3.0
"""Seconds by which a slide may come up before its chapter begins."""
LEAST_SHOWN = 0.15
"""Share of a chapter for which a slide must stand to give it its title, where it is not the first."""
LONGEST_PHRASE = 4
"""Words of a phrase."""
CANDIDATES = 8
"""Phrases a chapter that are embedded."""
COMMON = 0.2
"""Share of the passages from which a word is too common to begin or end a phrase, whatever the language."""
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
    common = common_words(material.passages)
    spoken = [[material.passages[at] for at in these] for these in inside]
    counts = [Counter(stem(word) for one in these for word in set(words(one.text))) for these in spoken]
    everywhere = sum(counts, Counter[str]())
    titles = []
    for number, span in enumerate(spans):
        shown = of_slides(material.slides, span)
        if shown is not None:
            titles.append(shown)
            continue
        vectors = material.vectors[inside[number]] if inside[number] else np.zeros((0, 0))
        titles.append(of_speech(spoken[number], vectors, counts[number], everywhere, common, embed))
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
    passages: Sequence[Passage],
    vectors: np.ndarray,
    counts: Counter[str],
    everywhere: Counter[str],
    common: frozenset[str],
    embed: Embed,
) -> Title:
    """The phrase nearest in meaning to all that is said in a stretch, among those that are said more there than
    elsewhere: KeyBERT (Grootendorst, 2020) over candidates by c-TF-IDF."""
    if not passages:
        return "", "", ()
    centre = unit(vectors.mean(axis=0, keepdims=True))[0]
    central = passages[int((vectors @ centre).argmax())]
    weights: dict[str, tuple[float, str]] = {}
    for passage in passages:
        for phrase in phrases(passage.text, common):
            stems = [stem(word) for word in words(phrase)]
            weight = sum(counts[one] * counts[one] / max(everywhere[one], 1) for one in stems if one not in common)
            key = " ".join(stems)
            if key not in weights or weight > weights[key][0]:
                weights[key] = (weight, phrase)
    best = sorted(weights.values(), reverse=True)[:CANDIDATES]
    if not best:
        return shortened(central.text), str(Modality.SPEECH), tuple(map(Cited.of, central.records))
    near = np.stack([np.asarray(one) for one in embed([phrase for _, phrase in best])]) @ centre
    scale = max(weight for weight, _ in best) or 1.0
    rated = [float(cosine) + 0.2 * weight / scale for cosine, (weight, _) in zip(near, best, strict=True)]
    phrase = best[int(np.argmax(rated))][1]
    source = next((one for one in passages if phrase in one.text), central)
    return phrase[:1].upper() + phrase[1:], str(Modality.SPEECH), tuple(map(Cited.of, source.records))


def phrases(text: str, common: frozenset[str]) -> list[str]:
    """Runs of up to four words without a stop between them that neither begin nor end with a common word."""
    found = []
    for clause in re.split(r"[,.;:!?…。！？、；：؟।()\"“”«»–—]+", text):
        spoken = clause.split()
        for first in range(len(spoken)):
            for last in range(first + 1, min(first + LONGEST_PHRASE, len(spoken)) + 1):
                run = spoken[first:last]
                edges = words(run[0])[-1:] + words(run[-1])[:1]
                if len(edges) == 2 and not any(edge in common or len(edge) < 3 or edge.isdigit() for edge in edges):
                    found.append(" ".join(run))
    return found


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
