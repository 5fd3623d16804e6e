"""EmbeddingGemma to ONNX: Gemma 3's encoder, its pooling and its two projections in one graph.

Written from the published weights as in `onnx_export`. Matrices are kept in 8 bits, 32 weights of a column with a scale
of their own, the token table in 8 bits with a scale a token.
"""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from .onnx_graph import Array, Graph

BLOCK = 32
"""Weights that share a scale."""
LONGEST = 256
"""Tokens that the graph takes: as far as the layers that see only their surroundings look to either side, so that every
layer may look at all of them."""


def embedding_gemma(source: Path, target: Path) -> None:
    """The archive `embeddinggemma-300m.zip` to `model.onnx` and `tokenizer.json`.

    EmbeddingGemma (Vera et al., 2025): Gemma 3 (Gemma Team, 2025) read in both directions, token vectors averaged, two
    linear projections. Inputs `input_ids` and `attention_mask` (N, L) int64, L ≤ 256; output `embedding` (N, 768),
    of unit length.
    """
    from safetensors.numpy import load

    with zipfile.ZipFile(source / "embeddinggemma-300m.zip") as archive:
        folder = "model_download"
        config = json.loads(archive.read(f"{folder}/config.json"))
        (target / "tokenizer.json").write_bytes(archive.read(f"{folder}/tokenizer.json"))
        projections = [
            load(archive.read(f"{folder}/{part}/model.safetensors"))["linear.weight"] for part in ("2_Dense", "3_Dense")
        ]
        weights = load(archive.read(f"{folder}/model.safetensors"))
    write_graph(weights, config, projections, target / "model.onnx")


def write_graph(weights: dict[str, Array], config: dict[str, Any], projections: list[Array], path: Path) -> None:
    """The graph of a Gemma 3 text encoder with these tensors, by their names in transformers' `Gemma3TextModel`.

    Args:
        projections: matrices (out, in) that the mean of the token vectors goes through, in order.
    """
    encoder = _Gemma(weights, config)
    graph = encoder.graph
    x = encoder.embedded()
    mask = graph.node("Cast", "attention_mask", to=1)
    gap = graph.node("Mul", graph.node("Sub", graph.constant(1.0), mask), graph.constant(-1e9))
    unseen = graph.node("Unsqueeze", gap, graph.constant([1, 2]))
    for number, kind in enumerate(config["layer_types"]):
        x = encoder.layer(f"layers.{number}", x, unseen, kind)
    x = encoder.normalised(x, "norm", config["hidden_size"])
    weight = graph.node("Unsqueeze", mask, graph.constant([2]))
    total = graph.node("ReduceSum", graph.node("Mul", x, weight), graph.constant([1]), keepdims=0)
    mean = graph.node("Div", total, graph.node("ReduceSum", mask, graph.constant([1]), keepdims=1))
    for matrix in projections:
        mean = graph.multiplied(mean, matrix)
    norm = graph.node("ReduceL2", mean, graph.constant([1]), keepdims=1)
    graph.name(graph.node("Div", mean, norm), "embedding")
    tokens = ("int64", ["batch", "length"])
    width = projections[-1].shape[0] if projections else config["hidden_size"]
    graph.save(path, {"input_ids": tokens, "attention_mask": tokens}, {"embedding": ["batch", width]})


