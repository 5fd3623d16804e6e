"""The OpenAI chat shape over plain HTTP: one request a connection, so that hanging up is what cancels."""

import json
import time
from collections.abc import Generator, Sequence
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any

from ...errors import AnswererError, UsageError
from ..interface import Message, defused

PATIENCE = 600.0
"""Seconds without a byte after which a request without a deadline counts as failed."""

TOO_LONG = {"exceed_context_size_error", "context_length_exceeded"}
"""How llama.cpp and the OpenAI shape say that a prompt does not fit."""

Json = dict[str, Any]


class BrokenOffError(AnswererError):
    """The server cannot be reached, or went away before its answer was whole."""


class ChatApi:
    """A server that speaks `/v1/chat/completions`.

    Every method raises `AnswererError` when the server refuses, breaks off or cannot be reached, `UsageError` when the
    prompt is too long for it, and `TimeoutError` when the deadline, a `time.monotonic()`, passes first.
    """

    def __init__(self, address: str, key: str = "") -> None:
        """Set the server's `host:port` and the key it asks for."""
        self.address = address
        self.key = key

    def post(self, path: str, body: Json, deadline: float | None = None) -> Json:
        """Send a request and read its whole answer."""
        with closing(self._connection(deadline)) as connection:
            return self._json(self._request(connection, path, body))

    def events(self, path: str, body: Json, deadline: float | None = None) -> Generator[Json, None, None]:
        """Send a request with `stream` set and yield each server-sent event. Closing the iterator hangs up."""
        with closing(self._connection(deadline)) as connection:
            response = self._request(connection, path, {**body, "stream": True})
            if response.status != 200:
                self._json(response)
            while not (line := self._line(connection, response, deadline)).startswith(b"data: [DONE]"):
                if not line:
                    raise BrokenOffError(f"the answerer at {self.address} broke off in the middle of its answer")
                if line.startswith(b"data: "):
                    yield self._checked(json.loads(line[6:]))

    def _connection(self, deadline: float | None) -> HTTPConnection:
        return HTTPConnection(self.address, timeout=_left(deadline))

    def _request(self, connection: HTTPConnection, path: str, body: Json) -> HTTPResponse:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"}
        try:
            connection.request("POST", path, json.dumps(body), headers)
            return connection.getresponse()
        except TimeoutError:
            raise
        except (OSError, HTTPException) as error:
            raise BrokenOffError(
                f"the answerer at {self.address} broke off: {error or type(error).__name__}"
            ) from error

    def _line(self, connection: HTTPConnection, response: HTTPResponse, deadline: float | None) -> bytes:
        try:
            if connection.sock is not None:
                connection.sock.settimeout(_left(deadline))
            return response.readline()
        except TimeoutError:
            raise
        except (OSError, HTTPException) as error:
            raise BrokenOffError(
                f"the answerer at {self.address} broke off: {error or type(error).__name__}"
            ) from error

    def _json(self, response: HTTPResponse) -> Json:
        try:
            return self._checked(json.loads(response.read()))
        except TimeoutError:
            raise
        except (OSError, HTTPException, ValueError) as error:
            raise BrokenOffError(f"the answerer at {self.address} sent no answer: {error}") from error

    def _checked(self, answer: Json) -> Json:
        if error := answer.get("error"):
            told = error if isinstance(error, dict) else {"message": error}
            kind = UsageError if {told.get("type"), told.get("code")} & TOO_LONG else AnswererError
            raise kind(f"the answerer refused: {told.get('message', error)}")
        return answer


def chat(messages: Sequence[Message]) -> list[Json]:
    """Messages in the OpenAI shape, text only; what the video says cannot pass for a control token."""
    return [{"role": message.role, "content": defused(message.text)} for message in messages]


def _left(deadline: float | None) -> float:
    if deadline is None:
        return PATIENCE
    if (left := deadline - time.monotonic()) <= 0:
        raise TimeoutError
    return left
