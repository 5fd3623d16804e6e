"""Tiny checkpoints of the models that look at a video and listen to it; `checkpoints.build` makes them."""

from importlib import import_module
from pathlib import Path
from typing import Any

from checkpoints import SMALL, SPREAD, bytes_of, checkpoint, save, word_pieces


@checkpoint("grounding-dino")
def grounding_dino(folder: Path) -> None:
    t: Any = import_module("transformers")

    tokenizer = word_pieces("a", "person", "dog", "car", "red", "cup", "phone")
    backbone = t.SwinConfig(
        image_size=64,
        patch_size=4,
        embed_dim=16,
        depths=[1, 1, 1, 1],
        num_heads=[1, 2, 2, 2],
        window_size=4,
        out_features=["stage2", "stage3", "stage4"],
    )
    config = t.GroundingDinoConfig(
        backbone_config=backbone,
        text_config={**SMALL, "model_type": "bert", "vocab_size": len(tokenizer)},
        d_model=32,
        encoder_layers=1,
        decoder_layers=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        num_queries=10,
    )
    image = t.GroundingDinoImageProcessor(size={"shortest_edge": 64, "longest_edge": 128})
    save(t.GroundingDinoForObjectDetection(config), t.GroundingDinoProcessor(image, tokenizer), folder)


@checkpoint("clip")
def clip(folder: Path) -> None:
    t: Any = import_module("transformers")
    from tokenizers.processors import TemplateProcessing

    ends = ("<|startoftext|>", "<|endoftext|>")
    tokenizer = bytes_of(ends, bos_token=ends[0], eos_token=ends[1], pad_token=ends[1], model_max_length=77)
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single=f"{ends[0]} $A {ends[1]}", special_tokens=[(end, tokenizer.convert_tokens_to_ids(end)) for end in ends]
    )
    numbers = {f"{name}_token_id": getattr(tokenizer, f"{name}_token_id") for name in ("bos", "eos", "pad")}
    config = t.CLIPConfig(
        text_config={**SMALL, "vocab_size": len(tokenizer), **numbers},
        vision_config={**SMALL, "image_size": 32, "patch_size": 8},
        projection_dim=16,
    )
    image = t.CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    save(t.CLIPModel(config), t.CLIPProcessor(image, tokenizer), folder)


@checkpoint("siglip2")
def siglip2(folder: Path) -> None:
    t: Any = import_module("transformers")

    roles = {"eos_token": "<eos>", "pad_token": "<pad>", "bos_token": "<bos>", "unk_token": "<unk>"}
    tokenizer = bytes_of(["<pad>", "<eos>", "<bos>", "<unk>"], **roles, model_max_length=64)
    config = t.Siglip2Config(
        text_config={
            **SMALL,
            "vocab_size": len(tokenizer),
            "max_position_embeddings": 64,
            "projection_size": 32,
            "bos_token_id": None,
            "eos_token_id": tokenizer.eos_token_id,
            "pad_token_id": tokenizer.pad_token_id,
        },
        vision_config={**SMALL, "patch_size": 16, "num_patches": 16},
    )
    image = t.Siglip2ImageProcessor(patch_size=16, max_num_patches=16)
    save(t.Siglip2Model(config), t.Siglip2Processor(image, tokenizer), folder)


@checkpoint("dinov2")
def dinov2(folder: Path) -> None:
    t: Any = import_module("transformers")

    config = t.Dinov2Config(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=4, mlp_ratio=2, image_size=56, patch_size=14
    )
    image = t.BitImageProcessor(size={"shortest_edge": 56}, crop_size={"height": 56, "width": 56})
    save(t.Dinov2Model(config), image, folder)


