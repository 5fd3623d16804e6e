"""Tiny checkpoints of the real classes with random weights, in the layout in which a hub keeps them.

Tests take the fixture `checkpoint`, which builds each once: `checkpoint("qwen2.5-vl")` is a folder that
`from_pretrained` loads. The video-LLMs are here, the models of perception in `perception_checkpoints.py`.

A tokenizer here has one token a byte. Weights are drawn wider than for training, so that a frame changes what the
model says by far more than a rounding error.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

SPREAD = 3.0
"""By what the weights of a fresh model are multiplied."""

VIDEO_LLMS = ("qwen2.5-vl", "qwen3-vl", "smolvlm2", "llava-onevision", "llava-next-video", "internvl3")
IMAGE_LLMS = ("gemma-3",)
"""Read several images, and have no path for videos."""

CHECKPOINTS: dict[str, Callable[[Path], None]] = {}


def build(name: str, folder: Path) -> Path:
    """Write the checkpoint of that name to a folder: weights, configuration, processor, tokenizer."""
    import perception_checkpoints as _registers  # noqa: F401
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        CHECKPOINTS[name](folder)
    return folder


def checkpoint(name: str) -> Callable[[Callable[[Path], None]], Callable[[Path], None]]:
    def register(function: Callable[[Path], None]) -> Callable[[Path], None]:
        CHECKPOINTS[name] = function
        return function

    return register


# -- tokenizers and text models ------------------------------------------------------------------------------------

TEXT = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 16384,
}
SMALL = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
HALF = [0.5, 0.5, 0.5]

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.content is string %}{{ m.content }}{% else %}"
    "{% for c in m.content %}{% if c.type == 'image' %}IMAGE{% elif c.type == 'video' %}VIDEO{% else %}{{ c.text }}"
    "{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

PICTURES_FIRST = (
    "{% for m in messages %}{{ m.role.upper() + ': ' if m.role != 'system' else '' }}"
    "{% for c in m.content if c.type == 'image' %}<image>\n{% endfor %}"
    "{% for c in m.content if c.type == 'video' %}<video>\n{% endfor %}"
    "{% for c in m.content if c.type == 'text' %}{{ c.text }} {% endfor %}{{ '</s>' if m.role == 'assistant' else '' }}"
    "{% endfor %}{% if add_generation_prompt %}ASSISTANT:{% endif %}"
)
"""As LLaVA's: a turn's pictures stand before its text, wherever they were in the message."""


def chatml(image: str, video: str = "") -> str:
    return CHATML.replace("IMAGE", image).replace("VIDEO", video)


def bytes_of(specials: Sequence[str], **roles: Any) -> Any:
    """A byte-level BPE tokenizer without merges, and with these special tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={token: n for n, token in enumerate([*alphabet, *specials])}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(list(specials))
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **roles)


def word_pieces(*words: str) -> Any:
    """A BERT tokenizer of a few words, and letters for all others."""
    from transformers import BertTokenizer

    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", ",", "?"]
    pieces = dict.fromkeys([*specials, *words, *letters, *(f"##{letter}" for letter in letters)])
    return BertTokenizer(vocab={piece: n for n, piece in enumerate(pieces)}, do_lower_case=True)


def save(model: Any, processor: Any, folder: Path, end: int | None = None, pad: int | None = None) -> None:
    import torch

    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.mul_(SPREAD)
    if end is not None:
        model.generation_config.eos_token_id, model.generation_config.pad_token_id = end, pad
    model.save_pretrained(folder)
    processor.save_pretrained(folder)


# -- video-LLMs ----------------------------------------------------------------------------------------------------

QWEN_TOKENS = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
)


