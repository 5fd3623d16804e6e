"""Codes of one byte a number: their cosines are never further off than they say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from vidscout.tools.index.vectors import codes
from vidscout.tools.index.vectors.chroma import unit
from vidscout.tools.index.vectors.codes import Query, encode


def cosines(vectors: np.ndarray, query: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    made, sought = encode(vectors), Query(query)
    return sought.cosines(sought.sums(made.numbers), made.scale, made.error)


@pytest.mark.parametrize("size", [1, 3, 64, 384, 768])
@pytest.mark.parametrize("shape", ["round", "few large", "all alike", "one axis"])
def test_a_cosine_is_off_by_no_more_than_is_told(size: int, shape: str):
    rng = np.random.default_rng(size)
    made = {
        "round": lambda: rng.standard_normal((500, size)),
        "few large": lambda: rng.standard_normal((500, size)) ** 5,
        "all alike": lambda: 1 + 0.01 * rng.standard_normal((500, size)),
        "one axis": lambda: np.eye(size)[rng.integers(0, size, 500)],
    }[shape]()
    kept = unit(unit(made).astype(np.float16))
    for query in unit(np.concatenate([kept[:5], rng.standard_normal((5, size))])):
        found, off = cosines(kept, query)
        exact = kept.astype(np.float64) @ query.astype(np.float64)
        assert (np.abs(found - exact) <= off).all()
        assert off.max() < 0.05, "so that few rows must be looked at again"


@settings(max_examples=60, deadline=None)
@given(arrays(np.float32, (4, 9), elements=st.floats(-1e3, 1e3, width=32)))
def test_any_vectors_keep_to_the_bound(made: np.ndarray):
    vectors = unit(made)
    found, off = cosines(vectors[1:], vectors[0])
    exact = vectors[1:].astype(np.float64) @ vectors[0].astype(np.float64)
    assert (np.abs(found - exact) <= off).all()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("tiny", [0.0, 1e-45, 1e-30])
def test_numbers_that_are_almost_none_are_none(tiny: float):
    query = np.array([1.0, tiny, -tiny], np.float32)
    found, off = cosines(np.array([[1.0, tiny, 0.0], [tiny, tiny, tiny]], np.float32), query)
    assert (np.abs(found - [1.0, 0.0]) <= off).all()


def test_a_row_of_zeros_is_nowhere_near():
    found, off = cosines(np.zeros((2, 8), np.float32), np.eye(8, dtype=np.float32)[0])
    assert (np.abs(found) <= off).all()


def test_the_product_is_the_graph_that_it_says_it_is():
    from onnx import TensorProto, helper

    def value(name: str, kind: int, shape: list[str | int]) -> object:
        return helper.make_tensor_value_info(name, kind, shape)

    node = helper.make_node("MatMulInteger", ["rows", "query", "middle"], ["sums"])
    takes = [
        value("rows", TensorProto.UINT8, ["r", "d"]),
        value("query", TensorProto.INT8, ["d", 2]),
        value("middle", TensorProto.UINT8, []),
    ]
    graph = helper.make_graph([node], "codes", takes, [value("sums", TensorProto.INT32, ["r", 2])])  # type: ignore[arg-type]
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    assert made.SerializeToString() == codes._PRODUCT
