"""What reading a small recording of `recordings/data/` gave."""

from dataclasses import dataclass
from pathlib import Path

from vidscout.tools.records import Modality, Record

DATA = Path(__file__).parent / "recordings" / "data"


@dataclass(frozen=True)
class Read:
    """What reading a file gave."""

    duration: float
    notes: list[str]
    records: list[Record]

    def of(self, modality: Modality) -> list[Record]:
        """The records of one kind, in order of time."""
        return [record for record in self.records if record.modality is modality]

    @property
    def speech(self) -> list[Record]:
        """What is said."""
        return self.of(Modality.SPEECH)

    @property
    def screen_text(self) -> list[Record]:
        """What is written on the picture."""
        return self.of(Modality.SCREEN_TEXT)
