"""Errors as OpenAI's clients understand them: a status code, and one line in an `error` object."""

import json
import logging
from dataclasses import dataclass
from typing import Any

from ...tools.errors import (
    BackendUnavailableError,
    MediaError,
    ServingBusyError,
    UnknownVideoError,
    UsageError,
    VidscoutError,
    WeightsError,
)
from ..guard.refusal import RefusedError
from ..inbox.inbox import NotReadyError
from ..inbox.questions_at_once import BusyError
from ..network.public_addresses import FetchError, RefusedAddressError
from ..network.sizes import TooLargeError

log = logging.getLogger(__name__)


@dataclass(eq=False)
class RequestError(Exception):
    """What a request gets back instead of an answer."""

    status: int
    kind: str
    code: str
    message: str
    param: str | None = None

    @property
    def body(self) -> dict[str, Any]:
        """The `error` object that OpenAI's clients read."""
        line = " ".join(self.message.split())
        return {"error": {"message": line, "type": self.kind, "param": self.param, "code": self.code}}

    @property
    def headers(self) -> dict[str, str]:
        """HTTP headers that go with the status, as `Retry-After`."""
        if self.status == 401:
            return {"WWW-Authenticate": "Bearer"}
        return {"Retry-After": "2"} if self.status in (429, 503) else {}


INVALID = "invalid_request_error"

KNOWN: tuple[tuple[type[VidscoutError], int, str, str], ...] = (
    (BusyError, 429, "rate_limit_error", "busy"),
    (UnknownVideoError, 404, "not_found_error", "video_not_found"),
    (NotReadyError, 409, INVALID, "video_not_ready"),
    (TooLargeError, 413, INVALID, "too_large"),
    (RefusedAddressError, 400, INVALID, "address_refused"),
    # A client tries again by itself after a status of 500 and more, which would fetch again what cannot be fetched.
    (FetchError, 400, INVALID, "fetch_failed"),
    (ServingBusyError, 503, "server_error", "cluster_busy"),
    (BackendUnavailableError, 503, "server_error", "backend_unavailable"),
    (WeightsError, 503, "server_error", "weights_missing"),
    (MediaError, 415, INVALID, "not_media"),
    (UsageError, 400, INVALID, "invalid_request"),
)
"""The first that fits tells status, type and code."""


def problem_of(error: BaseException) -> RequestError:
    """What is told of an error; one that nobody foresaw goes to the log, and its text stays there."""
    if isinstance(error, RequestError):
        return error
    for kind, status, told, code in KNOWN:
        if isinstance(error, kind):
            return RequestError(status, told, code, str(error))
    if isinstance(error, VidscoutError):
        return RequestError(500, "server_error", "failed", str(error))
    log.error("a request failed", exc_info=error)
    return RequestError(500, "server_error", "internal_error", "the request failed; the log of the server says why")


KINDS = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
"""What a status is called where the guard refuses."""


def shown(refused: RefusedError) -> tuple[bytes, str]:
    """What the guard refused, as a body with its content type."""
    problem = RequestError(refused.status, KINDS.get(refused.status, INVALID), refused.code, refused.message)
    return json.dumps(problem.body).encode(), "application/json"


def of_validation(errors: list[Any]) -> RequestError:
    """The first thing that is wrong with a request's body or query."""
    first = errors[0] if errors else {"loc": (), "msg": "the request is not understood"}
    place = [str(part) for part in first["loc"] if part not in ("body", "query", "path")]
    param = ".".join(place) or None
    message = first["msg"][0].lower() + first["msg"][1:]
    return RequestError(400, INVALID, "invalid_request", f"{param}: {message}" if param else message, param)


def not_found(path: str) -> RequestError:
    """The error for an address at which nothing is served."""
    return RequestError(404, "not_found_error", "unknown_address", f"there is nothing at {path[:200]}; see /docs")
