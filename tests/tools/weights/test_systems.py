"""The catalogue of systems: complete, well formed, and true of this tree."""

import inspect
import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from typer.main import get_command
from vidscout.agent.cli import app
from vidscout.agent.settings import Settings
from vidscout.bench.cli import app as bench_app
from vidscout.bench.run import load as sets
from vidscout.graphs.answer.packers import PACKERS
from vidscout.graphs.answer.routes import ROUTES
from vidscout.graphs.answer.selectors import SELECTORS
from vidscout.graphs.ingest import stages
from vidscout.tools.errors import VidscoutError
from vidscout.tools.runtime.backend import backend, backends
from vidscout.tools.videollm.compress import COMPRESSORS
from vidscout.tools.weights.systems import Status, System, systems

NAMES = """
B-VLLM|MERV|E-ViLM|LongVLM|SAVEn-Vid|VideoGPT+|VideoRefer Suite|Video-RAG|VidKV|Video-Panda|ST-LLM|ADEM-VL|VideoLLaMB|
LanguageBind|IVA|Video-CCAM|INTP-Video-LLMs|ShareGPT4Video|Free Video-LLM|TS-LLaVA|VIGC|MMDuet|VideoNIAH / VNBench|
RED-VILLM|Florenz|PVChat|IG-VLM|VideoStreaming|MouSi|AIM|HiRED|Video-Bench|LLoVi|V2PE|VidLA|LMM-VQA|VL-PET|PVC|PLLaVA|
VTG-LLM|Step-Video-T2V|VIOLET|Giraffe|Video-STaR|T2Vid|Tarsier|Visual Context Window Extension|AMD-Hummingbird|
Verbose Images|StoryTeller|STORM|VideoEspresso|TC-LLaVA|VideoLights|VideoSAVi|VL-Adapter|JPEG-LM|FastVLM|TL;DR|T3|ReKV|
LAVID|VLoRA|Video-MME|VideoLLM-MoD|VPTQ|VoCo-LLaMA|mBLIP|HowToCaption|GPT4Video|PPLLaVA|Video-LLaMA
"""


def test_all_72_systems_are_there_in_order_and_none_else():
    names = [name.strip() for name in NAMES.replace("|\n", "|").strip().split("|")]
    assert len(names) == 72
    assert [system.name for system in systems()] == names
    assert [system.number for system in systems()] == list(range(1, 73))


def command(words: str) -> object:
    """The command of that name, `bench` included, which is attached by name only; None when there is none."""
    first, *rest = words.split()
    found = get_command(app)
    group = get_command(bench_app) if first == "bench" else None
    if group is None:
        return getattr(found, "commands", {}).get(first)
    for word in rest:
        group = getattr(group, "commands", {}).get(word)
    return group


def registered(reference: str) -> object:
    kind, _, name = reference.partition(":")
    match kind:
        case "selector":
            return SELECTORS.get(name)
        case "packer":
            return PACKERS.get(name)
        case "compressor":
            return COMPRESSORS.get(name)
        case "memory":
            return find_spec(f"vidscout.tools.videollm.memory.{name}")
        case "stage":
            return name if name in stages.known() else None
        case "route":
            return ROUTES.get(name)
        case "backend":
            role, _, one = name.partition("/")
            return backends(role).get(one)
        case "option":
            role, one, option = name.split("/")
            return inspect.signature(backend(role, one)).parameters.get(option)
        case "setting":
            return Settings.model_fields.get(name)
        case "benchmark":
            return sets.kinds().get(name)
        case "command":
            return command(name)
    return None


@pytest.mark.parametrize(
    "reference", sorted({(system.name, name) for system in systems() for name in system.see}), ids=" → ".join
)
def test_whatever_is_said_to_carry_a_system_is_in_this_tree(reference: tuple[str, str]):
    assert registered(reference[1]) is not None


