from dataclasses import fields

import numpy as np
import pytest
from vidscout.bench.measure.recordings import screen_text
from vidscout.tools.perception.screen_text.readers import PPOCRReader
from vidscout.tools.records import Box, TextLine
from vidscout.tools.runtime.backend import Tool

FRAME = np.full((720, 1280, 3), 90, np.uint8)


class Reads:
    """Stands for a reader that reads the same lines on every frame."""

    def __init__(self, *texts: str) -> None:
        self.lines = [TextLine(text, 0.9, Box(0, 0, 1, 1)) for text in texts]

    def run(self, batch: list[np.ndarray]) -> list[list[TextLine]]:
        return [self.lines for _ in batch]


def test_lines_count_as_exact_as_exact_but_for_spaces_and_as_alike():
    written = [(FRAME, ("Annual Report 2026", "Next steps")), (FRAME, ("The end of it all",))]
    reader = Reads("Annual Report 2026", "Nextsteps", "The end of lt all")
    row = screen_text.compared("slides", written, reader)  # pyright: ignore[reportArgumentType]
    assert (row.lines, row.exact, row.unspaced, row.alike) == (3, 1, 2, 3)
    assert row.errors == pytest.approx(2 / (18 + 10 + 17))


@pytest.mark.models
def test_captions_are_drawn_on_the_frame_and_are_the_same_every_time():
    (one, words), (again, _) = screen_text.captioned(FRAME, 28, 3), screen_text.captioned(FRAME, 28, 3)
    assert words[0] in screen_text.LINES
    assert (one != FRAME).any()
    assert (one == again).all()


def test_every_row_has_the_columns_of_its_header():
    for kind, header in screen_text.HEADERS.items():
        row = kind(*[1] * len(fields(kind))).row()
        assert row.count("|") == header.splitlines()[0].count("|")


@pytest.mark.models
@pytest.mark.slow
def test_most_lines_on_plain_ground_are_read_exactly_and_nearly_all_their_characters():
    written = list(screen_text.single_lines("light", [], seed=1))
    reader: Tool[np.ndarray, list[TextLine]] = PPOCRReader()
    row = screen_text.compared("light", written, reader)
    assert row.exact >= 0.85 * row.lines
    assert row.errors < 0.01
