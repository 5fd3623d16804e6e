from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from vidscout.tools.runtime.onnx import session
from vidscout.tools.weights.convert.onnx_folding import folded

CHANCE = np.random.default_rng(0)


def model(path: Path, offset: float = 3.0, shared: bool = False) -> Path:
    """Convolution, scale and offset, hard-swish, as Paddle's exporter writes them."""
    numbers = {"scale": 1.7, "shift": -0.4, "three": offset, "low": 0.0, "high": 6.0, "six": 6.0}
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("Mul", ["scale", "c"], ["m"]),
        helper.make_node("Add", ["m", "shift"], ["a"]),
        helper.make_node("Add", ["a", "three"], ["p"]),
        helper.make_node("Clip", ["p", "low", "high"], ["q"]),
        helper.make_node("Mul", ["a", "q"], ["r"]),
        helper.make_node("Div", ["r", "six"], ["s"]),
        helper.make_node("Add", ["s", "c" if shared else "s"], ["y"]),
    ]
    constants = [numpy_helper.from_array(np.array(value, np.float32), name) for name, value in numbers.items()]
    constants += [
        numpy_helper.from_array(CHANCE.normal(size=(4, 3, 3, 3)).astype(np.float32), "w"),
        numpy_helper.from_array(CHANCE.normal(size=4).astype(np.float32), "b"),
    ]
    shape = ["n", 3, 8, 8]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 4, 8, 8])],
        constants,
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 12)], ir_version=8), str(path))
    return path


def kinds(rewritten: bytes) -> list[str]:
    return [node.op_type for node in onnx.load_from_string(rewritten).graph.node]


def same(path: Path, name: str, pixels: np.ndarray) -> bool:
    before, after = session(path, 1), session(folded(path), 1)
    [one], [other] = before.run(None, {name: pixels}), after.run(None, {name: pixels})
    return bool(np.allclose(one, other, atol=1e-5))


def test_scale_offset_and_hard_swish_are_put_together(tmp_path: Path):
    path = model(tmp_path / "m.onnx")
    assert kinds(folded(path)) == ["Conv", "HardSigmoid", "Mul", "Add"]
    assert same(path, "x", CHANCE.normal(0, 3, (2, 3, 8, 8)).astype(np.float32))


def test_what_only_looks_like_a_hard_swish_is_left_alone(tmp_path: Path):
    path = model(tmp_path / "m.onnx", offset=2.0)
    assert "HardSigmoid" not in kinds(folded(path))
    assert same(path, "x", CHANCE.normal(0, 3, (1, 3, 8, 8)).astype(np.float32))


def test_a_convolution_that_others_read_keeps_its_weights(tmp_path: Path):
    path = model(tmp_path / "m.onnx", shared=True)
    assert kinds(folded(path))[:3] == ["Conv", "Mul", "Add"]
    assert same(path, "x", CHANCE.normal(0, 3, (1, 3, 8, 8)).astype(np.float32))


@pytest.mark.models
@pytest.mark.parametrize(("part", "shape"), [("det", (1, 3, 64, 96)), ("rec", (2, 3, 48, 128))])
def test_the_text_models_answer_as_before_with_fewer_operations(part: str, shape: tuple[int, ...]):
    found = find_spec("rapidocr_onnxruntime")
    assert found is not None
    assert found.origin is not None
    path = Path(found.origin).parent / "models" / f"ch_PP-OCRv4_{part}_infer.onnx"
    assert same(path, "x", CHANCE.normal(size=shape).astype(np.float32))
    operations = [node for node in onnx.load(str(path)).graph.node if node.op_type != "Constant"]
    assert len(kinds(folded(path))) < len(operations) - 80