@checkpoint("blip")
def blip(folder: Path) -> None:
    t: Any = import_module("transformers")

    tokenizer = word_pieces("a", "person", "dog", "car", "[DEC]")
    start, end = tokenizer.convert_tokens_to_ids("[DEC]"), tokenizer.sep_token_id
    config = t.BlipConfig(
        text_config={
            **SMALL,
            "vocab_size": len(tokenizer),
            "encoder_hidden_size": 32,
            "bos_token_id": start,
            "eos_token_id": end,
            "sep_token_id": end,
            "pad_token_id": tokenizer.pad_token_id,
        },
        vision_config={**SMALL, "image_size": 32, "patch_size": 8, "initializer_range": 0.02},
        projection_dim=16,
    )
    image = t.BlipImageProcessor(size={"height": 32, "width": 32})
    save(t.BlipForConditionalGeneration(config), t.BlipProcessor(image, tokenizer), folder)


@checkpoint("florence-2")
def florence2(folder: Path) -> None:
    t: Any = import_module("transformers")

    places = [f"<loc_{n}>" for n in range(1000)]
    tokenizer = bytes_of(
        ["<s>", "<pad>", "</s>", "<unk>", "<image>", *places],
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        extra_special_tokens={"image_token": "<image>"},
    )
    numbers = {f"{name}_token_id": getattr(tokenizer, f"{name}_token_id") for name in ("bos", "eos", "pad")}
    config = t.Florence2Config(
        vision_config={
            "depths": [1, 1, 1, 1],
            "embed_dim": [8, 16, 16, 32],
            "num_heads": [1, 2, 2, 4],
            "num_groups": [1, 2, 2, 4],
            "window_size": 2,
            "projection_dim": 32,
            "max_position_embeddings": 8,
        },
        text_config={
            "model_type": "bart",
            "vocab_size": len(tokenizer),
            "d_model": 32,
            "encoder_layers": 1,
            "decoder_layers": 1,
            "encoder_ffn_dim": 64,
            "decoder_ffn_dim": 64,
            "encoder_attention_heads": 4,
            "decoder_attention_heads": 4,
            "max_position_embeddings": 512,
            **numbers,
            "decoder_start_token_id": tokenizer.eos_token_id,
            "forced_eos_token_id": tokenizer.eos_token_id,
        },
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        **numbers,
    )
    image = t.CLIPImageProcessor(size={"height": 64, "width": 64}, do_center_crop=False)
    image.image_seq_length = 5  # a class attribute that hub checkpoints set in their preprocessor_config.json
    processor = t.Florence2Processor(
        image,
        tokenizer,
        num_additional_image_tokens=0,
        post_processor_config={
            "pure_text": {},
            "description_with_bboxes": {"num_bins": 1000},
            "phrase_grounding": {"num_bins": 1000, "banned_grounding_tokens": []},
        },
    )
    save(t.Florence2ForConditionalGeneration(config), processor, folder)


@checkpoint("whisper")
def whisper(folder: Path) -> None:
    from vidscout.bench.measure.device.speech import checkpoint as made

    made(folder, SPREAD)


@checkpoint("ast")
def ast(folder: Path) -> None:
    t: Any = import_module("transformers")

    labels = dict(enumerate(["Speech", "Applause", "Dog"]))
    config = t.ASTConfig(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_length=64,
        num_mel_bins=32,
        id2label=labels,
        label2id={label: number for number, label in labels.items()},
    )
    save(t.ASTForAudioClassification(config), t.ASTFeatureExtractor(max_length=64, num_mel_bins=32), folder)


@checkpoint("clap")
def clap(folder: Path) -> None:
    t: Any = import_module("transformers")

    tokenizer = bytes_of(["<s>", "<pad>", "</s>", "<unk>"], bos_token="<s>", pad_token="<pad>", eos_token="</s>")
    text = {**SMALL, "vocab_size": len(tokenizer), "pad_token_id": tokenizer.pad_token_id, "projection_dim": 16}
    audio = {
        "spec_size": 32,
        "num_mel_bins": 8,
        "window_size": 4,
        "patch_embeds_hidden_size": 8,
        "hidden_size": 16,
        "depths": [1, 1],
        "num_attention_heads": [1, 2],
        "num_hidden_layers": 2,
        "projection_dim": 16,
    }
    extractor = t.ClapFeatureExtractor(feature_size=8, max_length_s=1, truncation="rand_trunc", padding="repeatpad")
    config = t.ClapConfig(text_config=text, audio_config=audio, projection_dim=16)
    save(t.ClapModel(config), t.ClapProcessor(extractor, tokenizer), folder)


