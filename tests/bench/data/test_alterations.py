"""Alterations alter, and only where they are told to."""

from pathlib import Path

import numpy as np
import pytest
from vidscout.bench.data import alterations


@pytest.fixture(scope="module")
def clip(carphone: Path) -> np.ndarray:
    return alterations.read(carphone, 0.5)[0]


@pytest.mark.parametrize("name", alterations.ALTERATIONS)
def test_without_strength_nothing_changes_and_with_more_there_is_more(name: str, clip: np.ndarray) -> None:
    alter = alterations.ALTERATIONS[name]
    assert np.array_equal(alter(clip, 0.0), clip)
    changes = [np.abs(alter(clip, s).astype(int) - clip).mean() for s in (0.33, 1.0)]
    assert 0 < changes[0] < changes[1]
    assert alter(clip, 1.0).dtype == np.uint8


@pytest.mark.parametrize("name", alterations.SCENES)
def test_a_scene_moves_and_its_seed_makes_it(name: str) -> None:
    scene = alterations.SCENES[name]
    shown = scene(0, 4, 72)
    assert shown.shape == (4, 72, 128, 3)
    assert not np.array_equal(shown[0], shown[3])
    assert np.array_equal(shown, scene(0, 4, 72))
    assert not np.array_equal(shown, scene(1, 4, 72))


def test_a_photo_glides(clip: np.ndarray) -> None:
    moved = alterations.photo_moves(clip[0], 5, 0, (64, 36))
    assert moved.shape == (5, 36, 64, 3)
    assert not np.array_equal(moved[0], moved[4])


def test_a_splice_changes_its_stretch_alone(clip: np.ndarray) -> None:
    whole = alterations.spliced(clip, 10.0, alterations.flickering, (0.5, 1.0))
    changed = np.flatnonzero((whole != clip).any(axis=(1, 2, 3)))
    assert changed.min() >= 5
    assert changed.max() < 10


def test_there_and_back_has_no_cut(clip: np.ndarray) -> None:
    longer = alterations.there_and_back(clip, 40)
    assert len(longer) == 40
    assert np.array_equal(longer[len(clip)], clip[-1])


def test_the_rate_of_a_file_with_dropped_frames_is_the_true_one(tmp_path: Path, clip: np.ndarray) -> None:
    path = alterations.write(tmp_path / "clip.mp4", clip, 12.5)
    assert alterations.read(path, 1.0)[1] == pytest.approx(12.5, rel=0.02)
