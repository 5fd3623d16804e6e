import numpy as np
import pytest
from vidscout.tools.media.shots import shots
from vidscout.tools.media.video import frames
from vidscout.tools.perception.frames.tags import EfficientNetLite0
from vidscout.tools.records import Span


def vectors(*angles: float) -> np.ndarray:
    """Unit vectors in a plane, by their angle in degrees: frames are as unalike as their angles differ."""
    radians = np.radians(angles)
    return np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)


def starts(times: list[float], features: np.ndarray, duration: float) -> list[float]:
    found = shots(times, features, duration)
    assert [shot.start for shot in found[1:]] == [shot.end for shot in found[:-1]]
    assert found[0].start == 0
    assert found[-1].end == duration
    return [shot.start for shot in found]


def test_a_cut_is_where_frames_are_unalike():
    assert starts([0, 1, 2, 3, 4], vectors(0, 5, 80, 85, 90), 5) == [0, 2]


def test_a_pan_is_one_shot():
    assert starts([0, 1, 2, 3, 4], vectors(0, 30, 60, 90, 120), 5) == [0]


def test_the_calmer_pair_between_two_cuts_is_no_cut():
    assert starts([0, 1, 2, 3], vectors(0, 70, 123, 200), 4) == [0, 1, 3]


def test_shots_of_one_second_are_shots():
    assert starts([0, 1, 2, 3], vectors(0, 80, 170, 255), 4) == [0, 1, 2, 3]


def test_each_slide_is_a_shot_though_slides_look_alike_but_a_new_bullet_is_none():
    assert starts([0, 12, 24, 36], vectors(0, 25, 26, 60), 48) == [0, 12, 36]


def test_stored_features_give_the_same_shots():
    rows = vectors(0, 5, 80, 85, 90)
    stored = [row.astype(np.float16).tobytes() for row in rows]
    assert shots([0, 1, 2, 3, 4], stored, 5) == shots([0, 1, 2, 3, 4], rows, 5)


def test_frames_that_could_not_be_looked_at_make_no_cut():
    row = vectors(0)[0].astype(np.float16).tobytes()
    nothing = np.zeros(2, np.float16).tobytes()
    assert len(shots([0, 1, 2, 3], [row, nothing, b"", row], 4)) == 1


def test_a_video_without_frames_is_one_shot_and_without_length_none():
    assert shots([], [], 7.5) == [Span(0, 7.5)]
    assert shots([], [], 0) == []


@pytest.mark.models
def test_the_cuts_of_the_trailer_and_of_the_street_are_found(trailer, bikes):
    """Cuts as seen by eye on frames at one a second: the first frame of each shot."""
    classifier = EfficientNetLite0()
    for video, cuts, spurious in (
        (trailer, {1, 10, 11, 14, 15, 25, 32, 33, 36, 38, 42, 44, 47, 52, 53}, 1),
        (bikes, {2, 4, 6, 8}, 0),
    ):
        sampled = [(frame.time, frame.image) for frame in frames(video, 1.0)]
        features = np.stack([tags.features for tags in classifier.run([image for _, image in sampled])])
        times = [time for time, _ in sampled]
        found = {round(shot.start) for shot in shots(times, features, times[-1] + 1)} - {0}
        assert len(cuts - found) == 0
        assert len(found - cuts) <= spurious
