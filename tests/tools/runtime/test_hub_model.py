"""Loading checkpoints as a hub lays them out, and what is said when one cannot be loaded."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from vidscout.tools.errors import UsageError, WeightsError
from vidscout.tools.runtime.hub_model import Checkpoint, device

Make = Callable[[str], Path]


@pytest.fixture
def copied(checkpoint: Make, tmp_path: Path) -> Path:
    """A CLIP checkpoint that a test may damage."""
    return Path(shutil.copytree(checkpoint("clip"), tmp_path / "clip"))


def change(folder: Path, **values: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def refusal(checkpoint: Checkpoint) -> str:
    """The one line that loading ends with."""
    with pytest.raises(WeightsError) as raised:
        checkpoint.load("AutoModel")
    message = str(raised.value)
    assert "\n" not in message
    return message


def test_a_model_is_loaded_for_use_in_the_precision_asked_for(checkpoint: Make):
    model = Checkpoint(checkpoint("clip"), device="cpu").load("AutoModel")
    assert not model.training
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}
    half = Checkpoint(checkpoint("clip"), device="cpu", dtype="bfloat16").load("AutoModel")
    assert {weight.dtype for weight in half.parameters()} == {torch.bfloat16}


def test_a_folder_is_told_from_another_of_its_name_by_its_weights(checkpoint: Make, copied: Path):
    before = Checkpoint(copied).identity
    assert before == Checkpoint(checkpoint("clip")).identity
    weights = load_file(copied / "model.safetensors")
    weights["visual_projection.weight"][0, 0] += 1
    save_file(weights, copied / "model.safetensors", metadata={"format": "pt"})
    assert Checkpoint(copied).identity != before
    assert Checkpoint(copied).identity.startswith("clip@")


def test_a_folder_of_the_hubs_cache_goes_by_the_models_name_and_commit(checkpoint: Make, tmp_path: Path):
    place = tmp_path / "models--openai--clip" / "snapshots" / ("75de2d55" + "0" * 32)
    shutil.copytree(checkpoint("clip"), place)
    assert Checkpoint(place).identity == "openai/clip@75de2d55"


def test_a_missing_file_of_weights_is_named(copied: Path):
    (copied / "model.safetensors").unlink()
    assert "model.safetensors" in refusal(Checkpoint(copied))


def test_a_file_that_was_cut_short_is_refused(copied: Path):
    path = copied / "model.safetensors"
    path.write_bytes(path.read_bytes()[:5000])
    assert str(copied) in refusal(Checkpoint(copied))


def test_weights_that_a_checkpoint_lacks_are_not_made_up(copied: Path):
    weights = load_file(copied / "model.safetensors")
    del weights["visual_projection.weight"]
    save_file(weights, copied / "model.safetensors", metadata={"format": "pt"})
    assert "visual_projection.weight" in refusal(Checkpoint(copied))
    assert Checkpoint(copied, incomplete=True).load("AutoModel").visual_projection.weight.shape == (16, 32)


def test_weights_of_another_shape_are_refused(copied: Path):
    change(copied, projection_dim=8)
    assert str(copied) in refusal(Checkpoint(copied))


def test_a_configuration_that_is_no_json_is_refused(copied: Path):
    (copied / "config.json").write_text("{")
    assert "JSON" in refusal(Checkpoint(copied))


def test_an_architecture_that_transformers_does_not_know_is_refused(copied: Path):
    change(copied, model_type="unheard-of")
    assert "unheard-of" in refusal(Checkpoint(copied))


def test_another_kind_of_model_than_the_task_needs_is_refused(checkpoint: Make):
    with pytest.raises(WeightsError, match="cannot be loaded"):
        Checkpoint(checkpoint("clip")).load("AutoModelForSpeechSeq2Seq")


def test_code_that_comes_with_weights_runs_only_when_it_is_allowed(copied: Path, tmp_path: Path):
    ran = tmp_path / "ran"
    change(copied, model_type="own", auto_map={"AutoConfig": "own.OwnConfig", "AutoModel": "own.OwnModel"})
    (copied / "own.py").write_text(f"open({str(ran)!r}, 'w').close()\nclass OwnConfig: pass\nclass OwnModel: pass\n")
    assert "trust_remote_code" in refusal(Checkpoint(copied))
    assert not ran.exists()
    with pytest.raises(WeightsError):
        Checkpoint(copied, trust_remote_code=True).load("AutoModel")
    assert ran.exists()  # it ran, though it is no model


@pytest.mark.parametrize("missing", ["*processor*", "token*"])
def test_files_of_the_processor_that_are_missing_are_noticed(copied: Path, missing: str):
    for path in copied.glob(missing):
        path.unlink()
    with pytest.raises(WeightsError, match=str(copied)):
        Checkpoint(copied).processor(needs=("image_processor", "tokenizer"))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("openai/never-pulled", "vidscout models pull openai/never-pulled"),
        ("siglip2-large", "vidscout models pull siglip2-large"),
        ("/no/such/folder", "no folder"),
        ("nonsense", "no folder"),
    ],
)
def test_a_model_that_is_not_here_says_how_to_get_it(
    name: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert said in refusal(Checkpoint(name))


def test_a_folder_without_a_configuration_is_no_checkpoint(tmp_path: Path):
    assert "config.json" in refusal(Checkpoint(tmp_path))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_said_in_one_line(checkpoint: Make):
    with pytest.raises(UsageError, match=r"'cuda' was asked for.*choose device 'cpu' or 'auto'"):
        Checkpoint(checkpoint("clip"), device="cuda").load("AutoModel")
    assert device("auto") == torch.device("cpu")


@pytest.mark.parametrize(
    ("cuda", "apple", "chosen"),
    [(True, True, "cuda"), (True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_auto_is_a_gpu_of_either_make_where_there_is_one(
    cuda: bool, apple: bool, chosen: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: apple)
    assert device("auto").type == chosen
    on_gpu = chosen != "cpu"
    assert Checkpoint("anything").precision == (torch.float16 if on_gpu else torch.float32)


def test_devices_and_precisions_that_do_not_exist_are_usage_errors(checkpoint: Make):
    with pytest.raises(UsageError, match="no device 'gpu7'"):
        device("gpu7")
    with pytest.raises(UsageError, match="no dtype 'float8'"):
        Checkpoint(checkpoint("clip"), dtype="float8").load("AutoModel")
