"""ONNX graphs written node by node, with the `onnx` package's own constructors."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

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
        """Add numbers; the name of their value."""
        array = np.asarray(value)
        if array.dtype == np.float64:
            array = array.astype(np.float32)
        name = f"c{len(self.constants)}"
        self.constants[name] = np.ascontiguousarray(array)
        return name

    def node(self, op: str, *inputs: str, **attributes: Any) -> str:
        """Add a node with one output; the name of its value."""
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
