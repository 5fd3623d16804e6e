"""TensorFlow.js graph models, read and written as ONNX: the operations that NanoDet, face and hand models use."""

import base64
from typing import Any

import numpy as np

from ...errors import WeightsError
from .onnx_graph import Array, Graph


def tfjs_weights(manifest: dict[str, Any], data: bytes) -> dict[str, Array]:
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


class TfjsWriter:
    """Writes a TensorFlow.js graph as ONNX, node by node, from the outputs back.

    It knows the operations of those graphs as they use them: channels last, no dilation.
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
            constant = name in self._weights
            written = self.graph.constant(self._weights[name]) if constant else self._write(self._nodes[name])
            self._values[name] = [written] if isinstance(written, str) else written
        return self._values[name][int(index or 0)]

    def _write(self, node: dict[str, Any]) -> str | list[str]:
        match node["op"]:
            case "Placeholder":
                return "image"
            case "Identity":
                return self._input(node)
            case "LeakyRelu":
                return self.graph.node("LeakyRelu", self._input(node), alpha=_attribute(node, "alpha"))
            case "Relu6":
                return self.graph.node("Clip", self._input(node), self.graph.constant(0.0), self.graph.constant(6.0))
            case "Prelu":
                return self._prelu(self._input(node), node["input"][1])
            case "Add" | "AddV2":
                return self._add(node)
            case "AddN":
                return self.graph.node("Sum", *map(self.value, node["input"]))
            case "Mul" | "Relu" | "Sigmoid":
                return self.graph.node(node["op"], *map(self.value, node["input"]))
            case "Maximum" | "Minimum":
                return self.graph.node(node["op"][:3], *map(self.value, node["input"]))
            case "Mean":
                return self._mean(node)
            case "_FusedMatMul":
                return self._dense(node)
            case "_FusedConv2D":
                return self._fused(node)
            case "DepthwiseConv2dNative":
                return self._depthwise(node)
            case "FusedDepthwiseConv2dNative":
                return self._followed(self._depthwise(node, self.graph.constant(self._array(node["input"][2]))), node)
            case "Conv2D":
                return self._convolution(node)
            case "Conv2DBackpropInput":
                return self._doubled(node)
            case "Transpose":
                return self._transposed(self._input(node), tuple(self._array(node["input"][1]).tolist()))
            case "Pad" | "PadV2":
                return self._pad(node)
            case "MaxPool" | "AvgPool":
                return self._pooled(node)
            case "ResizeBilinear":
                return self._resize(node)
            case "Reshape":
                return self._reshape(node)
            case "SplitV":
                return self._split(node)
            case "ConcatV2":
                return self._concat(node)
            case other:
                raise WeightsError(
                    f"the TensorFlow.js operation {other} ({node['name']}) cannot be written as ONNX here"
                )

    def _input(self, node: dict[str, Any]) -> str:
        return self.value(node["input"][0])

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

    def _convolution(self, node: dict[str, Any], *bias: str) -> str:
        image = self._transposed(self._input(node), _TO_NCHW)
        kernel = self.graph.constant(self._array(node["input"][1]).transpose(3, 2, 0, 1))
        convolved = self.graph.node("Conv", image, kernel, *bias, **_steps(node))
        return self._transposed(convolved, _TO_NHWC)

    def _fused(self, node: dict[str, Any]) -> str:
        """A convolution with its bias, and with what follows it."""
        return self._followed(self._convolution(node, self.graph.constant(self._array(node["input"][2]))), node)

    def _followed(self, value: str, node: dict[str, Any]) -> str:
        """A convolution's value, with what is fused to it."""
        after = [base64.b64decode(name).decode() for name in node["attr"]["fused_ops"]["list"]["s"]]
        match after:
            case ["BiasAdd"]:
                return value
            case ["BiasAdd", "Relu"]:
                return self.graph.node("Relu", value)
            case ["BiasAdd", "Relu6"]:
                return self.graph.node("Clip", value, self.graph.constant(0.0), self.graph.constant(6.0))
            case ["BiasAdd", "Prelu"]:
                return self._prelu(value, node["input"][3])
        raise WeightsError(f"the TensorFlow.js convolution {node['name']} is fused with {', '.join(after)}")

    def _depthwise(self, node: dict[str, Any], *bias: str) -> str:
        image = self._transposed(self._input(node), _TO_NCHW)
        kernel = self._array(node["input"][1])  # height, width, channels, 1
        weights = self.graph.constant(kernel.transpose(2, 3, 0, 1))
        convolved = self.graph.node("Conv", image, weights, *bias, group=kernel.shape[2], **_steps(node))
        return self._transposed(convolved, _TO_NHWC)

    def _doubled(self, node: dict[str, Any]) -> str:
        """A transposed convolution whose stride is its kernel's side: cells do not overlap, so padding is none."""
        _, kernel, image = node["input"]
        weights = self._array(kernel)  # height, width, channels out, channels in
        strides = _attribute(node, "strides")[1:3]
        if list(weights.shape[:2]) != strides:
            raise WeightsError(f"the TensorFlow.js convolution {node['name']} overlaps, which is not written here")
        image = self._transposed(self.value(image), _TO_NCHW)
        spread = self.graph.node(
            "ConvTranspose", image, self.graph.constant(weights.transpose(3, 2, 0, 1)), strides=strides
        )
        return self._transposed(spread, _TO_NHWC)

    def _mean(self, node: dict[str, Any]) -> str:
        image, axes = node["input"]
        kept = int(bool(_attribute(node, "keep_dims")))
        return self.graph.node("ReduceMean", self.value(image), self.graph.constant(self._array(axes)), keepdims=kept)

    def _dense(self, node: dict[str, Any]) -> str:
        after = [base64.b64decode(name).decode() for name in node["attr"]["fused_ops"]["list"]["s"]]
        if after != ["BiasAdd"]:
            raise WeightsError(f"the TensorFlow.js product {node['name']} is fused with {', '.join(after)}")
        weights, bias = (self.graph.constant(self._array(name)) for name in node["input"][1:])
        return self.graph.node("Gemm", self._input(node), weights, bias)

    def _prelu(self, value: str, slopes: str) -> str:
        return self.graph.node("PRelu", value, self.graph.constant(self._array(slopes)))

    def _add(self, node: dict[str, Any]) -> str:
        left, right = node["input"]
        if self._nodes[left]["op"] == "Conv2D" and right in self._weights:
            return self._convolution(self._nodes[left], self.graph.constant(self._array(right)))
        return self.graph.node("Add", self.value(left), self.value(right))

    def _pad(self, node: dict[str, Any]) -> str:
        image, around, *rest = node["input"]
        fill = float(self._array(rest[0])) if rest else 0.0
        both_ends = self.graph.constant(self._array(around).T.reshape(-1))
        return self.graph.node("Pad", self.value(image), both_ends, self.graph.constant(fill))

    def _pooled(self, node: dict[str, Any]) -> str:
        image = self._transposed(self._input(node), _TO_NCHW)
        how = "MaxPool" if node["op"] == "MaxPool" else "AveragePool"
        pooled = self.graph.node(how, image, kernel_shape=_attribute(node, "ksize")[1:3], **_steps(node))
        return self._transposed(pooled, _TO_NHWC)

    def _resize(self, node: dict[str, Any]) -> str:
        image = self._transposed(self._input(node), _TO_NCHW)
        size = self._size(node["input"][1])
        mode = "half_pixel" if _attribute(node, "half_pixel_centers") else "asymmetric"
        options = {"mode": "linear", "axes": [2, 3], "coordinate_transformation_mode": mode}
        how = ["", "", size] if size is not None else ["", self.graph.constant(np.array([2.0, 2.0]))]
        return self._transposed(self.graph.node("Resize", image, *how, **options), _TO_NHWC)

    def _size(self, tensor: str) -> str | None:
        """What a picture is resized to, where the graph tells it; `None` where it is doubled, whatever its size."""
        if tensor in self._weights:
            return self.graph.constant(self._array(tensor))
        node = self._nodes[tensor]
        factors = [self._weights[name].tolist() for name in node["input"] if name in self._weights]
        if node["op"] == "Mul" and factors == [[2, 2]]:
            return None
        return self.graph.constant(self._array(tensor))

    def _reshape(self, node: dict[str, Any]) -> str:
        shape = self._array(node["input"][1]).copy()
        shape[0] = 0  # the batch of one that the graph was made for becomes whatever batch comes
        return self.graph.node("Reshape", self._input(node), self.graph.constant(shape))

    def _split(self, node: dict[str, Any]) -> list[str]:
        image, sizes, axis = node["input"]
        pieces = self.graph.constant(self._array(sizes))
        options = {"outputs": len(self._array(sizes)), "axis": int(self._array(axis))}
        return self.graph.nodes_of("Split", self.value(image), pieces, **options)

    def _concat(self, node: dict[str, Any]) -> str:
        *parts, axis = node["input"]
        return self.graph.node("Concat", *map(self.value, parts), axis=int(self._array(axis)))


def _steps(node: dict[str, Any]) -> dict[str, Any]:
    """Strides and padding of a convolution or pooling."""
    padding = {"auto_pad": "SAME_UPPER"} if _attribute(node, "padding") == "SAME" else {}
    return {"strides": _attribute(node, "strides")[1:3], **padding}


def _attribute(node: dict[str, Any], name: str) -> Any:
    value = node["attr"][name]
    if "list" in value:
        return [int(item) for item in value["list"]["i"]]
    if "s" in value:
        return base64.b64decode(value["s"]).decode()
    return value.get("f", value.get("b"))
