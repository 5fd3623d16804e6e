"""The judge: a text model that weighs whether a sentence answers a question, by the probability of its next word."""

from pathlib import Path
from typing import ClassVar

from .llama_cpp import LlamaCpp


class Judge(LlamaCpp):
    """Qwen2.5-Coder 1.5B in llama.cpp, which is asked for one word at a time and writes nothing.

    Of the models that registry packages carry it was the best at telling an answer from a sentence about the same
    thing; it takes about 0.05 s a token on two CPU cores, so that it reads single sentences, not pages.
    """

    role = "judge"
    name = "llama.cpp"
    weights: ClassVar[tuple[str, ...]] = ("qwen2.5-coder-1.5b-instruct-q4",)

    def __init__(
        self,
        model: str | Path = weights[0],
        *,
        context: int = 1024,
        threads: int | None = None,
        template: str | None = None,
    ) -> None:
        """As `LlamaCpp`; a short context is enough for one sentence."""
        super().__init__(model, context=context, threads=threads, template=template)