COCO = ("person", "bicycle", "traffic light", "Dining_Table")


def detector(folder: Path, name: str, **more: Any) -> None:
    """A tiny detector with the published preprocessing: frames of 640×640, not normalised."""
    t: Any = import_module("transformers")
    backbone = {"embedding_size": 8, "hidden_sizes": [8, 12, 16, 20], "depths": [1, 1, 1, 1], "layer_type": "basic"}
    labels = dict(enumerate(COCO))
    config = getattr(t, f"{name}Config")(
        id2label=labels,
        label2id={label: number for number, label in labels.items()},
        encoder_hidden_dim=16,
        d_model=16,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        decoder_layers=2,
        decoder_in_channels=[16, 16, 16],
        num_queries=20,
        num_denoising=0,
        encoder_in_channels=[12, 16, 20],
        **more or {"backbone_config": t.RTDetrResNetConfig(**backbone, out_features=["stage2", "stage3", "stage4"])},
    )
    image = t.RTDetrImageProcessor(
        size={"height": 640, "width": 640}, do_normalize=False, do_pad=False, do_rescale=True
    )
    save(getattr(t, f"{name}ForObjectDetection")(config), image, folder)


@checkpoint("rt-detr")
def rt_detr(folder: Path) -> None:
    detector(folder, "RTDetrV2")


@checkpoint("d-fine")
def d_fine(folder: Path) -> None:
    t: Any = import_module("transformers")
    backbone = t.HGNetV2Config(
        stem_channels=[3, 4, 8],
        stage_in_channels=[8, 8, 12, 16],
        stage_mid_channels=[4, 4, 8, 8],
        stage_out_channels=[8, 12, 16, 20],
        stage_num_blocks=[1, 1, 1, 1],
        stage_numb_of_layers=[1, 1, 1, 1],
        stage_downsample=[False, True, True, True],
        stage_light_block=[False, False, True, True],
        stage_kernel_size=[3, 3, 5, 5],
        hidden_sizes=[8, 12, 16, 20],
        depths=[1, 1, 1, 1],
        embedding_size=8,
        out_features=["stage2", "stage3", "stage4"],
    )
    detector(folder, "DFine", backbone_config=backbone)


def lcnet(t: Any, strides: list[list[int]]) -> Any:
    """A backbone of one block a stage; the strides are those of the last four stages, down and across."""
    blocks = [[[3, 8, 8, 1, False]], *([[3, 8, 8, stride, False]] for stride in strides)]
    names = ["stage2", "stage3", "stage4", "stage5"]
    return t.PPLCNetV3Config(block_configs=blocks, stem_channels=8, conv_symmetric_num=1, out_features=names)


@checkpoint("pp-ocr-v5-finds")
def pp_ocr_finds(folder: Path) -> None:
    """The mobile one with few channels, and its published preprocessing: 960 pixels at most."""
    t: Any = import_module("transformers")
    config = t.PPOCRV5MobileDetConfig(
        backbone_config=lcnet(t, [[2, 2]] * 4), neck_out_channels=16, layer_list_out_channels=[8, 8, 8, 8]
    )
    save(t.PPOCRV5MobileDetForObjectDetection(config), t.PPOCRV5ServerDetImageProcessor(), folder)


@checkpoint("pp-ocr-v5-reads")
def pp_ocr_reads(folder: Path) -> None:
    """The mobile one with few characters, and its published preprocessing: lines of 48 pixels."""
    t: Any = import_module("transformers")
    characters = ["blank", *"abcdefghijklmnopqrstuvwxyz中文かな", " "]
    config = t.PPOCRV5MobileRecConfig(
        backbone_config=lcnet(t, [[2, 1], [2, 1], [1, 2], [2, 1]]),
        hidden_size=16,
        num_attention_heads=2,
        head_out_channels=len(characters),
    )
    image = t.PPOCRV5ServerRecImageProcessor(character_list=characters)
    save(t.PPOCRV5MobileRecForTextRecognition(config), image, folder)


