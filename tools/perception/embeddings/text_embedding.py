"""Sentences as vectors, so that a question finds records that say the same in other words."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ...runtime.backend import Tool
from ...runtime.onnx import session
from ...weights import catalogue as weights

DIMENSIONS = 384
"""Length of a MiniLM vector."""
MAX_TOKENS = 256
"""Where a text is cut, by `sentence_bert_config.json` of all-MiniLM-L6-v2; what comes after is not embedded."""
TOKENS_A_BATCH = 512
"""Padded tokens in one forward pass. What fits the processor's cache is fastest: of 4 to 128 sentences of 14 tokens,
16 to 32 took the least processor time, and texts of full length went best one or two at a time."""


class OnnxTextEmbedding(Tool[str, np.ndarray]):
    """A text embedding in onnxruntime: a text becomes a float32 unit vector, compared by dot product.

    A text longer than 256 tokens is cut. The vector of a text does not depend on what else is in the batch.
    """

    role: ClassVar[str] = "text_embedding"
    counter = "embeddings"
    requires = ("onnxruntime", "tokenizers")
    dimensions: ClassVar[int]
    """Length of a vector."""
    fuses: ClassVar[bool] = True
    """Whether onnxruntime is to look for nodes of the graph that can be one."""

    def __init__(self, threads: int | None = None) -> None:
        """Set the number of CPU threads of one forward pass; by default onnxruntime takes all physical cores."""
        super().__init__()
        self.threads = threads
        self._session: Any = None
        self._tokenizer: Any = None

    def preload(self) -> None:
        """Load the tokenizer alone: all other threads stand still meanwhile, about a second for 262,144 tokens.

        Raises:
            WeightsError: the weights have not been pulled.
        """
        from tokenizers import Tokenizer

        if self._tokenizer is None:
            tokenizer = Tokenizer.from_file(str(self.folder() / "tokenizer.json"))
            tokenizer.no_padding()  # the published file pads every text to 128 tokens
            tokenizer.enable_truncation(MAX_TOKENS)
            self._tokenizer = tokenizer

    def setup(self) -> None:
        folder = self.folder()
        self.preload()
        self._session = session(
            folder / "model.onnx", self.threads, fuses=self.fuses
        )  # last: it gives back what loading both freed

    @abstractmethod
    def folder(self) -> Path:
        """Where `model.onnx` and `tokenizer.json` lie.

        Raises:
            WeightsError: they have not been pulled.
        """

    def prompted(self, text: str) -> str:
        """A text as the model is given it, by what it is for (`purposes`)."""
        return str(text)

    def perceive(self, batch: Sequence[str]) -> list[np.ndarray]:
        prompted = [self.prompted(text) for text in batch]
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(prompted)]
        vectors = np.empty((len(tokens), self.dimensions), np.float32)
        for rows in _of_like_length([len(ids) for ids in tokens]):
            longest = len(tokens[rows[-1]])
            ids = np.zeros((len(rows), longest), np.int64)
            mask = np.zeros_like(ids)
            for line, row in enumerate(rows):
                ids[line, : len(tokens[row])] = tokens[row]
                mask[line, : len(tokens[row])] = 1
            [vectors[rows]] = self._session.run(["embedding"], {"input_ids": ids, "attention_mask": mask})
        return list(vectors)

    def close(self) -> None:
        super().close()
        self._session = self._tokenizer = None


class MiniLM(OnnxTextEmbedding):
    """all-MiniLM-L6-v2, for English: MiniLM (Wang et al., 2020) trained for sentences as in Sentence-BERT (Reimers and
    Gurevych, 2019). Vectors of 384; every text is embedded alike, whatever it is for."""

    role: ClassVar[str] = "text_embedding"
    name: ClassVar[str] = "minilm"
    weights = ("minilm-l6-v2",)
    dimensions = DIMENSIONS

    def folder(self) -> Path:
        return weights.folder("minilm-l6-v2")


class MiniLMOfLabels(MiniLM):
    """The same, for the names of labels, in whose space ConSE places frames."""

    role: ClassVar[str] = "label_embedding"
    name: ClassVar[str] = "minilm"


def _of_like_length(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Indices grouped by length, shortest first, so that little of a forward pass goes into padding."""
    group: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if group and (len(group) + 1) * lengths[index] > TOKENS_A_BATCH:
            yield group
            group = []
        group.append(index)
    if group:
        yield group
