"""Files as they arrive: a multipart form, written to disk piece by piece and never held in memory."""

import shutil
from pathlib import Path
from typing import Any

from python_multipart import FormParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import File, parse_options_header
from starlette.requests import ClientDisconnect, Request

from ..bridge import in_thread
from ..inbox.inbox import Inbox
from ..inbox.queue import QueuedVideo
from ..inbox.uploads import check_room
from ..network.sizes import TooLargeError, shown_name, size_of
from .errors import INVALID, RequestError

PIECE = 2**20
"""Bytes that are gathered before they are written."""


async def received(request: Request, inbox: Inbox) -> QueuedVideo:
    """Take the field `file` of a form and queue it.

    Raises:
        RequestError: the request is no form, or has no file in it.
        TooLargeError: it is larger or longer than is taken.
        MediaError: nothing in it can be read as video or audio.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or b"boundary" not in options:
        raise RequestError(415, INVALID, "not_a_form", "send the video as the field `file` of multipart/form-data")
    length = request.headers.get("content-length", "")
    await in_thread(check_room, inbox.uploads, int(length) if length.isdecimal() else 0, inbox.limits)
    folder = await in_thread(inbox.arrivals.place)
    folder.mkdir()
    files: list[File] = []
    try:
        await _written(request, inbox.limits.size, _parser(options[b"boundary"], folder, files))
        sent = [file for file in files if file.field_name == b"file"]
        if len(sent) != 1:
            raise RequestError(400, INVALID, "no_file", "the form needs one field `file` with the video", "file")
        if not sent[0].size or sent[0].actual_file_name is None:
            raise RequestError(400, INVALID, "empty_file", "the file is empty", "file")
        path = Path(sent[0].actual_file_name.decode())
        name = shown_name((sent[0].file_name or b"").decode("utf-8", "replace"))
        for file in files:
            file.close()
        return await in_thread(inbox.take, path, name)
    finally:
        for file in files:
            file.close()
        shutil.rmtree(folder, ignore_errors=True)


def _parser(boundary: bytes, folder: Path, files: list[File]) -> FormParser:
    config: dict[str, Any] = {
        "UPLOAD_DIR": str(folder),
        "UPLOAD_DELETE_TMP": False,
        "MAX_MEMORY_FILE_SIZE": 0,
        "MAX_FIELDS": 16,
        "MAX_FIELD_SIZE": 2**14,
    }
    return FormParser("multipart/form-data", None, files.append, boundary=boundary, config=config)


async def _written(request: Request, most: int, parser: FormParser) -> None:
    held = bytearray()
    size = 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > most + PIECE:
                raise TooLargeError(f"the file has more than {size_of(most)}, the most that is taken")
            held += piece
            if len(held) >= PIECE:
                await in_thread(parser.write, bytes(held))
                held.clear()
        await in_thread(parser.write, bytes(held))
        parser.finalize()
    except FormParserError:
        told = "the form cannot be read: it is cut off, or no form at all"
        raise RequestError(400, INVALID, "not_a_form", told) from None
    except ClientDisconnect:
        raise RequestError(400, INVALID, "cut_off", "the upload was cut off") from None
