"""How a video-LLM is loaded: its precision, attention, adapters, and weights that are quantised already."""

import json
import shutil
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from vidscout.tools.errors import BackendUnavailableError, UsageError, WeightsError
from vidscout.tools.runtime import quantised
from vidscout.tools.runtime.hub_model import Checkpoint
from vidscout.tools.videollm import FramePart, Message
from vidscout.tools.videollm.hub_model import Transformers
from vidscout.tools.videollm.loading import attention
from vidscout.tools.videollm.loading.adapters import Adapter
from vidscout.tools.videollm.loading.loading import Loading

Make = Callable[[str], Path]


@pytest.fixture
def question(tmp_path: Path) -> list[Message]:
    from PIL import Image

    noise = np.random.default_rng(3).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "frame.png")
    return [Message("user", (FramePart(tmp_path / "frame.png", 1.0), "What is seen?"))]


def logits(model: Transformers, messages: Sequence[Message]) -> torch.Tensor:
    model.ready()
    found, _ = model._prefill(model._prompt(messages))
    return found


@pytest.fixture
def device_is(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def say(kind: str) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: kind == "cuda")
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: kind == "mps")

    return say


class TestPrecision:
    @pytest.mark.parametrize("place", ["cuda", "mps"])
    def test_smolvlm2_is_bfloat16_on_a_gpu_whatever_its_files_say(self, place, device_is, checkpoint: Make):
        device_is(place)
        options = Loading(attention="sdpa")._options(Checkpoint(checkpoint("smolvlm2")))
        assert options["dtype"] == "bfloat16"

    @pytest.mark.parametrize("place", ["cuda", "mps"])
    def test_others_keep_the_precision_of_their_files_on_a_gpu(self, place, device_is, checkpoint: Make):
        device_is(place)
        assert Loading(attention="sdpa")._options(Checkpoint(checkpoint("qwen3-vl")))["dtype"] == "auto"

    def test_what_was_asked_for_is_what_is_loaded(self, device_is, checkpoint: Make):
        device_is("cuda")
        asked = Checkpoint(checkpoint("smolvlm2"), dtype="float16")
        assert "dtype" not in Loading(attention="sdpa")._options(asked)
        assert asked.precision == torch.float16

    def test_on_a_cpu_it_is_32_bits(self, checkpoint: Make):
        asked = Checkpoint(checkpoint("smolvlm2"), device="cpu")
        assert "dtype" not in Loading()._options(asked)
        assert asked.precision == torch.float32

    def test_smolvlm2_answers_in_bfloat16(self, checkpoint: Make, question):
        model = Transformers(checkpoint("smolvlm2"), device="cpu", dtype="bfloat16", as_video=False)
        found = logits(model, question)
        assert model._model.dtype == torch.bfloat16
        assert torch.isfinite(found).all()
        model.close()


