"""The media, pictures and transcripts of known videos, by id: whatever an address says, nothing else is served."""

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException
from fastapi import Path as InPath
from fastapi.responses import FileResponse, Response

from ..agent.api.arriving import OwnerRequest
from ..agent.exports.entries import TRANSCRIBED, of_records
from ..agent.exports.formats import FORMATS
from ..agent.inbox.containers import OTHER, container_of
from ..tools.errors import MediaError, UnknownVideoError
from .site import Site

OFFERED = ("srt", "vtt", "txt", "json", "csv", "md", "html")
"""Formats in which a transcript can be downloaded (`agent/exports`)."""
INERT = "sandbox; default-src 'self'; script-src 'none'; object-src 'none'; frame-ancestors 'self'; base-uri 'none'"
"""What a file may do that a browser shows by itself: nothing. Its bytes came from somebody else."""
KEPT = {"Cache-Control": "private, max-age=3600", "Content-Security-Policy": INERT}
FRESH = {"Cache-Control": "no-cache", "Content-Security-Policy": INERT}
"""Of what people may correct."""
READS = ["GET", "HEAD"]


def add_files(app: FastAPI, site: Site) -> None:
    """Add the addresses to an application."""
    scout = site.scout

    def known(video: str) -> Any:
        found = scout.library.get(video)
        if found is None:
            raise HTTPException(404, "no such video")
        return found

    def existing(path: Path, media_type: str) -> FileResponse:
        if not path.is_file():
            raise HTTPException(404, "the file is gone")
        return FileResponse(path, media_type=media_type, headers=KEPT)

    @app.post("/sample", status_code=202)
    def sample(request: OwnerRequest) -> dict[str, str]:
        if site.sample is None:
            raise HTTPException(404, "no sample is offered here")
        return {"id": site.sample(site.inbox, request.owner)}

    @app.api_route("/media/{video}", methods=READS)
    def media(video: str) -> Response:
        found = known(video)
        return existing(found.path, media_type_of(found.id, found.path))

    @app.api_route("/thumbnail/{video}/{milliseconds}", methods=READS)
    def thumbnail(video: str, milliseconds: Annotated[int, InPath(ge=0)]) -> Response:
        try:
            return existing(scout.index.thumbnail_at(known(video).id, milliseconds), "image/jpeg")
        except UnknownVideoError as error:
            raise HTTPException(404, str(error)) from None

    @app.api_route("/transcript/{video}.{kind}", methods=READS)
    def transcript(video: str, kind: str) -> Response:
        if kind not in OFFERED:
            raise HTTPException(404, f"no format {kind}; there are {', '.join(OFFERED)}")
        found = known(video)
        made = FORMATS[kind]
        name = "".join(
            char if (char.isalnum() and char.isascii()) or char in "-_" else "_" for char in Path(found.name).stem
        )
        return Response(
            made.write(of_records(found, site.records(found.id, *TRANSCRIBED))),
            media_type=made.media_type,
            headers={**FRESH, "Content-Disposition": f'attachment; filename="{name or "transcript"}.{kind}"'},
        )


@lru_cache(maxsize=1024)
def media_type_of(video: str, path: Path) -> str:
    """What browsers call the file of a video.

    Args:
        video: its id, which stands for its content.
        path: where it lies.
    """
    try:
        return container_of(path).media_type
    except MediaError:
        return OTHER.media_type
