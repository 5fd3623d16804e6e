"""What is there in each shot, or every few seconds: what is seen, written and said, merged into one timeline.

A stretch that shows the same as the one before it is not described again: its caption tells only what is new, as in
the differential captions of ShareGPT4Video (Chen et al., 2024).
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

from ...tools.payloads import Caption as Written
from ...tools.payloads import ObjectCounts, Sound, Spoken, TextLines
from ...tools.plurals import plural
from ...tools.records import Modality, Record, Span, of_kind
from ...tools.words import one_line
from .results import Caption, Cited
from .wording import wording

QUOTED = 200
"""Characters quoted of one text or utterance."""
USED = (Modality.CAPTION, Modality.OBJECT, Modality.SCREEN_TEXT, Modality.SPEECH, Modality.SOUND)


def stretches(shots: Sequence[Span], span: Span, every: float | None) -> list[Span]:
    """The stretches that get a caption each: the shots, or pieces of `every` seconds; they tile the whole."""
    if every is not None:
        count = max(int((span.end - span.start) / every + 0.999), 1)
        edges = [min(span.start + number * every, span.end) for number in range(count)]
    else:
        edges = [span.start, *(shot.start for shot in shots if span.start < shot.start < span.end)]
    edges = sorted(set(edges))
    return [Span(one, other) for one, other in zip(edges, [*edges[1:], span.end], strict=True) if other > one]


def captioned(records: Sequence[Record], pieces: Sequence[Span], language: str = "") -> list[Caption]:
    """A caption for each stretch in which there is something new; one in which nothing changes lengthens the last.

    Args:
        records: of the modalities in `USED`, in order of time.
        pieces: the stretches, in order.
        language: ISO 639-1 code of the fixed words; by default English.
    """
    made: list[Caption] = []
    before: dict[str, str] = {}
    for piece in pieces:
        there = [record for record in records if overlaps(record, piece)]
        parts, used, now = [], [], {}
        for kind, words, record in told(there, language):
            now[kind + words] = words
            if kind + words not in before and not any(words == other for other in parts):
                parts.append(words)
                used.append(record)
        start, end = round(piece.start, 3), round(piece.end, 3)
        if parts:
            evidence = tuple(Cited.of(record) for record in dict.fromkeys(used))
            made.append(Caption(start, end, " ".join(parts), evidence))
        elif made and made[-1].end == start:
            last = made[-1]
            made[-1] = Caption(last.start, end, last.text, last.evidence)
        before = now
    return made


def overlaps(record: Record, piece: Span) -> bool:
    """Whether a record is in a stretch: speech where it begins, all else where they share a moment."""
    if record.modality is Modality.SPEECH:
        return piece.contains(record.span.start)
    return record.span.overlaps(piece) or piece.contains(record.span.start)


def told(records: Iterable[Record], language: str = "") -> list[tuple[str, str, Record]]:
    """What there is to tell of a stretch: its kind, its words, and the record that says so."""
    records = list(records)
    found: list[tuple[str, str, Record]] = []
    for record, caption in of_kind(records, Written):
        if caption.text:
            found.append(("caption", sentence(caption.text), record))
        elif caption.looks:
            found.append(("looks", wording("looks", language, text=", ".join(caption.looks)), record))
    counted: dict[str, tuple[int, Record]] = {}
    for record, objects in of_kind(records, ObjectCounts):
        for label, number in objects.numbers:
            if number > counted.get(label, (0, record))[0]:
                counted[label] = (number, record)
    found += [("object", f"{n} {label if n == 1 else plural(label)}.", r) for label, (n, r) in counted.items()]
    for record, text in of_kind(records, TextLines):
        found.append(("text", wording("on_screen", language, text=short(" / ".join(text.lines))), record))
    for record, sound in of_kind(records, Sound):
        found.append(("sound", wording("sound", language, text=one_line(sound.text)), record))
    return [*found, *said(records, language)]


def said(records: Sequence[Record], language: str = "") -> list[tuple[str, str, Record]]:
    """What is said, one quotation for as long as the same person speaks, from its beginning as far as it fits."""
    found: list[tuple[str, str, Record]] = []
    for speaker, turn in groupby(of_kind(records, Spoken), key=lambda one: one[1].speaker):
        spoken = list(turn)
        text = short(" ".join(words.text for _, words in spoken))
        quotation = wording("says" if speaker else "said", language, text=text, who=speaker)
        found.append(("speech", quotation, spoken[0][0]))
    return found


def short(text: str) -> str:
    """A text on one line, cut between words where it is long."""
    text = one_line(text)
    return text if len(text) <= QUOTED else text[:QUOTED].rsplit(" ", 1)[0] + "…"


def sentence(text: str) -> str:
    """A caption with a full stop."""
    text = one_line(text)
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
