"""What a finding says, typed: logic reads a record's payload, and its text is only a rendering of it.

Adding a kind of finding takes three steps:

1. here: a frozen dataclass with a `kind` and a `modality` of its own, and its name in `Payload`;
2. in `rendering.py`: one function that puts it into words;
3. the tool that makes it: `Record.of(video, span, payload, score, source)`.

The index stores payloads as JSON (`to_json`, `from_json`) without being told of the new kind. A field that is added
later needs a default, which older payloads then have; any other change is a step in `tools/index/migrations`.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, get_args

from .errors import HomeError
from .geometry import Box

if TYPE_CHECKING:
    from pydantic import TypeAdapter

VERSION = 1
"""Of the stored form. Goes up when a kind's fields change in a way that older code would misread."""
HEAD = re.compile(r'\{"version": (?P<version>\d+), "kind": "(?P<kind>\w+)"')
"""How every stored payload begins."""
REMEMBERED = 10_000
"""Payloads that are kept as they were last read, those of about three hours of video: questions ask about the same
videos again and again, and 1,200 records are read in 7 ms instead of 30 to 80."""
MOVES = 0.15
"""Share of the frame's width or height from which a followed object is said to move."""


class Modality(StrEnum):
    """By which sense a finding was made: what a search can be narrowed to."""

    SPEECH = "speech"
    """What is said: one record an utterance."""
    SCREEN_TEXT = "screen_text"
    """What is written on the picture: one record for as long as a text stands there."""
    OBJECT = "object"
    """What an object detector found: counts, places and relations."""
    FRAME = "frame"
    """What one kept frame looks like; found by frame–text similarity."""
    CAPTION = "caption"
    """A sentence about a shot; composed from the other records where the profile has no captioner."""
    SHOT = "shot"
    """A stretch between two cuts. Not searched; it gives the timeline its structure."""
    TRACK = "track"
    """One object for as long as it is there. Not searched: counted."""
    SOUND = "sound"
    """What is heard beside speech."""
    PERSON = "person"
    """Whose face is seen, for as long as it is. Not searched."""
    VOICE = "voice"
    """Who speaks, for as long as he does. Not searched: what he says is."""
    APPEARANCE = "appearance"
    """What a followed person or thing looks like: colours, posture, size. Not searched."""
    CHAPTER = "chapter"
    """A part of the video that has a title of its own."""


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word with its times in seconds from the video's first frame, and its probability, 0..1."""

    text: str
    start: float
    end: float
    probability: float = 1.0


@dataclass(frozen=True, slots=True)
class Detection:
    """One object that a detector found on one frame."""

    label: str
    score: float
    box: Box


@dataclass(frozen=True, slots=True)
class Tag:
    """One label that an image classifier gives a whole frame, with its probability."""

    label: str
    """All its synonyms, as WordNet has them: `racer, race car, racing car`."""
    score: float

    @property
    def name(self) -> str:
        """The first synonym."""
        return self.label.split(",")[0]


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is said in one utterance."""

    kind: ClassVar[str] = "spoken"
    modality: ClassVar[Modality] = Modality.SPEECH

    text: str
    words: tuple[Word, ...] = ()
    """In order, where the recogniser gives times to words."""
    language: str = ""
    """ISO 639-1 code, where it is known."""
    speaker: str = ""
    """Who says it, where it is known."""
    translation: str = ""
    """What it means in English, where that was asked for and it is in another language."""
    forms: tuple[str, ...] = ()
    """Numbers, amounts and addresses in it as they are written, where the text has them otherwise."""
    given: bool = False
    """Somebody wrote it down, in subtitles; it was not recognised."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One person who speaks, until he is silent or another one speaks."""

    kind: ClassVar[str] = "voice"
    modality: ClassVar[Modality] = Modality.VOICE

    label: str
    """What stands for him in this video: `Speaker 2`, or what an audio track is called; `People` may know his name."""
    by_track: bool = False
    """Whether he has an audio track of his own."""


@dataclass(frozen=True, slots=True)
class Person:
    """One person whose face is seen; where at the beginning and at the end, say the record's boxes."""

    kind: ClassVar[str] = "person"
    modality: ClassVar[Modality] = Modality.PERSON

    label: str
    """What stands for him in this video: `unknown person 3`; `Faces` may know his name."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound that is no speech, in words: `door creaks`."""

    kind: ClassVar[str] = "sound"
    modality: ClassVar[Modality] = Modality.SOUND

    text: str
    given: bool = False
    """Somebody wrote it down, in subtitles; it was not recognised."""


@dataclass(frozen=True, slots=True)
class TextLines:
    """Lines of text that stand on the picture together, in reading order; their boxes are the record's, one a line.

    Records that version 1 made may have several boxes for a line that was read in pieces.
    """

    kind: ClassVar[str] = "text_lines"
    modality: ClassVar[Modality] = Modality.SCREEN_TEXT

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ObjectCounts:
    """How many objects of each label are in the picture at once."""

    kind: ClassVar[str] = "object_counts"
    modality: ClassVar[Modality] = Modality.OBJECT

    numbers: tuple[tuple[str, int], ...]
    """Label and number, the most numerous first."""
    objects: tuple[Detection, ...] = ()
    """Those of the frame on which they were seen most surely; empty where only the numbers are known."""

    @classmethod
    def of(cls, objects: Iterable[Detection]) -> "ObjectCounts":
        """Count what was detected on one frame."""
        found = tuple(objects)
        return cls(in_order_of_number(Counter(detection.label for detection in found)), found)

    @property
    def counts(self) -> dict[str, int]:
        """The number of each label."""
        return dict(self.numbers)


