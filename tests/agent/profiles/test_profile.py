"""Profiles: what they name exists, one's own extend them, and what a machine has decides which one `auto` is."""

import json
import os
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vidscout import VideoScout
from vidscout.agent.profiles import budget, machine
from vidscout.agent.profiles import profile as profiles
from vidscout.agent.profiles.budget import memory_budget
from vidscout.agent.profiles.machine import Decision, Machine, decide
from vidscout.agent.profiles.profile import (
    BEST_FIRST,
    EMBEDDED,
    GPU,
    LAPTOP,
    NEEDED,
    PROFILES,
    SERVED,
    Profile,
    RoleChoice,
    build,
    profile,
    weights_for,
    weights_of,
)  # fmt: skip
from vidscout.agent.settings import Settings, load
from vidscout.tools.errors import UsageError
from vidscout.tools.runtime.backend import ROLES, backends
from vidscout.tools.videollm import VideoLLM
from vidscout.tools.weights import catalogue as weights

GIB = 1 << 30
H100 = machine.GPU("NVIDIA H100", 80 * GIB, 79 * GIB)
SMALL_CARD = machine.GPU("NVIDIA RTX 3050", 8 * GIB, 7 * GIB)

# ---- what the profiles name


@pytest.mark.parametrize(
    ("name", "role"), [(name, role) for name, chosen in PROFILES.items() for role in chosen.roles], ids=" ".join
)
def test_every_backend_that_a_profile_names_is_registered_and_takes_its_options(name: str, role: str):
    choice = PROFILES[name].roles[role]
    assert choice.backend in backends(role)
    made = build(PROFILES[name], role)
    assert type(made) is backends(role)[choice.backend]
    assert not made.is_ready
    entries = [entry for entry in weights_for(role, choice) if entry in weights.entries()]
    among = {choice.backend} | {one["backend"] for one in choice.options.get("encoders", ())}
    assert all(among & set(weights.entries()[entry].backends) for entry in entries)
    doubles = {"label_embedding": "text_embedding", "judge": "answerer", "named_objects": "objects"}
    pulled_for = doubles.get(role, role)  # weights that do both
    assert all(weights.entries()[entry].role == pulled_for for entry in entries)


@pytest.mark.parametrize("chosen", PROFILES.values(), ids=PROFILES)
def test_every_profile_fills_the_roles_that_the_graphs_need(chosen: Profile):
    assert set(NEEDED) <= set(chosen.roles) <= set(ROLES)


def test_embedded_needs_no_hub_and_every_other_profile_does():
    assert not EMBEDDED.from_hub
    assert all(chosen.from_hub for chosen in (LAPTOP, GPU, SERVED))


@pytest.mark.parametrize("chosen", [LAPTOP, GPU], ids=["laptop", "gpu"])
def test_hub_profiles_give_the_answerer_frames_and_name_their_weights_in_the_catalogue(chosen: Profile):
    answerer = build(chosen, "answerer")
    assert isinstance(answerer, VideoLLM)
    assert answerer.accepts_frames
    assert set(weights_of(chosen)) <= set(weights.entries())


def test_what_an_answerer_behind_a_server_is_called_is_not_pulled_here():
    assert weights_for("answerer", SERVED.roles["answerer"]) == []
    assert set(weights_of(SERVED)) == set(weights_of(GPU)) - {"qwen3-vl-8b"}


def test_a_hub_model_of_ones_own_is_pulled_by_its_name_and_revision(tmp_path: Path):
    def wanted(**options: str) -> list[str]:
        return weights_for("answerer", RoleChoice("transformers", options))

    assert wanted(model="someone/model") == ["someone/model"]
    assert wanted(model="someone/model", revision="v2") == ["someone/model@v2"]
    assert wanted(model="Qwen/Qwen3-VL-8B-Instruct") == ["qwen3-vl-8b"]
    assert wanted(model=str(tmp_path)) == []


# ---- one's own


