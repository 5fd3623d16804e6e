"""Faces on real recordings, and what their movement tells."""

from pathlib import Path

import numpy as np
import pytest
from vidscout.bench.data import alterations
from vidscout.bench.data.fetched import fetch
from vidscout.tools.forensics.signals.people.faces import face_jitter, mouth_movement
from vidscout.tools.forensics.signals.people.tracks import followed
from vidscout.tools.perception.people.faces import Face, FaceMesh
from vidscout.tools.records import Box

STRENGTHS = (0.0, 0.33, 0.66, 1.0)
CLIPS = {"carphone": 0.2, "woman": 1.0, "man": 0.3}

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def mesh() -> FaceMesh:
    return FaceMesh(threads=1)


def seen(mesh: FaceMesh, pictures: np.ndarray, rate: float) -> list[tuple[float, list[Face]]]:
    return [(number / rate, mesh.run([picture])[0]) for number, picture in enumerate(pictures)]


@pytest.mark.parametrize("name", CLIPS)
def test_a_face_trembles_more_the_more_its_picture_is_bent(name: str, mesh: FaceMesh) -> None:
    pictures, rate = alterations.read(fetch(name), 0.5, CLIPS[name])
    values = [
        face_jitter(followed(seen(mesh, alterations.jittered(pictures, strength), rate))).value
        for strength in STRENGTHS
    ]
    assert (np.diff(values) > 0).all(), values


@pytest.mark.parametrize("name", ["carphone", "man"])
def test_lips_move_less_the_more_a_speaker_is_frozen(name: str, mesh: FaceMesh) -> None:
    pictures, rate = alterations.read(fetch(name), 2.3)
    pictures = pictures[::4]
    values = [
        mouth_movement(followed(seen(mesh, alterations.frozen(pictures, strength), rate / 4))).value
        for strength in STRENGTHS
    ]
    assert (np.diff(values) < 0).all(), values


def test_a_street_without_faces_has_none(mesh: FaceMesh, bikes: Path) -> None:
    pictures, _ = alterations.read(bikes, 0.2)
    assert mesh.run(list(pictures)) == [[]] * len(pictures)


def test_a_face_that_turns_up_too_briefly_is_not_measured() -> None:
    face = Face(Box(0.1, 0.1, 0.5, 0.5), 0.9, np.zeros((468, 3), np.float32))
    reading = face_jitter(followed([(0.0, [face]), (0.1, [face]), (0.2, [])]))
    assert not reading.measured
    assert reading.note
