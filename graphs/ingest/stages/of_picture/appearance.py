"""What followed people and things look like: colours of clothes and things, postures, sizes."""

import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .....tools.media.video import Frame
from .....tools.payloads import Track
from .....tools.records import Box, Modality, Record, of_kind
from .....tools.runtime.backend import Tool
from ...stage import Found, FrameStage, Parts, Sampling, Watched

if TYPE_CHECKING:
    import numpy as np

    from .....tools.perception.people.clothing import Sight
    from .....tools.perception.people.poses import Pose

VERSION = "appearance/2"
"""Since 2 what it writes is searched by its words."""
OBJECTS = "objects"
"""The stage that follows people and things."""


class Looks(FrameStage):
    """The names of a frame's colours and the poses on it; a record for each followed person and thing."""

    name = "appearance"
    writes = (Modality.APPEARANCE,)

    def __init__(self, poses: "Tool[np.ndarray, list[Pose]]", sampling: Sampling, after: tuple[str, ...]) -> None:
        """Take what finds poses, how frames are sampled, and the stages whose findings are needed."""
        self.tool = self._poses = poses
        self._sampling = sampling
        self.needs = (*FrameStage.needs, *after)

    @property
    def fingerprint(self) -> str:
        return f"{self._poses.source}; {VERSION}; {self._sampling.frames}"

    def observe(self, video: Watched, frames: Sequence[Frame]) -> list[bytes]:
        from .....tools.perception.colours.parts import label_map

        found = self._poses.run([frame.image for frame in frames])
        return [packed(label_map(frame.image), poses) for frame, poses in zip(frames, found, strict=True)]

    def records(self, found: Found) -> list[Record]:
        from .....tools.perception.people.clothing import appearance

        rows = {round(time, 3): row for time, row in found.observations(self.name)}
        seen: dict[float, Sight | None] = {}
        source = f"{self._poses.source}; {VERSION}"
        made = []
        for record, track in of_kind(found.records(OBJECTS), Track):
            times = [round(time, 3) for time in track.times]
            for time in times:
                if time not in seen:
                    seen[time] = unpacked(rows[time]) if time in rows else None
            looks = appearance(track, [seen[time] for time in times])
            made.append(Record.of(found.video, record.span, looks, record.score, source, record.boxes))
        return made


def packed(labels: "np.ndarray", poses: "Sequence[Pose]") -> bytes:
    """A frame's names of colours and its poses as they are written down: some 2 KB."""
    import numpy as np
    import ormsgpack

    people = []
    for pose in poses:
        edges = pose.box.left, pose.box.top, pose.box.right, pose.box.bottom
        people.append((*edges, pose.score, pose.points.astype(np.float16).tobytes()))
    return ormsgpack.packb((labels.shape, zlib.compress(labels.tobytes(), 6), people))


def unpacked(row: bytes) -> "Sight":
    """What was written down of a frame."""
    import numpy as np
    import ormsgpack

    from .....tools.perception.people.clothing import Sight
    from .....tools.perception.people.poses import Pose

    shape, names, people = ormsgpack.unpackb(row)
    poses = [
        Pose(Box(*edges), score, np.frombuffer(points, np.float16).reshape(17, 3).astype(np.float32))
        for *edges, score, points in people
    ]
    return Sight(np.frombuffer(zlib.decompress(names), np.uint8).reshape(shape), tuple(poses))


def stage(parts: Parts) -> Looks:
    """The stage, with what finds poses in the profile."""
    return Looks(parts.role("poses"), parts.sampling, parts.of(OBJECTS))