def own(**tables: Any) -> dict[str, Any]:
    return dict(load(profiles=tables).profiles)


def test_a_profile_of_ones_own_changes_what_it_names_and_keeps_the_rest():
    mine = profile(
        "mine",
        own(
            mine={
                "base": "gpu",
                "frames": 64,
                "roles": {
                    "answerer": {"backend": "openai", "base_url": "http://gpu7:8000/v1", "model": "a/b"},
                    "named_objects": {"model": "grounding-dino-tiny"},
                    "screen_text": "pp-ocr",
                    "captions": False,
                },
            }
        ),
    )
    assert (mine.name, mine.frames, mine.token_budget) == ("mine", 64, GPU.token_budget)
    assert mine.roles["answerer"].options == {"base_url": "http://gpu7:8000/v1", "model": "a/b"}
    assert mine.roles["named_objects"].options == {
        **GPU.roles["named_objects"].options, "model": "grounding-dino-tiny",
    }  # fmt: skip
    assert mine.roles["screen_text"] == RoleChoice("pp-ocr")
    assert "captions" not in mine.roles
    assert mine.roles["speech"] == GPU.roles["speech"]


def test_a_profile_may_extend_one_that_is_ones_own():
    mine = profile(
        "second",
        own(first={"base": "laptop", "frames": 4}, second={"base": "first", "roles": {"tags": {"threads": 2}}}),
    )
    assert mine.frames == 4
    assert mine.roles["tags"].options == {"threads": 2}
    assert mine.roles["speech"] == LAPTOP.roles["speech"]


def test_replicas_and_shares_of_a_gpu_are_not_taken_for_the_backends_options():
    mine = profile("mine", own(mine={"base": "gpu", "roles": {"speech": {"replicas": 3, "gpus": 0.25}}}))
    assert (mine.roles["speech"].replicas, mine.roles["speech"].gpus) == (3, 0.25)
    assert mine.roles["speech"].options == GPU.roles["speech"].options


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        ({"mine": {"roles": {"smell": "nose"}}}, "profiles.mine: no role 'smell'; there are speech"),
        ({"mine": {"roles": {"tags": "nose"}}}, "no tags backend 'nose'; there are efficientnet-lite0"),
        (
            {"mine": {"roles": {"tags": {"colour": 1}}}},
            "profile mine: tags backend .*unexpected .* 'colour'",
        ),
        ({"mine": {"roles": {"speech": False}}}, "profiles.mine: somebody must play 'speech'"),
        ({"mine": {"roles": {"captions": {"model": "x"}}}}, "profiles.mine.roles.captions: name a backend"),
        (
            {"mine": {"base": "nothing"}},
            "no profile 'nothing'; there are auto, embedded, laptop, gpu, gpu-two-encoders, served, mine",
        ),
        ({"mine": {"base": "yours"}, "yours": {"base": "mine"}}, "extends itself: mine → yours → mine"),
        ({"mine": {}, "gpu": {}}, "profiles.gpu: the name is taken"),
    ],
)
def test_a_profile_that_cannot_be_is_refused_in_one_line(tables: dict, says: str):
    with pytest.raises(UsageError, match=says) as error:
        profile("mine", own(**tables))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"profiles": {"mine": {"frames": 0}}}, "setting profiles.mine.frames: .*greater than or equal to 1, got 0"),
        ({"profiles": {"mine": {"colour": "red"}}}, "setting profiles.mine.colour: Extra inputs"),
        ({"memory_limit": "a lot"}, "setting memory_limit: "),
    ],
)
def test_a_setting_that_does_not_fit_is_one_line(given: dict, says: str):
    with pytest.raises(UsageError, match=says):
        load(**given)


