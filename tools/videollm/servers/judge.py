"""The judge: a text model that weighs whether a sentence answers a question, by the probability of its next word."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from ...errors import AnswererError
from ...weights import catalogue
from ..interface import Message
from .chat_api import chat
from .llama_cpp import LlamaCpp

KEPT = "prompts"
"""Folder beside the weights with the state of prompts that were read, some 30 KB a token."""


class Judge(LlamaCpp):
    """Qwen2.5-Coder 1.5B in llama.cpp, which is asked for one word at a time and writes nothing.

    Smaller models were not tried as judges. It reads some twenty tokens a second on two busy CPU cores, so that it is
    given single sentences, not pages.
    """

    role = "judge"
    name = "llama.cpp"
    tells_state = True
    weights: ClassVar[tuple[str, ...]] = ("qwen2.5-coder-1.5b-instruct-q4",)

    def __init__(
        self,
        model: str | Path = weights[0],
        *,
        context: int = 2048,
        threads: int | None = None,
        template: str | None = None,
    ) -> None:
        """As `LlamaCpp`; a short context is enough for the examples and one sentence."""
        super().__init__(model, context=context, threads=threads, template=template)
        self._begun: tuple[object, str] | None = None
        """The process and the name of the state that it was given last."""

    def warm(self, messages: Sequence[Message]) -> None:
        """Read what the next prompts begin with; where it was read before, its state is loaded instead, in a tenth of
        a second. Where they began with the same before, nothing is done."""
        told = json.dumps([self.source, self.context, chat(messages)])
        name = f"{hashlib.sha256(told.encode()).hexdigest()[:24]}.bin"
        with self._server() as server:
            if self._begun == (self._process, name):
                return
            self._begun = (self._process, name)
            try:
                server.post("/slots/0?action=restore", {"filename": name})
            except AnswererError:
                super().warm(messages)
                if self._prompts():
                    self._save(name)

    def _save(self, name: str) -> None:
        with self._server() as server:
            try:
                server.post("/slots/0?action=save", {"filename": name})
            except AnswererError:
                return  # a full disk, or a folder that only somebody else may write: it is read again next time

    def _prompts(self) -> str:
        folder = catalogue.cache() / KEPT
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError:
            return ""
        return f"{folder}/"
