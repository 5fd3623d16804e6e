from dataclasses import fields

import numpy as np
import pytest
from vidscout.bench.measure import vision


def test_lines_are_counted_as_written_and_without_regard_to_spaces():
    image = np.zeros((8, 8, 3), np.uint8)
    written = [(image, ("Annual Report 2026", "Next steps")), (image, ("Next steps",))]
    row = vision._found(
        "slides", written, (lambda _: ["Annual Report 2026", "Nextsteps"], lambda _: ["AnnualReport2026"])
    )
    assert (row.lines, row.ours, row.theirs, row.ours_unspaced, row.theirs_unspaced) == (3, 1, 0, 3, 1)


def test_captions_are_drawn_on_the_frame_and_are_the_same_every_time():
    frame = np.full((720, 1280, 3), 90, np.uint8)
    (one, words), (again, _) = vision._captioned(frame, 28, 3), vision._captioned(frame, 28, 3)
    assert words[0] in vision.CAPTIONS
    assert (one != frame).any()
    assert (one == again).all()


def test_every_row_has_the_columns_of_its_header():
    for kind, header in vision.HEADERS.items():
        row = kind(*[1] * len(fields(kind))).row()
        assert row.count("|") == header.splitlines()[0].count("|")


@pytest.mark.models
@pytest.mark.slow
def test_reading_is_faster_than_the_librarys_defaults_and_finds_as_many_cards():
    assert vision.reading(threads=2, rounds=1).processor_ratio < 0.6
    cards = next(vision.found(threads=2, captions=1))
    assert cards.ours >= cards.theirs
    assert cards.ours == cards.lines
