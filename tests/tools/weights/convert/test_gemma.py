"""The graph against transformers' own Gemma 3, and EmbeddingGemma itself."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from small_gemma import CONFIG, small_gemma
from vidscout.tools.runtime.onnx import session
from vidscout.tools.weights.convert.gemma import BLOCK, LONGEST, embedding_gemma

EIGHT_BITS = 0.999
"""Least cosine of a vector by matrices kept in 8 bits with the same vector by float32."""


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the small model's graph and tokenizer."""
    folder = tmp_path_factory.mktemp("gemma")
    with zipfile.ZipFile(folder / "embeddinggemma-300m.zip", "w") as archive:
        for name, data in small_gemma().items():
            archive.writestr(f"model_download/{name}", data)
    target = folder / "made"
    target.mkdir()
    embedding_gemma(folder, target)
    return target


def by_graph(folder: Path, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return session(folder / "model.onnx", 1).run(["embedding"], {"input_ids": ids, "attention_mask": mask})[0]


def by_transformers(ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Mean over the tokens, both projections, unit length; (N, width)."""
    import torch
    from safetensors.torch import load
    from transformers import Gemma3TextConfig, Gemma3TextModel

    files = small_gemma()
    settings = {**json.loads(files["config.json"]), "attn_implementation": "eager"}
    model = Gemma3TextModel(Gemma3TextConfig(**settings)).eval()
    model.load_state_dict(load(files["model.safetensors"]))
    with torch.no_grad():
        seen = torch.from_numpy(mask)
        tokens = model(input_ids=torch.from_numpy(ids), attention_mask=seen).last_hidden_state
        weight = seen[..., None].float()
        mean = (tokens * weight).sum(1) / weight.sum(1)
        for part in ("2_Dense", "3_Dense"):
            mean = mean @ load(files[f"{part}/model.safetensors"])["linear.weight"].T
        return torch.nn.functional.normalize(mean, dim=-1).numpy()


def padded(lengths: list[int]) -> tuple[np.ndarray, np.ndarray]:
    ids = np.random.default_rng(1).integers(1, CONFIG["vocab_size"], (len(lengths), max(lengths)))
    mask = (np.arange(max(lengths)) < np.array(lengths)[:, None]).astype(np.int64)
    return ids * mask, mask


def test_a_small_gemma_of_random_weights_embeds_as_in_transformers(converted: Path):
    ids, mask = padded([1, 5, 40, LONGEST])
    made, expected = by_graph(converted, ids, mask), by_transformers(ids, mask)
    assert np.allclose(np.linalg.norm(made, axis=1), 1, atol=1e-5)
    assert (made * expected).sum(axis=1).min() > EIGHT_BITS
    across = expected @ expected.T - np.eye(len(expected))
    assert across.max() < EIGHT_BITS - 0.01, "the comparison would also pass if all vectors were one"


def test_every_token_is_seen_from_every_other_in_both_directions(converted: Path):
    ids, mask = padded([LONGEST])
    changed = ids.copy()
    changed[0, -1] = ids[0, -1] % (CONFIG["vocab_size"] - 1) + 1
    assert np.abs(by_graph(converted, ids, mask) - by_graph(converted, changed, mask)).max() > 1e-4
    assert np.allclose(by_graph(converted, changed, mask), by_transformers(changed, mask), atol=0.05), (
        "read in one direction only, the first tokens would not see the last"
    )


def test_padding_changes_nothing(converted: Path):
    ids, mask = padded([7, 30])
    alone = by_graph(converted, ids[:1, :7], mask[:1, :7])
    assert np.abs(by_graph(converted, ids, mask)[0] - alone[0]).max() < 1e-5


def test_the_file_keeps_its_matrices_in_eight_bits(converted: Path):
    parameters = sum(
        int(np.prod(shape))
        for name, data in small_gemma().items()
        if name.endswith("safetensors")
        for shape in _shapes(data)
    )
    bytes_a_parameter = 1 + 4 / BLOCK
    places = 2 * 2 * LONGEST * CONFIG["head_dim"] * 4
    nodes = (converted / "model.onnx").stat().st_size - parameters * bytes_a_parameter - places
    assert nodes < parameters, "as floats they would take three times as much again"


def _shapes(data: bytes) -> list[tuple[int, ...]]:
    from safetensors.numpy import load

    return [tensor.shape for tensor in load(data).values()]
