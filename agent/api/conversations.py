"""Which questions belong together: those of a conversation that has a name, and those that bring their history along.

OpenAI's clients send what was said before with each question. The text of an answer does not tell when in the video
its evidence was, so the answers themselves are remembered, for as long as the server runs and nowhere but in memory.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

from ..answer import Answer
from .shapes import ChatMessage, ChatRequest

REMEMBERED = 1024
"""Answers, of all programs together."""
FORGOTTEN = "the messages before are not known to this server: the question was understood by itself"


class Conversations:
    """Keeps the conversations of different keys apart."""

    def __init__(self, known: Callable[[str], bool]) -> None:
        """Remember nothing yet.

        Args:
            known: whether a video, by its id, is still there: answers about a forgotten one are not leaned on.
        """
        self._known = known
        self._answers: OrderedDict[bytes, Answer] = OrderedDict()
        self._lock = threading.Lock()

    def named(self, request: ChatRequest, key: str) -> str | None:
        """The name under which the conversation is kept, or None where the request names none."""
        if request.conversation is None:
            return None
        owner = hashlib.blake2b(key.encode(), digest_size=8).hexdigest()
        return f"api/{owner}/{request.conversation}"

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
