"""An OpenAI-shaped server by the `openai` client: retries, deadlines, and errors of one line."""

import queue
import random
import threading
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import Any, TypeVar

from ...errors import AnswererError, UsageError
from .chat_api import TOO_LONG

FIRST_WAIT = 0.5
LONGEST_WAIT = 20.0
"""Seconds before the first and at most before a later retry; between them it doubles."""

PASSING = {408, 409, 429, 500, 502, 503, 504, 529}
"""Statuses of a server that may answer when it is asked again."""

NO_IMAGES = ("image", "multimodal", "multi-modal", "mmproj", "vision", "video")
"""One of these is in what a server says that was given frames for a model that reads none."""

END = object()

Answer = TypeVar("Answer")


class Endpoint:
    """A server at a base address, as in `http://127.0.0.1:8000/v1`.

    Args:
        address: base of the OpenAI-shaped paths.
        key: what is sent as the bearer token.
        patience: seconds without a byte after which an answer counts as not coming.
        retries: how often a request is repeated that found the server busy, broken or away.
    """

    def __init__(self, address: str, key: str, patience: float, retries: int) -> None:
        import openai

        self.address = address
        self.key = key
        self.patience = patience
        self.retries = retries
        self._openai = openai
        self.client = openai.OpenAI(base_url=address, api_key=key, max_retries=0, timeout=patience)

    def close(self) -> None:
        self.client.close()

    def models(self, needed: bool = True) -> list[dict[str, Any]]:
        """What the server says about the models it serves; nothing where it does not tell and that is not needed."""
        try:
            told = self.ask(lambda timeout: self.client.get("/models", cast_to=object, options={"timeout": timeout}))
        except AnswererError as error:
            if needed or not isinstance(error.__cause__, self._openai.APIStatusError):
                raise
            return []
        except UsageError as error:
            if needed or not isinstance(error.__cause__, self._openai.NotFoundError):
                raise
            return []
        listed = told.get("data") if isinstance(told, dict) else None
        if not isinstance(listed, list) or not all(isinstance(model, dict) and "id" in model for model in listed):
            raise AnswererError(f"{self.address} is no OpenAI-shaped server: it lists no models")
        return listed

    def chat(self, body: dict[str, Any], deadline: float | None = None) -> dict[str, Any]:
        """A whole answer: its first choice, with `usage` beside it where the server tells it."""
        whole = {**body, **body.get("extra_body", {})}
        whole.pop("extra_body", None)
        told = self.post("/chat/completions", whole, deadline)
        return {**self._choice(told), "usage": told.get("usage")}

    def post(self, path: str, body: dict[str, Any], deadline: float | None = None) -> dict[str, Any]:
        """Send a body to a path below the address, or to a whole URL."""
        told = self.ask(
            lambda timeout: self.client.post(path, cast_to=object, body=body, options={"timeout": timeout}),
            deadline,
            "messages" in body and has_pictures(body),
        )
        if not isinstance(told, dict):
            raise AnswererError(f"the answerer at {self.address} sent no answer that can be read: {str(told)[:80]!r}")
        return told

    def pieces(self, body: dict[str, Any], deadline: float | None) -> Generator[dict[str, Any], None, None]:
        """The choices of a streamed answer, one a piece. Closing the iterator hangs up."""
        pictures = has_pictures(body)

        def begin(timeout: float) -> Any:
            return self.client.chat.completions.create(**body, stream=True, timeout=timeout)

        stream = self.ask(begin, deadline, pictures)
        arrived: queue.Queue[Any] = queue.Queue()

        def listen() -> None:
            # In a thread, because a read that has begun cannot be given a nearer deadline.
            try:
                for event in stream:
                    arrived.put(event)
                arrived.put(END)
            except Exception as error:
                arrived.put(error)

        threading.Thread(target=listen, name="answer", daemon=True).start()
        is_whole = False
        try:
            while True:
                try:
                    event = arrived.get(timeout=_left(deadline, self.patience))
                except queue.Empty:
                    raise self._late(deadline) from None
                if event is END:
                    if not is_whole:
                        raise AnswererError(
                            f"the answerer at {self.address} broke off, or sent no answer that can be read"
                        )
                    return
                if isinstance(event, Exception):
                    raise self._failure(event, pictures, deadline) from event
                told = event.to_dict() if hasattr(event, "to_dict") else event
                if isinstance(told, dict) and told.get("choices") == []:
                    continue  # usage, or a sign of life
                choice = self._choice(told)
                is_whole = is_whole or choice.get("finish_reason") is not None
                yield choice
        finally:
            with suppress(Exception):
                stream.close()

    def ask(self, request: Callable[[float], Answer], deadline: float | None = None, pictures: bool = False) -> Answer:
        """Make a request, again and again while that may help, and turn what fails for good into one line.

        Raises:
            TimeoutError: the deadline has passed.
        """
        for attempt in range(self.retries + 1):
            try:
                return request(_left(deadline, self.patience))
            except TimeoutError:
                raise
            except Exception as error:
                if attempt == self.retries or not self._may_pass(error, pictures):
                    raise self._failure(error, pictures, deadline) from error
                wait = self._wait(error, attempt)
                if deadline is not None and time.monotonic() + wait >= deadline:
                    raise self._failure(error, pictures, deadline) from error
                time.sleep(wait)
        raise AssertionError("unreachable")

    def _may_pass(self, error: Exception, pictures: bool) -> bool:
        if isinstance(error, self._openai.APITimeoutError):
            return False  # whoever waited this long does not want to wait again
        if isinstance(error, self._openai.APIStatusError):
            return error.status_code in PASSING and not (pictures and _says(error, NO_IMAGES))
        return isinstance(error, self._openai.APIConnectionError)

    def _wait(self, error: Exception, attempt: int) -> float:
        with suppress(AttributeError, KeyError, TypeError, ValueError):
            asked = float(error.response.headers["retry-after"])  # pyright: ignore[reportAttributeAccessIssue]
            return min(max(asked, 0.0), LONGEST_WAIT)
        return min(FIRST_WAIT * 2**attempt, LONGEST_WAIT) * random.uniform(0.75, 1.0)

    def _failure(self, error: Exception, pictures: bool, deadline: float | None) -> Exception:
        """What to raise: one line, of the kind that the user can act on."""
        openai, where = self._openai, f"the answerer at {self.address}"
        if isinstance(error, AnswererError | UsageError | TimeoutError):
            return error
        if isinstance(error, openai.APITimeoutError) or "Timeout" in type(error).__name__:
            return self._late(deadline)
        said = _message(error).replace(self.key, "…") if self.key else _message(error)  # some servers repeat it
        if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
            return UsageError(f"{where} refuses the key: set the option key, or OPENAI_API_KEY ({said})")
        if isinstance(error, openai.APIStatusError):
            if pictures and _says(error, NO_IMAGES):
                return UsageError(f"the model at {self.address} takes no images: choose one that does ({said})")
            if {getattr(error, "code", None), getattr(error, "type", None)} & TOO_LONG or "context length" in said:
                return UsageError(f"the prompt is too long for {where}: {said}")
            if isinstance(error, openai.NotFoundError):
                return UsageError(f"{where} has no such model or path: {said}")
            if isinstance(error, openai.RateLimitError):
                return AnswererError(f"{where} is too busy or its quota is used up: {said}")
            status = getattr(error, "status_code", "unknown")
            return AnswererError(f"{where} failed with status {status}: {said}")
        if isinstance(error, openai.APIConnectionError):
            return AnswererError(f"{where} cannot be reached: is the server running? ({_root(error)})")
        if isinstance(error, openai.APIError):
            return AnswererError(f"{where} failed: {said}")
        return AnswererError(f"{where} broke off or sent no answer that can be read: {said}")

    def _late(self, deadline: float | None) -> Exception:
        if deadline is not None and time.monotonic() >= deadline - 0.01:
            return TimeoutError("the deadline has passed")
        return AnswererError(f"the answerer at {self.address} sent nothing for {self.patience:g} seconds")

    def _choice(self, told: Any) -> dict[str, Any]:
        try:
            choice = told["choices"][0]
            if isinstance(choice, dict) and isinstance(choice.get("delta", choice.get("message")), dict):
                return choice
        except (KeyError, IndexError, TypeError):
            pass
        raise AnswererError(f"the answerer at {self.address} sent no answer that can be read: {str(told)[:80]!r}")


def has_pictures(body: dict[str, Any]) -> bool:
    """Whether a request carries pictures or video."""
    return any(
        part["type"] != "text"
        for message in body["messages"]
        if isinstance(message["content"], list)
        for part in message["content"]
    )


def _says(error: Exception, signs: tuple[str, ...]) -> bool:
    return any(sign in _message(error).lower() for sign in signs)


def _message(error: Exception) -> str:
    """What the server said, without the status and the JSON around it."""
    body: Any = getattr(error, "body", None)
    if isinstance(body, dict):
        inner = body.get("error", body)
        told = inner.get("message") or inner.get("detail") if isinstance(inner, dict) else inner
    else:
        told = str(error) or type(error).__name__
    lines = str(told or error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__


def _root(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error) or type(error).__name__


def _left(deadline: float | None, patience: float) -> float:
    if deadline is None:
        return patience
    if (left := deadline - time.monotonic()) <= 0:
        raise TimeoutError("the deadline has passed")
    return min(left, patience)
