"""Each conversion against torch's own arithmetic, written here from the published description of the model."""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from vidscout.tools.errors import WeightsError
from vidscout.tools.weights import catalogue as weights
from vidscout.tools.weights.convert.onnx_export import LITE0_STRIDES, NANODET_OUTPUTS, minilm, nanodet
from vidscout.tools.weights.convert.onnx_graph import Graph
from vidscout.tools.weights.convert.tfjs import TfjsWriter, tfjs_weights

CLOSE = 1e-4
"""Most that two float32 computations of one network may differ."""


def run(model: Path, **inputs: np.ndarray) -> dict[str, np.ndarray]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return {name: np.asarray(output) for name, output in zip(names, session.run(names, inputs), strict=True)}


def pictures(count: int, side: int) -> np.ndarray:
    """Smooth colour fields with a sharp square, as a network sees them: (count, 3, side, side), about −2 to 2."""
    rows, columns = np.mgrid[0:side, 0:side] / side
    made = []
    for number in range(count):
        channels = [np.sin(2 * np.pi * (rows * (number + c) + columns * (c + 1))) * 1.5 for c in range(3)]
        picture = np.stack(channels)
        picture[:, side // 4 : side // 2, side // 4 + 9 * number : side // 2 + 9 * number] = 2 - number
        made.append(picture)
    return np.stack(made).astype(np.float32)


# ---- the parts, without weights


def test_only_what_the_outputs_depend_on_is_written(tmp_path: Path):
    import onnx

    graph = Graph()
    graph.node("Mul", "x", graph.constant(3.0))
    graph.name(graph.node("Add", "x", graph.constant(1.0)), "y")
    graph.save(tmp_path / "small.onnx", {"x": ("float32", ["batch", 2])}, {"y": ["batch", 2]})
    written = onnx.load(tmp_path / "small.onnx").graph
    assert [node.op_type for node in written.node] == ["Add", "Identity"]
    assert len(written.initializer) == 1
    x = np.arange(6, dtype=np.float32).reshape(3, 2)
    assert np.array_equal(run(tmp_path / "small.onnx", x=x)["y"], x + 1)


def test_constants_stored_as_float16_are_read_as_float32():
    manifest = {
        "weights": [
            {"name": "half", "shape": [2], "dtype": "float32", "quantization": {"dtype": "float16"}},
            {"name": "whole", "shape": [], "dtype": "int32"},
        ]
    }
    data = np.array([0.5, -2], np.float16).tobytes() + np.array(7, np.int32).tobytes()
    read = tfjs_weights(manifest, data)
    assert read["half"].tolist() == [0.5, -2]
    assert read["half"].dtype == np.float32
    assert read["whole"] == 7


def test_an_operation_that_is_not_known_is_named():
    nodes = {"odd": {"name": "odd", "op": "FancyNewOp", "input": []}}
    with pytest.raises(WeightsError, match="FancyNewOp"):
        TfjsWriter(nodes, {}).value("odd")


# ---- MiniLM


def as_torch_embeds(folder: Path, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Mean-pooled unit vectors from transformers' BERT."""
    import torch
    from transformers import BertModel

    model = BertModel.from_pretrained(folder, local_files_only=True, attn_implementation="eager").eval()
    with torch.no_grad():
        tokens = model(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask)).last_hidden_state
        weight = torch.from_numpy(mask)[..., None].float()
        return torch.nn.functional.normalize((tokens * weight).sum(1) / weight.sum(1), dim=-1).numpy()


def padded(lengths: list[int], words: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    ids = random.integers(1, words, (len(lengths), max(lengths)))
    mask = (np.arange(max(lengths)) < np.array(lengths)[:, None]).astype(np.int64)
    return ids * mask, mask


def test_a_small_bert_of_random_weights_embeds_as_in_torch(tmp_path: Path):
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    config = BertConfig(vocab_size=99, hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=80)
    BertModel(config).save_pretrained(tmp_path)
    (tmp_path / "out").mkdir()
    minilm(tmp_path, tmp_path / "out")
    ids, mask = padded([3, 17, 64], 99)
    got = run(tmp_path / "out" / "model.onnx", input_ids=ids, attention_mask=mask)["embedding"]
    assert np.abs(got - as_torch_embeds(tmp_path, ids, mask)).max() < CLOSE
    assert np.abs(got[0] - got[1]).max() > 100 * CLOSE, "the comparison would also pass if all vectors were one"


@pytest.mark.models
def test_minilm_embeds_as_in_torch():
    folder = weights.folder("minilm-l6-v2")
    ids, mask = padded([2, 9, 30, 256], 30000)
    got = run(folder / "model.onnx", input_ids=ids, attention_mask=mask)["embedding"]
    assert np.abs(got - as_torch_embeds(folder, ids, mask)).max() < CLOSE
    assert np.allclose(np.linalg.norm(got, axis=1), 1, atol=1e-5)


# ---- EfficientNet-lite0


def lite0_in_torch(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    import torch
    import torch.nn.functional as F

    state = torch.load(weights.folder("efficientnet-lite0") / "efficientnet-lite0.pth", weights_only=True)

    def conv(x: torch.Tensor, layer: str, norm: str, stride: int = 1, groups: int = 1) -> torch.Tensor:
        kernel = state[f"{layer}.weight"]
        missing = max((-(-x.shape[-1] // stride) - 1) * stride + kernel.shape[-1] - x.shape[-1], 0)
        x = F.pad(x, (missing // 2, missing - missing // 2) * 2)
        x = F.conv2d(x, kernel, stride=stride, groups=groups)
        mean, var = state[f"{norm}.running_mean"], state[f"{norm}.running_var"]
        return F.batch_norm(x, mean, var, state[f"{norm}.weight"], state[f"{norm}.bias"], eps=1e-3)

    with torch.no_grad():
        x = F.relu6(conv(torch.from_numpy(pixels), "_conv_stem", "_bn0", 2))
        for number, stride in enumerate(LITE0_STRIDES):
            block, before = f"_blocks.{number}", x
            if f"{block}._expand_conv.weight" in state:
                x = F.relu6(conv(x, f"{block}._expand_conv", f"{block}._bn0"))
            x = F.relu6(conv(x, f"{block}._depthwise_conv", f"{block}._bn1", stride, x.shape[1]))
            x = conv(x, f"{block}._project_conv", f"{block}._bn2")
            x = x + before if x.shape == before.shape else x
        features = F.relu6(conv(x, "_conv_head", "_bn1")).mean((2, 3))
        return features.numpy(), F.linear(features, state["_fc.weight"], state["_fc.bias"]).numpy()


@pytest.mark.models
def test_efficientnet_lite0_classifies_a_batch_as_in_torch():
    folder = weights.folder("efficientnet-lite0")
    pixels = pictures(3, 224) / 2
    got = run(folder / "efficientnet-lite0.onnx", image=pixels)
    features, logits = lite0_in_torch(pixels)
    assert np.abs(got["features"] - features).max() < CLOSE
    assert np.abs(got["logits"] - logits).max() < CLOSE
    assert np.abs(logits[0] - logits[1]).max() > 100 * CLOSE


@pytest.mark.models
def test_the_classes_names_are_in_imagenets_order():
    labels = (weights.folder("efficientnet-lite0") / "labels.txt").read_text(encoding="utf-8").splitlines()
    assert len(labels) == 1000
    assert labels[0].startswith("tench")
    assert labels[207].startswith("golden retriever")
    assert labels[999].startswith("toilet tissue")


# ---- NanoDet


def nanodet_in_torch(folder: Path, pixels: np.ndarray) -> dict[str, np.ndarray]:
    """The TensorFlow.js graph worked out node by node, channels last, one picture at a time as it was made for."""
    import torch
    import torch.nn.functional as F

    model = json.loads((folder / "nanodet.json").read_text())
    nodes = {node["name"]: node for node in model["modelTopology"]["node"]}
    data, offset, values = (folder / "nanodet.bin").read_bytes(), 0, {}
    for entry in model["weightsManifest"][0]["weights"]:
        kind = np.dtype(entry.get("quantization", entry)["dtype"])
        array = np.frombuffer(data, kind, int(np.prod(entry["shape"])), offset).reshape(entry["shape"])
        offset += array.nbytes
        values[entry["name"]] = torch.from_numpy(array.astype(np.float32 if kind.kind == "f" else np.int64))

    def attribute(node: dict[str, Any], name: str) -> list[int]:
        return [int(number) for number in node["attr"][name]["list"]["i"]]

    def first(x: torch.Tensor) -> torch.Tensor:
        return x.permute(0, 3, 1, 2)

    def last(x: torch.Tensor) -> torch.Tensor:
        return x.permute(0, 2, 3, 1)

    def value(tensor: str) -> Any:
        name, _, index = tensor.partition(":")
        if name not in values:
            values[name] = compute(nodes[name])
        return values[name][int(index or 0)] if isinstance(values[name], tuple) else values[name]

    def compute(node: dict[str, Any]) -> Any:
        x, *rest = [value(name) for name in node["input"]]
        match node["op"]:
            case "Identity":
                return x
            case "Add" | "AddV2":
                return x + rest[0]
            case "Sigmoid":
                return x.sigmoid()
            case "LeakyRelu":
                return F.leaky_relu(x, node["attr"]["alpha"]["f"])
            case "Transpose":
                return x.permute(*rest[0].tolist())
            case "Reshape":
                return x.reshape(rest[0].tolist())
            case "Pad" | "PadV2":
                around = [amount for pair in reversed(rest[0].tolist()) for amount in pair]
                return F.pad(x, around, value=float(rest[1]) if rest[1:] else 0.0)
            case "Conv2D":
                assert base64.b64decode(node["attr"]["padding"]["s"]) == b"VALID"
                stride = attribute(node, "strides")[1:3]
                return last(F.conv2d(first(x), rest[0].permute(3, 2, 0, 1), stride=stride))
            case "MaxPool":
                return last(F.max_pool2d(first(x), attribute(node, "ksize")[1:3], attribute(node, "strides")[1:3]))
            case "ResizeBilinear":
                assert node["attr"]["half_pixel_centers"]["b"]
                return last(F.interpolate(first(x), rest[0].tolist(), mode="bilinear", align_corners=False))
            case "ConcatV2":
                return torch.cat([x, *rest[:-1]], int(rest[-1]))
            case "SplitV":
                return torch.split(x, rest[0].tolist(), int(rest[1]))
            case "SparseToDense":
                dense = torch.full(rest[0].tolist(), int(rest[2]))
                dense[x.reshape(-1)] = rest[1]
                return dense
            case other:
                raise AssertionError(f"the graph has an operation {other}")

    [placeholder] = [name for name, node in nodes.items() if node["op"] == "Placeholder"]
    constants, found = dict(values), []
    with torch.no_grad():
        for picture in pixels:
            values = constants | {placeholder: torch.from_numpy(picture[None])}
            found.append({output: value(tensor).numpy() for tensor, output in NANODET_OUTPUTS.items()})
    return {name: np.concatenate([one[name] for one in found]) for name in NANODET_OUTPUTS.values()}


@pytest.mark.models
def test_nanodet_detects_in_a_batch_as_in_torch():
    folder = weights.folder("nanodet-coco")
    pixels = pictures(2, 416)
    got = run(folder / "nanodet.onnx", image=pixels)
    wanted = nanodet_in_torch(folder, pixels)
    assert got.keys() == wanted.keys()
    for stride, cells in ((8, 2704), (16, 676), (32, 169)):
        assert got[f"scores_{stride}"].shape == (2, cells, 80)
        assert got[f"boxes_{stride}"].shape == (2, cells, 44)
    for name, output in got.items():
        assert np.abs(output - wanted[name]).max() < CLOSE, name
        assert np.abs(output[0] - output[1]).max() > 10 * CLOSE, name


@pytest.mark.models
def test_writing_nanodet_twice_gives_the_same_bytes(tmp_path: Path):
    written = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        nanodet(weights.folder("nanodet-coco"), tmp_path / name)
        written.append((tmp_path / name / "nanodet.onnx").read_bytes())
    assert written[0] == written[1]