def qwen_tokenizer() -> tuple[Any, dict[str, int]]:
    tokenizer = bytes_of(QWEN_TOKENS, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    tokenizer.chat_template = chatml(
        "<|vision_start|><|image_pad|><|vision_end|>", "<|vision_start|><|video_pad|><|vision_end|>"
    )
    number = tokenizer.convert_tokens_to_ids
    ids = {f"{what}_token_id": number(f"<|{what}_pad|>") for what in ("image", "video")}
    return tokenizer, ids | {f"vision_{end}_token_id": number(f"<|vision_{end}|>") for end in ("start", "end")}


@checkpoint("qwen2.5-vl")
def qwen25_vl(folder: Path) -> None:
    t: Any = import_module("transformers")

    tokenizer, ids = qwen_tokenizer()
    rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 1, 1]}
    config = t.Qwen2_5_VLConfig(
        text_config={**TEXT, "vocab_size": len(tokenizer), "rope_parameters": rope},
        vision_config={
            "depth": 2,
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_heads": 4,
            "patch_size": 14,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "out_hidden_size": 32,
            "window_size": 56,
            "fullatt_block_indexes": [1],
        },
        **ids,
    )
    pixels = {"patch_size": 14, "temporal_patch_size": 2, "merge_size": 2}
    image = t.Qwen2VLImageProcessor(**pixels, size={"shortest_edge": 28 * 28, "longest_edge": 112 * 112})
    video = t.Qwen2VLVideoProcessor(**pixels, size={"shortest_edge": 28 * 28, "longest_edge": 112 * 112})
    processor = t.Qwen2_5_VLProcessor(image, tokenizer, video, chat_template=tokenizer.chat_template)
    model = t.Qwen2_5_VLForConditionalGeneration(config)
    save(model, processor, folder, tokenizer.eos_token_id, tokenizer.pad_token_id)


@checkpoint("qwen3-vl")
def qwen3_vl(folder: Path) -> None:
    t: Any = import_module("transformers")

    tokenizer, ids = qwen_tokenizer()
    rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 1, 1], "mrope_interleaved": True}
    config = t.Qwen3VLConfig(
        text_config={**TEXT, "vocab_size": len(tokenizer), "head_dim": 8, "rope_parameters": rope},
        vision_config={
            "depth": 2,
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_heads": 4,
            "patch_size": 16,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "out_hidden_size": 32,
            "num_position_embeddings": 64,
            "deepstack_visual_indexes": [0, 1],
        },
        **ids,
    )
    pixels = {"patch_size": 16, "temporal_patch_size": 2, "merge_size": 2, "image_mean": HALF, "image_std": HALF}
    image = t.Qwen2VLImageProcessor(**pixels, size={"shortest_edge": 32 * 32, "longest_edge": 128 * 128})
    video = t.Qwen3VLVideoProcessor(
        **pixels,
        size={"shortest_edge": 2 * 32 * 32, "longest_edge": 16 * 64 * 64},
        cap_pixels_per_frame=True,
        fps=1,
        min_frames=2,
        max_frames=32,
    )
    processor = t.Qwen3VLProcessor(image, tokenizer, video, chat_template=tokenizer.chat_template)
    model = t.Qwen3VLForConditionalGeneration(config)
    save(model, processor, folder, tokenizer.eos_token_id, tokenizer.pad_token_id)


@checkpoint("qwen3.5")
def qwen35(folder: Path) -> None:
    """Three layers of linear attention and one of full attention, as in the published ones."""
    t: Any = import_module("transformers")

    tokenizer, ids = qwen_tokenizer()
    rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [1, 1, 0], "partial_rotary_factor": 0.5}
    heads = {"linear_num_key_heads": 2, "linear_num_value_heads": 4, "linear_key_head_dim": 8}
    config = t.Qwen3_5Config(
        text_config={
            **TEXT,
            **heads,
            "linear_value_head_dim": 8,
            "vocab_size": len(tokenizer),
            "head_dim": 8,
            "num_hidden_layers": 4,
            "rope_parameters": {**rope, "mrope_interleaved": True},
        },
        vision_config={
            "depth": 2,
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_heads": 4,
            "patch_size": 16,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "out_hidden_size": 32,
            "num_position_embeddings": 64,
        },
        **ids,
    )
    pixels = {"patch_size": 16, "temporal_patch_size": 2, "merge_size": 2, "image_mean": HALF, "image_std": HALF}
    image = t.Qwen2VLImageProcessor(**pixels, size={"shortest_edge": 32 * 32, "longest_edge": 128 * 128})
    limits = {"size": {"shortest_edge": 2 * 32 * 32, "longest_edge": 16 * 64 * 64}, "cap_pixels_per_frame": True}
    video = t.Qwen3VLVideoProcessor(**pixels, **limits, fps=1, min_frames=2, max_frames=32)
    processor = t.Qwen3VLProcessor(image, tokenizer, video, chat_template=tokenizer.chat_template)
    model = t.Qwen3_5ForConditionalGeneration(config)
    save(model, processor, folder, tokenizer.eos_token_id, tokenizer.pad_token_id)


