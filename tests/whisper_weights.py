"""The embedded Whisper weights, CTranslate2's, as a checkpoint of transformers and as a file of openai-whisper.

The same numbers under other names: so both backends can be tested with weights that understand speech.
"""

import json
import re
import struct
from pathlib import Path
from typing import Any

import numpy as np

DTYPES = (np.float32, np.int8, np.int16, np.int32, np.float16)

HUGGING_FACE_TO_OPENAI = (
    (r"^model\.", ""),
    (r"embed_positions\.weight", "positional_embedding"),
    (r"embed_tokens", "token_embedding"),
    (r"\.layers\.", ".blocks."),
    (r"encoder_attn_layer_norm", "cross_attn_ln"),
    (r"self_attn_layer_norm", "attn_ln"),
    (r"encoder_attn", "cross_attn"),
    (r"self_attn", "attn"),
    (r"q_proj", "query"),
    (r"k_proj", "key"),
    (r"v_proj", "value"),
    (r"out_proj", "out"),
    (r"fc1", "mlp.0"),
    (r"fc2", "mlp.2"),
    (r"final_layer_norm", "mlp_ln"),
    (r"^encoder\.layer_norm", "encoder.ln_post"),
    (r"^decoder\.layer_norm", "decoder.ln"),
)


def ctranslate2_variables(path: Path) -> dict[str, np.ndarray]:
    """The variables of a CTranslate2 `model.bin` by name."""
    with path.open("rb") as file:

        def number(code: str) -> int:
            return struct.unpack(f"<{code}", file.read(struct.calcsize(code)))[0]

        def name() -> str:
            return file.read(number("H")).rstrip(b"\0").decode()

        number("I")  # version of the format
        name()
        number("I")  # revision of the specification
        variables = {}
        for _ in range(number("I")):
            variable = name()
            shape = [number("I") for _ in range(number("B"))]
            dtype = DTYPES[number("B")]
            variables[variable] = np.frombuffer(file.read(number("I")), dtype).reshape(shape)
    return variables


def transformers_weights(variables: dict[str, np.ndarray], layers: int) -> dict[str, Any]:
    """The same numbers under the names of `WhisperForConditionalGeneration`, float32."""
    import torch

    weights: dict[str, torch.Tensor] = {}

    def tensor(name: str) -> torch.Tensor:
        return torch.from_numpy(variables[name].astype(np.float32))

    def linear(source: str, target: str) -> None:
        weights[f"{target}.weight"], weights[f"{target}.bias"] = tensor(f"{source}/weight"), tensor(f"{source}/bias")

    def norm(source: str, target: str) -> None:
        weights[f"{target}.weight"], weights[f"{target}.bias"] = tensor(f"{source}/gamma"), tensor(f"{source}/beta")

    def parts(source: str, target: str, names: str) -> None:
        """Projections that CTranslate2 keeps in one matrix; the keys have no bias."""
        matrices = tensor(f"{source}/weight").chunk(len(names))
        biases = tensor(f"{source}/bias").chunk(len(names))
        for letter, matrix, bias in zip(names, matrices, biases, strict=True):
            weights[f"{target}.{letter}_proj.weight"] = matrix.clone()
            if letter != "k":
                weights[f"{target}.{letter}_proj.bias"] = bias.clone()

    for side in ("encoder", "decoder"):
        weights[f"model.{side}.embed_positions.weight"] = tensor(f"{side}/position_encodings/encodings")
        norm(f"{side}/layer_norm", f"model.{side}.layer_norm")
        for n in range(layers):
            source, target = f"{side}/layer_{n}", f"model.{side}.layers.{n}"
            norm(f"{source}/self_attention/layer_norm", f"{target}.self_attn_layer_norm")
            parts(f"{source}/self_attention/linear_0", f"{target}.self_attn", "qkv")
            linear(f"{source}/self_attention/linear_1", f"{target}.self_attn.out_proj")
            norm(f"{source}/ffn/layer_norm", f"{target}.final_layer_norm")
            linear(f"{source}/ffn/linear_0", f"{target}.fc1")
            linear(f"{source}/ffn/linear_1", f"{target}.fc2")
            if side == "decoder":
                norm(f"{source}/attention/layer_norm", f"{target}.encoder_attn_layer_norm")
                parts(f"{source}/attention/linear_0", f"{target}.encoder_attn", "q")
                parts(f"{source}/attention/linear_1", f"{target}.encoder_attn", "kv")
                linear(f"{source}/attention/linear_2", f"{target}.encoder_attn.out_proj")
    for convolution in ("conv1", "conv2"):
        linear(f"encoder/{convolution}", f"model.encoder.{convolution}")
    weights["model.decoder.embed_tokens.weight"] = tensor("decoder/embeddings/weight")
    return weights


