from pathlib import Path

import pytest
from vidscout.bench.measure.recordings.recordings import Recording, combinations, found


@pytest.mark.parametrize(
    "recording", combinations(12, seed=1), ids=lambda one: f"{one.container}-{one.video}-{one.sound}"
)
def test_what_happens_is_found_when_it_happens(recording: Recording, tmp_path: Path):
    result = found(recording, tmp_path)
    assert result.right, result


def test_combinations_differ_and_come_again():
    assert len(set(combinations(100))) == 100
    assert list(combinations(20)) == list(combinations(20))
