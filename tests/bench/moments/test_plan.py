"""What the made videos of the moments hold, and what their results add up to."""

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from vidscout.bench.data.voices import SAMPLE_RATE
from vidscout.bench.moments import plan as planning
from vidscout.bench.moments.fit import best_threshold, fit
from vidscout.bench.moments.make import noise
from vidscout.bench.moments.plan import COUNTS, SOUND_SECONDS, family, planned, texts
from vidscout.bench.moments.run import Result, table
from vidscout.tools.errors import UsageError


@pytest.fixture(autouse=True)
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Voices that take as long as their text: what is planned does not depend on their sound."""

    def say(lines: Sequence[tuple[str, str]]) -> list[np.ndarray]:
        return [np.zeros(len(text) * SAMPLE_RATE // 15, np.int16) for _, text in lines]

    monkeypatch.setattr(planning, "say", say)


def strings(value: object) -> set[str]:
    """Every text in a family's wordings that is seen, heard or asked."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, dict):
        return set().union(*(strings(one) for name, one in value.items() if name != "sound"))
    return set().union(*(strings(one) for one in value)) if isinstance(value, list) else set()


@pytest.mark.parametrize("name", ["development", "further"])
def test_what_is_reported_on_shares_nothing_with_what_is_worked_with_but_a_voice(name: str):
    one, other = texts(name), texts("report")
    assert strings({name: value for name, value in one.items() if name != "voices"}).isdisjoint(strings(dict(other)))
    assert len(set(one["voices"]) & set(other["voices"])) <= 1


@pytest.mark.parametrize("seed", [0, 1, 200, 204])
def test_events_come_as_often_as_they_are_said_to(seed: int):
    made = planned(seed)
    assert made == planned(seed)
    for medium, counts in COUNTS.items():
        asked = [one for one in made.asked if one.medium == medium]
        assert sorted(one.count for one in asked) == sorted(counts)
        for one in asked:
            assert len(one.truth) == (min(one.count, 1) if one.ask in ("first", "last") else one.count)
            assert all(0 < start < end <= made.seconds for start, end in one.truth)


@pytest.mark.parametrize("seed", [3, 201])
def test_nothing_overlaps_within_a_medium_and_no_event_follows_itself(seed: int):
    made = planned(seed)
    for media in (("spoken", "heard"), ("written",), ("shown",)):
        line = [one for one in made.placed if one.medium in media]
        for before, after in itertools.pairwise(line):
            assert before.end <= after.start
            assert (before.medium, before.event) != (after.medium, after.event) or before.event is None


def test_a_seed_belongs_to_one_family():
    assert (family(4), family(10), family(200)) == ("development", "further", "report")
    with pytest.raises(UsageError, match="no wordings"):
        family(150)


@pytest.mark.parametrize("name", ["bell", "knocking", "siren", "ringing"])
def test_a_sound_lasts_as_long_as_it_is_planned(name: str):
    sound = noise(name)
    assert len(sound) == SOUND_SECONDS * SAMPLE_RATE
    assert np.abs(sound).max() > 10_000


def test_the_weights_tell_pieces_apart_that_differ():
    dice = np.random.default_rng(0)
    right = np.arange(200) % 4 == 0
    rows = [(np.stack([right + dice.normal(0, 0.1, 200), dice.normal(size=200)], axis=1), right)]
    fitted = fit(rows, ("tells", "says nothing"))
    assert fitted["tells"] > 10 * abs(fitted["says nothing"])
    threshold, exact = best_threshold(rows, fitted, ("tells", "says nothing"))
    assert exact == 1.0
    assert 0.05 < threshold < 0.95


def result(medium: str, truth: list[tuple[float, float]], found: list[tuple[float, float]], etf1: float) -> Result:
    counted = float(len(truth) == len(found))
    return Result("0/0", medium, "q", "every", len(truth), truth, found, "every", "said", 0.5, etf1, counted)


def test_the_table_adds_up():
    text = table(
        [
            result("spoken", [(1.0, 3.0)], [(1.2, 3.1)], 1.0),
            result("spoken", [], [], 1.0),
            result("written", [], [(5.0, 6.0)], 0.0),
        ]
    )
    spoken, written = (next(line for line in text.splitlines() if line.startswith(m)) for m in ("spoken ", "written"))
    assert spoken.split()[2:6] == ["100.0", "100.0", "100%", "0.20/0.10"]
    assert "0%" in written
    assert "EtF1 66.7, negatives rejected 1 of 2" in text
