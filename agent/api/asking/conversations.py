"""Which questions belong together: those of a conversation that has a name, and those that bring their history along.

OpenAI's clients send what was said before with each question. The text of an answer does not tell when in the video
its evidence was, so the answers themselves are remembered, for as long as the server runs and nowhere but in memory.
Those that have a name are kept with each answer's evidence, and can be listed, renamed and deleted.
"""

import hashlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from ....tools.errors import HomeError
from ....tools.index.rows.talks import Talk
from ...answer import Answer
from ...scout import VideoScout
from ..shapes import ChatMessage, ChatRequest

REMEMBERED = 1024
"""Answers, of all programs together."""
log = logging.getLogger(__name__)
FORGOTTEN = "the messages before are not known to this server: the question was understood by itself"


class Conversations:
    """Keeps the conversations of different keys apart."""

    def __init__(self, known: Callable[[str], bool], scout: VideoScout | None = None) -> None:
        """Remember nothing yet.

        Args:
            known: whether a video, by its id, is still there: answers about a forgotten one are not leaned on.
            scout: in whose home conversations that have a name are kept; without one they are not.
        """
        self._known = known
        self._scout = scout
        self._answers: OrderedDict[bytes, Answer] = OrderedDict()
        self._lock = threading.Lock()

    def named(self, request: ChatRequest, key: str) -> str | None:
        """The name under which the conversation is kept, or None where the request names none."""
        return None if request.conversation is None else _kept_as(request.conversation, key)

    def before(self, request: ChatRequest, key: str) -> tuple[list[Answer], list[str]]:
        """The answer that the question comes after, and what is to be said about that."""
        if request.conversation is not None or not any(message.role == "assistant" for message in request.messages):
            return [], []
        digest = _digest(request.messages[:-1], key)
        with self._lock:
            before = self._answers.get(digest)
        if before is not None and not all(map(self._known, before.videos)):
            with self._lock:
                self._answers.pop(digest, None)
            before = None
        return ([before], []) if before is not None else ([], [FORGOTTEN])

    def remember(self, request: ChatRequest, key: str, answer: Answer) -> None:
        """Keep an answer, for a question that comes after the same messages and it."""
        said = [*request.messages, ChatMessage(role="assistant", content=answer.text)]
        with self._lock:
            self._answers[_digest(said, key)] = answer
            while len(self._answers) > REMEMBERED:
                self._answers.popitem(last=False)

    # Those that have a name, kept

    def keep(self, request: ChatRequest, key: str, title: str, turn: dict[str, Any]) -> None:
        """Keep a question with its answer, as plain values, in the conversation that the request names.

        Nothing is kept where a video has been forgotten meanwhile, or the home cannot be written.
        """
        if self._scout is None or request.conversation is None:
            return
        videos = {*turn["videos"], *(item["video"] for item in turn["citations"])}
        if not all(map(self._known, videos)):
            return
        try:
            name = _kept_as(request.conversation, key)
            self._scout.index.talks.add(name, _owner(key), title, videos, turn)
        except HomeError as error:
            log.warning("a conversation was not kept: %s", error)

    def all(self, key: str, prefix: str) -> list[tuple[str, Talk]]:
        """The conversations of a key whose names begin so, the latest first, each with its name."""
        begins = _kept_as("", key)
        return [(one.name.removeprefix(begins), one) for one in self._talks.all(_owner(key), begins + prefix)]

    def get(self, name: str, key: str) -> tuple[Talk, list[dict[str, Any]]] | None:
        """A conversation with what was asked and answered in it."""
        kept = _kept_as(name, key)
        talk = self._talks.get(kept, _owner(key))
        return None if talk is None else (talk, self._talks.turns(kept))

    def rename(self, name: str, key: str, title: str) -> bool:
        """Give a conversation another title; whether it is there."""
        return self._talks.rename(_kept_as(name, key), _owner(key), title)

    def delete(self, name: str, key: str) -> bool:
        """Delete a conversation, with the state from which it would go on; whether it was there."""
        from ...conversations.checkpoints import open_checkpointer

        assert self._scout is not None
        kept = _kept_as(name, key)
        there = self._talks.delete(kept, _owner(key))
        if there:
            with suppress(HomeError), open_checkpointer(self._scout.conversations) as checkpointer:
                checkpointer.delete_thread(kept)
        return there

    @property
    def _talks(self) -> Any:
        assert self._scout is not None
        return self._scout.index.talks


def _owner(key: str) -> str:
    return hashlib.blake2b(key.encode(), digest_size=8).hexdigest()


def _kept_as(name: str, key: str) -> str:
    """The name under which a conversation of a key is kept."""
    return f"api/{_owner(key)}/{name}"


def _digest(messages: Sequence[ChatMessage], key: str) -> bytes:
    digest = hashlib.blake2b(key.encode(), digest_size=16)
    for message in messages:
        digest.update(f"\x1e{message.role}".encode())
        parts = message.content if isinstance(message.content, list) else ()
        texts = [message.content] if isinstance(message.content, str) else []
        for part in parts:
            texts += [part.text or "", part.video or "", part.video_url.url if part.video_url else ""]
        for text in texts:
            if text.strip():
                digest.update(f"\x1f{text.strip()}".encode("utf-8", "surrogatepass"))
    return digest.digest()
