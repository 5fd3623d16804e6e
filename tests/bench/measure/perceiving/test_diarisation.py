"""The diarisation error rate on cases that can be worked out by hand."""

import pytest
from vidscout.bench.measure.perceiving.diarisation import diarisation_error

TRUE = [("anna", 0.0, 10.0), ("ben", 10.0, 20.0)]


def test_what_is_right_under_other_names_is_right():
    assert diarisation_error(TRUE, [("1", 0.0, 10.0), ("0", 10.0, 20.0)]).rate == 0.0


def test_misses_inventions_and_confusions_are_shares_of_speech():
    missed = diarisation_error(TRUE, [("a", 0.0, 10.0)], collar=0.0)
    assert (missed.missed, missed.false, missed.confused) == pytest.approx((0.5, 0.0, 0.0))
    false = diarisation_error(TRUE, [("a", 0.0, 10.0), ("b", 10.0, 25.0)], collar=0.0)
    assert (false.missed, false.false, false.confused) == pytest.approx((0.0, 0.25, 0.0), abs=1e-3)
    confused = diarisation_error(TRUE, [("a", 0.0, 15.0), ("b", 15.0, 20.0)], collar=0.0)
    assert (confused.missed, confused.false, confused.confused) == pytest.approx((0.0, 0.0, 0.25))


def test_in_an_overlap_every_speaker_counts():
    both = [("anna", 0.0, 10.0), ("ben", 8.0, 10.0)]
    assert diarisation_error(both, [("a", 0.0, 10.0)], collar=0.0).missed == pytest.approx(2 / 12)


def test_nothing_counts_within_the_collar():
    late = [("a", 0.2, 10.2), ("b", 10.2, 20.2)]
    assert diarisation_error(TRUE, late).rate == 0.0
    assert diarisation_error(TRUE, late, collar=0.0).rate > 0.0
