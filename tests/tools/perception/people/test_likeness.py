"""What a face is like: the embedded encoder on real clips of two people."""

import numpy as np
import pytest
from vidscout.bench.data.fetched import fetch
from vidscout.tools.media.video import frames
from vidscout.tools.perception.people.faces import FaceMesh
from vidscout.tools.perception.people.likeness import PLACES, SIDE, FaceOnFrame, FaceRes, upright


def test_a_turned_face_comes_to_lie_upright():
    points = np.zeros((468, 3), np.float32)
    turn = np.array([[0.0, -0.5], [0.5, 0.0]])  # by a quarter, at half the size
    for point, place in zip((33, 362, 1, 61, 291), PLACES, strict=True):
        points[point, :2] = turn @ place + (150, 20)
    points[133], points[263] = points[33], points[362]
    image = np.zeros((200, 200, 3), np.uint8)
    x, y = points[1, :2].round().astype(int)
    image[y - 2 : y + 3, x - 2 : x + 3] = 255
    made = upright(image, points)
    assert made.shape == (SIDE, SIDE, 3)
    rows, columns = np.nonzero(made[..., 0] > 128)
    assert np.abs(np.array([columns.mean(), rows.mean()]) - PLACES[2]).max() < 3


@pytest.mark.models
def test_one_person_is_more_like_himself_than_like_another():
    mesh, encoder = FaceMesh(), FaceRes()
    vectors = []
    for name in ("woman", "man"):
        images = [frame.image for frame in frames(fetch(name), 1.0)][:3]
        faces = [(image, found[0]) for image, found in zip(images, mesh.run(images), strict=True) if found]
        vectors.append(np.stack(encoder.run([FaceOnFrame(image, face.points) for image, face in faces])))
    woman, man = vectors
    assert len(woman) > 1
    assert len(man) > 1
    assert (woman @ man.T).max() + 0.2 < min((woman @ woman.T).min(), (man @ man.T).min())