def shape(weights: dict[str, Any]) -> tuple[int, int, int]:
    """Vocabulary, width and layers."""
    vocabulary, width = weights["model.decoder.embed_tokens.weight"].shape
    layers = 1 + max(int(found[1]) for name in weights if (found := re.search(r"encoder\.layers\.(\d+)", name)))
    return vocabulary, width, layers


def as_transformers(source: Path, folder: Path) -> Path:
    """A checkpoint of `WhisperForConditionalGeneration` with its processor, from a folder of faster-whisper."""
    import transformers as t

    about = json.loads((source / "config.json").read_text())
    variables = ctranslate2_variables(source / "model.bin")
    layers = len({name.split("/")[1] for name in variables if name.startswith("encoder/layer_") and "self" in name})
    weights = transformers_weights(variables, layers)
    vocabulary, width, _ = shape(weights)
    tokenizer = t.WhisperTokenizer.from_pretrained(source, language="en", task="transcribe")
    number = tokenizer.convert_tokens_to_ids
    end, start = number("<|endoftext|>"), number("<|startoftranscript|>")
    ends = {"pad_token_id": end, "bos_token_id": end, "eos_token_id": end, "decoder_start_token_id": start}
    heads = {f"{side}_attention_heads": width // 64 for side in ("encoder", "decoder")}
    sizes = {f"{side}_layers": layers for side in ("encoder", "decoder")}
    wide = {f"{side}_ffn_dim": 4 * width for side in ("encoder", "decoder")}
    config = t.WhisperConfig(vocab_size=vocabulary, d_model=width, **heads, **sizes, **wide, **ends)
    model = t.WhisperForConditionalGeneration(config)
    missing, unexpected = model.load_state_dict(weights, strict=False)
    assert not unexpected
    assert set(missing) <= {"proj_out.weight"}  # tied to the embedding
    languages = {tokenizer.convert_ids_to_tokens(token): token for token in about["lang_ids"]}
    settings = {
        **ends,
        "is_multilingual": True,
        "lang_to_id": languages,
        "task_to_id": {task: number(f"<|{task}|>") for task in ("transcribe", "translate")},
        "no_timestamps_token_id": number("<|notimestamps|>"),
        "prev_sot_token_id": number("<|startofprev|>"),
        "suppress_tokens": about["suppress_ids"],
        "begin_suppress_tokens": about["suppress_ids_begin"],
        "max_initial_timestamp_index": 50,
        "max_length": 448,
        "alignment_heads": about["alignment_heads"],
    }
    model.generation_config._from_model_config = False
    for name, value in settings.items():  # GenerationConfig.update drops the keys that it does not know
        setattr(model.generation_config, name, value)
    model.save_pretrained(folder)
    t.WhisperProcessor(t.WhisperFeatureExtractor(feature_size=80), tokenizer).save_pretrained(folder)
    return folder


def as_openai(source: Path, file: Path) -> Path:
    """A `.pt` file of openai-whisper, from a folder of faster-whisper."""
    import torch

    variables = ctranslate2_variables(source / "model.bin")
    layers = len({name.split("/")[1] for name in variables if name.startswith("encoder/layer_") and "self" in name})
    weights = transformers_weights(variables, layers)
    vocabulary, width, _ = shape(weights)
    renamed = {}
    for name, value in weights.items():
        for pattern, replacement in HUGGING_FACE_TO_OPENAI:
            name = re.sub(pattern, replacement, name)
        renamed[name] = value
    torch.save({"dims": dimensions(vocabulary, width, width // 64, layers), "model_state_dict": renamed}, file)
    return file


def dimensions(vocabulary: int, width: int, heads: int, layers: int) -> dict[str, int]:
    """openai-whisper's `ModelDimensions` as a dict."""
    sizes = {"n_mels": 80, "n_vocab": vocabulary, "n_audio_ctx": 1500, "n_text_ctx": 448}
    for side in ("audio", "text"):
        sizes |= {f"n_{side}_state": width, f"n_{side}_head": heads, f"n_{side}_layer": layers}
    return sizes


def tiny_openai(file: Path) -> Path:
    """A file of openai-whisper with random weights of a small model."""
    import torch
    from whisper.model import ModelDimensions, Whisper  # pyright: ignore[reportMissingImports]

    sizes = dimensions(51865, 32, 2, 1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = Whisper(ModelDimensions(**sizes))
        with torch.no_grad():
            for weight in model.parameters():  # some are left as the memory was
                torch.nn.init.normal_(weight, std=0.1)
    torch.save({"dims": sizes, "model_state_dict": model.state_dict()}, file)
    return file
