"""YAMNet (Plakal and Ellis, 2020) from a graph that was quantised for a phone's accelerator, in its first precision."""

import csv
import zipfile
from pathlib import Path
from typing import Any

from ...errors import WeightsError
from .onnx_graph import Graph

ARCHIVE = "YamNet_w8a8.onnx.zip"
CLASSES = "yamnet_class_map.csv"
FRAMES, BANDS = 96, 64
"""Rows of 10 ms and mel bands of one patch."""
ROUNDING = ("QuantizeLinear", "DequantizeLinear")


def yamnet(source: Path, target: Path) -> None:
    """The archive's graph to `yamnet.onnx`, and its classes' display names to `classes.txt`, one a line.

    The graph holds its weights as float32, and beside each layer a node that rounds them and its output to 8 bit. Those
    nodes are left out, so that nothing is rounded; only the input's range tells which logarithm it was made from:
    −6.903 is log(0.001), the offset of the published model. Input `patches` (N, 1, 96, 64) float32, log mel; outputs
    `scores` (N, 521), logits, and `features` (N, 1024), the pooled last layer.

    Raises:
        WeightsError: the archive holds another graph.
    """
    import onnx
    from onnx import helper, numpy_helper

    unpacked = target / "unpacked"
    with zipfile.ZipFile(source / ARCHIVE) as archive:
        archive.extractall(unpacked)
    [path] = unpacked.rglob("model.onnx")
    model = onnx.load(str(path))
    arrays = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
    graph = Graph()
    values = {model.graph.input[0].name: "patches"}
    for node in model.graph.node:
        if node.op_type in ROUNDING:
            came = node.input[0]
            values[node.output[0]] = values.get(came, came)
            continue
        named = [values.get(name, name) for name in node.input]
        inputs = [graph.constant(arrays[name]) if name in arrays else name for name in named]
        attributes: dict[str, Any] = {one.name: helper.get_attribute_value(one) for one in node.attribute}
        if node.op_type == "Reshape":  # to (1, 1024), which would take one patch at a time
            values[node.output[0]] = graph.node("Flatten", inputs[0])
            graph.name(values[node.output[0]], "features")
        else:
            values[node.output[0]] = graph.node(node.op_type, *inputs, **attributes)
    names = [row["display_name"] for row in csv.DictReader((source / CLASSES).open(encoding="utf-8", newline=""))]
    graph.name(values[model.graph.output[0].name], "scores")
    width = next(len(array) for array in arrays.values() if array.ndim == 2)
    if width != len(names):
        raise WeightsError(f"{source / ARCHIVE}: the graph tells {width} classes apart, and {len(names)} are named")
    graph.save(
        target / "yamnet.onnx",
        {"patches": ("float32", ["batch", 1, FRAMES, BANDS])},
        {"scores": ["batch", width], "features": ["batch", 1024]},
    )
    (target / "classes.txt").write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
