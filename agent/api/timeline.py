"""What a video's timeline is drawn from: lanes of stretches, and the picture that is nearest to a time."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import FastAPI, Path, Query
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from ...tools.errors import UnknownVideoError
from ...tools.payloads import Chapter, ObjectCounts, Spoken
from ...tools.records import Modality, Record
from ..inbox.inbox import Inbox

LANES = ("shot", "chapter", "speech", "screen_text", "object", "person", "sound")
"""Modalities that are drawn, from top to bottom."""
MOST_TEXT = 80
"""Characters of a stretch: what fits on a hint."""
KEPT = {"Cache-Control": "private, max-age=3600"}

Stretch = tuple[float, float, str, int]
"""Start and end in seconds, what stands there, and the number of whoever speaks, or -1."""


class Lane(BaseModel):
    """Everything that one sense found, in order of time."""

    kind: Literal["shot", "chapter", "speech", "screen_text", "object", "person", "sound"]
    bars: list[Stretch] = Field(description="Start, end (seconds), text, and index into `who` or -1.")
    who: list[str] = Field(description="Who speaks, or is seen, in the order in which they come.")


class Timeline(BaseModel):
    """The lanes of a video in which something was found."""

    object: Literal["timeline"] = "timeline"
    video: str
    duration: float = Field(description="Seconds.")
    lanes: list[Lane]


def add_timeline(site: FastAPI, inbox: Inbox) -> None:
    """Add the addresses to a server."""
    scout = inbox.scout

    @site.get("/v1/videos/{video}/timeline", tags=["videos"])
    def timeline(video: Annotated[str, Path(min_length=1, max_length=200)]) -> Timeline:
        """What was found when, also in a video that is still being read, as far as it has come."""
        found = inbox.find(video)
        status = inbox.status(found)
        records = scout.index.timeline(found, [Modality(kind) for kind in LANES])
        return Timeline(video=found, duration=status.duration, lanes=lanes_of(records))

    @site.get("/v1/videos/{video}/thumbnail", tags=["videos"], response_class=FileResponse)
    def thumbnail(
        video: Annotated[str, Path(min_length=1, max_length=200)],
        t: Annotated[float | None, Query(ge=0, description="Seconds; by default after a third of the video.")] = None,
    ) -> FileResponse:
        """The picture of the kept frame that is nearest to a time."""
        found = inbox.find(video)
        status = inbox.status(found)
        address = scout.index.thumbnail_address(found, status.duration / 3 if t is None else t)
        if address is None:
            raise UnknownVideoError(f"no frames of {status.name} are kept")
        path = scout.index.thumbnail_at(found, int(address.rpartition("/")[2]))
        return FileResponse(path, media_type="image/jpeg", headers=KEPT if status.status == "ready" else None)


def lanes_of(records: Sequence[Record]) -> list[Lane]:
    """Records in order of time as lanes, without those in which nothing is."""
    lanes = {kind: Lane(kind=kind, bars=[], who=[]) for kind in LANES}
    for record in records:
        lane = lanes.get(record.modality.value)
        if lane is None:
            continue
        text, who = _told(record)
        if who and who not in lane.who:
            lane.who.append(who)
        text = text if len(text) <= MOST_TEXT else f"{text[: MOST_TEXT - 1]}…"
        number = lane.who.index(who) if who else -1
        lane.bars.append((round(record.span.start, 3), round(record.span.end, 3), text, number))
    return [lane for lane in lanes.values() if lane.bars]


def _told(record: Record) -> tuple[str, str]:
    """What stands in a stretch, and who says it or is seen."""
    payload = record.payload
    if isinstance(payload, Spoken):
        return " ".join(payload.text.split()), payload.speaker
    if isinstance(payload, Chapter):
        return payload.title or str(payload.number), ""
    if isinstance(payload, ObjectCounts):
        return ", ".join(f"{number} × {label}" if number > 1 else label for label, number in payload.numbers), ""
    if record.modality is Modality.SHOT:
        return "", ""
    text = " ".join(record.text.split())
    return text, text if record.modality is Modality.PERSON else ""