@checkpoint("smolvlm2")
def smolvlm2(folder: Path) -> None:
    t: Any = import_module("transformers")
    from transformers.models.smolvlm.processing_smolvlm import DEFAULT_CHAT_TEMPLATE

    tiles = [f"<row_{row}_col_{column}>" for row in range(1, 5) for column in range(1, 5)]
    end = "<end_of_utterance>"
    specials = ["<|endoftext|>", "<|im_start|>", end, "<fake_token_around_image>", "<image>", "<global-img>", *tiles]
    tokenizer = bytes_of(specials, eos_token=end, pad_token="<|endoftext|>")
    config = t.SmolVLMConfig(
        vision_config={**SMALL, "image_size": 64, "patch_size": 16},
        text_config={
            **TEXT,
            "model_type": "llama",
            "vocab_size": len(tokenizer),
            "pad_token_id": tokenizer.pad_token_id,
        },
        scale_factor=2,
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
    )
    small = {"longest_edge": 64}
    image = t.SmolVLMImageProcessor(size={"longest_edge": 128}, max_image_size=small, do_image_splitting=False)
    video = t.SmolVLMVideoProcessor(
        size=small,
        max_image_size=small,
        fps=1,
        num_frames=8,
        video_sampling={"fps": 1, "max_frames": 8, "video_size": small},
    )
    processor = t.SmolVLMProcessor(image, tokenizer, video, image_seq_len=4, chat_template=DEFAULT_CHAT_TEMPLATE)
    model = t.SmolVLMForConditionalGeneration(config)
    save(model, processor, folder, tokenizer.eos_token_id, tokenizer.pad_token_id)