@dataclass(frozen=True, slots=True)
class Track:
    """One object followed for as long as it is there."""

    kind: ClassVar[str] = "track"
    modality: ClassVar[Modality] = Modality.TRACK

    label: str
    times: tuple[float, ...]
    """Seconds at which it was seen, in order."""
    boxes: tuple[Box, ...]
    """Where it was at each of the times."""

    @property
    def direction(self) -> str:
        """Where it went: `left`, `right`, `up` or `down`; empty where it stayed in place."""
        if not self.boxes:
            return ""
        (from_x, from_y), (to_x, to_y) = self.boxes[0].centre, self.boxes[-1].centre
        across, down = to_x - from_x, to_y - from_y
        if max(abs(across), abs(down)) < MOVES:
            return ""
        if abs(across) >= abs(down):
            return "right" if across > 0 else "left"
        return "down" if down > 0 else "up"


class Change(StrEnum):
    """What happens between followed objects, or between one and the edge of the picture."""

    APPROACHES = "approaches"
    PARTS = "parts"
    """It moves away from the other one."""
    PASSES = "passes"
    """It passes in front of the other one."""
    ENTERS = "enters"
    """It comes into the picture."""
    LEAVES = "leaves"
    """It goes out of the picture."""


@dataclass(frozen=True, slots=True)
class Relation:
    """What one followed object does to another one; made from tracks when it is asked for."""

    kind: ClassVar[str] = "relation"
    modality: ClassVar[Modality] = Modality.TRACK

    change: Change
    label: str
    other: str = ""
    """Label of the other object; empty where there is none."""


Shares = tuple[tuple[str, float], ...]
"""Names with their shares, 0..1, the largest first."""


@dataclass(frozen=True, slots=True)
class Appearance:
    """What one followed person or thing looks like, over all frames on which it is seen."""

    kind: ClassVar[str] = "appearance"
    modality: ClassVar[Modality] = Modality.APPEARANCE

    label: str
    colours: Shares = ()
    """Of a thing; those of a person are of the clothing."""
    upper: Shares = ()
    """Colours of what covers a person's upper body."""
    lower: Shares = ()
    """Colours of what covers the legs."""
    postures: Shares = ()
    """`standing`, `sitting`, `lying`, `walking`, `arm raised`, each with the share of sightings that show it."""
    size: float = 0.0
    """Share of the picture, 0..1: the median."""


@dataclass(frozen=True, slots=True)
class Labels:
    """What a whole frame looks like: the labels worth naming, the most probable first."""

    kind: ClassVar[str] = "labels"
    modality: ClassVar[Modality] = Modality.FRAME

    tags: tuple[Tag, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """One name a label, none twice."""
        return tuple(dict.fromkeys(tag.name for tag in self.tags))


@dataclass(frozen=True, slots=True)
class Caption:
    """A sentence about a stretch: what a model wrote, or the parts of which it is composed."""

    kind: ClassVar[str] = "caption"
    modality: ClassVar[Modality] = Modality.CAPTION

    text: str = ""
    """What a captioner wrote; empty where the caption is composed of the other fields."""
    looks: tuple[str, ...] = ()
    """Names of labels."""
    numbers: tuple[tuple[str, int], ...] = ()
    """Label and number of the objects, at most at once."""
    texts: tuple[TextLines, ...] = ()
    """What is written on the picture, in order of time."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A stretch between two cuts, numbered from 1."""

    kind: ClassVar[str] = "shot"
    modality: ClassVar[Modality] = Modality.SHOT

    number: int


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of the video with a title, numbered from 1."""

    kind: ClassVar[str] = "chapter"
    modality: ClassVar[Modality] = Modality.CHAPTER

    title: str
    """Empty where the video gives none."""
    number: int
    of: int = 0
    """How many chapters there are; 0 where that is not known."""


Payload = (
    Spoken
    | Voice
    | Person
    | Sound
    | TextLines
    | ObjectCounts
    | Track
    | Relation
    | Appearance
    | Labels
    | Caption
    | Shot
    | Chapter
)
"""Every kind of finding."""


def in_order_of_number(numbers: dict[str, int]) -> tuple[tuple[str, int], ...]:
    """Labels with their numbers, the most numerous first, and among equals by name."""
    return tuple(sorted(numbers.items(), key=lambda item: (-item[1], item[0])))


def to_json(payload: Payload) -> str:
    """The stored form: an object with `version`, `kind` and the kind's fields, in this order."""
    return json.dumps({"version": VERSION} | to_fields(payload), ensure_ascii=False)


@lru_cache(maxsize=REMEMBERED)
def from_json(stored: str) -> Payload:
    """The payload that `to_json` stored.

    Raises:
        HomeError: a newer vidscout stored it, or it is not a payload.
    """
    from pydantic import ValidationError

    head = HEAD.match(stored)
    kind = _kinds().get(head["kind"]) if head else None
    if head is None or kind is None or int(head["version"]) > VERSION:
        raise HomeError(f"this index holds a finding that a newer vidscout wrote ({stored[:60]}): upgrade vidscout")
    try:
        return _adapter(kind).validate_json(stored)
    except ValidationError as error:
        raise HomeError(f"a finding in this index is damaged ({kind.kind}): add the video again") from error


def to_fields(payload: Payload) -> dict[str, Any]:
    """What `--json`, HTTP and MCP show of a payload: `kind` and the kind's fields, all of them JSON."""
    return {"kind": payload.kind, **_adapter(type(payload)).dump_python(payload, mode="json")}


@cache
def _kinds() -> dict[str, Any]:
    return {kind.kind: kind for kind in get_args(Payload)}


@cache
def _adapter(kind: type) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