@pytest.mark.parametrize(
    "made_up",
    [
        "selector:nothing",
        "compressor:nothing",
        "memory:nothing",
        "stage:nothing",
        "backend:answerer/nothing",
        "option:answerer/openai/nothing",
        "command:bench fly",
    ],
)
def test_the_check_of_what_is_registered_can_fail(made_up: str):
    assert registered(made_up) is None


def test_what_runs_here_is_no_checkpoint_and_says_what_carries_it():
    for system in systems(status="runs here"):
        assert system.see
        assert system.kind != "model", "a model runs here only once its own checkpoint has been run"


def test_checkpoints_have_a_status_of_their_own_and_the_rest_does_not():
    loadable = {Status.STOCK_CLASS, Status.REMOTE_CODE, Status.NO_PUBLIC_LOADER}
    for system in systems():
        if system.kind == "model":
            assert system.status in loadable, system.name
        if system.checkpoints or system.loader:
            assert system.status in {Status.STOCK_CLASS, Status.REMOTE_CODE}, system.name
        if system.status == Status.NO_PUBLIC_LOADER:
            assert not system.loader, system.name


def test_the_page_on_methods_has_each_row_once_and_names_files_that_are_there():
    root = Path(__file__).parents[3]
    rows = [line.split("|") for line in (root / "docs/systems.md").read_text().splitlines() if line.startswith("| ")][
        2:
    ]
    assert [int(row[1]) for row in rows] == [1, 4, 9, 11, 13, 17, 20, 22, 28, 30, 31, 34, 38, 39, 43, 47, 51, 61, 71]
    for row in rows:
        files = re.findall(r"`([\w/]+\.py)`", row[3] + row[5])
        assert len(files) >= 2
        assert not [file for file in files if not (root / file).is_file()]
        for name in re.findall(r"compress (\w+):", row[4]):
            assert name in COMPRESSORS
        for kind, name in re.findall(r"VIDSCOUT_(PACKER|SELECTOR)=(\w+)", row[4]):
            assert name in (PACKERS if kind == "PACKER" else SELECTORS)


def test_memory_is_estimated_from_the_parameters_at_two_bytes_each():
    [fast] = [system for system in systems() if system.name == "FastVLM"]
    assert fast.parameters == ("0.5B", "1.5B", "7B")
    assert fast.memory == (1_000_000_000, 3_000_000_000, 14_000_000_000)
    assert fast.as_json()["memory_estimate"] == [1_000_000_000, 3_000_000_000, 14_000_000_000]


def test_what_is_not_known_is_empty():
    [violet] = [system for system in systems() if system.name == "VIOLET"]
    assert (violet.licence, violet.parameters, violet.max_frames, violet.memory) == ("", (), None, ())


def test_a_search_wants_every_word_somewhere():
    assert [system.name for system in systems(search="BLIP-2 multilingual")] == ["mBLIP"]
    assert [system.name for system in systems(status="not applicable", search="tuning")] == [
        "ADEM-VL", "VL-PET", "VL-Adapter"
    ]  # fmt: skip
    assert systems(search="no such thing anywhere") == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"status": "perhaps"}, "Input should be"),
        ({"parameters": ["lots"]}, "not a number of parameters"),
        ({"see": ["nothing:here"]}, "is none of selector"),
        ({"status": "runs here"}, "does not say by what"),
        ({"status": "not carried", "note": ""}, "does not say why"),
        ({"price": 3}, "Extra inputs"),
    ],
)
def test_an_entry_that_is_wrong_is_refused_in_one_line(tmp_path: Path, change: dict, says: str):
    entry = {"number": 1, "name": "A", "kind": "model", "task": "x", "status": "remote code", "note": "n", **change}
    with pytest.raises(ValueError, match=says):
        System.model_validate(entry)
    lines = [f"{key} = {value!r}" for key, value in entry.items()]
    (tmp_path / "systems.toml").write_text("[[system]]\n" + "\n".join(lines))
    with pytest.raises(VidscoutError, match=says) as error:
        systems(catalogue=tmp_path / "systems.toml")
    assert "\n" not in str(error.value)