@checkpoint("mblip")
def mblip(folder: Path) -> None:
    """BLIP-2 with an encoder–decoder of text, as mBLIP on mT0."""
    t: Any = import_module("transformers")

    tokenizer = bytes_of(["<pad>", "</s>", "<unk>", "<image>"], pad_token="<pad>", eos_token="</s>", unk_token="<unk>")
    end, pad = tokenizer.eos_token_id, tokenizer.pad_token_id
    text = {
        "model_type": "t5", "vocab_size": len(tokenizer), "d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 1,
        "num_decoder_layers": 1, "num_heads": 4, "decoder_start_token_id": pad, "pad_token_id": pad,
        "eos_token_id": end,
    }  # fmt: skip
    config = t.Blip2Config(
        vision_config={**SMALL, "image_size": 28, "patch_size": 14},
        qformer_config={**SMALL, "vocab_size": 8, "encoder_hidden_size": 32},
        text_config=text,
        num_query_tokens=4,
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
    )
    image = t.BlipImageProcessor(size={"height": 28, "width": 28})
    processor = t.Blip2Processor(image, tokenizer, num_query_tokens=4)
    save(t.Blip2ForConditionalGeneration(config), processor, folder, end, pad)


@checkpoint("sam")
def sam(folder: Path) -> None:
    t: Any = import_module("transformers")

    config = t.SamConfig(
        vision_config={
            "hidden_size": 32,
            "output_channels": 16,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "image_size": 64,
            "patch_size": 8,
            "mlp_dim": 64,
            "num_pos_feats": 8,
            "global_attn_indexes": [1],
            "window_size": 4,
        },
        prompt_encoder_config={
            "hidden_size": 16, "image_size": 64, "patch_size": 8, "image_embedding_size": 8, "mask_input_channels": 4
        },
        mask_decoder_config={
            "hidden_size": 16, "mlp_dim": 32, "num_attention_heads": 2, "num_hidden_layers": 2, "iou_head_hidden_dim": 8
        },
    )  # fmt: skip
    image = t.SamImageProcessor(size={"longest_edge": 64}, pad_size={"height": 64, "width": 64})
    save(t.SamModel(config), t.SamProcessor(image), folder)


@checkpoint("sam2")
def sam2(folder: Path) -> None:
    t: Any = import_module("transformers")

    backbone = {
        "hidden_size": 8,
        "num_attention_heads": 1,
        "image_size": [64, 64],
        "blocks_per_stage": [1, 1, 2, 1],
        "embed_dim_per_stage": [8, 16, 32, 64],
        "num_attention_heads_per_stage": [1, 1, 2, 2],
        "window_size_per_stage": [8, 4, 4, 2],
        "global_attention_blocks": [3],
        "window_positional_embedding_background_size": [4, 4],
    }
    config = t.Sam2Config(
        vision_config={
            "backbone_config": t.Sam2HieraDetConfig(**backbone).to_dict(),
            "backbone_channel_list": [64, 32, 16, 8],
            "backbone_feature_sizes": [[16, 16], [8, 8], [4, 4]],
            "fpn_hidden_size": 16,
        },
        prompt_encoder_config={"hidden_size": 16, "image_size": 64, "patch_size": 16, "mask_input_channels": 4},
        mask_decoder_config={
            "hidden_size": 16, "mlp_dim": 32, "num_attention_heads": 2, "num_hidden_layers": 2, "iou_head_hidden_dim": 8
        },
    )  # fmt: skip
    image = t.Sam2ImageProcessor(size={"height": 64, "width": 64}, mask_size={"height": 16, "width": 16})
    save(t.Sam2Model(config), t.Sam2Processor(image), folder)
