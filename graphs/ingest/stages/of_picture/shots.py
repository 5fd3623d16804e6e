"""Where one shot ends and the next begins."""

from .....tools.payloads import Shot
from .....tools.records import Modality, Record
from ...stage import Cost, Found, Parts, Stage, unpacked
from .tags import TaggedFrame


class Shots(Stage):
    """Cuts, from the features that the tags were read from; one record a shot."""

    name = "shots"
    needs = ("tags",)
    writes = (Modality.SHOT,)
    cost = Cost.FREE

    @property
    def fingerprint(self) -> str:
        return "shots/1"

    def records(self, found: Found) -> list[Record]:
        from .....tools.media.shots import shots

        times: list[float] = []
        features: list[bytes] = []
        for time, row in found.observations("tags"):
            times.append(time)
            features.append(unpacked(TaggedFrame, row).features)
        cuts = shots(times, features, found.duration)
        return [
            Record.of(found.video, span, Shot(number), 1.0, self.fingerprint)
            for number, span in enumerate(cuts, start=1)
        ]


def stage(parts: Parts) -> Shots:
    """The stage."""
    return Shots()
