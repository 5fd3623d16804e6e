"""Standing questions: what somebody wants to be told of while a live video runs.

As in MMDuet (Wang et al., "VideoLLM Knows When to Speak", arXiv:2411.17991) something is told when it is relevant to
the question and new. Relevance is what `ground` decides by, with the same fitted weights: how near a sentence, a text
on screen or a sound lies to the question and its topic, which objects it names, what a frame's labels are called.
Novelty is how unlike it is to what was relevant just before; of things that are counted, whether there are more.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ...tools.payloads import Labels, ObjectCounts, Shot
from ...tools.perception.embeddings import by_example
from ...tools.perception.embeddings.by_example import ByExample
from ...tools.records import Modality, Record
from ...tools.words import folded, words
from ..answer.question.object_names import known_labels, named_labels
from ..ground import asks, decide, pieces
from ..ground.asks import Sense
from ..ground.graph import understood
from ..ground.state import Grounding, Piece, Sought

EXAMPLES = Path(__file__).with_name("standing.toml")
AGAIN = 30.0
"""Seconds after which what was told of and has gone is new when it comes back; of changes it is `GONE`."""
GONE = 5.0
"""Seconds without a thing after which it has gone: detectors and readers miss one on single frames."""
NOVEL = 0.2
"""Least novelty. A reading of the same text with every seventh letter wrong is 0.15 from it (`speech.py`, ALIKE, has
measures of how far apart two texts lie that say the same)."""
REMEMBERED = 64
"""Relevant findings that a question remembers."""
CHANGES = {"text": Modality.SCREEN_TEXT, "picture": Modality.SHOT, "speech": Modality.SPEECH}
"""What is told of where a question waits for a change, whatever it says."""


@dataclass(frozen=True)
class Event:
    """Something that somebody wanted to be told of."""

    question: str
    video: str
    start: float
    """Seconds since the watching began."""
    end: float
    """So far."""
    at: float
    """When it was told, in seconds since 1970 (UTC)."""
    modality: str
    text: str
    """What was found."""
    relevance: float
    """0..1, as `ground` has it."""
    novelty: float
    """0..1."""
    source: str
    """Tool and version that found it."""
    thumbnail: str = ""
    """Path of a picture of that moment, where one is kept."""

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass
class _Stood:
    """A relevant finding."""

    modality: Modality
    text: str
    count: int
    end: float


@dataclass
class _Question:
    text: str
    sought: Sought
    waits: str
    """`content`, or a key of CHANGES."""
    stood: "deque[_Stood]" = field(default_factory=lambda: deque(maxlen=REMEMBERED))


class Standing:
    """The standing questions of one live video."""

    def __init__(self, grounding: Grounding) -> None:
        """Take what `ground` works with."""
        self._grounding = grounding
        self._learnt: ByExample | None = None
        self._questions: dict[str, _Question] = {}

    def ask(self, questions: Sequence[str]) -> None:
        """Have exactly these questions stand; those that stood before remember what they told."""
        self._questions = {text: self._questions.get(text) or self._question(text) for text in questions}

    def _question(self, text: str) -> _Question:
        sought = understood(text, None, self._grounding)
        waits = "content" if sought.quoted else self._waits(text)
        return _Question(text, sought, waits)

    def _waits(self, text: str) -> str:
        """What a question waits for; `content` where that is unsure."""
        if self._learnt is None:
            self._learnt = learn(self._grounding)
        name, margin = self._learnt.told(self._grounding.vector(text)[None])
        return name if margin >= asks.SURE else "content"

    def remember(self, video: str, records: Sequence[Record]) -> None:
        """Know of findings, in order of time, that were there before the watching went on; nothing is told of them."""
        self.told(video, records, 0.0)

    def told(self, video: str, records: Sequence[Record], at: float) -> list[Event]:
        """What is to be told of among findings that were not there before.

        Args:
            video: the id.
            records: in order of time.
            at: now, in seconds since 1970.
        """
        return [event for question in self._questions.values() for event in self._of(question, video, records, at)]

    def _of(self, question: _Question, video: str, records: Sequence[Record], at: float) -> Iterator[Event]:
        labels = self._labels(question.sought, video) if question.waits == "content" else ()
        for record, relevance, text in self._relevant(question, records, labels):
            count = _count(record, labels)
            again = AGAIN if question.waits == "content" else GONE
            novelty = _novelty(question.stood, record, text, count, again)
            question.stood.append(_Stood(record.modality, folded(text), count, record.span.end))
            if novelty >= NOVEL:
                yield Event(
                    question.text,
                    video,
                    round(record.span.start, 3),
                    round(record.span.end, 3),
                    at,
                    str(record.modality),
                    text,
                    round(relevance, 3),
                    round(novelty, 3),
                    record.source,
                    self._thumbnail(video, record.span.start),
                )

    def _relevant(
        self, question: _Question, records: Sequence[Record], labels: Sequence[str]
    ) -> Iterator[tuple[Record, float, str]]:
        """The findings that a question is about, with how much and the words that say it."""
        if question.waits != "content":
            wanted = CHANGES[question.waits]
            yield from ((record, 1.0, record.text) for record in records if record.modality is wanted)
            return
        sought = question.sought
        worded = pieces.ANY if sought.sense is None else pieces.WORDED[sought.sense]
        if sought.quoted:
            worded = worded or pieces.ANY  # a phrase is shown where it can be read, and said where it is heard
        for piece in self._decided([record for record in records if record.modality in worded], sought):
            if piece.record is not None and piece.probability >= decide.holds_from():
                yield piece.record, piece.probability, piece.text
        if sought.sense not in (None, Sense.SHOWN) or sought.quoted:
            return
        topic = decide.topic_stems(sought)
        for record in records:
            if isinstance(record.payload, ObjectCounts):
                if labels and set(labels) <= set(record.labels):
                    yield record, record.score, record.text
            elif isinstance(record.payload, Labels):
                tags = [tag for tag in record.payload.tags if decide.names_it(topic, tag.label.split(","))]
                if tags:
                    yield record, max(tag.score for tag in tags), ", ".join(tag.name for tag in tags)

    def _decided(self, records: Sequence[Record], sought: Sought) -> list[Piece]:
        split = [(record, piece) for record in records for piece in pieces.sentences(record)]
        if not split:
            return []
        vectors = np.stack(self._grounding.text_embedding.run([piece.text for _, piece in split]))
        near = pieces.Near.of([piece for _, piece in split], vectors, sought, self._grounding)
        return decide.decided(near, sought)

    def _labels(self, sought: Sought, video: str) -> tuple[str, ...]:
        """The labels of objects that a question names."""
        return named_labels(sought.query, known_labels(self._grounding.index, [video]))

    def _thumbnail(self, video: str, time: float) -> str:
        index = self._grounding.index
        address = index.thumbnail_address(video, time)
        return str(index.thumbnail_at(video, int(address.rpartition("/")[2]))) if address else ""


def learn(grounding: Grounding) -> ByExample:
    """What standing questions wait for, learnt from the examples for this text embedding."""
    table = [(name, text) for name, _, text in examples()]
    vectors = np.stack([grounding.vector(text) for _, text in table])
    return by_example.learn(vectors, [name for name, _ in table], grounding.source)


def examples() -> list[tuple[str, str, str]]:
    """Name, language and wording of every example."""
    return by_example.examples(EXAMPLES, "waits")


def _count(record: Record, labels: Sequence[str]) -> int:
    """How many of the things that a question names are in the picture; 0 for other findings."""
    if not isinstance(record.payload, ObjectCounts):
        return 0
    return sum(number for label, number in record.payload.numbers if label in labels)


def _novelty(stood: Sequence[_Stood], record: Record, text: str, count: int, again: float) -> float:
    """How new a finding is after those that stood when it began, or until `again` seconds before, 0..1."""
    from rapidfuzz import fuzz

    before = [one for one in stood if one.modality is record.modality and one.end >= record.span.start - again]
    if isinstance(record.payload, Shot) and record.payload.number == 1:
        return 0.0  # the first of a window begins with the window
    if not before:
        return 1.0
    if count:
        latest = before[-1].count if record.span.start - before[-1].end < GONE else 0
        return max(count - latest, 0) / count
    if isinstance(record.payload, Shot):
        return float(all(one.end <= record.span.start + 1e-3 for one in before))
    said = folded(text)
    return 1.0 - max(fuzz.ratio(said, one.text) if words(said) else float(said == one.text) for one in before) / 100


__all__ = ["Event", "Standing"]