def test_the_configuration_file_and_the_environment_bring_profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "config.toml"
    file.write_text(
        textwrap.dedent("""
        memory_limit = "20GB"
        [profiles.mine]
        base = "laptop"
        roles.answerer = { backend = "llama.cpp" }
        """)
    )
    monkeypatch.setitem(Settings.model_config, "toml_file", file)
    assert load().memory_limit == 20_000_000_000
    assert profile("mine").roles["answerer"] == RoleChoice("llama.cpp")
    monkeypatch.setenv("VIDSCOUT_PROFILES", json.dumps({"other": {"base": "embedded", "frames": 3}}))
    assert profile("other").frames == 3


def test_a_scout_under_a_profile_of_ones_own_shares_one_budget_among_its_models(tmp_path: Path):
    tables = {"mine": {"base": "embedded", "roles": {"speech": {"threads": 1}}}}
    with VideoScout("mine", tmp_path, profiles=tables, memory_limit="3GB") as scout:
        assert scout.profile.name == "mine"
        assert scout.models.memory.limit == 3_000_000_000
        assert scout.role("speech").threads == 1
        assert scout.role("speech").budget is scout.role("tags").budget is scout.models.memory
        assert scout.role("answerer").footprint() == pytest.approx(491_400_064)
        with pytest.raises(UsageError, match="memory_limit holds for the whole"):
            scout.with_settings(memory_limit="1GB")


# ---- what `auto` is

MACHINES = {
    "a fresh laptop without a hub": (Machine(16 * GIB, hub=False), "embedded"),
    "a fresh laptop that may not ask": (Machine(16 * GIB, hub=None), "embedded"),
    "a fresh laptop with a hub": (Machine(16 * GIB, hub=True), "laptop"),
    "a fresh GPU machine with a hub": (Machine(64 * GIB, (H100,), True, hub=True), "gpu"),
    "a fresh GPU machine without one": (Machine(64 * GIB, (H100,), True, hub=False), "embedded"),
    "a GPU machine with everything": (
        Machine(64 * GIB, (H100,), True, frozenset({"gpu", "laptop", "embedded"})), "gpu"
    ),
    "a GPU machine with the laptop's weights": (
        Machine(64 * GIB, (H100,), True, frozenset({"laptop", "embedded"}), hub=True), "laptop"
    ),
    "a GPU machine with the embedded weights": (
        Machine(64 * GIB, (H100,), True, frozenset({"embedded"}), hub=True), "embedded"
    ),
    "a GPU and a torch for CPUs": (
        Machine(64 * GIB, (H100,), False, frozenset({"gpu", "embedded"})), "embedded"
    ),
    "a GPU and no torch": (Machine(64 * GIB, (H100,), None, frozenset({"gpu", "embedded"})), "embedded"),
    "a small GPU": (Machine(32 * GIB, (SMALL_CARD,), True, frozenset({"gpu", "laptop", "embedded"})), "laptop"),
    "a GPU without the extra": (
        Machine(64 * GIB, (H100,), True, frozenset({"gpu"}), {"gpu": ["easyocr"], "laptop": ["torchvision"]}),
        "embedded",
    ),
    "little memory": (Machine(4 * GIB, pulled=frozenset({"laptop", "embedded"}), hub=True), "embedded"),
    "nothing known": (Machine(0), "embedded"),
}  # fmt: skip


@pytest.mark.parametrize(("found", "expected"), MACHINES.values(), ids=MACHINES)
def test_auto_is_the_best_that_the_machine_can_run(found: Machine, expected: str):
    decision = decide(found, BEST_FIRST)
    assert decision.profile == expected
    assert "\n" not in decision.reason


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("a small GPU", "its weights are here — not gpu: NVIDIA RTX 3050 has 8.6 GB, and it wants 22.0 GB"),
        ("a GPU and a torch for CPUs", "not gpu: the installed torch is a build without CUDA"),
        ("a GPU and no torch", "not gpu: no torch"),
        ("a GPU without the extra", "not gpu: easyocr not installed (pip install 'vidscout[gpu]')"),
        ("a fresh GPU machine with a hub", "nothing has been pulled, and the hub can be reached"),
        ("a GPU machine with the embedded weights", "not gpu: its weights are not here (vidscout models pull"),
        ("a fresh laptop without a hub", "and the hub cannot be reached"),
        ("little memory", "not laptop: 4.3 GB of RAM, and it wants 8.0 GB"),
    ],
)  # fmt: skip
def test_the_reason_says_what_stood_in_the_way(name: str, says: str):
    assert says in decide(MACHINES[name][0], BEST_FIRST).reason


