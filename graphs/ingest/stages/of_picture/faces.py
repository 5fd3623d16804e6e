"""Whose faces are seen, and when: biometric data, which the setting `faces` leaves out."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .....tools.media.video import Frame
from .....tools.payloads import Person
from .....tools.records import Modality, Record, of_kind
from .....tools.runtime.backend import Tool
from ...attribution import carried_over
from ...recognition import Sighting, packed, people, recognised, with_names
from ...stage import Found, FrameStage, Parts, Sampling, Watched

if TYPE_CHECKING:
    import numpy as np

    from .....tools.perception.people.faces import Face
    from .....tools.perception.people.likeness import FaceOnFrame

VERSION = "people/1"
LEAST = 20.0
"""Pixels between the outer corners of the eyes from which a face is told apart."""
SAME, KNOWN = 0.6, 0.72
"""Cosines from which faces are one person's and somebody's who was shown, where the encoder has none of its own."""


class Faces(FrameStage):
    """The faces on each frame with their vectors; a record for each stretch in which a person is seen."""

    name = "faces"
    writes = (Modality.PERSON,)

    def __init__(
        self, detector: "Tool[np.ndarray, list[Face]]", encoder: "Tool[FaceOnFrame, np.ndarray]", sampling: Sampling
    ) -> None:
        """Take what finds faces, what makes vectors of them, and how frames are sampled."""
        self.tool = self._detector = detector
        self._encoder = encoder
        self._sampling = sampling

    @property
    def fingerprint(self) -> str:
        return f"{self._detector.source}; {self._encoder.source}; {VERSION}; {self._sampling.frames}"

    def observe(self, video: Watched, frames: Sequence[Frame]) -> list[bytes]:
        from .....tools.perception.people.likeness import FaceOnFrame

        seen = self._detector.run([frame.image for frame in frames])
        large = [[face for face in faces if face.eye_distance >= LEAST] for faces in seen]
        pairs = [(frame, face) for frame, faces in zip(frames, large, strict=True) for face in faces]
        vectors = iter(self._encoder.run([FaceOnFrame(frame.image, face.points) for frame, face in pairs]))
        return [packed([Sighting(face.box, next(vectors)) for face in faces]) for faces in large]

    def records(self, found: Found) -> list[Record]:
        seen = people(found.standing(self.name), getattr(self._encoder, "same", SAME))
        before = [(person.label, record.span) for record, person in of_kind(found.records(self.name), Person)]
        now = [(person.label, span) for person in seen for span in person.spans]
        names = found.index.faces
        told = carried_over(names.names(found.video), before, now)
        known = getattr(self._encoder, "known", KNOWN)
        likeness = recognised(seen, names.likenesses(), self._encoder.source, known)
        names.rename(found.video, with_names(told, likeness))
        source = f"{self._encoder.source}; {VERSION}"
        return [
            Record.of(found.video, span, Person(person.label), 1.0, source, boxes)
            for person in seen
            for span, boxes in zip(person.spans, person.boxes, strict=True)
        ]


def stage(parts: Parts) -> Faces:
    """The stage, with the profile's detector and encoder of faces."""
    return Faces(parts.role("faces"), parts.role("face_embedding"), parts.sampling)
