"""Frames that are left out of a reading because nothing can be told from them: `vidscout ingest --skip-bad`."""

from collections import Counter

import numpy as np


class BadFrames:
    """Counts what it calls bad. A frame is bad where one measure is at the bad end of its calibration."""

    def __init__(self, skip: bool) -> None:
        """Say whether any are to be left out."""
        self._skip = skip
        self._found: Counter[str] = Counter()
        self._bad = self._seen = 0

    def is_bad(self, image: np.ndarray) -> bool:
        """Whether a frame, RGB (H, W, 3) uint8, is to be left out; never where that was not asked for."""
        if not self._skip:
            return False
        from ...tools.perception.quality.examine import poor_picture
        from ...tools.perception.quality.picture import luma

        measures = poor_picture(luma(image))
        self._seen += 1
        self._bad += bool(measures)
        self._found.update(measures)
        return bool(measures)

    def notes(self) -> list[str]:
        """One line that says how many were left out, and by which measures; none where none were."""
        if not self._bad:
            return []
        why = ", ".join(f"{name} {number}" for name, number in self._found.most_common())
        return [f"{self._bad} of {self._seen} frames are too bad to tell anything from and were left out ({why})"]