machines = st.builds(
    Machine,
    memory=st.integers(0, 512 * GIB),
    gpus=st.lists(st.builds(machine.GPU, st.just("card"), st.integers(0, 200 * GIB), st.just(0)), max_size=2).map(
        tuple
    ),
    cuda_torch=st.sampled_from([None, False, True]),
    pulled=st.frozensets(st.sampled_from(list(PROFILES))),
    missing=st.dictionaries(st.sampled_from(["gpu", "laptop"]), st.just(["easyocr"])),
    hub=st.sampled_from([True, False, None]),
)


@given(machines)
@settings(deadline=None)
def test_whatever_the_machine_auto_never_chooses_what_cannot_run(found: Machine):
    decision = decide(found, BEST_FIRST)
    chosen = PROFILES[decision.profile]
    assert chosen is EMBEDDED or not machine.obstacles(found, chosen)
    assert chosen is EMBEDDED or chosen.name in found.pulled or found.hub
    if chosen is not GPU and "gpu" in found.pulled:
        assert machine.obstacles(found, GPU)


@given(machines)
@settings(deadline=None)
def test_a_better_machine_never_makes_worse_what_runs_without_fetching(found: Machine):
    order = [each.name for each in BEST_FIRST]
    found = replace(found, hub=None)  # with a hub, what is here and now can run comes before something better to fetch
    richer = replace(found, memory=512 * GIB, gpus=(H100,), cuda_torch=True, missing={})
    assert order.index(decide(richer, BEST_FIRST).profile) <= order.index(decide(found, BEST_FIRST).profile)


# ---- looking at the real machine


