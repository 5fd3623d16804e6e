import numpy as np
from vidscout.graphs.answer.question.rules import read_question
from vidscout.graphs.answer.selectors.rarity import OWN_MOMENT, rarity


def test_what_is_shown_once_is_rarer_than_what_comes_back():
    dice = np.random.default_rng(0)
    scenes = dice.normal(size=(3, 16))
    vectors = np.concatenate([scenes[[n // 10 % 3]] + dice.normal(scale=0.05, size=(1, 16)) for n in range(120)])
    vectors[47] = vectors[48] = dice.normal(size=16)  # a picture for two seconds
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rare = rarity(np.arange(120.0), vectors)
    assert set(np.argsort(-rare)[:2]) == {47, 48}
    assert rare.min() >= 0
    assert rare.max() <= 1


def test_a_video_of_one_moment_is_all_rare():
    vectors = np.eye(3, 4, dtype=np.float32)
    assert rarity(np.array([0.0, 1.0, OWN_MOMENT]), vectors).tolist() == [1.0, 1.0, 1.0]


def test_many_frames_are_compared_in_parts():
    dice = np.random.default_rng(1)
    vectors = dice.normal(size=(1200, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    times = np.arange(1200.0)
    some = rarity(times, vectors)
    cosines = vectors[[700]] @ vectors.T
    cosines[0, np.abs(times - 700) <= OWN_MOMENT] = -1
    assert np.isclose(some[700], 1 - np.sort(cosines[0])[-5:].clip(0, 1).mean(), atol=1e-5)


def test_a_question_says_when_it_is_about_a_moment():
    assert read_question("Which photograph fills the screen for a moment?").brief
    assert read_question("What was inserted into the video?").brief
    assert not read_question("What is shown in the last minute?").brief
