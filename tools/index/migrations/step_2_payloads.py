"""Records get a payload beside their text, filled from what version 1 wrote.

Version 1 kept only English sentences. What they state is read back here, and nowhere else; which box is whose comes
from what was observed of the frames, as far as that is still there.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from sqlite3 import Connection
from typing import Any

from ...perception.objects.coco import COCO_LABELS

Payload = dict[str, Any]
"""As `payloads.py` stores it in version 2."""
Box = tuple[float, float, float, float]
"""Left, top, right, bottom in fractions of the frame."""

LINE_BREAK = " / "
IRREGULAR = {"person": "people", "mouse": "mice", "knife": "knives", "sheep": "sheep", "scissors": "scissors"}
COMPOSED = re.compile(
    r"(?:Looks like: (?P<looks>.*?)\.)? ?(?:Objects: (?P<objects>.*?)\.)? ?(?:On screen: (?P<texts>.*)\.)?"
)
QUOTE = re.compile(r"“(.*?)”(?:, |$)")


def apply(db: Connection) -> None:
    """Add the column, and fill it video by video."""
    db.execute("alter table records add column payload text")
    for (video,) in db.execute("select distinct video from records").fetchall():
        seen = Seen.of(db, video)
        rows = db.execute(
            "select number, start, stop, modality, text, score, source, boxes from records where video = ?", [video]
        ).fetchall()
        filled = []
        for number, start, stop, modality, text, score, source, stored in rows:
            boxes: list[Box] = [tuple(box) for box in json.loads(stored)]
            if modality == "screen_text":
                payload, boxes = lines(text, boxes, seen)
            else:
                payload = payload_of(modality, text, start, stop, score, source, boxes, seen)
            filled.append((json.dumps({"version": 1} | payload, ensure_ascii=False), json.dumps(boxes), number))
        db.executemany("update records set payload = ?, boxes = ? where number = ?", filled)


@dataclass
class Seen:
    """What was observed on the frames of one video, by its box."""

    texts: dict[Box, set[str]] = field(default_factory=lambda: defaultdict(set))
    objects: dict[Box, list[tuple[float, str, float]]] = field(default_factory=lambda: defaultdict(list))
    """Time in seconds, label and score."""

    @classmethod
    def of(cls, db: Connection, video: str) -> "Seen":
        """Read the manifest of ingest."""
        seen = cls()
        rows = db.execute("select payload from observations where video = ? and branch = 'see' order by time", [video])
        for (row,) in rows:
            frame = json.loads(row)
            for line in frame.get("lines", ()):
                seen.texts[_box(line)].add(line["text"])
            for thing in frame.get("objects", ()):
                seen.objects[_box(thing)].append((frame["time"], thing["label"], thing["score"]))
        return seen


def _box(found: dict[str, Any]) -> Box:
    box = found["box"]
    return box["left"], box["top"], box["right"], box["bottom"]


def payload_of(
    modality: str,
    text: str,
    start: float,
    stop: float,
    score: float,
    source: str,
    boxes: Sequence[Box],
    seen: Seen,
) -> Payload:
    """What a record of version 1 says, of any modality but screen text."""
    if modality == "object":
        numbers = counts(text)
        return {"kind": "object_counts", "numbers": list(numbers.items()), "objects": objects(numbers, boxes, seen)}
    if modality == "track":
        label = next(iter(counts(text)), text)
        last = [at for at, *_ in seen.objects.get(boxes[-1], ()) if start <= at <= stop] if boxes else []
        times = [start, last[-1] if last else stop][: len(boxes)]
        return {"kind": "track", "label": label, "times": times, "boxes": [_named(box) for box in boxes]}
    if modality == "frame":
        tags = [{"label": name, "score": 0.0 if at else score} for at, name in enumerate(text.split(", "))]
        return {"kind": "labels", "tags": tags}
    if modality == "caption":
        return caption(text) if source.startswith("composed/") else {"kind": "caption", "text": text}
    if modality == "shot":
        number = text.rpartition(" ")[2]
        return {"kind": "shot", "number": int(number) if number.isdigit() else 0}
    return {"kind": "spoken", "text": text}


def counts(text: str) -> dict[str, int]:
    """The numbers that a sentence states: `2 people, 1 dog: 2 people at the left, …`."""
    stated = (part.partition(" ") for part in text.partition(":")[0].split(", "))
    return {LABELS.get(name, name): int(number) for number, _, name in stated if number.isdigit()}


def _names() -> Iterator[tuple[str, str]]:
    for label in COCO_LABELS:
        yield IRREGULAR.get(label) or label + ("es" if label.endswith(("s", "x", "ch", "sh")) else "s"), label
        yield label, label


LABELS = dict(_names())
"""What version 1's detectors find, by the names that its sentences have for one and for several."""


def objects(numbers: dict[str, int], boxes: Sequence[Box], seen: Seen) -> list[Payload]:
    """Label, score and box of each object, where the observations agree with the sentence; else nothing."""
    found = [seen.objects[box][-1] for box in boxes if box in seen.objects]
    if len(found) != len(boxes) or Counter(label for _, label, _ in found) != numbers:
        return []
    return [
        {"label": label, "score": score, "box": _named(box)}
        for (_, label, score), box in zip(found, boxes, strict=True)
    ]


def lines(text: str, boxes: list[Box], seen: Seen) -> tuple[Payload, list[Box]]:
    """The lines of a text and a box for each. Version 1 had a box for each piece of a line."""
    found: list[tuple[str, Box]] = []
    at = 0
    for box in boxes:
        fitting = [piece for piece in seen.texts.get(box, ()) if text.startswith(piece, at)]
        if not fitting:
            break
        piece = max(fitting, key=len)
        if not found or text[:at].endswith(LINE_BREAK):
            found.append((piece, box))
        else:
            before, around = found[-1]
            found[-1] = f"{before} {piece}", _around(around, box)
        at += len(piece)
        at += len(LINE_BREAK) if text.startswith(LINE_BREAK, at) else len(" ")
    if at <= len(text):
        return {"kind": "text_lines", "lines": text.split(LINE_BREAK)}, boxes
    return {"kind": "text_lines", "lines": [line for line, _ in found]}, [box for _, box in found]


def caption(text: str) -> Payload:
    """The parts of a composed caption; the text alone where it has others."""
    parts = COMPOSED.fullmatch(text)
    if parts is None:
        return {"kind": "caption", "text": text}
    return {
        "kind": "caption",
        "looks": parts["looks"].split(", ") if parts["looks"] else [],
        "numbers": list(counts(parts["objects"]).items()) if parts["objects"] else [],
        "texts": [{"lines": quote.split(LINE_BREAK)} for quote in QUOTE.findall(parts["texts"] or "")],
    }


def _named(box: Box) -> Payload:
    return dict(zip(("left", "top", "right", "bottom"), box, strict=True))


def _around(one: Box, other: Box) -> Box:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])
