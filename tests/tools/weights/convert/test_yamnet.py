"""YAMNet's graph without the nodes that round."""

import zipfile
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from vidscout.tools.errors import WeightsError
from vidscout.tools.runtime.onnx import session
from vidscout.tools.weights.convert.yamnet import ARCHIVE, CLASSES, yamnet

WEIGHT = np.random.default_rng(0).normal(0, 1, (3, 1024)).astype(np.float32)
KERNEL = np.random.default_rng(1).normal(0, 1, (1024, 1, 3, 3)).astype(np.float32)


def archive(folder: Path, classes: int = 3) -> Path:
    """A graph of one convolution and one dense layer that rounds its input, weights and output as the real one does."""

    def rounded(name: str) -> list[onnx.NodeProto]:
        quantised = helper.make_node("QuantizeLinear", [name, "scale", "zero"], [f"{name}_q"])
        return [quantised, helper.make_node("DequantizeLinear", [f"{name}_q", "scale", "zero"], [f"{name}_qdq"])]

    nodes = [
        helper.make_node("DequantizeLinear", ["audio", "scale", "zero"], ["audio_updated"]),
        *rounded("kernel"),
        helper.make_node("Conv", ["audio_updated", "kernel_qdq"], ["convolved"], pads=[1, 1, 1, 1]),
        helper.make_node("GlobalAveragePool", ["convolved"], ["pooled"]),
        *rounded("pooled"),
        helper.make_node("Reshape", ["pooled_qdq", "shape"], ["flat"]),
        *rounded("weight"),
        helper.make_node("Gemm", ["flat", "weight_qdq"], ["class_scores_updated"], transB=1),
        helper.make_node("QuantizeLinear", ["class_scores_updated", "scale", "zero"], ["class_scores"]),
    ]
    constants = {
        "kernel": KERNEL,
        "weight": WEIGHT,
        "scale": np.array(0.5, np.float32),
        "zero": np.array(100, np.uint8),
        "shape": np.array([1, -1]),
    }
    graph = helper.make_graph(
        nodes,
        "yamnet",
        [helper.make_tensor_value_info("audio", TensorProto.UINT8, [1, 1, 96, 64])],
        [helper.make_tensor_value_info("class_scores", TensorProto.UINT8, [1, 3])],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 9
    with zipfile.ZipFile(folder / ARCHIVE, "w") as packed:
        packed.writestr("job/model.onnx", model.SerializeToString())
    rows = "".join(f"{number},/m/{number},Sound {number}\n" for number in range(classes))
    (folder / CLASSES).write_text(f"index,mid,display_name\n{rows}", encoding="utf-8")
    return folder


def test_nothing_is_rounded_and_any_number_of_patches_is_taken(tmp_path: Path):
    target = tmp_path / "target"
    target.mkdir()
    yamnet(archive(tmp_path), target)
    patches = np.random.default_rng(2).normal(0, 1, (4, 1, 96, 64)).astype(np.float32)
    scores, features = session(target / "yamnet.onnx", 1).run(["scores", "features"], {"patches": patches})
    assert scores.shape == (4, 3)
    assert features.shape == (4, 1024)
    assert np.allclose(scores, features @ WEIGHT.T, rtol=1e-3, atol=1e-4)
    middle = np.array([np.mean([float((patches[n, 0] * 1).mean())]) for n in range(4)])
    assert np.corrcoef(features @ KERNEL.sum(axis=(1, 2, 3)), middle)[0, 1] > 0.9
    assert (target / "classes.txt").read_text().splitlines() == ["Sound 0", "Sound 1", "Sound 2"]


def test_a_graph_of_other_classes_is_refused(tmp_path: Path):
    (tmp_path / "target").mkdir()
    with pytest.raises(WeightsError, match="3 classes apart, and 2 are named"):
        yamnet(archive(tmp_path, classes=2), tmp_path / "target")
