"""What counts as right in the reading of a recording."""

from typing import Any

import pytest
from vidscout.bench.measure.recordings.recording_kinds import TITLES, Kind, compared, kinds
from vidscout.tools.payloads import Spoken, TextLines
from vidscout.tools.records import Record, Span

SAID = (("The bridge is open.", 4.1, 6.0),)


def record(payload: Any, start: float, end: float) -> Record:
    return Record.of("v", Span(start, end), payload, 0.9, "test/1")


RIGHT = [
    record(Spoken("The bridge is open"), 4.3, 6.2),
    *(record(TextLines((text,)), start, end) for text, start, end in TITLES),
]


def test_every_kind_is_made_of_something_and_has_a_name_of_its_own():
    found = kinds()
    assert len({kind.name for kind in found}) == len(found) > 100
    assert all(kind.make and kind.file for kind in found)


@pytest.mark.parametrize(
    ("notes", "records", "duration", "wrong"),
    [
        ([], RIGHT, 24.0, ""),
        (["the video has no sound: nothing was listened to"], RIGHT, 24.0, ""),
        (["it is damaged"], RIGHT, 24.0, "note: it is damaged"),
        ([], RIGHT, 20.0, "length"),
        ([], RIGHT[1:], 24.0, "is not found"),
        ([], [record(Spoken("The bridge is open"), 5.0, 6.2), *RIGHT[1:]], 24.0, "begins at"),
        ([], [record(Spoken("The bridge is open"), 4.1, 9.0), *RIGHT[1:]], 24.0, "ends at"),
        ([], [*RIGHT, record(Spoken("Thanks for watching."), 15.0, 17.0)], 24.0, "heard beside it"),
    ],
)
def test_what_is_missing_late_or_made_up_is_wrong(notes, records, duration, wrong):
    result = compared(Kind("plain", "a.mp4"), SAID, {"notes": notes, "duration": duration}, records)
    assert wrong in "; ".join(result.wrong)
    assert bool(result.wrong) == bool(wrong)
