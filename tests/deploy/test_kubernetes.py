"""`deploy/kubernetes`: held against the models of Kubernetes' client, KubeRay's definition, and this package."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from vidscout.agent.distributed.deployments import on_gpu
from vidscout.agent.profiles.profile import profile
from vidscout.agent.settings import load

from .models import problems

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"
MODELS = {
    "ConfigMap": "V1ConfigMap",
    "Deployment": "V1Deployment",
    "PersistentVolumeClaim": "V1PersistentVolumeClaim",
    "Service": "V1Service",
}


def objects() -> list[dict[str, Any]]:
    kustomization = yaml.safe_load((FOLDER / "kustomization.yaml").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = []
    for name in kustomization["resources"]:
        found += yaml.safe_load_all((FOLDER / name).read_text(encoding="utf-8"))
    return found


def wrong_with(given: dict[str, Any]) -> list[str]:
    """What does not fit the object's schema."""
    if given["kind"] != "RayCluster":
        return problems(given, MODELS[given["kind"]])
    spec = json.loads((Path(__file__).parent / "raycluster.json").read_text(encoding="utf-8"))
    wrong = [f"{error.json_path}: {error.message}" for error in Draft202012Validator(spec).iter_errors(given["spec"])]
    groups = [given["spec"]["headGroupSpec"], *given["spec"]["workerGroupSpecs"]]
    return wrong + [one for group in groups for one in problems(group["template"], "V1PodTemplateSpec")]


def named(kind: str, name: str) -> dict[str, Any]:
    [found] = [one for one in objects() if one["kind"] == kind and one["metadata"]["name"] == name]
    return found


def pods() -> list[dict[str, Any]]:
    cluster = named("RayCluster", "vidscout")["spec"]
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"], named("Deployment", "vllm")["spec"]]
    return [group["template"]["spec"] for group in groups]


@pytest.mark.parametrize("given", objects(), ids=lambda one: f"{one['kind']} {one['metadata']['name']}")
def test_every_object_fits_its_schema(given: dict[str, Any]):
    assert wrong_with(given) == []


def test_what_does_not_fit_is_found():
    ray, vllm = copy.deepcopy(named("RayCluster", "vidscout")), copy.deepcopy(named("Deployment", "vllm"))
    ray["spec"]["workerGroupSpecs"][0]["replica"] = 4
    ray["spec"]["workerGroupSpecs"][0]["maxReplicas"] = "four"
    ray["spec"]["headGroupSpec"]["template"]["spec"]["containers"][0]["volumeMount"] = []
    del vllm["spec"]["template"]["spec"]["containers"][0]["name"]
    vllm["spec"]["replicas"] = "1"
    said = "\n".join([*wrong_with(ray), *wrong_with(vllm)])
    for part in ("'replica' was unexpected", "'four' is not of type", "volumeMount", "`name`", "'1' is no int"):
        assert part in said


def test_patches_and_images_meet_something():
    kustomization = yaml.safe_load((FOLDER / "kustomization.yaml").read_text(encoding="utf-8"))
    for patch in kustomization["patches"]:
        target: Any = named(patch["target"]["kind"], patch["target"]["name"])
        for change in yaml.safe_load(patch["patch"]):
            at = target
            for step in change["path"].strip("/").split("/"):
                at = at[int(step) if step.isdigit() else step]
            assert type(at) is type(change["value"])
    images = {container["image"] for pod in pods() for container in pod["containers"]}
    assert {image["name"] for image in kustomization["images"]} <= images


def test_every_volume_claim_and_setting_that_is_named_is_there():
    claims = {one["metadata"]["name"] for one in objects() if one["kind"] == "PersistentVolumeClaim"}
    settings = {one["metadata"]["name"] for one in objects() if one["kind"] == "ConfigMap"}
    for pod in pods():
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        for volume in volumes.values():
            assert volume.get("persistentVolumeClaim", {"claimName": next(iter(claims))})["claimName"] in claims
        for container in pod["containers"]:
            assert {mount["name"] for mount in container["volumeMounts"]} <= set(volumes)
            assert {one["configMapRef"]["name"] for one in container.get("envFrom", ())} <= settings


def test_keys_come_from_the_secret_and_stand_in_no_file():
    for pod in pods():
        for container in pod["containers"]:
            for variable in container["env"]:
                if re.search("TOKEN|AUTH|KEY|PASSWORD", variable["name"]):
                    assert variable["valueFrom"]["secretKeyRef"]["name"] == "vidscout-keys"
                    assert "value" not in variable


def test_each_worker_has_one_gpu_and_the_page_none():
    head, worker, vllm = pods()
    assert all("nvidia.com/gpu" not in container["resources"].get("limits", {}) for container in head["containers"])
    for pod in (worker, vllm):
        assert [container["resources"]["limits"]["nvidia.com/gpu"] for container in pod["containers"]] == ["1"]


def test_the_server_is_not_told_a_port_by_the_service_of_its_own_name():
    """Kubernetes gives pods `VLLM_PORT=tcp://…` for a service `vllm`, and vLLM then does not start."""
    services = {one["metadata"]["name"] for one in objects() if one["kind"] == "Service"}
    pods = [one["spec"]["template"]["spec"] for one in objects() if one["kind"] == "Deployment"]
    [server] = [pod for pod in pods if pod["containers"][0]["command"][0] == "vllm"]
    assert "vllm" not in services or server["enableServiceLinks"] is False


def test_its_profile_is_one_and_asks_the_server_that_runs():
    data = named("ConfigMap", "vidscout-settings")["data"]
    settings = load(profiles=json.loads(data["VIDSCOUT_PROFILES"]), profile=data["VIDSCOUT_PROFILE"])
    chosen = profile(settings.profile, settings.profiles)
    options = chosen.roles["answerer"].options
    arguments = named("Deployment", "vllm")["spec"]["template"]["spec"]["containers"][0]["args"]
    assert options["model"] == arguments[0]
    assert f"--revision={options['revision']}" in arguments
    assert options["base_url"] == "http://vllm:8000/v1"
    assert on_gpu(chosen), "its readers and replicas ask for GPUs"
    compose = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    assert all(part.split("=")[0] in compose for part in arguments)
    assert options["revision"] in compose


def test_ray_is_the_one_that_is_installed_in_the_image():
    version = re.search(r"^ray==(\S+)$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert version is not None
    assert named("RayCluster", "vidscout")["spec"]["rayVersion"] == version[1]