class TestAttention:
    @pytest.mark.parametrize(
        ("asked", "installed", "called"),
        [
            (None, (), None),
            (None, ("flash_attn",), "flash_attention_2"),
            ("sdpa", ("flash_attn",), "sdpa"),
            ("eager", (), "eager"),
            ("flash", ("flash_attn",), "flash_attention_2"),
            ("flash", ("flash_attn", "flash_attn_interface"), "flash_attention_3"),
            ("flash-2", ("flash_attn", "flash_attn_interface"), "flash_attention_2"),
            ("flash-3", ("flash_attn_interface",), "flash_attention_3"),
            ("kernels-community/flash-attn3", ("kernels",), "kernels-community/flash-attn3"),
        ],
    )
    def test_it_is_called_as_transformers_calls_it(self, asked, installed, called, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(attention, "find_spec", lambda module: module in installed or None)
        assert attention.implementation(asked, on_gpu=True) == called

    def test_nothing_is_chosen_on_a_cpu(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(attention, "find_spec", lambda _: True)
        assert attention.implementation(None, on_gpu=False) is None
        with pytest.raises(UsageError, match=r"'flash-2' runs on an NVIDIA GPU only: choose 'sdpa'"):
            attention.implementation("flash-2", on_gpu=False)

    @pytest.mark.parametrize(
        ("asked", "told"),
        [
            ("flash", "flash_attn: pip install flash-attn"),
            ("flash-2", "flash_attn: pip install flash-attn"),
            ("flash-3", "flash_attn_interface: build it"),
            ("kernels-community/flash-attn2", "kernels: pip install kernels"),
        ],
    )
    def test_what_is_not_installed_is_one_line(self, asked, told, monkeypatch: pytest.MonkeyPatch, checkpoint: Make):
        monkeypatch.setattr(attention, "find_spec", lambda _: None)
        with pytest.raises(BackendUnavailableError, match=told) as caught:
            Transformers(checkpoint("qwen3-vl"), device="cpu", attention=asked).ready()
        assert "\n" not in str(caught.value)

    def test_kernels_of_others_are_not_taken(self):
        with pytest.raises(UsageError, match="no attention 'somebody/attention'"):
            Transformers("anything", attention="somebody/attention")


def changed(folder: Path, place: Path, **about: Any) -> Path:
    """A copy of a checkpoint whose configuration says something else."""
    copy = Path(shutil.copytree(folder, place))
    config = copy / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), **about}))
    return copy


