"""Which of the detector's objects a question speaks of, under everyday names."""

from functools import cache
from itertools import pairwise

from ....tools.words import words

EVERYDAY = {
    "person": "people persons man men woman women boy boys girl girls child children human humans pedestrian "
    "pedestrians someone somebody anyone cyclist cyclists astronaut",
    "bicycle": "bike bikes cycle",
    "motorcycle": "motorbike motorbikes",
    "car": "automobile automobiles",
    "airplane": "plane planes aeroplane aircraft",
    "couch": "sofa sofas",
    "tv": "television televisions monitor monitors",
    "cell phone": "phone phones cellphone smartphone smartphones mobile",
    "laptop": "computer computers notebook",
    "dining table": "table tables",
    "potted plant": "plant plants houseplant",
    "cat": "kitten kittens",
    "dog": "puppy puppies",
    "cup": "mug mugs",
    "wine glass": "wineglass glass glasses",
    "sports ball": "ball balls football",
    "truck": "lorry lorries",
    "book": "textbook",
}
"""COCO's label, and the other words that people use for it."""


@cache
def _names() -> dict[str, str]:
    from ....tools.perception.objects.coco import COCO_LABELS

    names = {}
    for label in COCO_LABELS:
        plural = label + ("es" if label.endswith(("s", "x", "ch", "sh")) else "s")
        irregular = {"person": "people", "mouse": "mice", "knife": "knives", "sheep": "sheep", "scissors": "scissors"}
        names |= {label: label, irregular.get(label, plural): label}
        names |= dict.fromkeys(EVERYDAY.get(label, "").split(), label)
    return names


def detector_labels(question: str) -> tuple[str, ...]:
    """COCO labels that a question names, in order; empty when it names none."""
    asked = words(question)
    pairs = [f"{first} {second}" for first, second in pairwise(asked)]
    names = _names()
    return tuple(dict.fromkeys(names[name] for name in [*pairs, *asked] if name in names))
