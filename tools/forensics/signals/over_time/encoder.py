"""The frame encoder of the embedding signals: whichever model the profile tags frames with."""

from typing import TYPE_CHECKING

import numpy as np

from ....errors import BackendUnavailableError, WeightsError

if TYPE_CHECKING:
    from ....perception.frames.tags import Tags
    from ....runtime.backend import Tool


class SignalEncoder:
    """Unit feature vectors of RGB frames."""

    def __init__(self, tags: "Tool[np.ndarray, Tags]") -> None:
        self.tags = tags

    @property
    def source(self) -> str:
        """The model's name and version."""
        return self.tags.source

    def ready(self) -> str:
        """Load the model; why it cannot be used, or nothing."""
        try:
            self.tags.ready()
        except (BackendUnavailableError, WeightsError) as error:
            return str(error)
        return ""

    def __call__(self, colour: np.ndarray) -> np.ndarray:
        """(n, 224, 224, 3) uint8 to (n, d) float32."""
        return np.stack([found.features for found in self.tags.run(list(colour))]).astype(np.float32)
