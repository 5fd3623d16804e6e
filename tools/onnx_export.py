"""Conversions to ONNX at pull time, so that answering needs neither torch nor transformers.

The graphs are written node by node from the published weights, not traced: the outcome does not depend on the version
of an exporter, takes seconds, and is tested against torch's own arithmetic. Each function reads the entry's files in
`source` and writes what the catalogue's `makes` names into `target`. All graphs take any batch size.
"""

import base64
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import WeightsError

if TYPE_CHECKING:
    import onnx

OPSET = 20
"""The first ONNX operator set with Gelu; onnxruntime reads it since 1.17."""

Array = np.ndarray[Any, np.dtype[Any]]


class Graph:
    """An ONNX graph in the making; methods return the names of what they add."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, Array] = {}

    def constant(self, value: Array | Sequence[int] | float) -> str:
        array = np.asarray(value)
        if array.dtype == np.float64:
            array = array.astype(np.float32)
        name = f"c{len(self.constants)}"
        self.constants[name] = np.ascontiguousarray(array)
        return name

    def node(self, op: str, *inputs: str, **attributes: Any) -> str:
        return self.nodes_of(op, *inputs, outputs=1, **attributes)[0]

    def nodes_of(self, op: str, *inputs: str, outputs: int, **attributes: Any) -> list[str]:
        """A node with several outputs."""
        from onnx import helper

        names = [f"{op}_{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, names, **attributes))
        return names

    def name(self, value: str, name: str) -> None:
        """Give an output of the graph its public name."""
        from onnx import helper

        self.nodes.append(helper.make_node("Identity", [value], [name]))

    def save(self, path: Path, inputs: dict[str, tuple[str, list[Any]]], outputs: dict[str, list[Any]]) -> None:
        """Check the graph and write what of it the outputs depend on.

        Args:
            path: the file to write.
            inputs: element type (`float32`, `int64`) and shape by name; a string in a shape is a free dimension.
            outputs: shapes by name; all are float32.
        """
        import onnx
        from onnx import TensorProto, helper, numpy_helper

        types = {"float32": TensorProto.FLOAT, "int64": TensorProto.INT64}
        used, nodes = set(outputs), []
        for node in reversed(self.nodes):
            if used.intersection(node.output):
                used.update(node.input)
                nodes.insert(0, node)
        graph = helper.make_graph(
            nodes,
            path.stem,
            [helper.make_tensor_value_info(name, types[kind], shape) for name, (kind, shape) in inputs.items()],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
            [numpy_helper.from_array(array, name) for name, array in self.constants.items() if name in used],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="vidscout")
        model.ir_version = 9  # the one that belongs to opset 20; a newer default would shut out older runtimes
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, str(path))


# ---- all-MiniLM-L6-v2 -------------------------------------------------------------------------------------------------


def minilm(source: Path, target: Path) -> None:
    """BERT (Devlin et al., 2019) as all-MiniLM-L6-v2 uses it, with its pooling in the graph, to `model.onnx`.

    Inputs `input_ids` and `attention_mask` (N, L) int64, L ≤ 512; output `embedding` (N, 384): token vectors averaged
    under the mask, then scaled to unit length.
    """
    from safetensors.numpy import load_file

    weights = load_file(source / "model.safetensors")
    config = json.loads((source / "config.json").read_text())
    width, heads, epsilon = config["hidden_size"], config["num_attention_heads"], config["layer_norm_eps"]
    graph = Graph()

    def dense(x: str, weight: Array, bias: Array) -> str:
        return graph.node("Add", graph.node("MatMul", x, graph.constant(weight.T)), graph.constant(bias))

    def normalised(x: str, layer: str) -> str:
        scale, shift = (graph.constant(weights[f"{layer}.LayerNorm.{part}"]) for part in ("weight", "bias"))
        return graph.node("LayerNormalization", x, scale, shift, axis=-1, epsilon=epsilon)

    words = graph.node("Gather", graph.constant(weights["embeddings.word_embeddings.weight"]), "input_ids")
    # Every token has type 0, so its vector is the same constant beside each position's.
    places = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    length = graph.node("Shape", "input_ids", start=1, end=2)
    places_here = graph.node("Slice", graph.constant(places), graph.constant([0]), length, graph.constant([0]))
    x = normalised(graph.node("Add", words, places_here), "embeddings")

    mask = graph.node("Cast", "attention_mask", to=1)
    gap = graph.node("Mul", graph.node("Sub", graph.constant(1.0), mask), graph.constant(-1e9))
    unseen = graph.node("Unsqueeze", gap, graph.constant([1, 2]))
    by_head, joined = graph.constant([0, 0, heads, width // heads]), graph.constant([0, 0, width])

    for number in range(config["num_hidden_layers"]):
        layer = f"encoder.layer.{number}"
        queries, keys, values = (
            graph.node("Reshape", dense(x, *_parameters(weights, f"{layer}.attention.self.{part}")), by_head)
            for part in ("query", "key", "value")
        )
        scores = graph.node(
            "MatMul",
            graph.node("Transpose", queries, perm=[0, 2, 1, 3]),
            graph.node("Transpose", keys, perm=[0, 2, 3, 1]),
        )
        scaled = graph.node("Div", scores, graph.constant(float(np.sqrt(width // heads))))
        attention = graph.node("Softmax", graph.node("Add", scaled, unseen), axis=-1)
        seen = graph.node("MatMul", attention, graph.node("Transpose", values, perm=[0, 2, 1, 3]))
        seen = graph.node("Reshape", graph.node("Transpose", seen, perm=[0, 2, 1, 3]), joined)
        seen = dense(seen, *_parameters(weights, f"{layer}.attention.output.dense"))
        x = normalised(graph.node("Add", seen, x), f"{layer}.attention.output")
        inner = graph.node("Gelu", dense(x, *_parameters(weights, f"{layer}.intermediate.dense")))
        outer = dense(inner, *_parameters(weights, f"{layer}.output.dense"))
        x = normalised(graph.node("Add", outer, x), f"{layer}.output")

    weight = graph.node("Unsqueeze", mask, graph.constant([2]))
    total = graph.node("ReduceSum", graph.node("Mul", x, weight), graph.constant([1]), keepdims=0)
    mean = graph.node("Div", total, graph.node("ReduceSum", mask, graph.constant([1]), keepdims=1))
    norm = graph.node("ReduceL2", mean, graph.constant([1]), keepdims=1)
    graph.name(graph.node("Div", mean, norm), "embedding")
    tokens = ("int64", ["batch", "length"])
    graph.save(
        target / "model.onnx",
        {"input_ids": tokens, "attention_mask": tokens},
        {"embedding": ["batch", width]},
    )


def _parameters(weights: dict[str, Array], layer: str) -> tuple[Array, Array]:
    return weights[f"{layer}.weight"], weights[f"{layer}.bias"]


# ---- EfficientNet-lite0 -----------------------------------------------------------------------------------------------

LITE0_STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)
"""Stride of each block: those of EfficientNet-B0 (Tan and Le, 2019), which the lite variant keeps."""
LITE0_SIDE = 224
"""Pixels of the square input."""


def efficientnet_lite0(source: Path, target: Path) -> None:
    """EfficientNet-lite0 to `efficientnet-lite0.onnx`, and its classes' names to `labels.txt`.

    Input `image` (N, 3, 224, 224) RGB, (value − 127) / 128; outputs `features` (N, 1280), the pooled last layer, and
    `logits` (N, 1000). A line of `labels.txt` holds the WordNet lemmas of one class, separated by commas.
    """
    import torch

    state = torch.load(source / "efficientnet-lite0.pth", map_location="cpu", weights_only=True)
    weights: dict[str, Array] = {name: tensor.numpy() for name, tensor in state.items()}
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
    for number, stride in enumerate(LITE0_STRIDES):
        block, entering = f"_blocks.{number}", x
        if f"{block}._expand_conv.weight" in weights:
            x = convolved(x, f"{block}._expand_conv", f"{block}._bn0")
        x = convolved(x, f"{block}._depthwise_conv", f"{block}._bn1", stride, depthwise=True)
        projection = weights[f"{block}._project_conv.weight"]
        x = convolved(x, f"{block}._project_conv", f"{block}._bn2", relu=False)
        came_in = weights.get(f"{block}._expand_conv.weight", weights[f"{block}._depthwise_conv.weight"])
        channels_in = came_in.shape[1] if f"{block}._expand_conv.weight" in weights else came_in.shape[0]
        if stride == 1 and channels_in == projection.shape[0]:
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


# ---- NanoDet ----------------------------------------------------------------------------------------------------------

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
    weights = _tfjs_weights(model["weightsManifest"][0], (source / "nanodet.bin").read_bytes())
    tfjs = {node["name"]: node for node in model["modelTopology"]["node"]}
    writer = _TfjsWriter(tfjs, weights)
    cells = {stride: (NANODET_SIDE // stride) ** 2 for stride in (8, 16, 32)}
    outputs: dict[str, list[Any]] = {}
    for tensor, name in NANODET_OUTPUTS.items():
        kind, stride = name.split("_")
        writer.graph.name(writer.value(tensor), name)
        outputs[name] = ["batch", cells[int(stride)], 80 if kind == "scores" else 44]
    image = ("float32", ["batch", 3, NANODET_SIDE, NANODET_SIDE])
    writer.graph.save(target / "nanodet.onnx", {"image": image}, outputs)


def _tfjs_weights(manifest: dict[str, Any], data: bytes) -> dict[str, Array]:
    """The constants of a TensorFlow.js model; float32 is stored as float16 in this one."""
    weights: dict[str, Array] = {}
    offset = 0
    for entry in manifest["weights"]:
        stored = np.dtype(entry.get("quantization", {}).get("dtype", entry["dtype"]))
        if stored not in (np.float16, np.float32, np.int32):
            raise WeightsError(f"the constant {entry['name']} is stored as {stored}, which is not read here")
        count = int(np.prod(entry["shape"], dtype=int))
        array = np.frombuffer(data, stored, count, offset).reshape(entry["shape"])
        offset += array.nbytes
        weights[entry["name"]] = array.astype(np.int64 if stored == np.int32 else np.float32)
    return weights


_TO_NHWC, _TO_NCHW = (0, 2, 3, 1), (0, 3, 1, 2)


class _TfjsWriter:
    """Writes a TensorFlow.js graph as ONNX, node by node, from the outputs back.

    TensorFlow convolves with channels last and ONNX with channels first. Every convolution here sits between two
    transposes, and `_transposed` drops each pair that cancels.
    """

    def __init__(self, nodes: dict[str, Any], weights: dict[str, Array]) -> None:
        self.graph = Graph()
        self._nodes = nodes
        self._weights = weights
        self._values: dict[str, list[str]] = {}
        self._came_from: dict[str, tuple[str, tuple[int, ...]]] = {}
        """A transposed value's origin and the permutation."""

    def value(self, tensor: str) -> str:
        """The ONNX name of a tensor such as `split:1`."""
        name, _, index = tensor.partition(":")
        if name not in self._values:
            node = self._nodes[name]
            if node["op"] not in self._OPS:
                raise WeightsError(f"the TensorFlow.js operation {node['op']} ({name}) cannot be written as ONNX here")
            written = self._OPS[node["op"]](self, node)
            self._values[name] = [written] if isinstance(written, str) else written
        return self._values[name][int(index or 0)]

    def _array(self, tensor: str) -> Array:
        """A tensor that does not depend on the input, worked out now."""
        if tensor in self._weights:
            return self._weights[tensor]
        node = self._nodes[tensor]
        if node["op"] == "AddV2":
            left, right = node["input"]
            return self._array(left) + self._array(right)
        if node["op"] == "SparseToDense":
            places, shape, values, default = (self._array(name) for name in node["input"])
            dense = np.full(shape, default)
            dense[places.reshape(-1)] = values
            return dense
        raise WeightsError(f"the TensorFlow.js operation {node['op']} ({tensor}) should not depend on the picture")

    def _transposed(self, value: str, permutation: tuple[int, ...]) -> str:
        if value in self._came_from:
            origin, before = self._came_from[value]
            value, permutation = origin, tuple(before[axis] for axis in permutation)
            if permutation == tuple(range(len(permutation))):
                return value
        result = self.graph.node("Transpose", value, perm=permutation)
        self._came_from[result] = (value, permutation)
        return result

    def _transpose(self, node: dict[str, Any]) -> str:
        return self._transposed(self.value(node["input"][0]), tuple(self._array(node["input"][1]).tolist()))

    def _convolution(self, node: dict[str, Any], bias: list[str]) -> str:
        if _attribute(node, "padding") != "VALID" or _attribute(node, "data_format") != "NHWC":
            raise WeightsError(f"the convolution {node['name']} has a padding or layout that is not read here")
        image = self._transposed(self.value(node["input"][0]), _TO_NCHW)
        kernel = self.graph.constant(self._array(node["input"][1]).transpose(3, 2, 0, 1))
        convolved = self.graph.node("Conv", image, kernel, *bias, strides=_attribute(node, "strides")[1:3])
        return self._transposed(convolved, _TO_NHWC)

    def _add(self, node: dict[str, Any]) -> str:
        left, right = node["input"]
        if self._nodes[left]["op"] == "Conv2D" and right in self._weights:
            return self._convolution(self._nodes[left], [self.graph.constant(self._array(right))])
        return self.graph.node("Add", self.value(left), self.value(right))

    def _pad(self, node: dict[str, Any]) -> str:
        image, around, *rest = node["input"]
        fill = float(self._array(rest[0])) if rest else 0.0
        both_ends = self.graph.constant(self._array(around).T.reshape(-1))
        return self.graph.node("Pad", self.value(image), both_ends, self.graph.constant(fill))

    def _max_pool(self, node: dict[str, Any]) -> str:
        image = self._transposed(self.value(node["input"][0]), _TO_NCHW)
        kernel, strides = _attribute(node, "ksize")[1:3], _attribute(node, "strides")[1:3]
        return self._transposed(self.graph.node("MaxPool", image, kernel_shape=kernel, strides=strides), _TO_NHWC)

    def _resize(self, node: dict[str, Any]) -> str:
        image = self._transposed(self.value(node["input"][0]), _TO_NCHW)
        size = self.graph.constant(self._array(node["input"][1]))
        mode = "half_pixel" if _attribute(node, "half_pixel_centers") else "asymmetric"
        options = {"mode": "linear", "axes": [2, 3], "coordinate_transformation_mode": mode}
        return self._transposed(self.graph.node("Resize", image, "", "", size, **options), _TO_NHWC)

    def _reshape(self, node: dict[str, Any]) -> str:
        shape = self._array(node["input"][1]).copy()
        shape[0] = 0  # the batch of one that the graph was made for becomes whatever batch comes
        return self.graph.node("Reshape", self.value(node["input"][0]), self.graph.constant(shape))

    def _split(self, node: dict[str, Any]) -> list[str]:
        image, sizes, axis = node["input"]
        pieces = self.graph.constant(self._array(sizes))
        options = {"outputs": len(self._array(sizes)), "axis": int(self._array(axis))}
        return self.graph.nodes_of("Split", self.value(image), pieces, **options)

    def _concat(self, node: dict[str, Any]) -> str:
        *parts, axis = node["input"]
        return self.graph.node("Concat", *map(self.value, parts), axis=int(self._array(axis)))

    _OPS: dict[str, Callable[["_TfjsWriter", dict[str, Any]], str | list[str]]] = {
        "Placeholder": lambda self, node: "image",
        "Identity": lambda self, node: self.value(node["input"][0]),
        "Sigmoid": lambda self, node: self.graph.node("Sigmoid", self.value(node["input"][0])),
        "LeakyRelu": lambda self, node: self.graph.node(
            "LeakyRelu", self.value(node["input"][0]), alpha=_attribute(node, "alpha")
        ),
        "Conv2D": lambda self, node: self._convolution(node, []),
        "Transpose": _transpose,
        "Add": _add,
        "Pad": _pad,
        "PadV2": _pad,
        "MaxPool": _max_pool,
        "ResizeBilinear": _resize,
        "Reshape": _reshape,
        "SplitV": _split,
        "ConcatV2": _concat,
    }


def _attribute(node: dict[str, Any], name: str) -> Any:
    value = node["attr"][name]
    if "list" in value:
        return [int(item) for item in value["list"]["i"]]
    if "s" in value:
        return base64.b64decode(value["s"]).decode()
    return value.get("f", value.get("b"))


CONVERSIONS: dict[str, Callable[[Path, Path], None]] = {
    "minilm/1": minilm,
    "efficientnet-lite0/1": efficientnet_lite0,
    "nanodet/1": nanodet,
}
"""By the catalogue's `convert`; a new number makes existing caches convert again, without a download."""
