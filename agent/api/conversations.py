"""Which questions belong together: by the name that a program gives a conversation."""

import hashlib

from .shapes import ChatRequest


class Conversations:
    """Keeps conversations of different keys apart."""

    def named(self, request: ChatRequest, key: str) -> str | None:
        """The name under which the conversation is kept, or None where the request names none."""
        if request.conversation is None:
            return None
        owner = hashlib.blake2b(key.encode(), digest_size=8).hexdigest()
        return f"api/{owner}/{request.conversation}"
