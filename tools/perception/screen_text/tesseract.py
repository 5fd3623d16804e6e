"""Tesseract's LSTM on single lines: the recogniser of the scripts that PP-OCR does not read.

The networks are those of `tessdata_fast`, one a script (Apache-2.0), as Debian packages them; the engine comes with the
`tesserocr` wheel. Finding lines is left to PP-OCR.
"""

import threading
from pathlib import Path

import numpy as np

HEIGHT = 40
"""Pixels to which a line is scaled: the networks take 36 after finding the letters in it."""
MARGIN = 10
"""Pixels of ground around a line, which the engine needs to find the letters' edges (its manual, "Borders")."""
ENDS = dict.fromkeys(map(ord, "\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069"))
"""Marks of direction that it puts around words; the letters are in logical order without them."""
CLEAR = 0.8
"""Mean confidence from which a line is taken as it was read first."""
UNSPACED = frozenset({"Hangul", "Thai", "Lao", "Khmer", "Myanmar", "Tibetan"})
"""Networks that put a space after every letter unless spaces are left to the picture."""


class Tesseract:
    """Reads lines in one script."""

    def __init__(self, folder: Path, network: str) -> None:
        """Load a network.

        Args:
            folder: where `<network>.traineddata` is.
            network: as in `Cyrillic`.
        """
        import tesserocr

        self._engine = tesserocr.PyTessBaseAPI(  # pyright: ignore[reportAttributeAccessIssue]
            path=str(folder),
            lang=network,
            psm=tesserocr.PSM.SINGLE_LINE,
            oem=tesserocr.OEM.LSTM_ONLY,
        )
        if network in UNSPACED:
            self._engine.SetVariable("preserve_interword_spaces", "1")
        self._lock = threading.Lock()

    def read(self, line: np.ndarray) -> tuple[str, float]:
        """What a line says, in logical order, and the mean confidence of its words, 0..1.

        Args:
            line: (h, w, 3) uint8, BGR.
        """
        grey = enlarged(line)
        best = self._said(dark_on_light(grey))
        if best[1] < CLEAR:  # as it is over a picture: only the brightest or the darkest of it are letters
            best = max(best, *(self._said(letters) for letters in lifted(grey)), key=lambda said: said[1])
        return best

    def _said(self, grey: np.ndarray) -> tuple[str, float]:
        import cv2
        from PIL import Image

        framed = cv2.copyMakeBorder(grey, MARGIN, MARGIN, MARGIN, MARGIN, cv2.BORDER_REPLICATE)
        with self._lock:
            self._engine.SetImage(Image.fromarray(framed))
            text = self._engine.GetUTF8Text()
            sure = self._engine.MeanTextConf() / 100
        words = (word.strip("\u200c\u200d") for word in text.translate(ENDS).split())
        return " ".join(filter(None, words)), sure

    def close(self) -> None:
        """Let go of the network."""
        with self._lock:
            self._engine.End()


def enlarged(line: np.ndarray) -> np.ndarray:
    """A line in grey, `HEIGHT` pixels high: (h, w) uint8."""
    import cv2

    grey = cv2.cvtColor(line, cv2.COLOR_BGR2GRAY)
    scale = HEIGHT / grey.shape[0]
    size = (max(round(grey.shape[1] * scale), 1), HEIGHT)
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)


def dark_on_light(grey: np.ndarray) -> np.ndarray:
    """A line with its letters darker than their ground."""
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    return 255 - grey if np.median(edge) < grey.mean() else grey


def lifted(grey: np.ndarray) -> list[np.ndarray]:
    """A line without the picture behind it, if its letters are the brightest in it, and if they are the darkest."""
    found = []
    for bright in (grey, 255 - grey):
        most = float(np.percentile(bright, 98))
        found.append((255 * np.clip((0.95 * most - bright) / (0.3 * most + 1), 0, 1)).astype(np.uint8))
    return found
