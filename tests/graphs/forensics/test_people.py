"""The branch that follows hands, within the graph."""

from pathlib import Path

import pytest
from vidscout.agent.generated.detect import _examination, run
from vidscout.bench.data import alterations
from vidscout.bench.data.fetched import fetch
from vidscout.graphs.forensics.state import ForensicState
from vidscout.tools.forensics.calibration.ranges import DEFAULT, load
from vidscout.tools.perception.people.hands import HandLandmarks


def examined(path: Path) -> ForensicState:
    return run(path, _examination(load(DEFAULT), None, hands=HandLandmarks(threads=1)))


@pytest.mark.models
def test_the_hand_of_a_video_is_measured_with_its_curve(tmp_path: Path) -> None:
    pictures, rate = alterations.read(fetch("cup"), 1.2)
    state = examined(alterations.write(tmp_path / "hand.mp4", pictures, rate))
    reading = state.readings["hand_jitter"]
    assert reading.value > 0
    assert len(reading.times) == len(reading.curve) > 10
    assert state.costs["hands"] > 0


def test_without_weights_hands_are_left_out_with_a_note(
    tmp_path: Path, carphone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIDSCOUT_WEIGHTS", str(tmp_path))
    state = examined(carphone)
    assert "hand_jitter" not in state.readings
    assert any("vidscout models pull mediapipe-hands" in note for note in state.notes), state.notes