@checkpoint("llava-onevision")
def llava_onevision(folder: Path) -> None:
    t: Any = import_module("transformers")

    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<image>", "<video>"]
    tokenizer = bytes_of(specials, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    pinpoints = [[32, 32], [32, 64], [64, 32]]
    config = t.LlavaOnevisionConfig(
        vision_config={
            **SMALL,
            "model_type": "siglip_vision_model",
            "image_size": 32,
            "patch_size": 8,
            "vision_use_head": False,
        },
        text_config={**TEXT, "model_type": "qwen2", "vocab_size": len(tokenizer)},
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        video_token_index=tokenizer.convert_tokens_to_ids("<video>"),
        image_grid_pinpoints=pinpoints,
    )
    square = {"height": 32, "width": 32}
    processor = t.LlavaOnevisionProcessor(
        t.LlavaOnevisionImageProcessor(size=square, image_grid_pinpoints=pinpoints),
        tokenizer,
        t.LlavaOnevisionVideoProcessor(size=square),
        num_image_tokens=16,
        vision_feature_select_strategy="full",
        chat_template=chatml("<image>", "<video>"),
    )
    model = t.LlavaOnevisionForConditionalGeneration(config)
    save(model, processor, folder, tokenizer.eos_token_id, tokenizer.pad_token_id)


@checkpoint("llava-next-video")
def llava_next_video(folder: Path) -> None:
    t: Any = import_module("transformers")

    specials = ["<unk>", "<s>", "</s>", "<pad>", "<image>", "<video>"]
    tokenizer = bytes_of(specials, bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>")
    pinpoints = [[32, 64], [64, 32], [64, 64]]
    config = t.LlavaNextVideoConfig(
        vision_config={
            **SMALL,
            "model_type": "clip_vision_model",
            "image_size": 32,
            "patch_size": 8,
            "projection_dim": 16,
        },
        text_config={**TEXT, "model_type": "llama", "vocab_size": len(tokenizer)},
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        video_token_index=tokenizer.convert_tokens_to_ids("<video>"),
        image_grid_pinpoints=pinpoints,
        vision_feature_layer=-2,
    )
    square = {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}
    processor = t.LlavaNextVideoProcessor(
        t.LlavaNextVideoVideoProcessor(**square),
        t.LlavaNextImageProcessor(**square, image_grid_pinpoints=pinpoints),
        tokenizer,
        patch_size=8,
        num_additional_image_tokens=1,
        vision_feature_select_strategy="default",
        chat_template=PICTURES_FIRST,
    )
    model = t.LlavaNextVideoForConditionalGeneration(config)
    save(model, processor, folder, tokenizer.eos_token_id, tokenizer.pad_token_id)


@checkpoint("video-llava")
def video_llava(folder: Path) -> None:
    """Its authors trained it on eight frames."""
    t: Any = import_module("transformers")

    specials = ["<unk>", "<s>", "</s>", "<pad>", "<image>", "<video>"]
    tokenizer = bytes_of(specials, bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>")
    config = t.VideoLlavaConfig(
        vision_config={
            **SMALL,
            "model_type": "clip_vision_model",
            "image_size": 32,
            "patch_size": 8,
            "projection_dim": 16,
        },
        text_config={**TEXT, "model_type": "llama", "vocab_size": len(tokenizer)},
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        video_token_index=tokenizer.convert_tokens_to_ids("<video>"),
        image_seq_length=17,
        video_seq_length=8 * 17,
    )
    square = {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}
    processor = t.VideoLlavaProcessor(
        t.VideoLlavaImageProcessor(**square),
        t.VideoLlavaVideoProcessor(**square),
        tokenizer,
        patch_size=8,
        num_additional_image_tokens=1,
        vision_feature_select_strategy="full",
        chat_template=PICTURES_FIRST,
    )
    save(t.VideoLlavaForConditionalGeneration(config), processor, folder, tokenizer.eos_token_id)


@checkpoint("internvl3")
def internvl3(folder: Path) -> None:
    t: Any = import_module("transformers")
    names = {"start_image_token": "<img>", "end_image_token": "</img>", "context_image_token": "<IMG_CONTEXT>"}
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *names.values(), "<video>"]
    tokenizer = bytes_of(
        specials,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        extra_special_tokens={**names, "video_token": "<video>"},
    )
    config = t.InternVLConfig(
        vision_config={**SMALL, "image_size": [32, 32], "patch_size": [8, 8]},
        text_config={**TEXT, "model_type": "qwen2", "vocab_size": len(tokenizer)},
        image_token_id=tokenizer.convert_tokens_to_ids("<IMG_CONTEXT>"),
        image_seq_length=4,
    )
    square = {"height": 32, "width": 32}
    processor = t.InternVLProcessor(
        t.GotOcr2ImageProcessor(size=square, crop_to_patches=True, min_patches=1, max_patches=2),
        tokenizer,
        t.InternVLVideoProcessor(size=square),
        image_seq_length=4,
        chat_template=chatml("<IMG_CONTEXT>\n", "<video>\n"),
    )
    model = t.InternVLForConditionalGeneration(config)
    save(model, processor, folder, tokenizer.eos_token_id, tokenizer.pad_token_id)


@checkpoint("gemma-3")
def gemma3(folder: Path) -> None:
    t: Any = import_module("transformers")
    names = {"boi_token": "<start_of_image>", "eoi_token": "<end_of_image>", "image_token": "<image_soft_token>"}
    tokenizer = bytes_of(
        ["<pad>", "<eos>", "<bos>", "<start_of_turn>", "<end_of_turn>", *names.values()],
        bos_token="<bos>",
        eos_token="<eos>",
        pad_token="<pad>",
        extra_special_tokens=names,
    )
    number = tokenizer.convert_tokens_to_ids
    config = t.Gemma3Config(
        vision_config={**SMALL, "image_size": 32, "patch_size": 8, "vision_use_head": False},
        text_config={
            **TEXT,
            "vocab_size": len(tokenizer),
            "head_dim": 8,
            "sliding_window": 64,
            "layer_types": ["sliding_attention", "full_attention"],
        },
        mm_tokens_per_image=4,
        boi_token_index=number("<start_of_image>"),
        eoi_token_index=number("<end_of_image>"),
        image_token_index=number("<image_soft_token>"),
    )
    template = (
        "{{ bos_token }}{% for m in messages %}<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}\n"
        "{% for c in m.content %}{{ '<start_of_image>' if c.type == 'image' else c.text }}{% endfor %}<end_of_turn>\n"
        "{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
    )
    refusing = "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    processor = t.Gemma3Processor(
        t.Gemma3ImageProcessor(size={"height": 32, "width": 32}),
        tokenizer,
        chat_template=refusing + template,
        image_seq_length=4,
    )
    model = t.Gemma3ForConditionalGeneration(config)
    model.model.multi_modal_projector.mm_input_projection_weight.data.normal_(0, 0.1)  # zero in a new model
    save(model, processor, folder, number("<end_of_turn>"), tokenizer.pad_token_id)
