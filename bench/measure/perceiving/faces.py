"""How surely a face is found again: real people, each shown once, then looked for in altered pictures.

    python -m vidscout.bench.measure.perceiving.faces                      the people that figures are reported for
    python -m vidscout.bench.measure.perceiving.faces --half development   others, by whom the threshold was set

Of a clip its first frame is shown and later ones are looked for; of a photograph the original is shown. Every picture
is altered: compressed again, cut, mirrored, and at four sizes. A face whose eyes are nearer to each other than the
stage `faces` looks at is not counted.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ....graphs.ingest.stages.of_picture.faces import LEAST
from ....tools.media.video import frames
from ....tools.perception.people.faces import Face, FaceMesh
from ....tools.perception.people.likeness import FaceOnFrame, FaceRes
from ...data.fetched import VIDEOS, fetch

FRAMES = 6
"""Of a clip that are looked for, spread evenly over its later two thirds."""
NEAR = 0.04
"""Share of the width by which a face may be beside where it was."""
SIZES = (1.0, 0.75, 0.5, 0.35)


class Half(StrEnum):
    """Two disjoint groups of people."""

    development = "development"
    report = "report"


PEOPLE = {
    Half.development: ("man", "surprised", "frowning", "on a hill", "group"),
    Half.report: ("woman", "carphone", "astronaut", "smiling", "from the side", "bearded"),
}
"""By what they are called in `bench/data/fetched.py`; in the group there are four."""


@dataclass(frozen=True)
class Shown:
    """One person: a vector of how he was shown, and those of altered pictures by alteration."""

    name: str
    likeness: np.ndarray
    altered: dict[str, list[np.ndarray]]


def _compressed(image: np.ndarray) -> np.ndarray:
    import cv2

    packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 25])[1]
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR))


def _cut(image: np.ndarray) -> np.ndarray:
    height, width = image.shape[:2]
    return np.ascontiguousarray(image[height // 10 :, width // 10 : width - width // 10])


def _at(size: float) -> Callable[[np.ndarray], np.ndarray]:
    import cv2

    return lambda image: cv2.resize(image, None, fx=size, fy=size, interpolation=cv2.INTER_AREA)


def alterations() -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """What is done to a picture, by name."""
    sizes = {f"at {size:.0%}": _at(size) for size in SIZES}
    mirrored = lambda image: np.ascontiguousarray(image[:, ::-1])  # noqa: E731
    return {**sizes, "compressed": _compressed, "cut": _cut, "mirrored": mirrored}


def pictures(name: str) -> list[np.ndarray]:
    """What is shown first, and what is altered after it."""
    if name in VIDEOS:
        found = [frame.image for frame in frames(fetch(name), 4.0)]
        later = found[len(found) // 3 :]
        return [found[0], *later[:: max(len(later) // FRAMES, 1)][:FRAMES]]
    from PIL import Image

    with Image.open(fetch(name)) as photo:
        return [np.asarray(photo.convert("RGB"))] * 2


def shown(name: str, mesh: FaceMesh, encoder: FaceRes) -> Iterator[Shown]:
    """The people of a clip or photo, told apart by where they are."""
    first, *rest = pictures(name)
    for number, face in enumerate(_large(first, mesh)):
        [likeness] = encoder.run([FaceOnFrame(first, face.points)])
        altered: dict[str, list[np.ndarray]] = {}
        for what, change in alterations().items():
            altered[what] = []
            for image in rest:
                picture = change(image)
                seen = _same_place(face, _large(picture, mesh), what, name)
                altered[what] += encoder.run([FaceOnFrame(picture, one.points) for one in seen])
        yield Shown(f"{name} {number + 1}", likeness, altered)


def _large(image: np.ndarray, mesh: FaceMesh) -> list[Face]:
    return [face for face in mesh.run([image])[0] if face.eye_distance >= LEAST]


def _same_place(face: Face, seen: list[Face], what: str, name: str) -> list[Face]:
    """The face of the same person: the only one of a clip, in a photo the one that is where it was."""
    if name in VIDEOS:
        return seen[:1]
    x = 1 - face.box.centre[0] if what == "mirrored" else face.box.centre[0]
    x = (x - 0.1) / 0.8 if what == "cut" else x
    return [one for one in seen if abs(one.box.centre[0] - x) < NEAR][:1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", type=Half, default=Half.report, choices=list(Half))
    half = parser.parse_args().half
    mesh, encoder = FaceMesh(), FaceRes()
    known = [one for name in PEOPLE[half] for one in shown(name, mesh, encoder)]
    print(f"{len(known)} people; threshold {encoder.known}")
    print("| pictures | seen | found again | least own cosine | taken for another | greatest other cosine |")
    print("| --- " * 6 + "|")
    every = {"own": [], "other": []}
    for what in alterations():
        own = [float(vector @ one.likeness) for one in known for vector in one.altered[what]]
        other = [
            float(vector @ two.likeness)
            for one in known
            for vector in one.altered[what]
            for two in known
            if two is not one
        ]
        print(_row(what, own, other, encoder.known))
        every["own"] += own
        every["other"] += other
    print(_row("all", every["own"], every["other"], encoder.known))


def _row(what: str, own: list[float], other: list[float], known: float) -> str:
    again, taken = sum(one >= known for one in own), sum(one >= known for one in other)
    return (
        f"| {what} | {len(own)} | {again} | {min(own, default=0):.2f} "
        f"| {taken} of {len(other)} | {max(other, default=0):.2f} |"
    )


if __name__ == "__main__":
    main()
