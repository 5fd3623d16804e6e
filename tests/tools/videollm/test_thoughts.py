"""Thoughts that a model writes aloud are no part of its answer."""

from collections.abc import Generator, Sequence

import pytest
from vidscout.tools.videollm.thoughts import spoken


def said(pieces: Sequence[str]) -> tuple[list[str], str]:
    def stream() -> Generator[str, None, str]:
        yield from pieces
        return "stop"

    found: list[str] = []
    answer = spoken(stream())
    while True:
        try:
            found.append(next(answer))
        except StopIteration as end:
            return found, end.value


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        ("A red door.", "A red door."),
        ("<think>It is red.</think>\n\nA red door.", "A red door."),
        ("<think>\nred\n</think><answer>A red door.</answer>", "A red door."),
        ("<thin air", "<thin air"),
        ("a <think> b </think> c", "a <think> b </think> c"),
        ("<think>without an end", ""),
        ("<", "<"),
        ("<think></think>2 < 3", "2 < 3"),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 100])
def test_however_it_is_cut_into_pieces(written: str, answer: str, size: int):
    pieces, end = said([written[n : n + size] for n in range(0, len(written), size)])
    assert "".join(pieces) == answer
    assert end == "stop"


def test_an_answer_without_thoughts_is_not_held_back():
    assert said(["It", " is", " red."])[0] == ["It", " is", " red."]
