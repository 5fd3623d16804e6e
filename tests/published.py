"""The processors of every family as published: sizes, limits and tokens a frame of the checkpoints people use.

The tiny checkpoints of `checkpoints.py` shrink these values so that a frame costs four tokens; how many frames fit into
a budget can only be told with the real ones. Where a value is the default of the class in transformers 5.23 it is left
out here; the others are those of the checkpoint named in each function. Tokenizers have one token a byte, so text
counts more than it does in truth.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from checkpoints import HALF, PICTURES_FIRST, bytes_of, chatml, qwen_tokenizer

PROCESSORS: dict[str, Callable[[], Any]] = {}
"""By the title of a family in `families.toml`."""


def family(title: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    def register(make: Callable[[], Any]) -> Callable[[], Any]:
        PROCESSORS[title] = make
        return make

    return register


def transformers() -> Any:
    return import_module("transformers")


@family("Qwen2.5-VL")
def qwen25_vl() -> Any:
    """Qwen/Qwen2.5-VL-7B-Instruct: 4 to 16,384 tokens of 28×28 pixels."""
    t = transformers()
    tokenizer, _ = qwen_tokenizer()
    size = {"shortest_edge": 3136, "longest_edge": 12845056}
    return t.Qwen2_5_VLProcessor(
        t.Qwen2VLImageProcessor(size=size),
        tokenizer,
        t.Qwen2VLVideoProcessor(size=size),
        chat_template=tokenizer.chat_template,
    )


@family("Qwen3-VL")
def qwen3_vl() -> Any:
    """Qwen/Qwen3-VL-8B-Instruct: tokens of 32×32 pixels, a total of 24 M pixels in a video."""
    t = transformers()
    tokenizer, _ = qwen_tokenizer()
    pixels = {"patch_size": 16, "temporal_patch_size": 2, "merge_size": 2, "image_mean": HALF, "image_std": HALF}
    return t.Qwen3VLProcessor(
        t.Qwen2VLImageProcessor(**pixels, size={"shortest_edge": 65536, "longest_edge": 16777216}),
        tokenizer,
        t.Qwen3VLVideoProcessor(**pixels, size={"shortest_edge": 4096, "longest_edge": 25165824}),
        chat_template=tokenizer.chat_template,
    )


PROCESSORS["Qwen3.5"] = qwen3_vl
"""Qwen3.5 is read by Qwen3-VL's processor in transformers 5.23; its limits are taken to be the same."""


def smolvlm2(side: int, tiles: int, tokens: int) -> Any:
    t = transformers()
    from transformers.models.smolvlm.processing_smolvlm import DEFAULT_CHAT_TEMPLATE

    cells = [f"<row_{row}_col_{column}>" for row in range(1, 7) for column in range(1, 7)]
    end = "<end_of_utterance>"
    specials = ["<|endoftext|>", "<|im_start|>", end, "<fake_token_around_image>", "<image>", "<global-img>", *cells]
    tokenizer = bytes_of(specials, eos_token=end, pad_token="<|endoftext|>")
    one = {"longest_edge": side}
    image = t.SmolVLMImageProcessor(size={"longest_edge": tiles * side}, max_image_size=one, do_image_splitting=True)
    video = t.SmolVLMVideoProcessor(
        size={"longest_edge": tiles * side},
        max_image_size=one,
        video_sampling={"fps": 1, "max_frames": 64, "video_size": one},
    )
    return t.SmolVLMProcessor(image, tokenizer, video, image_seq_len=tokens, chat_template=DEFAULT_CHAT_TEMPLATE)


@family("SmolVLM2")
def smolvlm2_500m() -> Any:
    """HuggingFaceTB/SmolVLM2-500M-Video-Instruct: tiles of 512 pixels, 64 tokens each."""
    return smolvlm2(512, 4, 64)


def smolvlm2_2b() -> Any:
    """HuggingFaceTB/SmolVLM2-2.2B-Instruct: tiles of 384 pixels, 81 tokens each."""
    return smolvlm2(384, 4, 81)


