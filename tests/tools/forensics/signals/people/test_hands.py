"""Hands on real recordings, and what their movement tells."""

import numpy as np
import pytest
from vidscout.bench.data import alterations
from vidscout.bench.data.fetched import fetch
from vidscout.tools.forensics.signals.people.hands import hand_jitter
from vidscout.tools.forensics.signals.people.tracks import followed
from vidscout.tools.perception.people.hands import Hand, HandLandmarks
from vidscout.tools.records import Box

STRENGTHS = (0.0, 0.33, 0.66, 1.0)
CLIPS = {"woman": (3.0, 1.0), "cup": (0.0, 1.0), "box": (12.8, 2.3)}
"""Real recordings of hands, with the second from which and for how long one is followed."""
REACH = 8.0
"""Pixels by which a frame is bent at full strength: a palm is about a hundred pixels long in these clips."""


@pytest.fixture(scope="module")
def finder() -> HandLandmarks:
    return HandLandmarks(threads=1)


def seen(finder: HandLandmarks, pictures: np.ndarray, rate: float) -> list[tuple[float, list[Hand]]]:
    return [(number / rate, finder.run([picture])[0]) for number, picture in enumerate(pictures)]


@pytest.mark.models
@pytest.mark.parametrize("name", CLIPS)
def test_a_hand_trembles_more_the_more_its_picture_is_bent(name: str, finder: HandLandmarks) -> None:
    start, seconds = CLIPS[name]
    pictures, rate = alterations.read(fetch(name), seconds, start)
    values = [
        hand_jitter(followed(seen(finder, alterations.jittered(pictures, strength, REACH), rate))).value
        for strength in STRENGTHS
    ]
    assert (np.diff(values) > 0).all(), values


@pytest.mark.models
def test_the_points_of_a_hand_lie_on_it(finder: HandLandmarks) -> None:
    pictures, _ = alterations.read(fetch("cup"), 0.05)
    [hand] = finder.run([pictures[0]])[0]
    values = pictures[0].max(axis=2).astype(int) - pictures[0].min(axis=2)  # skin beside a white wall and a black cup
    on_skin = [values[int(y), int(x)] > 25 for x, y, _ in hand.points]
    assert np.mean(on_skin) > 0.6, on_skin
    assert 80 < hand.palm_length < 160


@pytest.mark.models
def test_a_man_who_shows_no_hand_has_none(finder: HandLandmarks) -> None:
    pictures, _ = alterations.read(fetch("man"), 2.3)
    assert finder.run(list(pictures[::8])) == [[]] * len(pictures[::8])


def test_a_hand_that_turns_up_too_briefly_is_not_measured() -> None:
    hand = Hand(Box(0.1, 0.1, 0.5, 0.5), 0.9, np.zeros((21, 3), np.float32))
    reading = hand_jitter(followed([(0.0, [hand]), (0.1, [hand]), (0.2, [])]))
    assert not reading.measured
    assert reading.note
