"""What a cluster that has enough to do is asked, and what its callers are told; no cluster is needed."""

from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from vidscout.agent.api.errors import problem_of
from vidscout.agent.distributed.deployments import deployments
from vidscout.agent.profiles.profile import EMBEDDED, SERVED
from vidscout.tools.errors import ServingBusyError, UsageError
from vidscout.tools.runtime.backend import Tool
from vidscout.tools.serving import put_once, ray_serve
from vidscout.tools.serving.ray_serve import Deployed, Placement, Served
from vidscout.tools.serving.replica import Outcome, Request

pytestmark = pytest.mark.skipif(find_spec("ray") is None, reason="needs pip install 'vidscout[serve]'")


class Echo(Tool[Any, Any]):
    """Stands for any tool; the cluster answers for it."""

    role = "tags"

    @property
    def source(self) -> str:
        return "echo/1"

    def setup(self) -> None: ...

    def perceive(self, batch: Any) -> list[Any]:
        return list(batch)


class Full:
    """A deployment's handle that refuses so many messages, as Serve does where its queue is full."""

    def __init__(self, refusals: float) -> None:
        self.refusals, self.asked = refusals, 0

    def remote(self, requests: list[Request]) -> "Full":
        self.requests = requests
        return self

    def result(self, timeout_s: float) -> list[Outcome]:
        from ray.serve.exceptions import BackPressureError

        self.asked += 1
        if self.asked <= self.refusals:
            raise BackPressureError(num_queued_requests=1, max_queued_requests=1)
        return [Outcome(list(request.arguments[0]), {}) for request in self.requests]


def served_by(handle: Full) -> Served:
    Echo.name = "echo"
    served = Served(Echo(), "nowhere")
    served._handle, served._ready = handle, True
    served._line = ray_serve.Grouped(served._outcomes, lines=1, most=1)
    return served


def test_a_request_waits_for_room(monkeypatch: pytest.MonkeyPatch):
    handle = Full(3)
    assert served_by(handle).run(["a", "b"]) == ["a", "b"]
    assert handle.asked == 4


def test_where_no_room_comes_the_caller_is_told_to_come_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ray_serve, "WAITING", 0.3)
    with pytest.raises(ServingBusyError, match="as many requests waiting as it takes") as refused:
        served_by(Full(float("inf"))).run(["a"])
    problem = problem_of(refused.value)
    assert problem.status == 503
    assert int(problem.headers["Retry-After"]) > 0


def test_the_queue_and_the_bounds_reach_ray():
    placement = Placement(replicas=2, most=5, batch=4, queue=7)
    made = ray_serve._application(Deployed("tags", "efficientnet-lite0", placement=placement))._bound_deployment
    assert made.max_queued_requests == 7
    scaling = made._deployment_config.autoscaling_config
    assert (scaling.min_replicas, scaling.max_replicas, scaling.target_ongoing_requests) == (2, 5, 8)
    fixed = ray_serve._application(Deployed("tags", "efficientnet-lite0", placement=Placement(replicas=3)))
    assert fixed._bound_deployment.num_replicas == 3
    assert fixed._bound_deployment._deployment_config.autoscaling_config is None


def test_every_gpu_gets_a_replica_of_each_role_that_needs_one():
    tools = {tool.role: tool.placement for tool in deployments(SERVED, 4.0)}
    on_gpu = {role: one for role, one in tools.items() if one.gpus}
    assert on_gpu
    assert {one.replicas for one in on_gpu.values()} == {4}
    assert sum(one.replicas * one.gpus for one in on_gpu.values()) <= 4
    assert {one.replicas for role, one in tools.items() if role not in on_gpu} == {1}
    assert {tool.placement.replicas for tool in deployments(EMBEDDED, 4.0)} == {1}
    bounded = {tool.role: tool.placement for tool in deployments(EMBEDDED, 0, {"tags": 2}, most={"tags": 6}, queue=9)}
    assert (bounded["tags"].replicas, bounded["tags"].most, bounded["tags"].queue) == (2, 6, 9)


@pytest.mark.parametrize("wrong", [{"replicas": 3, "most": 2}, {"queue": 0}])
def test_bounds_that_make_no_sense_are_refused(wrong: dict[str, Any]):
    with pytest.raises(UsageError):
        Placement(**wrong)


def test_a_frame_that_several_tools_look_at_is_put_into_the_store_once(monkeypatch: pytest.MonkeyPatch):
    import ray

    store: list[np.ndarray] = []
    monkeypatch.setattr(ray, "put", lambda array: store.append(array.copy()) or f"reference {len(store)}")
    held = put_once.PutOnce()
    frames = [np.full((240, 320, 3), at, np.uint8) for at in range(3)]
    first, second = held.replaced([*frames, "text"]), held.replaced(frames)
    assert first == [*second, "text"]
    assert held.puts == len(store) == 3
    small = np.zeros(10)
    assert held.replaced([small])[0] is small
    del frames[0]
    assert len(held._where) == 2, "what nobody looks at any more is not held"
    other = np.full((240, 320, 3), 9, np.uint8)  # perhaps where the first one was
    assert held.replaced([other]) == ["reference 4"]
