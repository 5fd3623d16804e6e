"""Texts that repeat, as “2 persons” does in a video's records, embedded once."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from ...runtime.backend import Tool

MOST = 4096
"""Vectors that are kept: 12.6 MB of 768 numbers."""


class EmbeddedOnce:
    """A text embedding that remembers what it embedded last, for several threads."""

    def __init__(self, embedding: "Tool[str, np.ndarray]", most: int = MOST) -> None:
        """Take the embedding, and how many vectors to keep."""
        self.embedding = embedding
        self._most = most
        self._known: OrderedDict[str, np.ndarray] = OrderedDict()
        self._lock = threading.Lock()

    def run(self, texts: Sequence[str]) -> list[np.ndarray]:
        """The vectors of texts, in order; the embedding is given each text once, and none that is still known."""
        with self._lock:
            found = {text: self._known[text] for text in texts if text in self._known}
        if new := [text for text in dict.fromkeys(texts) if text not in found]:
            found.update(zip(new, self.embedding.run(new), strict=True))
        with self._lock:
            for text, vector in found.items():
                self._known[text] = vector
                self._known.move_to_end(text)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return [found[text] for text in texts]
