"""GGUF files as llama.cpp reads them, written by hand: a tiny vision tower with its projector.

Format: `docs/gguf.md` of ggml, version 3. Tensors are in 32 bits.
"""

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

ALIGNMENT = 32
U32, F32, BOOL, STRING, ARRAY = 4, 6, 7, 8, 9
"""Kinds of values, as the format numbers them."""


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _value(value: Any) -> bytes:
    if isinstance(value, bool):
        return struct.pack("<I?", BOOL, value)
    if isinstance(value, int):
        return struct.pack("<II", U32, value)
    if isinstance(value, float):
        return struct.pack("<If", F32, value)
    if isinstance(value, str):
        return struct.pack("<I", STRING) + _string(value)
    return struct.pack(f"<IIQ{len(value)}f", ARRAY, F32, len(value), *value)


def write(path: Path, about: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> Path:
    """Write a file of metadata and float32 tensors; shapes are numpy's, the last axis lies next to each other."""
    head, data, told = b"", b"", b""
    for name, value in about.items():
        head += _string(name) + _value(value)
    for name, tensor in tensors.items():
        shape = tensor.shape[::-1]
        told += _string(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, len(data))
        data += np.ascontiguousarray(tensor, np.float32).tobytes()
        data += bytes(-len(data) % ALIGNMENT)
    start = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(about)) + head + told
    path.write_bytes(start + bytes(-len(start) % ALIGNMENT) + data)
    return path


def projector(path: Path, width: int, *, image: int = 56, patch: int = 14, hidden: int = 32, layers: int = 2) -> Path:
    """A CLIP tower and LLaVA's projector of two layers, with random weights.

    Args:
        path: of the file.
        width: of the text model's embeddings.
        image: pixels of a side; a picture takes (image / patch)² tokens.
        patch: pixels of a patch's side.
        hidden: width of the tower.
        layers: of the tower.
    """
    noise = np.random.default_rng(0)
    places = (image // patch) ** 2

    def drawn(*shape: int, spread: float = 0.3) -> np.ndarray:
        return noise.normal(0, spread, shape).astype(np.float32)

    tensors = {
        "v.patch_embd.weight": drawn(hidden, 3, patch, patch),
        "v.class_embd": drawn(hidden),
        "v.position_embd.weight": drawn(places + 1, hidden),
        "v.pre_ln.weight": np.ones(hidden), "v.pre_ln.bias": np.zeros(hidden),
    }  # fmt: skip
    for layer in range(layers):
        block = f"v.blk.{layer}."
        for name in ("attn_q", "attn_k", "attn_v", "attn_out"):
            tensors |= {f"{block}{name}.weight": drawn(hidden, hidden), f"{block}{name}.bias": np.zeros(hidden)}
        for name in ("ln1", "ln2"):
            tensors |= {f"{block}{name}.weight": np.ones(hidden), f"{block}{name}.bias": np.zeros(hidden)}
        tensors |= {f"{block}ffn_up.weight": drawn(4 * hidden, hidden), f"{block}ffn_up.bias": np.zeros(4 * hidden)}
        tensors |= {f"{block}ffn_down.weight": drawn(hidden, 4 * hidden), f"{block}ffn_down.bias": np.zeros(hidden)}
    tensors |= {"mm.0.weight": drawn(width, hidden), "mm.0.bias": np.zeros(width)}
    tensors |= {"mm.2.weight": drawn(width, width, spread=0.02), "mm.2.bias": np.zeros(width)}
    about = {
        "general.architecture": "clip",
        "general.alignment": ALIGNMENT,
        "general.file_type": 0,
        "clip.has_text_encoder": False,
        "clip.has_vision_encoder": True,
        "clip.has_llava_projector": True,
        "clip.projector_type": "mlp",
        "clip.use_gelu": True,
        "clip.vision.image_size": image,
        "clip.vision.patch_size": patch,
        "clip.vision.embedding_length": hidden,
        "clip.vision.feed_forward_length": 4 * hidden,
        "clip.vision.projection_dim": width,
        "clip.vision.attention.head_count": 4,
        "clip.vision.attention.layer_norm_epsilon": 1e-5,
        "clip.vision.block_count": layers,
        "clip.vision.image_mean": [0.48, 0.46, 0.41],
        "clip.vision.image_std": [0.27, 0.26, 0.28],
    }
    return write(path, about, tensors)
