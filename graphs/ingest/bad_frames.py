"""Frames that are left out of a reading because nothing can be told from them: `vidscout ingest --skip-bad`."""

from collections import Counter

import numpy as np

SOFTER = 1.5
"""How many times as wide as in the sharpest frame so far edges must be in one that is left out for them: a video that
is soft throughout, as one with a shallow depth of field, is seen as far as it can be."""


class BadFrames:
    """Counts what it calls bad. A frame is bad where one measure is at the bad end of its calibration; an unsharp one
    only where the video has shown a sharper one."""

    def __init__(self, skip: bool) -> None:
        """Say whether any are to be left out."""
        self._skip = skip
        self._found: Counter[str] = Counter()
        self._bad = self._seen = 0
        self._sharpest = float("inf")

    def is_bad(self, image: np.ndarray) -> bool:
        """Whether a frame, RGB (H, W, 3) uint8, is to be left out; never where that was not asked for."""
        if not self._skip:
            return False
        from ...tools.perception.quality.examine import poor, skipped_for
        from ...tools.perception.quality.picture import luma

        found = skipped_for(luma(image))
        width = found["sharpness"]
        self._sharpest = min(self._sharpest, width or self._sharpest)  # 0 is a picture without edges
        measures = [name for name in poor(found) if name != "sharpness" or width >= SOFTER * self._sharpest]
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