def test_looking_asks_no_hub_where_something_is_here(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(profiles, "pulled", lambda chosen: chosen is EMBEDDED)
    monkeypatch.setattr(machine.snapshots, "reachable", lambda: pytest.fail("the hub was asked"))
    assert profiles.looked_at(BEST_FIRST).hub is None


def test_looking_never_asks_where_the_user_forbade_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(profiles, "pulled", lambda chosen: False)
    monkeypatch.setattr("socket.create_connection", lambda *_, **__: pytest.fail("the hub was asked"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert profiles.automatic() == Decision("embedded", profiles.automatic().reason)
    assert profiles.looked_at(BEST_FIRST, ask_hub=True).hub is None


def test_without_a_driver_there_is_no_gpu_and_no_error(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(machine.ctypes, "CDLL", lambda name: (_ for _ in ()).throw(OSError(name)))
    assert machine.gpus() == ()


@pytest.mark.parametrize("hidden", ["", "-1"])
def test_gpus_that_are_hidden_from_cuda_are_not_seen(monkeypatch: pytest.MonkeyPatch, hidden: str):
    monkeypatch.setattr(machine.ctypes, "CDLL", lambda name: pytest.fail("the driver was asked"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    assert machine.gpus() == ()


def test_the_build_of_torch_is_told_without_importing_it():
    import torch

    assert machine.cuda_torch() == (torch.version.cuda is not None)


def test_the_budget_is_the_gpus_where_models_go_there_and_ram_elsewhere(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(budget, "gpus", lambda: (H100,))
    on_gpu = memory_budget(GPU)
    assert on_gpu.device == "cuda"
    assert on_gpu.limit == int(H100.free * 0.85)
    assert memory_budget(GPU, 5).limit == 5
    assert (memory_budget(EMBEDDED).device, memory_budget(EMBEDDED).limit) == ("cpu", None)
    monkeypatch.setattr(budget, "gpus", lambda: ())
    assert memory_budget(LAPTOP).device == "cpu"


# ---- without the extras

WITHOUT_EXTRAS = """
import sys
from importlib.machinery import PathFinder

HIDDEN = {"torch", "transformers", "torchvision", "easyocr", "accelerate", "bitsandbytes", "whisper", "openai", "ray",
          "gradio", "c2pa", "mcp", "psycopg", "langgraph.checkpoint.postgres", "fastapi"}

class Bare:
    def find_spec(self, name, path=None, target=None):
        hidden = name in HIDDEN or name.partition(".")[0] in HIDDEN
        return None if hidden else PathFinder.find_spec(name, path, target)

    def find_distributions(self, context):
        return (one for one in PathFinder.find_distributions(context) if one.metadata["Name"].lower() not in HIDDEN)

sys.meta_path[sys.meta_path.index(PathFinder)] = Bare()
for module in HIDDEN:
    assert module not in sys.modules
"""


def without_extras(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_EXTRAS + textwrap.dedent(code)],
        capture_output=True, text=True, timeout=240, check=False, env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )  # fmt: skip


def test_without_the_extras_vidscout_imports_and_auto_is_embedded():
    done = without_extras("""
        import importlib, pkgutil
        import vidscout
        for floor in ("tools", "graphs"):
            for path in vidscout.__path__:
                for module in pkgutil.walk_packages([f"{path}/{floor}"], f"vidscout.{floor}."):
                    # Subclasses of a class of transformers; imported where a model of transformers makes a cache.
                    if module.name != "vidscout.tools.videollm.memory.vidkv_layer":
                        importlib.import_module(module.name)
        from vidscout.agent.profiles.profile import PROFILES, automatic, missing_modules
        print(automatic().profile)
        print(missing_modules(PROFILES["embedded"]), missing_modules(PROFILES["gpu"]))
    """)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["embedded", "[] ['torch', 'transformers', 'torchvision']"]


@pytest.mark.models
def test_without_the_extras_the_embedded_profile_reads_a_video_and_answers(tmp_path: Path, bunny: Path):
    done = without_extras(f"""
        from vidscout.agent.cli import main
        for command in (["doctor"], ["models", "list"]):
            sys.argv = ["vidscout", "--home", {str(tmp_path)!r}, *command]
            try:
                main()
            except SystemExit as end:
                assert not end.code, end.code
        from pathlib import Path
        from vidscout.tools.weights.catalogue import folder
        from vidscout.tools.weights.convert.onnx_export import efficientnet_lite0
        efficientnet_lite0(folder("efficientnet-lite0"), Path({str(tmp_path)!r}))
        from vidscout import VideoScout
        with VideoScout(home={str(tmp_path)!r}) as scout:
            answer = scout.ask({str(bunny)!r}, "What is seen?")
            print("\\nprofile", answer.profile, len(answer.evidence))
    """)
    assert done.returncode == 0, done.stderr
    assert "mend: pip install 'vidscout[gpu]'" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("profile embedded")


def test_the_language_of_the_settings_reaches_speech_recognition(tmp_path):
    with VideoScout("embedded", tmp_path, language="de") as scout:
        assert scout.role("speech").language == "de"
    with VideoScout("embedded", tmp_path) as scout:
        assert scout.role("speech").language is None


# ---- fewer visual tokens


def test_a_setting_gives_the_answerer_a_compressor(tmp_path: Path):
    with VideoScout("laptop", tmp_path, compress="evs:0.25") as scout:
        assert scout.role("answerer").compressor.name == "evs"
    assert "compress" not in PROFILES["laptop"].roles["answerer"].options


@pytest.mark.parametrize(("name", "spec"), [("embedded", "evs:0.25"), ("laptop", "zip"), ("laptop", "evs:2")])
def test_a_compressor_that_cannot_be_had_is_one_line(name: str, spec: str, tmp_path: Path):
    with pytest.raises(UsageError, match=r"compress") as told:
        VideoScout(name, tmp_path, compress=spec)
    assert "\n" not in str(told.value)
