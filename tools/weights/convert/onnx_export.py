"""Conversions to ONNX at pull time, so that answering needs neither torch nor transformers.

The graphs are written node by node from the published weights, not traced: the outcome does not depend on the version
of an exporter, takes seconds, and is tested against torch's own arithmetic. Each function reads the entry's files in
`source` and writes what the catalogue's `makes` names into `target`. All graphs take any batch size.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .gemma import embedding_gemma
from .onnx_graph import Array, Graph
from .tfjs import TfjsWriter, tfjs_weights
from .torch_pickle import load_tensors
from .voice import voice_encoder
from .yamnet import yamnet


def minilm(source: Path, target: Path) -> None:
    """BERT (Devlin et al., 2019) as all-MiniLM-L6-v2 uses it, with its pooling in the graph, to `model.onnx`.

    Inputs `input_ids` and `attention_mask` (N, L) int64, L ≤ 512; output `embedding` (N, 384): token vectors averaged
    under the mask, then scaled to unit length.
    """
    from safetensors.numpy import load_file

    config = json.loads((source / "config.json").read_text())
    bert = _Bert(load_file(source / "model.safetensors"), config)
    graph = bert.graph
    x = bert.embedded()
    mask = graph.node("Cast", "attention_mask", to=1)
    gap = graph.node("Mul", graph.node("Sub", graph.constant(1.0), mask), graph.constant(-1e9))
    unseen = graph.node("Unsqueeze", gap, graph.constant([1, 2]))
    shapes = bert.shapes()
    for number in range(config["num_hidden_layers"]):
        x = bert.layer(f"encoder.layer.{number}", x, unseen, *shapes)
    weight = graph.node("Unsqueeze", mask, graph.constant([2]))
    total = graph.node("ReduceSum", graph.node("Mul", x, weight), graph.constant([1]), keepdims=0)
    mean = graph.node("Div", total, graph.node("ReduceSum", mask, graph.constant([1]), keepdims=1))
    norm = graph.node("ReduceL2", mean, graph.constant([1]), keepdims=1)
    graph.name(graph.node("Div", mean, norm), "embedding")
    tokens = ("int64", ["batch", "length"])
    graph.save(
        target / "model.onnx",
        {"input_ids": tokens, "attention_mask": tokens},
        {"embedding": ["batch", config["hidden_size"]]},
    )


class _Bert:
    """The parts of BERT, as nodes of a graph."""

    def __init__(self, weights: dict[str, Array], config: dict[str, Any]) -> None:
        self.weights = weights
        self.width, self.heads = config["hidden_size"], config["num_attention_heads"]
        self.epsilon = config["layer_norm_eps"]
        self.graph = Graph()

    def shapes(self) -> tuple[str, str]:
        """Constants: what a token's vector is by head, and joined again."""
        by_head = self.graph.constant([0, 0, self.heads, self.width // self.heads])
        return by_head, self.graph.constant([0, 0, self.width])

    def embedded(self) -> str:
        """Vectors of the tokens `input_ids` with their places, (N, L, width)."""
        graph, weights = self.graph, self.weights
        words = graph.node("Gather", graph.constant(weights["embeddings.word_embeddings.weight"]), "input_ids")
        # Every token has type 0, so its vector is the same constant beside each position's.
        places = (
            weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
        )
        length = graph.node("Shape", "input_ids", start=1, end=2)
        places_here = graph.node("Slice", graph.constant(places), graph.constant([0]), length, graph.constant([0]))
        return self._normalised(graph.node("Add", words, places_here), "embeddings")

    def layer(self, layer: str, x: str, unseen: str, by_head: str, joined: str) -> str:
        """One encoder layer; `unseen` is added to the attention scores of padding."""
        graph = self.graph
        queries, keys, values = (
            graph.node("Reshape", self._dense(x, f"{layer}.attention.self.{part}"), by_head)
            for part in ("query", "key", "value")
        )
        scores = graph.node(
            "MatMul",
            graph.node("Transpose", queries, perm=[0, 2, 1, 3]),
            graph.node("Transpose", keys, perm=[0, 2, 3, 1]),
        )
        scaled = graph.node("Div", scores, graph.constant(float(np.sqrt(self.width // self.heads))))
        attention = graph.node("Softmax", graph.node("Add", scaled, unseen), axis=-1)
        seen = graph.node("MatMul", attention, graph.node("Transpose", values, perm=[0, 2, 1, 3]))
        seen = graph.node("Reshape", graph.node("Transpose", seen, perm=[0, 2, 1, 3]), joined)
        seen = self._dense(seen, f"{layer}.attention.output.dense")
        x = self._normalised(graph.node("Add", seen, x), f"{layer}.attention.output")
        inner = graph.node("Gelu", self._dense(x, f"{layer}.intermediate.dense"))
        outer = self._dense(inner, f"{layer}.output.dense")
        return self._normalised(graph.node("Add", outer, x), f"{layer}.output")

    def _dense(self, x: str, layer: str) -> str:
        weight, bias = self.weights[f"{layer}.weight"], self.weights[f"{layer}.bias"]
        return self.graph.node(
            "Add", self.graph.node("MatMul", x, self.graph.constant(weight.T)), self.graph.constant(bias)
        )

    def _normalised(self, x: str, layer: str) -> str:
        scale, shift = (self.graph.constant(self.weights[f"{layer}.LayerNorm.{part}"]) for part in ("weight", "bias"))
        return self.graph.node("LayerNormalization", x, scale, shift, axis=-1, epsilon=self.epsilon)


LITE0_STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)
"""Stride of each block: those of EfficientNet-B0 (Tan and Le, 2019), which the lite variant keeps."""
LITE0_SIDE = 224
"""Pixels of the square input."""


def efficientnet_lite0(source: Path, target: Path) -> None:
    """EfficientNet-lite0 to `efficientnet-lite0.onnx`, and its classes' names to `labels.txt`.

    Input `image` (N, 3, 224, 224) RGB, (value − 127) / 128; outputs `features` (N, 1280), the pooled last layer, and
    `logits` (N, 1000). A line of `labels.txt` holds the WordNet lemmas of one class, separated by commas.
    """
    weights = load_tensors(source / "efficientnet-lite0.pth")
    graph = Graph()
    side = LITE0_SIDE

    def convolved(x: str, layer: str, norm: str, stride: int = 1, depthwise: bool = False, relu: bool = True) -> str:
        """Convolution with TensorFlow's SAME padding, the batch normalisation folded into it, and ReLU6."""
        nonlocal side
        scale = weights[f"{norm}.weight"] / np.sqrt(weights[f"{norm}.running_var"] + 1e-3)
        kernel = weights[f"{layer}.weight"]
        shift = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale
        out = -(-side // stride)
        padding = max((out - 1) * stride + kernel.shape[-1] - side, 0)
        before, after = padding // 2, padding - padding // 2
        side = out
        y = graph.node(
            "Conv",
            x,
            graph.constant(kernel * scale[:, None, None, None]),
            graph.constant(shift),
            strides=[stride, stride],
            pads=[before, before, after, after],
            group=kernel.shape[0] if depthwise else 1,
        )
        return graph.node("Clip", y, graph.constant(0.0), graph.constant(6.0)) if relu else y

    x = convolved("image", "_conv_stem", "_bn0", stride=2)
    channels = weights["_conv_stem.weight"].shape[0]
    for number, stride in enumerate(LITE0_STRIDES):
        block, entering = f"_blocks.{number}", x
        if f"{block}._expand_conv.weight" in weights:
            x = convolved(x, f"{block}._expand_conv", f"{block}._bn0")
        x = convolved(x, f"{block}._depthwise_conv", f"{block}._bn1", stride, depthwise=True)
        x = convolved(x, f"{block}._project_conv", f"{block}._bn2", relu=False)
        channels, came_in = weights[f"{block}._project_conv.weight"].shape[0], channels
        if stride == 1 and came_in == channels:
            x = graph.node("Add", x, entering)
    x = convolved(x, "_conv_head", "_bn1")
    features = graph.node("Flatten", graph.node("GlobalAveragePool", x))
    graph.name(features, "features")
    fully = [graph.constant(weights[f"_fc.{part}"]) for part in ("weight", "bias")]
    graph.name(graph.node("Gemm", features, *fully, transB=1), "logits")
    classes, width = weights["_fc.weight"].shape
    graph.save(
        target / "efficientnet-lite0.onnx",
        {"image": ("float32", ["batch", 3, LITE0_SIDE, LITE0_SIDE])},
        {"features": ["batch", width], "logits": ["batch", classes]},
    )
    lines = (source / "imagenet_synset_to_lemma.txt").read_text(encoding="utf-8").splitlines()
    lemmas = dict(line.split("\t", 1) for line in lines)
    synsets = (source / "imagenet_synsets.txt").read_text(encoding="utf-8").split()
    (target / "labels.txt").write_text("".join(f"{lemmas[synset]}\n" for synset in synsets), encoding="utf-8")


NANODET_SIDE = 416
"""Pixels of the square input."""
NANODET_OUTPUTS = {
    "Identity": "scores_8",
    "Identity_1": "scores_16",
    "Identity_2": "scores_32",
    "Identity_3": "boxes_8",
    "Identity_4": "boxes_16",
    "Identity_5": "boxes_32",
}
"""What the TensorFlow.js graph's outputs are: class scores and box distributions at strides of 8, 16 and 32 pixels."""


def nanodet(source: Path, target: Path) -> None:
    """NanoDet's TensorFlow.js graph to `nanodet.onnx`.

    Input `image` (N, 3, 416, 416), BGR, mean and deviation taken out. Outputs for each stride s of 8, 16, 32 with
    n = (416 / s)² cells: `scores_s` (N, n, 80) in 0..1, and `boxes_s` (N, n, 44), for left, top, right and bottom the
    logits of a distribution over distances of 0 to 10 strides (Li et al., Generalized Focal Loss, 2020).
    """
    model = json.loads((source / "nanodet.json").read_text())
    weights = tfjs_weights(model["weightsManifest"][0], (source / "nanodet.bin").read_bytes())
    tfjs = {node["name"]: node for node in model["modelTopology"]["node"]}
    writer = TfjsWriter(tfjs, weights)
    cells = {stride: (NANODET_SIDE // stride) ** 2 for stride in (8, 16, 32)}
    outputs: dict[str, list[Any]] = {}
    for tensor, name in NANODET_OUTPUTS.items():
        kind, stride = name.split("_")
        writer.graph.name(writer.value(tensor), name)
        outputs[name] = ["batch", cells[int(stride)], 80 if kind == "scores" else 44]
    image = ("float32", ["batch", 3, NANODET_SIDE, NANODET_SIDE])
    writer.graph.save(target / "nanodet.onnx", {"image": image}, outputs)


BLAZEFACE_SIDE, FACEMESH_SIDE = 256, 192
"""Pixels of the square inputs."""
FACEMESH_OUTPUTS = {
    "blazeface": {
        "Identity": ("scores_16", [512, 1]),
        "Identity_1": ("scores_32", [384, 1]),
        "Identity_2": ("boxes_16", [512, 16]),
        "Identity_3": ("boxes_32", [384, 16]),
    },
    "facemesh": {"Identity_2": ("points", [1404]), "Identity_1": ("face", [1])},
}
"""What the TensorFlow.js graphs' outputs are, by the stride of their grids; the mesh has 468 points of x, y, depth."""


def facemesh(source: Path, target: Path) -> None:
    """BlazeFace (Bazarevsky et al., 2019) and the face mesh (Kartynnik et al., 2019) to `blazeface.onnx` and
    `facemesh.onnx`.

    Input `image` (N, side, side, 3) RGB: of 256 pixels in −1..1 for the first, of 192 in 0..1 for the second.
    """
    for name, side in (("blazeface", BLAZEFACE_SIDE), ("facemesh", FACEMESH_SIDE)):
        _from_tfjs(source, target, name, side, FACEMESH_OUTPUTS[name])


PALM_SIDE, HAND_SIDE = 256, 224
"""Pixels of the square inputs."""
HAND_OUTPUTS = {
    "palms": {"Identity": ("palms", [2944, 19])},
    "hand": {"Identity": ("points", [63]), "Identity_1": ("hand", [1])},
}
"""What the TensorFlow.js graphs' outputs are: for each cell a logit, a box and seven points; and 21 points in space."""


def hands(source: Path, target: Path) -> None:
    """The palm detector and the hand landmarks of MediaPipe Hands (Zhang et al., 2020) to `palms.onnx` and `hand.onnx`.

    Input `image` (N, side, side, 3) RGB: of 256 pixels in −1..1 for the first, of 224 in 0..1 for the second.
    """
    for name, side in (("palms", PALM_SIDE), ("hand", HAND_SIDE)):
        _from_tfjs(source, target, name, side, HAND_OUTPUTS[name])


FACERES_SIDE = 224
"""Pixels of the square input."""


def faceres(source: Path, target: Path) -> None:
    """The descriptor of HSE-FaceRes (Savchenko, 2019) to `faceres.onnx`; its guesses of age and gender are left out.

    Input `image` (N, 224, 224, 3), blue, green and red in 0..255 less their means; output `embedding` (N, 1024).
    """
    _from_tfjs(source, target, "faceres", FACERES_SIDE, {"global_pooling/Mean": ("embedding", [1024])})


POSES_SIDE = 256
"""Pixels of the square input; the cells of the outputs are a quarter as many."""
POSES_OUTPUTS = {
    "Sigmoid": ("people", [64, 64, 1]),
    "box_scale_0/conv2d_5/BiasAdd": ("sizes", [64, 64, 2]),
    "box_offset_0/conv2d_6/BiasAdd": ("offsets", [64, 64, 2]),
    "kpt_regress_0/conv2d_8/BiasAdd": ("guesses", [64, 64, 34]),
    "Sigmoid_1": ("points", [64, 64, 17]),
    "kpt_offset_0/conv2d_9/BiasAdd": ("point_offsets", [64, 64, 34]),
}
"""What the graph's heads are, before people are picked from them (`perception/people/poses.py` does that)."""


def movenet(source: Path, target: Path) -> None:
    """MoveNet MultiPose (Google, 2021) up to its heads to `movenet-multipose.onnx`.

    Input `image` (N, 256, 256, 3) RGB in −1..1.
    """
    heads = {f"StatefulPartitionedCall/{name}": named for name, named in POSES_OUTPUTS.items()}
    prepared = "StatefulPartitionedCall/sub_1"  # the picture, after the graph has scaled it
    _from_tfjs(source, target, "movenet-multipose", POSES_SIDE, heads, prepared)


SELFIE_SIDE = 256
"""Pixels of the square input and of the mask."""


def selfie(source: Path, target: Path) -> None:
    """Selfie Segmentation (MediaPipe, 2021) to `selfie.onnx`.

    Input `image` (N, 256, 256, 3) RGB in 0..1; output `mask` (N, 256, 256, 1): how surely a pixel is of a person.
    """
    _from_tfjs(source, target, "selfie", SELFIE_SIDE, {"activation_10": ("mask", [SELFIE_SIDE, SELFIE_SIDE, 1])})


def _from_tfjs(
    source: Path, target: Path, name: str, side: int, named: dict[str, tuple[str, list[int]]], image: str = ""
) -> None:
    """A TensorFlow.js graph of one square picture, channels last, with the outputs that are named.

    Args:
        image: the tensor that the picture stands for, where it is not the graph's input itself.
    """
    model = json.loads((source / f"{name}.json").read_text())
    weights = tfjs_weights(model["weightsManifest"][0], (source / f"{name}.bin").read_bytes())
    nodes = {node["name"]: node for node in model["modelTopology"]["node"]}
    if image:
        nodes[image] = {"name": image, "op": "Placeholder"}
    writer = TfjsWriter(nodes, weights)
    outputs: dict[str, list[Any]] = {}
    for tensor, (output, shape) in named.items():
        writer.graph.name(writer.value(tensor), output)
        outputs[output] = ["batch", *shape]
    writer.graph.save(target / f"{name}.onnx", {"image": ("float32", ["batch", side, side, 3])}, outputs)


CONVERSIONS: dict[str, Callable[[Path, Path], None]] = {
    "minilm/1": minilm,
    "efficientnet-lite0/1": efficientnet_lite0,
    "nanodet/1": nanodet,
    "facemesh/1": facemesh,
    "hands/1": hands,
    "faceres/1": faceres,
    "movenet/1": movenet,
    "selfie/1": selfie,
    "embeddinggemma/1": embedding_gemma,
    "resemblyzer/1": voice_encoder,
    "yamnet/1": yamnet,
}
"""By the catalogue's `convert`; a new number makes existing caches convert again, without a download."""
