"""Settings of one `VideoScout`, and of another one over the same models and index."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from vidscout import VideoScout
from vidscout.tools.errors import UsageError


@pytest.fixture
def scout(tmp_path: Path) -> Iterator[VideoScout]:
    with VideoScout(home=tmp_path, token_budget=64, selector="uniform") as scout:
        yield scout


def test_other_settings_share_models_and_index_and_leave_the_first_ones_alone(scout: VideoScout):
    other = scout.with_settings(packer="segments", max_rounds=3)
    assert (other.settings.packer, other.settings.max_rounds) == ("segments", 3)
    assert (other.settings.selector, other.settings.token_budget) == ("uniform", 64), "what was not named stays"
    assert other.index is scout.index
    assert other.role("answerer") is scout.role("answerer")
    assert (scout.settings.packer, scout.settings.max_rounds) == ("interleaved", 2)


def test_none_takes_a_setting_back_to_its_default(scout: VideoScout):
    assert scout.with_settings(token_budget=None).settings.token_budget is None


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"token_budget": 1}, "setting token_budget: .* got 1"),
        ({"patience": 3}, "no setting 'patience'; there are profile, "),
        ({"home": "elsewhere"}, "setting home holds for the whole of a VideoScout"),
        ({"profile": "embedded"}, "make another one"),
    ],
)
def test_a_setting_that_does_not_fit_is_refused(scout: VideoScout, changes: dict, told: str):
    with pytest.raises(UsageError, match=told):
        scout.with_settings(**changes)
