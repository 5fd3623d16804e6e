"""The addresses of what was found in one video: its findings, what to ask of it, corrections, and files for others."""

from collections.abc import Iterable
from pathlib import PurePath
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import FastAPI, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from ...tools.payloads import Spoken, TextLines
from ...tools.records import Modality, Record
from ..exports.formats import FORMATS
from ..inbox.inbox import Inbox
from ..library.correcting import SOURCE
from .describing import DescribeResult
from .errors import INVALID, RequestError
from .shapes import Asked

Id = Annotated[str, Path(min_length=1, max_length=200)]


class FindingObject(BaseModel):
    """One finding of one tool."""

    id: str
    start: float = Field(description="Seconds from the video's first frame.")
    end: float
    modality: str
    text: str
    speaker: str = ""
    source: str = Field(description="Tool and version that found it; `user/1` where somebody put it right.")
    corrected: bool
    words: list[tuple[str, float, float]] = Field([], description="Spoken words with start and end, in seconds.")


class Findings(BaseModel):
    """Findings of one video in order of time."""

    object: Literal["list"] = "list"
    video: str
    data: list[FindingObject]


class CorrectRequest(Asked):
    """What is really said or written."""

    text: str = Field(min_length=1, max_length=4000)


class SuggestionObject(BaseModel):
    """A question that the video can answer."""

    kind: str = Field(description="`chapter`, `name`, `number` or `title`.")
    about: str
    question: str
    start: float


class Suggestions(BaseModel):
    """Questions, made of what was found."""

    object: Literal["list"] = "list"
    data: list[SuggestionObject]


def add_findings(site: FastAPI, inbox: Inbox) -> None:
    """Add the addresses to a server."""
    scout = inbox.scout

    @site.get("/v1/videos/{video}/findings", tags=["videos"])
    def findings(
        video: Id,
        modality: Annotated[list[Modality] | None, Query(description="Only these; may be repeated.")] = None,
        words: Annotated[bool, Query(description="With the times of spoken words.")] = False,
        start: Annotated[float, Query(ge=0, description="Seconds; only what ends after them.")] = 0.0,
        end: Annotated[float | None, Query(gt=0, description="Seconds; only what begins before them.")] = None,
    ) -> Findings:
        """What was found, in order of time; also of a video that is still being read, as far as it has come."""
        found = inbox.find(video)
        records = within(scout.index.timeline(found, modality), start, end)
        return Findings(video=found, data=[finding_of(record, words) for record in records])

    @site.patch("/v1/videos/{video}/findings/{finding}", tags=["videos"])
    def correct(video: Id, finding: Id, request: CorrectRequest) -> FindingObject:
        """Put right what is said or written; it is found by its new words from then on, and named yours."""
        found = inbox.find(video)
        inbox.check_ready(found)
        return finding_of(scout.correct(found, finding, request.text), words=True)

    @site.get("/v1/videos/{video}/suggestions", tags=["videos"])
    def suggest(
        video: Id, checked: Annotated[bool, Query(description="Only those that hold when they are asked.")] = False
    ) -> Suggestions:
        """Questions that it can answer, made of its chapters, names and numbers; none of what was not found."""
        found = inbox.find(video)
        inbox.check_ready(found)
        made = scout.suggest(found, checked=checked)
        return Suggestions(data=[SuggestionObject.model_validate(one, from_attributes=True) for one in made])

    @site.get("/v1/videos/{video}/chapters", tags=["videos"])
    def chapters(video: Id) -> DescribeResult:
        """Its chapters, as `/v1/describe` makes them."""
        found = inbox.find(video)
        inbox.check_ready(found)
        return DescribeResult.model_validate(scout.describe(found, "chapters").as_dict())

    @site.get("/v1/videos/{video}/export", tags=["videos"], response_class=Response)
    def export(
        video: Id,
        format: Annotated[str, Query(description=", ".join(FORMATS))] = "srt",
        of: Annotated[str, Query(description="`transcript`, or a style of `/v1/describe`.")] = "transcript",
    ) -> Response:
        """A file for other programs: the transcript, or a description."""
        found = inbox.find(video)
        inbox.check_ready(found)
        if format not in FORMATS:
            told = f"no format {format[:40]!r}; there are {', '.join(FORMATS)}"
            raise RequestError(400, INVALID, "invalid_request", told, "format")
        made = FORMATS[format]
        name = f"{PurePath(scout.find(found).name).stem or 'video'}.{made.suffix}"
        headers = {"Content-Disposition": attachment(name), "Cache-Control": "no-cache"}
        return Response(scout.export(found, format, of), media_type=made.media_type, headers=headers)


def within(records: Iterable[Record], start: float, end: float | None) -> list[Record]:
    """Those that end after `start` and begin before `end`, in seconds."""
    return [one for one in records if one.span.end >= start and (end is None or one.span.start < end)]


def attachment(name: str) -> str:
    """A `Content-Disposition` with a file's name in any script (RFC 6266, RFC 5987), and one in ASCII beside it.

    >>> attachment("Müller.srt")
    'attachment; filename="M_ller.srt"; filename*=UTF-8\\'\\'M%C3%BCller.srt'
    """
    whole = "".join(char for char in name if char.isprintable() and char not in "/\\\\")
    plain = "".join(char if char.isascii() and (char.isalnum() or char in " -_.()") else "_" for char in whole)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(whole, safe='')}"


def finding_of(record: Record, words: bool) -> FindingObject:
    """A record in the shape of the server."""
    payload = record.payload
    text, who, spoken = record.text, "", []
    if isinstance(payload, Spoken):
        text, who = payload.text, " ".join(payload.speaker.split())
        spoken = [(word.text, round(word.start, 3), round(word.end, 3)) for word in payload.words] if words else []
    elif isinstance(payload, TextLines):
        text = "\n".join(payload.lines)
    told: dict[str, Any] = {"id": record.id, "modality": str(record.modality), "source": record.source}
    return FindingObject(
        **told,
        start=round(record.span.start, 3),
        end=round(record.span.end, 3),
        text=text,
        speaker=who,
        corrected=record.source == SOURCE,
        words=spoken,
    )
