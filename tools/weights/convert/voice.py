"""The speaker encoder of Resemblyzer, from its PyTorch checkpoint to ONNX."""

from pathlib import Path

import numpy as np

from .onnx_graph import Array, Graph
from .torch_pickle import load_tensors

LAYERS, WIDTH, MELS = 3, 256, 40
"""Of the network (Wan et al., Generalized End-to-End Loss for Speaker Verification, 2018)."""
ORDER = (0, 3, 1, 2)
"""Where ONNX's gates input, output, forget and cell stand in torch's order input, forget, cell, output."""


def voice_encoder(source: Path, target: Path) -> None:
    """The encoder to `voice-encoder.onnx`.

    Input `mel` (N, L, 40) float32, the power in 40 mel bands every 10 ms; output `embedding` (N, 256): what the last of
    three LSTM layers holds after the last of the L frames, through a linear layer and ReLU, scaled to unit length.
    """
    weights = load_tensors(source / "pretrained.pt", "model_state")
    graph = Graph()
    x = graph.node("Transpose", "mel", perm=[1, 0, 2])  # ONNX has time first
    last = ""
    for layer in range(LAYERS):
        inputs, states = (
            graph.constant(_gates(weights[f"lstm.weight_{part}_l{layer}"])[None]) for part in ("ih", "hh")
        )
        biases = [_gates(weights[f"lstm.bias_{part}_l{layer}"]) for part in ("ih", "hh")]
        bias = graph.constant(np.concatenate(biases)[None])
        every, last = graph.nodes_of("LSTM", x, inputs, states, bias, outputs=2, hidden_size=WIDTH)
        x = graph.node("Squeeze", every, graph.constant([1]))  # the dimension of directions, of which there is one
    held = graph.node("Squeeze", last, graph.constant([0]))
    linear = [graph.constant(weights[f"linear.{part}"]) for part in ("weight", "bias")]
    positive = graph.node("Relu", graph.node("Gemm", held, *linear, transB=1))
    norm = graph.node("ReduceL2", positive, graph.constant([1]), keepdims=1)
    graph.name(graph.node("Div", positive, graph.node("Max", norm, graph.constant(1e-6))), "embedding")
    graph.save(
        target / "voice-encoder.onnx",
        {"mel": ("float32", ["batch", "length", MELS])},
        {"embedding": ["batch", WIDTH]},
    )


def _gates(weight: Array) -> Array:
    """Weights or biases of four gates, one below the other, in ONNX's order."""
    gates = np.split(weight, 4)
    return np.concatenate([gates[at] for at in ORDER])
