"""Frames and words in one space by a model that was trained for it: SigLIP 2 (Tschannen et al., 2025), SigLIP, CLIP.

Where a profile names such an encoder, the vectors of the frames in the index are its vectors, and a question looks for
frames with its text tower. A frame may have the vectors of several encoders at once, which the index keeps apart by
their `source` and fuses by rank, after MERV (Chung et al., 2025), which fuses encoders inside the model.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from ...errors import UsageError
from ...runtime.backend import Tool, backend
from ...runtime.hub_model import FromHub

SHARED = ""
"""The space of the labels' embedding, in which ConSE places frames: what a profile without an encoder searches in."""

Vectors = Mapping[str, np.ndarray]
"""A unit vector, (dimensions,) float32, for each encoder by its `source`."""


class FrameEncoder(Tool[np.ndarray, Vectors]):
    """The role: an RGB frame, (H, W, 3) uint8, becomes a vector of each encoder, and so does a text."""

    role: ClassVar[str] = "frame_embedding"

    @abstractmethod
    def texts(self, batch: Sequence[str]) -> list[Vectors]:
        """Vectors of texts, which compare with those of frames by dot product; loads the model on first use."""


def frame_query(text: str, encoder: FrameEncoder | None, label_embedding: Tool[str, np.ndarray]) -> Vectors:
    """What to search frames with: the text by the encoder's text tower, or without one by the embedding of labels."""
    if encoder is not None:
        [vectors] = encoder.texts([text])
        return vectors
    [vector] = label_embedding.run([text])
    return {SHARED: vector}


class DualEncoder(FromHub, FrameEncoder):
    """A model with an image tower and a text tower. The vector of an input depends on nothing else in its batch."""

    batch: ClassVar[int] = 32

    def setup(self) -> None:
        processor = self.checkpoint.processor(needs=("image_processor", "tokenizer"))
        model = self.checkpoint.load("AutoModel")
        if not hasattr(model, "get_text_features") or not hasattr(model, "get_image_features"):
            raise UsageError(f"{self.checkpoint.identity} is a {type(model).__name__}, which has no text tower")
        self._model, self._processor = model, processor

    def perceive(self, batch: Sequence[np.ndarray]) -> list[Vectors]:
        import torch

        found: list[Vectors] = []
        for images in self.portions(batch):
            inputs = self._processor(images=list(images), return_tensors="pt")
            with torch.inference_mode():
                found += self._vectors(self._model.get_image_features(**self.on_device(inputs)))
        return found

    def texts(self, batch: Sequence[str]) -> list[Vectors]:
        import torch

        found: list[Vectors] = []
        with self.in_use():
            for texts in self.portions(batch):
                # SigLIP was trained on texts padded to one length, and reads them as they were padded then.
                inputs = self._processor.tokenizer(
                    [text.lower() for text in texts],
                    padding="max_length" if self._padded else True,
                    truncation=True,
                    max_length=self._model.config.text_config.max_position_embeddings,
                    return_tensors="pt",
                )
                names = ("input_ids",) if self._padded else ("input_ids", "attention_mask")
                with torch.inference_mode():
                    features = self._model.get_text_features(**self.on_device({n: inputs[n] for n in names}))
                    found += self._vectors(features)
        return found

    @property
    def _padded(self) -> bool:
        return self._model.config.model_type.startswith("siglip")

    def _vectors(self, features: Any) -> list[Vectors]:
        pooled = getattr(features, "pooler_output", features)
        rows = unit_rows(pooled.float().cpu().numpy())
        return [{self.source: row} for row in rows]


class SigLIP2(DualEncoder):
    """SigLIP 2 or SigLIP, of any size and resolution."""

    name = "siglip2"
    default = "siglip2-base"
    weights = ("siglip2-base",)


class CLIP(DualEncoder):
    """CLIP (Radford et al., 2021), or any model of its class."""

    name = "clip"
    default = "clip-vit-base"
    weights = ("clip-vit-base",)


class Wordless(FrameEncoder):
    """An image model without a text tower, beside encoders that have one: it tells which frames look alike."""

    def __init__(self, model: Tool[np.ndarray, np.ndarray]) -> None:
        """Take a backend of the role `visual_similarity`."""
        super().__init__()
        self.model = model

    @property
    def source(self) -> str:
        return self.model.source

    def setup(self) -> None:
        self.model.ready()

    def perceive(self, batch: Sequence[np.ndarray]) -> list[Vectors]:
        return [{self.source: vector} for vector in self.model.run(batch)]

    def texts(self, batch: Sequence[str]) -> list[Vectors]:
        return [{} for _ in batch]

    def close(self) -> None:
        super().close()
        self.model.close()


class SeveralEncoders(FrameEncoder):
    """Several encoders side by side; each frame and each text has the vectors of all of them."""

    name: ClassVar[str] = "several"
    elsewhere = "those of the encoders that it names"

    def __init__(self, encoders: Sequence[FrameEncoder | Mapping[str, Any]] = ()) -> None:
        """Name the encoders, each constructed or as a backend's name with its options.

        Args:
            encoders: at least two, as in `[{"backend": "siglip2"}, {"backend": "clip", "device": "cpu"}]`. One that
                only compares pictures is `{"role": "visual_similarity", "backend": "dinov2"}`; another reads text.
        """
        super().__init__()
        self.encoders = [one if isinstance(one, FrameEncoder) else _encoder(**one) for one in encoders]
        if len(self.encoders) < 2 or all(isinstance(one, Wordless) for one in self.encoders):
            raise UsageError(
                "several encoders are two at least, of which one reads text: encoders = [{ backend = 'siglip2' }, …]"
            )

    @property
    def source(self) -> str:
        return " + ".join(encoder.source for encoder in self.encoders)

    def setup(self) -> None:
        for encoder in self.encoders:
            encoder.ready()

    def perceive(self, batch: Sequence[np.ndarray]) -> list[Vectors]:
        return _joined([encoder.run(batch) for encoder in self.encoders])

    def texts(self, batch: Sequence[str]) -> list[Vectors]:
        return _joined([encoder.texts(batch) for encoder in self.encoders])

    def close(self) -> None:
        super().close()
        for encoder in self.encoders:
            encoder.close()


def _encoder(**options: Any) -> FrameEncoder:
    role = options.pop("role", FrameEncoder.role)
    made = backend(role, options.pop("backend", "siglip2"))(**options)
    if isinstance(made, FrameEncoder):
        return made
    if role == "visual_similarity" and isinstance(made, Tool):
        return Wordless(made)
    raise UsageError(f"{role} {made.name!r} makes no vectors of frames")


def _joined(found: Sequence[Sequence[Vectors]]) -> list[Vectors]:
    return [{source: vector for one in item for source, vector in one.items()} for item in zip(*found, strict=True)]


def unit_rows(vectors: np.ndarray) -> np.ndarray:
    """(N, D) float32 with rows of length one; a row of zeros stays as it is."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)
