"""Thoughts that a model writes aloud before its answer, taken out of it."""

from collections.abc import Generator
from typing import TypeVar

BEGIN, END = "<think>", "</think>"
ANSWER = ("<answer>", "</answer>")
"""What GLM-4.1V puts around its answer when it has thought."""

AT_MOST = 4096
"""Tokens that thoughts may take beside those of the answer."""

Result = TypeVar("Result")


def spoken(pieces: Generator[str, None, Result]) -> Generator[str, None, Result]:
    """An answer's pieces without the thoughts that it begins with; closing it closes the pieces.

    Whatever does not begin with a thought passes as it comes, but for the few characters that might become its mark.
    Thoughts without an end leave nothing to say.
    """
    held = ""
    state, begun = "begins", False
    try:
        while True:
            try:
                piece = next(pieces)
            except StopIteration as end:
                if held and state != "thinks":
                    yield held
                return end.value
            held += piece
            if state == "begins":
                if BEGIN.startswith(held.lstrip()[: len(BEGIN)]):
                    state = "thinks" if BEGIN in held else state
                else:
                    state = "speaks"
            if state == "thinks" and END in held:
                held, state = held.partition(END)[2].lstrip(), "answers"
            if state == "answers":
                held = _without_tags(held) if begun else _without_tags(held).lstrip()
            if state in ("speaks", "answers") and held and not _may_become_a_tag(held, state):
                yield held
                held, begun = "", True
    finally:
        pieces.close()


def _without_tags(text: str) -> str:
    for tag in ANSWER:
        text = text.replace(tag, "")
    return text


def _may_become_a_tag(text: str, state: str) -> bool:
    if state != "answers":
        return False
    tail = text[text.rfind("<") :] if "<" in text else ""
    return bool(tail) and any(tag.startswith(tail) for tag in ANSWER)
