"""What somebody put into words, in pieces small enough to have edges: sentences of speech, texts on screen, sounds."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...tools.payloads import Spoken, Word
from ...tools.records import Modality, Record, Span
from .asks import Sense
from .state import Grounding, Piece, Sought

WORDED = {
    Sense.SAID: (Modality.SPEECH, Modality.CHAPTER, Modality.SOUND),
    Sense.HEARD: (Modality.SOUND, Modality.SPEECH),
    Sense.WRITTEN: (Modality.SCREEN_TEXT,),
    Sense.SHOWN: (),
}
"""Where each sense finds things in words: what is said may say itself to be a sound, and a sound may be transcribed."""
ANY = (Modality.SPEECH, Modality.SCREEN_TEXT, Modality.SOUND, Modality.CHAPTER)
WHOLE = 400
"""Records up to which every one is looked at; of more the nearest, and a sample by which they are judged."""
DEEP = 200
"""Records that a search gives, of a video that has more than `WHOLE`."""
PAUSE = 0.7
"""Seconds of silence between two words from which they are of two sentences, whatever the punctuation says."""
ENDS = (".", "?", "!", "…", "。", "？", "！", "؟", "।")
_SENTENCES = re.compile(r"(?<=[.?!…؟।])\s+|(?<=[。？！])")


@dataclass(frozen=True)
class Near:
    """Pieces of one group, in order of time, with how near each is to the query."""

    pieces: tuple[Piece, ...]
    whole: np.ndarray
    """Cosine with the query, (pieces,)."""
    topic: np.ndarray
    """Cosine with its topic, (pieces,)."""
    vectors: np.ndarray
    """Unit vectors of the pieces, (pieces, dimensions); zeros where the index has none."""

    @classmethod
    def of(cls, found: Sequence[Piece], vectors: np.ndarray, sought: Sought, grounding: Grounding) -> "Near":
        """Pieces with their vectors, (pieces, dimensions), held against a query and its topic."""
        vectors = unit(np.asarray(vectors, np.float32))
        queries = unit(np.stack([grounding.vector(sought.query), grounding.vector(sought.topic)]))
        whole, topic = (vectors @ queries.T).T
        return cls(tuple(found), whole, topic, vectors)


def unit(rows: np.ndarray) -> np.ndarray:
    """Rows of length 1; a row of zeros stays."""
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def near(video: str, sought: Sought, grounding: Grounding) -> list[Near]:
    """The pieces of a video, by groups that are judged each among themselves: said, written, other."""
    modalities = ANY if sought.sense is None else WORDED[sought.sense]
    groups = [tuple(m for m in modalities if m is one) for one in (Modality.SPEECH, Modality.SCREEN_TEXT)]
    groups.append(tuple(m for m in modalities if m not in (Modality.SPEECH, Modality.SCREEN_TEXT)))
    found = [_group(video, group, sought, grounding) for group in groups if group]
    return [group for group in found if group.pieces]


def _group(video: str, modalities: Sequence[Modality], sought: Sought, grounding: Grounding) -> Near:
    records = grounding.index.timeline(video, modalities)
    if len(records) > WHOLE:
        records = _chosen(video, modalities, records, sought, grounding)
    single: list[tuple[Record, Piece]] = []
    split: list[tuple[Record, list[Piece]]] = []
    for record in records:
        pieces = list(sentences(record))
        if len(pieces) > 1:
            split.append((record, pieces))
        else:
            single.append((record, pieces[0]))
    known = grounding.index.record_vectors(video, [record.id for record, _ in single])
    nothing = np.zeros(len(grounding.vector(sought.query)), np.float32)
    rows = [(piece, known.get(record.id, nothing)) for record, piece in single]
    texts = [piece for _, pieces in split for piece in pieces]
    rows += zip(texts, embedded(split, grounding), strict=True)
    rows.sort(key=lambda row: row[0].span)
    vectors = np.stack([row[1] for row in rows]) if rows else np.zeros((0, len(nothing)), np.float32)
    return Near.of([row[0] for row in rows], vectors, sought, grounding)


def _chosen(
    video: str, modalities: Sequence[Modality], records: Sequence[Record], sought: Sought, grounding: Grounding
) -> list[Record]:
    """Of a long video: what a search finds for the query and for its topic, and every n-th record besides."""
    found = {
        hit.record.id
        for text in dict.fromkeys((sought.query, sought.topic))
        for hit in grounding.index.search(
            text, grounding.vector(text), modalities=modalities, videos=[video], within=sought.within, k=DEEP
        )
    }
    every = max(len(records) // DEEP, 1)
    return [record for n, record in enumerate(records) if record.id in found or n % every == 0]


def sentences(record: Record) -> Iterator[Piece]:
    """A record in pieces: an utterance in its sentences, anything else as a whole.

    Where the words have no times, those of the sentences are estimated from how long their texts are.
    """
    said = record.payload
    if not isinstance(said, Spoken):
        yield Piece(record.span, record.modality, record.text, record)
        return
    if not said.words:
        yield from _estimated(record, said)
        return
    begun: list[Word] = []
    for word in said.words:
        if begun and (word.start - begun[-1].end > PAUSE or begun[-1].text.rstrip("\"'”»)").endswith(ENDS)):
            yield _sentence(record, begun)
            begun = []
        begun.append(word)
    yield _sentence(record, begun)


def _estimated(record: Record, said: Spoken) -> Iterator[Piece]:
    texts = [text for text in _SENTENCES.split(said.text) if text.strip()]
    if len(texts) < 2:
        yield Piece(record.span, record.modality, record.text, record)
        return
    a_letter, start = record.span.duration / sum(map(len, texts)), record.span.start
    for text in texts:
        end = min(start + len(text) * a_letter, record.span.end)
        yield Piece(Span(start, end), record.modality, text.strip(), record)
        start = end


def _sentence(record: Record, spoken: Sequence[Word]) -> Piece:
    start = max(spoken[0].start, 0.0)
    text = "".join(word.text if word.text[:1].isspace() else f" {word.text}" for word in spoken).strip()
    return Piece(Span(start, max(spoken[-1].end, start)), record.modality, text, record)


def embedded(split: Sequence[tuple[Record, Sequence[Piece]]], grounding: Grounding) -> np.ndarray:
    """The vectors of sentences, (sentences, dimensions), made once for each record and then kept in the library."""
    library, source = grounding.index.library, grounding.text_embedding.source
    keys = [f"sentences-{record.id}-{len(pieces)}-{source}" for record, pieces in split]
    known = {key: library.cached(key) for key in keys}
    missing = [(key, record, pieces) for key, (record, pieces) in zip(keys, split, strict=True) if known[key] is None]
    made = iter(grounding.text_embedding.run([piece.text for _, _, pieces in missing for piece in pieces]))
    for key, record, pieces in missing:
        rows = np.stack([next(made) for _ in pieces]).astype(np.float16)
        known[key] = rows.tobytes()
        library.cache(key, rows.tobytes(), record.video)
    blocks = [
        np.frombuffer(known[key] or b"", np.float16).reshape(len(pieces), -1)
        for key, (_, pieces) in zip(keys, split, strict=True)
    ]
    return np.concatenate(blocks).astype(np.float32) if blocks else np.zeros((0, 0), np.float32)