@family("InternVL3")
def internvl3() -> Any:
    """OpenGVLab/InternVL3-8B-hf: 448 pixels, 256 tokens, up to 12 tiles of an image and a small copy."""
    t = transformers()
    names = {"start_image_token": "<img>", "end_image_token": "</img>", "context_image_token": "<IMG_CONTEXT>"}
    tokenizer = bytes_of(
        ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *names.values(), "<video>"],
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        extra_special_tokens={**names, "video_token": "<video>"},
    )
    square = {"height": 448, "width": 448}
    return t.InternVLProcessor(
        t.GotOcr2ImageProcessor(size=square, crop_to_patches=True, min_patches=1, max_patches=12),
        tokenizer,
        t.InternVLVideoProcessor(size=square),
        image_seq_length=256,
        chat_template=chatml("<IMG_CONTEXT>\n", "<video>\n"),
    )


@family("LLaVA-OneVision")
def llava_onevision() -> Any:
    """llava-hf/llava-onevision-qwen2-7b-ov-hf: 384 pixels, 729 tokens, up to 36 tiles; 196 a frame of a video."""
    t = transformers()
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<image>", "<video>"]
    tokenizer = bytes_of(specials, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    square = {"height": 384, "width": 384}
    pinpoints = [[384 * rows, 384 * columns] for rows in range(1, 7) for columns in range(1, 7)]
    return t.LlavaOnevisionProcessor(
        t.LlavaOnevisionImageProcessor(size=square, image_grid_pinpoints=pinpoints),
        tokenizer,
        t.LlavaOnevisionVideoProcessor(size=square),
        num_image_tokens=729,
        vision_feature_select_strategy="full",
        chat_template=chatml("<image>", "<video>"),
    )


@family("LLaVA-NeXT-Video")
def llava_next_video() -> Any:
    """llava-hf/LLaVA-NeXT-Video-7B-hf: 336 pixels, up to 4 tiles and a small copy; 144 tokens a frame of a video."""
    t = transformers()
    specials = ["<unk>", "<s>", "</s>", "<pad>", "<image>", "<video>"]
    tokenizer = bytes_of(specials, bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>")
    square = {"size": {"shortest_edge": 336}, "crop_size": {"height": 336, "width": 336}}
    pinpoints = [[336, 672], [672, 336], [672, 672], [1008, 336], [336, 1008]]
    return t.LlavaNextVideoProcessor(
        t.LlavaNextVideoVideoProcessor(**square),
        t.LlavaNextImageProcessor(**square, image_grid_pinpoints=pinpoints),
        tokenizer,
        patch_size=14,
        num_additional_image_tokens=1,
        vision_feature_select_strategy="default",
        chat_template=PICTURES_FIRST,
    )


def gemma_tokenizer(*more: str, **names: str) -> Any:
    return bytes_of(
        ["<pad>", "<eos>", "<bos>", "<start_of_turn>", "<end_of_turn>", *names.values(), *more],
        bos_token="<bos>",
        eos_token="<eos>",
        pad_token="<pad>",
        extra_special_tokens=names,
    )


def gemma_template(image: str, video: str = "") -> str:
    return (
        "{{ bos_token }}{% for m in messages %}<start_of_turn>{{ m.role }}\n{% for c in m.content %}"
        f"{{% if c.type == 'image' %}}{image}{{% elif c.type == 'video' %}}{video}"
        "{% else %}{{ c.text }}{% endif %}"
        "{% endfor %}<end_of_turn>\n{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
    )


@family("Gemma 3")
def gemma3() -> Any:
    """google/gemma-3-4b-it: 896 pixels, 256 tokens, pan and scan off."""
    t = transformers()
    tokenizer = gemma_tokenizer(
        boi_token="<start_of_image>", eoi_token="<end_of_image>", image_token="<image_soft_token>"
    )
    return t.Gemma3Processor(
        t.Gemma3ImageProcessor(size={"height": 896, "width": 896}),
        tokenizer,
        chat_template=gemma_template("<start_of_image>"),
        image_seq_length=256,
    )


@family("Gemma 3n")
def gemma3n() -> Any:
    """google/gemma-3n-E4B-it: 768 pixels, 256 tokens."""
    t = transformers()
    tokenizer = gemma_tokenizer(
        boi_token="<start_of_image>",
        eoi_token="<end_of_image>",
        image_token="<image_soft_token>",
        boa_token="<start_of_audio>",
        eoa_token="<end_of_audio>",
        audio_token="<audio_soft_token>",
    )
    return t.Gemma3nProcessor(
        t.Gemma3nAudioFeatureExtractor(),
        t.SiglipImageProcessor(size={"height": 768, "width": 768}, do_normalize=False),
        tokenizer,
        chat_template=gemma_template("<image_soft_token>"),
        image_seq_length=256,
    )


@family("Gemma 4")
def gemma4() -> Any:
    """google/gemma-4-E4B-it: the defaults of its processors, 280 tokens an image and 70 a frame of a video."""
    t = transformers()
    tokenizer = gemma_tokenizer(
        "<|video|>",
        boi_token="<|image>",
        eoi_token="<image|>",
        image_token="<|image|>",
        boa_token="<|audio>",
        eoa_token="<audio|>",
        audio_token="<|audio|>",
    )
    return t.Gemma4Processor(
        t.Gemma4AudioFeatureExtractor(),
        t.Gemma4ImageProcessor(),
        tokenizer,
        t.Gemma4VideoProcessor(),
        chat_template=gemma_template("<|image|>", "<|video|>"),
    )


@family("GLM-4.xV")
def glm4v() -> Any:
    """zai-org/GLM-4.1V-9B-Thinking: tokens of 28×28 pixels."""
    t = transformers()
    specials = ["<|endoftext|>", "<|image|>", "<|video|>"]
    specials += [f"<|{end}_of_{what}|>" for what in ("image", "video") for end in ("begin", "end")]
    tokenizer = bytes_of(
        [*specials, "<|im_start|>", "<|im_end|>"], eos_token="<|endoftext|>", pad_token="<|endoftext|>"
    )
    template = chatml("<|begin_of_image|><|image|><|end_of_image|>", "<|begin_of_video|><|video|><|end_of_video|>")
    return t.Glm4vProcessor(t.Glm4vImageProcessor(), tokenizer, t.Glm4vVideoProcessor(), chat_template=template)


@family("MiniCPM-V")
def minicpm_v() -> Any:
    """openbmb/MiniCPM-V-4.6: the defaults of its processors, slices of 448 pixels, up to nine and a small copy."""
    t = transformers()
    names = {
        "image_token": "<|image_pad|>",
        "video_token": "<|video_pad|>",
        "image_start_token": "<image>",
        "image_end_token": "</image>",
        "slice_start_token": "<slice>",
        "slice_end_token": "</slice>",
        "image_id_start_token": "<image_id>",
        "image_id_end_token": "</image_id>",
    }
    tokenizer = bytes_of(
        ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *names.values()],
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        extra_special_tokens=names,
    )
    return t.MiniCPMV4_6Processor(
        t.MiniCPMV4_6ImageProcessor(),
        t.MiniCPMV4_6VideoProcessor(),
        tokenizer,
        chat_template=chatml("<|image_pad|>", "<|video_pad|>"),
    )


@family("FastVLM")
def fast_vlm() -> Any:
    """apple/FastVLM-7B: 1024 pixels, 256 tokens; transformers reads it with LLaVA's processor."""
    t = transformers()
    tokenizer = bytes_of(
        ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<image>"], eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )
    return t.LlavaProcessor(
        t.CLIPImageProcessor(size={"shortest_edge": 1024}, crop_size={"height": 1024, "width": 1024}),
        tokenizer,
        patch_size=64,
        vision_feature_select_strategy="full",
        chat_template=chatml("<image>"),
    )
