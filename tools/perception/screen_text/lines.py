"""Lines that were found on frames become text, each by the recogniser of its script."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec

import numpy as np

from ...weights import catalogue as weights
from .columns import as_line
from .ppocr import PPOCR, Reading, cut_out, is_tall
from .scripts import Script, script_of, script_of_letter
from .tesseract import Tesseract

OWN = frozenset({Script.LATIN, Script.HAN})
"""What PP-OCR reads itself."""
IN_COLUMNS = frozenset({Script.HAN, Script.HANGUL})
"""What is written from top to bottom with upright letters; a tall line in it is taken for a column."""
COMMON = (
    Script.ARABIC,
    Script.BENGALI,
    Script.CYRILLIC,
    Script.DEVANAGARI,
    Script.GREEK,
    Script.HANGUL,
    Script.HEBREW,
    Script.TAMIL,
    Script.TELUGU,
    Script.THAI,
)
"""Whose networks `vidscout models pull` fetches with a profile's weights; the others are fetched by name."""
CERTAIN = 0.95
"""Mean probability of its characters from which a reading in PP-OCR's own scripts is believed whatever the script
seems to be, unless that is just as sure."""
FEW = 4
"""Signs up to which digits are believed whatever the script seems to be: “31” alone seems Thai, “5” Armenian."""
BELIEVABLE = 0.8
"""The same of digits and signs alone, which are then believed where the script that they seem to be in is read less
surely."""
SEEMS = 0.5
"""Probability from which a line is taken to be in a script."""
UNREADABLE = 0.9
"""Probability from which a line that cannot be read is told of; film without text seldom seems so sure to be text."""
READ = 0.5
"""Mean confidence of its words from which a line is taken as Tesseract reads it."""
OF_ITS_SCRIPT = 0.5
"""Share of its letters that must be of a script for it to be read in it."""


def network_of(script: Script) -> str:
    """The entry of the catalogue that reads a script, as in `script-cyrillic`."""
    return f"script-{script.name.lower()}"


@dataclass(frozen=True, slots=True)
class Said:
    """What a line says."""

    text: str
    """Empty where its script cannot be read."""
    score: float
    script: Script | None
    upright: bool = False


class LineReader:
    """Reads lines in every script whose network is here; networks are loaded when their script first comes."""

    def __init__(self, engine: PPOCR, only: Collection[Script] = ()) -> None:
        """Take the recogniser of Latin, Chinese and Japanese.

        Args:
            engine: what reads `OWN`, and tells scripts apart.
            only: the scripts that are looked for; none for all.
        """
        self._engine = engine
        self._only = frozenset(only)
        self._networks: dict[Script, Tesseract | None] = {}

    def read(self, frames: Sequence[tuple[np.ndarray, Sequence[np.ndarray]]]) -> list[list[Said | None]]:
        """What the lines of each frame say; None of one that is no writing.

        Args:
            frames: pictures, (H, W, 3) uint8, BGR, each with the corners of its lines, (4, 2) float32.
        """
        cuts = [cut_out(image, corners) for image, places in frames for corners in places]
        readings = iter(zip(cuts, self._engine.read(cuts), strict=True))
        said: list[list[Said | None]] = []
        for image, places in frames:
            lines: list[Said | None] = []
            for corners in places:
                cut, reading = next(readings)
                lines.append(self._tall(image, corners, cut, reading) if is_tall(corners) else self._line(cut, reading))
            said.append(lines)
        return said

    def _tall(self, image: np.ndarray, corners: np.ndarray, cut: np.ndarray, reading: Reading) -> Said | None:
        """A line that stands on end, turned to either side, or a column of upright letters."""
        over = np.ascontiguousarray(np.rot90(cut, 2))
        [other] = self._engine.read([over])
        lying = self._line(over, other) if other.score > reading.score else self._line(cut, reading)
        beside = as_line(cut_out(image, corners, upright=True))
        if beside is not None:
            [reading] = self._engine.read([beside])
            column = self._line(beside, reading) if reading.script in IN_COLUMNS else None
            if column is not None and column.text and (lying is None or column.score > lying.score):
                lying = column
        # the recogniser reads columns that are laid down as well
        if lying is None or lying.script not in IN_COLUMNS:
            return lying
        return replace(lying, text="".join(lying.text.split()), upright=True)

    def _line(self, cut: np.ndarray, reading: Reading) -> Said | None:
        script = reading.script if reading.sure >= SEEMS else None
        own = script_of(reading.text)
        read = Said(reading.text, reading.score, own) if any(map(str.isalnum, reading.text)) else None
        if script in OWN or (reading.score >= CERTAIN and read is not None and reading.sure < CERTAIN):
            return read if self._wanted(own) else None
        few = len(reading.text) <= FEW
        if read is not None and own is None and reading.score >= CERTAIN and (few or reading.sure < CERTAIN):
            return read  # digits, which are the same in every script
        if script is None:
            # it seems to be nothing, or one of several scripts: believed as it was read, or not at all
            return read if own in {*OWN, None} and self._wanted(own) else None
        if not self._wanted(script):
            return None
        network = self._network(script)
        text, score = network.read(cut) if network is not None else ("", 0.0)
        if read is not None and own is None and reading.sure < UNREADABLE and reading.score >= max(score, BELIEVABLE):
            return read  # “5 / 10” is seldom letters of another script
        if score >= READ and _is_in(text, script):
            return Said(text, score, script)
        return Said("", reading.sure, script) if reading.sure >= UNREADABLE else None

    def _wanted(self, script: Script | None) -> bool:
        return not self._only or script is None or script in self._only

    def _network(self, script: Script) -> Tesseract | None:
        """What reads a script, where it is here."""
        if script not in self._networks:
            entry = network_of(script)
            here = find_spec("tesserocr") is not None and weights.present(entry)
            self._networks[script] = Tesseract(weights.folder(entry), script.name.capitalize()) if here else None
        return self._networks[script]

    def close(self) -> None:
        """Let go of the networks."""
        for network in self._networks.values():
            if network is not None:
                network.close()
        self._networks.clear()


def _is_in(text: str, script: Script) -> bool:
    letters = [found for letter in text if (found := script_of_letter(letter)) is not None]
    return bool(letters) and sum(found is script for found in letters) >= OF_ITS_SCRIPT * len(letters)
