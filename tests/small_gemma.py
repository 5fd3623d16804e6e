"""A small EmbeddingGemma of random weights: the files that its published archive holds."""

import json

import numpy as np

CONFIG = {
    "vocab_size": 96,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "query_pre_attn_scalar": 16,
    "rms_norm_eps": 1e-6,
    "rope_theta": 1_000_000.0,
    "rope_local_base_freq": 10_000.0,
    "sliding_window": 512,
    "layer_types": ["sliding_attention", "sliding_attention", "full_attention"],
    "use_bidirectional_attention": True,
    "max_position_embeddings": 2048,
}
"""As EmbeddingGemma's own, but for the sizes."""


def small_gemma(seed: int = 0) -> dict[str, bytes]:
    """Contents by file name: tensors named as in transformers' `Gemma3TextModel`, two projections, a tokenizer."""
    from safetensors.numpy import save
    from tokenizers import Tokenizer, models, pre_tokenizers

    random = np.random.default_rng(seed)

    def matrix(*shape: int) -> np.ndarray:
        return random.normal(0, 0.1, shape).astype(np.float32)

    width, inner, head = CONFIG["hidden_size"], CONFIG["intermediate_size"], CONFIG["head_dim"]
    heads, shared = CONFIG["num_attention_heads"] * head, CONFIG["num_key_value_heads"] * head
    tensors = {"embed_tokens.weight": matrix(CONFIG["vocab_size"], width), "norm.weight": matrix(width)}
    shapes = {
        "self_attn.q_proj": (heads, width),
        "self_attn.k_proj": (shared, width),
        "self_attn.v_proj": (shared, width),
        "self_attn.o_proj": (width, heads),
        "self_attn.q_norm": (head,),
        "self_attn.k_norm": (head,),
        "mlp.gate_proj": (inner, width),
        "mlp.up_proj": (inner, width),
        "mlp.down_proj": (width, inner),
        "input_layernorm": (width,),
        "post_attention_layernorm": (width,),
        "pre_feedforward_layernorm": (width,),
        "post_feedforward_layernorm": (width,),
    }
    for layer in range(CONFIG["num_hidden_layers"]):
        tensors |= {f"layers.{layer}.{part}.weight": matrix(*shape) for part, shape in shapes.items()}
    words = {"<unk>": 0} | {f"w{number}": number for number in range(1, CONFIG["vocab_size"])}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()  # pyright: ignore[reportAttributeAccessIssue]
    return {
        "config.json": json.dumps(CONFIG).encode(),
        "tokenizer.json": tokenizer.to_str().encode(),
        "model.safetensors": save(tensors),
        "2_Dense/model.safetensors": save({"linear.weight": matrix(2 * width, width)}),
        "3_Dense/model.safetensors": save({"linear.weight": matrix(width, 2 * width)}),
    }
