"""EmbeddingGemma (Vera et al., 2025): sentences of over 100 languages as vectors of one space."""

from pathlib import Path

from ...weights import catalogue as weights
from .purposes import Labelled, Query
from .text_embedding import OnnxTextEmbedding

DIMENSIONS = 768
"""Length of a vector."""
QUERY, DOCUMENT, LABELLED = "task: search result | query: ", "title: none | text: ", "task: classification | query: "
"""The prompts that the model was trained with, by its own `config_sentence_transformers.json`."""

IN_MEMORY = 710_000_000
"""Bytes that it takes when loaded, measured: matrices as float32, the token table in 8 bits, and the tokenizer."""


class EmbeddingGemma(OnnxTextEmbedding):
    """EmbeddingGemma 300M in onnxruntime, its matrices kept in 8 bits: vectors of 768.

    What a text is for says with which prompt it is embedded: a plain one as a document, `Query` and `Labelled` as what
    they are. Prompt and text are cut at 256 tokens.
    """

    name = "embeddinggemma"
    weights = ("embeddinggemma-300m",)
    dimensions = DIMENSIONS
    fuses = False  # 3.5 s of processor time became 1.7 to 2.1 s, and a forward pass takes as long as before

    def folder(self) -> Path:
        return weights.folder("embeddinggemma-300m")

    def footprint(self) -> int:
        return IN_MEMORY

    def prompted(self, text: str) -> str:
        prompt = QUERY if isinstance(text, Query) else LABELLED if isinstance(text, Labelled) else DOCUMENT
        return prompt + str(text)