class TestQuantised:
    @pytest.mark.parametrize(
        ("method", "needs", "install"),
        [
            ("awq", "gptqmodel", "pip install gptqmodel accelerate"),
            ("gptq", "gptqmodel, optimum", "pip install gptqmodel optimum"),
            ("vptq", "vptq", "pip install vptq accelerate"),
            ("compressed-tensors", "compressed_tensors", "pip install compressed-tensors"),
        ],
    )
    def test_a_kernel_that_is_missing_is_one_line(self, method, needs, install, checkpoint: Make, tmp_path: Path):
        if find_spec(needs.split(",")[0]) is not None:
            pytest.skip("it is installed here")
        about = {"quantization_config": {"quant_method": method, "bits": 4}}
        folder = changed(checkpoint("qwen3-vl"), tmp_path / "model", **about)
        with pytest.raises(BackendUnavailableError) as caught:
            Transformers(folder, device="cpu").ready()
        assert str(caught.value) == f"{folder} is quantised by {method}, which needs {needs}: {install}"

    def test_what_runs_on_a_gpu_only_says_so(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(quantised, "find_spec", lambda _: True)
        (tmp_path / "config.json").write_text('{"quantization_config": {"quant_method": "vptq"}}')
        with pytest.raises(UsageError, match="by vptq, which runs on an NVIDIA GPU only, not on cpu"):
            quantised.check(tmp_path, torch.device("cpu"))
        assert quantised.check(tmp_path, torch.device("cuda")) == "vptq"

    def test_a_checkpoint_that_is_not_quantised_is_none(self, checkpoint: Make):
        assert quantised.method_of(checkpoint("qwen3-vl")) is None

    def test_weights_in_fp8_answer_as_those_they_were_made_from(self, checkpoint: Make, tmp_path: Path, question):
        pytest.importorskip("accelerate")
        folder = in_fp8(checkpoint("qwen3-vl"), tmp_path / "fp8")
        plain = Transformers(checkpoint("qwen3-vl"), device="cpu", as_video=False)
        packed = Transformers(folder, device="cpu", as_video=False)
        expected, found = logits(plain, question), logits(packed, question)
        assert torch.cosine_similarity(found, expected, dim=0) > 0.97
        assert (found - expected).abs().max() > 1e-4, "it was quantised"
        plain.close()
        packed.close()


def in_fp8(folder: Path, place: Path, block: int = 16) -> Path:
    """A copy of a checkpoint whose text model's projections are in 8 bits, a scale a block, as DeepSeek's are."""
    weights = load_file(folder / "model.safetensors")
    for name in [name for name in weights if ".layers." in name and name.endswith("proj.weight")]:
        weight = weights[name].float()
        rows, columns = weight.shape
        blocks = weight.reshape(rows // block, block, columns // block, block)
        scale = blocks.abs().amax(dim=(1, 3)) / 448.0
        weights[name] = (blocks / scale[:, None, :, None]).reshape(rows, columns).to(torch.float8_e4m3fn)
        weights[f"{name}_scale_inv"] = scale
    about = {
        "quant_method": "fp8",
        "weight_block_size": [block, block],
        "modules_to_not_convert": ["lm_head", "model.visual"],
    }
    copy = changed(folder, place, quantization_config=about)
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    return copy


class TestAdapters:
    @pytest.fixture(scope="class")
    def adapter(self, checkpoint: Make, tmp_path_factory: pytest.TempPathFactory) -> Path:
        """A LoRA for the tiny Qwen3-VL, as PEFT saves one."""
        peft = pytest.importorskip("peft")
        import transformers

        model = transformers.AutoModelForImageTextToText.from_pretrained(str(checkpoint("qwen3-vl")))
        about = peft.LoraConfig(r=2, lora_alpha=8, target_modules=r".*language_model.*\.(q_proj|v_proj)")
        tuned = peft.get_peft_model(model, about)
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(5)
            for name, weight in tuned.named_parameters():
                if "lora_" in name:
                    weight.normal_(std=0.5)
        folder = tmp_path_factory.mktemp("adapters") / "birds"
        tuned.save_pretrained(str(folder))
        return folder

    def test_it_changes_answers_as_merging_it_does(self, adapter: Path, checkpoint: Make, question):
        peft = pytest.importorskip("peft")
        plain = Transformers(checkpoint("qwen3-vl"), device="cpu", as_video=False)
        tuned = Transformers(checkpoint("qwen3-vl"), device="cpu", as_video=False, adapter=adapter)
        before, found = logits(plain, question), logits(tuned, question)
        assert (found - before).abs().max() > 1e-3
        merged = peft.PeftModel.from_pretrained(plain._model, str(adapter)).merge_and_unload()
        plain._model = merged
        plain._prefixes.clear()
        assert torch.allclose(logits(plain, question), found, atol=1e-4)
        plain.close()
        tuned.close()

    def test_it_is_part_of_the_source_by_its_contents(self, adapter: Path, checkpoint: Make, tmp_path: Path):
        def source(folder: Path | None) -> str:
            return Transformers(checkpoint("qwen3-vl"), adapter=folder).source

        other = Path(shutil.copytree(adapter, tmp_path / "birds"))
        assert source(adapter) == source(other) != source(None)
        weights = load_file(other / "adapter_model.safetensors")
        name = next(iter(weights))
        save_file({**weights, name: weights[name] + 1}, other / "adapter_model.safetensors")
        assert source(adapter) != source(other)
        assert repr(Adapter(adapter)) != repr(Adapter(other)), "what is kept on disk is not taken from the other's"

    def test_one_for_another_model_is_refused(self, adapter: Path, checkpoint: Make):
        with pytest.raises(WeightsError, match="does not fit") as caught:
            Transformers(checkpoint("smolvlm2"), device="cpu", adapter=adapter).ready()
        assert "\n" not in str(caught.value)

    def test_a_folder_without_one_is_refused(self, checkpoint: Make, tmp_path: Path):
        pytest.importorskip("peft")
        with pytest.raises(WeightsError, match=r"no adapter_config\.json"):
            Transformers(checkpoint("qwen3-vl"), device="cpu", adapter=tmp_path).ready()

    def test_without_peft_it_is_one_line(self, checkpoint: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        from vidscout.tools.videollm.loading import adapters

        monkeypatch.setattr(adapters, "find_spec", lambda _: None)
        with pytest.raises(BackendUnavailableError, match="needs peft: pip install peft"):
            Transformers(checkpoint("qwen3-vl"), device="cpu", adapter=tmp_path).ready()