class EightBitGraph(Graph):
    """A graph whose large matrices are kept in 8 bits."""

    def multiplied(self, x: str, matrix: Array) -> str:
        """The product with a matrix (out, in), as a linear layer without bias has it.

        The matrix is spread to float32 when the model is loaded (onnxruntime folds what is constant), because
        multiplying floats took a third less time than multiplying blocks of 8 bits.
        """
        rows, columns = matrix.shape
        blocks = -(-columns // BLOCK)
        padded = np.zeros((blocks * BLOCK, rows), np.float32)
        padded[:columns] = matrix.T
        padded = padded.reshape(blocks, BLOCK, rows)
        scale = np.maximum(np.abs(padded).max(axis=1, keepdims=True) / 127, 1e-12).astype(np.float32)
        values = self.constant(np.rint(padded / scale).astype(np.int8))
        spread = self.node("Mul", self.node("Cast", values, to=1), self.constant(scale))
        joined = self.node("Reshape", spread, self.constant([blocks * BLOCK, rows]))
        if blocks * BLOCK != columns:
            joined = self.node("Slice", joined, self.constant([0]), self.constant([columns]), self.constant([0]))
        return self.node("MatMul", x, joined)

    def looked_up(self, table: Array, rows: str) -> str:
        """Rows of a table (N, width) by their numbers."""
        scale = np.maximum(np.abs(table).max(axis=1, keepdims=True) / 127, 1e-12).astype(np.float32)
        values = np.rint(table / scale).astype(np.int8)
        found = self.node("Cast", self.node("Gather", self.constant(values), rows), to=1)
        return self.node("Mul", found, self.node("Gather", self.constant(scale), rows))


class _Gemma:
    """The parts of Gemma 3's text encoder, as nodes of a graph."""

    def __init__(self, weights: dict[str, Array], config: dict[str, Any]) -> None:
        self.weights = weights
        self.width, self.head = config["hidden_size"], config["head_dim"]
        self.heads, self.shared = config["num_attention_heads"], config["num_key_value_heads"]
        self.epsilon = config["rms_norm_eps"]
        self.scale = config["query_pre_attn_scalar"] ** -0.5
        self.graph = EightBitGraph()
        length = self.graph.node("Shape", "input_ids", start=1, end=2)
        self.turns = {
            kind: self._turns(base, length)
            for kind, base in (
                ("sliding_attention", config["rope_local_base_freq"]),
                ("full_attention", config["rope_theta"]),
            )
        }

    def _turns(self, base: float, length: str) -> tuple[str, str]:
        """Cosine and sine of rotary position embedding (Su et al., 2021) for the places that there are, (L, head)."""
        rate = base ** -(np.arange(0, self.head, 2) / self.head)
        angles = np.outer(np.arange(LONGEST), rate)
        angles = np.concatenate([angles, angles], axis=1).astype(np.float32)
        start, axis = self.graph.constant([0]), self.graph.constant([0])
        cosine, sine = (
            self.graph.node("Slice", self.graph.constant(part), start, length, axis)
            for part in (np.cos(angles), np.sin(angles))
        )
        return cosine, sine

    def embedded(self) -> str:
        """Vectors of the tokens `input_ids`, (N, L, width)."""
        found = self.graph.looked_up(self.weights["embed_tokens.weight"], "input_ids")
        return self.graph.node("Mul", found, self.graph.constant(float(np.sqrt(self.width))))

    def layer(self, layer: str, x: str, unseen: str, kind: str) -> str:
        """One layer; `unseen` is added to the attention scores of padding."""
        graph = self.graph
        inner = self.normalised(x, f"{layer}.input_layernorm", self.width)
        seen = self._attended(inner, f"{layer}.self_attn", unseen, kind)
        x = graph.node("Add", x, self.normalised(seen, f"{layer}.post_attention_layernorm", self.width))
        inner = self.normalised(x, f"{layer}.pre_feedforward_layernorm", self.width)
        gate = graph.node("Gelu", self._dense(inner, f"{layer}.mlp.gate_proj"), approximate="tanh")
        up = self._dense(inner, f"{layer}.mlp.up_proj")
        outer = self._dense(graph.node("Mul", gate, up), f"{layer}.mlp.down_proj")
        return graph.node("Add", x, self.normalised(outer, f"{layer}.post_feedforward_layernorm", self.width))

    def _attended(self, x: str, layer: str, unseen: str, kind: str) -> str:
        graph = self.graph
        queries = self._turned(self._by_head(x, layer, "q", self.heads), kind)
        keys = self._turned(self._by_head(x, layer, "k", self.shared), kind)
        values = self._by_head(x, layer, "v", self.shared)
        # Grouped queries: (N, shared, heads / shared, L, head) against (N, shared, 1, L, head).
        groups = graph.constant([0, self.shared, self.heads // self.shared, -1, self.head])
        queries = graph.node("Reshape", queries, groups)
        one = graph.constant([2])
        keys = graph.node("Transpose", graph.node("Unsqueeze", keys, one), perm=[0, 1, 2, 4, 3])
        values = graph.node("Unsqueeze", values, one)
        scores = graph.node("Mul", graph.node("MatMul", queries, keys), graph.constant(float(self.scale)))
        padding = graph.node("Unsqueeze", unseen, one)
        seen = graph.node("MatMul", graph.node("Softmax", graph.node("Add", scores, padding), axis=-1), values)
        seen = graph.node("Reshape", seen, graph.constant([0, self.heads, -1, self.head]))
        joined = graph.node(
            "Reshape",
            graph.node("Transpose", seen, perm=[0, 2, 1, 3]),
            graph.constant([0, 0, self.heads * self.head]),
        )
        return self._dense(joined, f"{layer}.o_proj")

    def _by_head(self, x: str, layer: str, part: str, heads: int) -> str:
        """Queries, keys or values as (N, heads, L, head); the first two normalised, as Gemma 3 does."""
        found = self._dense(x, f"{layer}.{part}_proj")
        found = self.graph.node("Reshape", found, self.graph.constant([0, 0, heads, self.head]))
        if part != "v":
            found = self.normalised(found, f"{layer}.{part}_norm", self.head)
        return self.graph.node("Transpose", found, perm=[0, 2, 1, 3])

    def _turned(self, x: str, kind: str) -> str:
        """Queries or keys, (N, heads, L, head), turned by their places."""
        graph, (cosine, sine), half = self.graph, self.turns[kind], self.head // 2
        last, middle, end = graph.constant([3]), graph.constant([half]), graph.constant([self.head])
        first = graph.node("Slice", x, graph.constant([0]), middle, last)
        second = graph.node("Slice", x, middle, end, last)
        across = graph.node("Concat", graph.node("Neg", second), first, axis=3)
        return graph.node("Add", graph.node("Mul", x, cosine), graph.node("Mul", across, sine))

    def _dense(self, x: str, layer: str) -> str:
        return self.graph.multiplied(x, self.weights[f"{layer}.weight"])

    def normalised(self, x: str, layer: str, width: int) -> str:
        """Root mean square normalisation (Zhang and Sennrich, 2019), with Gemma's weights, which are kept less one."""
        graph = self.graph
        square = graph.node("ReduceMean", graph.node("Mul", x, x), graph.constant([-1]), keepdims=1)
        root = graph.node("Sqrt", graph.node("Add", square, graph.constant(float(self.epsilon))))
        weight = self.weights[f"{layer}.weight"].astype(np.float32) + 1
        assert weight.shape == (width,)
        return graph.node("Mul", graph.node("Div", x, root), graph.constant(weight))
