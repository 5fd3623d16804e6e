"""Tools on a Ray cluster: deployed with Ray Serve, and called through the same `Tool` contract as in this process.

A process that uses them runs on a machine of the cluster (`ray start --address=HOST:PORT` makes it one): inputs travel
through Ray's object store, which on one machine is shared memory.
"""

import inspect
import logging
import random
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ..errors import ServingBusyError, ServingError, UsageError
from ..runtime.backend import Tool
from ..runtime.coalesced import Grouped
from ..runtime.counters import count
from ..runtime.notes import note
from . import put_once
from .ray_cluster import connect, one_line
from .replica import RUN, About, Outcome, Replica, Request

PREFIX = "vidscout-"
"""Of the names of our applications on a cluster, where others may run too."""
STARTING = 300.0
"""Seconds that all replicas together may take to load their models."""
ANSWERING = 600.0
"""Seconds that one request may take, the waiting for a replica that is being restarted included."""
WAITING = 20.0
"""Seconds that a request is offered again to a tool that takes no more; less than a question waits for a tool."""
ATTEMPTS = 4
"""How often one request is sent before it is given up, each time to another replica or to a restarted one."""


@dataclass(frozen=True, slots=True)
class Placement:
    """How a tool is spread over a cluster."""

    replicas: int = 1
    """Copies; where `most` is more, those that there are when nobody asks."""
    most: int | None = None
    """Copies at most, as many as calls under way need; by default always the same number."""
    cpus: float = 0.05
    """Cores that a replica reserves; a claim for Ray's books, not a limit. All roles of a profile together leave a
    whole core on a machine of two, which a task that reads a video reserves: it would wait for ever otherwise."""
    gpus: float = 0.0
    """GPUs that a replica reserves; fractions share one."""
    batch: int = 8
    """Most requests in one batch."""
    wait: float = 0.002
    """Seconds to wait for more requests when a batch is not full."""
    queue: int = 128
    """Messages of one caller's process that wait for a free replica at most; more are refused (`ServingBusyError`)."""

    def __post_init__(self) -> None:
        if min(self.replicas, self.batch, self.queue) < 1 or min(self.cpus, self.gpus, self.wait) < 0:
            raise UsageError(f"a tool needs at least one replica, and no share may be negative: {self}")
        if self.most is not None and self.most < self.replicas:
            raise UsageError(f"{self.most} replicas at most are fewer than {self.replicas}")


@dataclass(frozen=True, slots=True)
class Deployed:
    """One tool to deploy."""

    role: str
    backend: str
    options: Mapping[str, Any] = field(default_factory=dict)
    placement: Placement = field(default_factory=Placement)


def deploy(tools: Sequence[Deployed], patience: float = STARTING) -> list[About]:
    """Deploy tools on the cluster that this process has joined, and wait until every replica has loaded its model.

    A tool that is deployed already is replaced. They stay when this process ends, unless the cluster ends with it.

    Raises:
        ServingError: the cluster has no room for them, or they do not start within `patience` seconds.
        VidscoutError: what a tool raised when it was loaded, such as missing weights; nothing stays deployed.
    """
    from ray import serve
    from ray.serve.config import ProxyLocation
    from ray.serve.schema import LoggingConfig

    quiet = LoggingConfig(log_level="ERROR", enable_access_log=False)
    logging.getLogger("ray.serve").setLevel(logging.ERROR)  # importing Serve has set it
    serve.start(proxy_location=ProxyLocation.Disabled, logging_config=quiet)
    serve.run_many(
        [
            serve.RunTarget(_application(tool), name=PREFIX + tool.role, route_prefix=None, logging_config=quiet)
            for tool in tools
        ],
        wait_for_ingress_deployment_creation=True,
        wait_for_applications_running=False,
    )
    roles = [tool.role for tool in tools]
    try:
        _wait_until_running(roles, time.monotonic() + patience)
        known = [about(role) for role in roles]
        for one in known:
            if one.error is not None:
                raise one.error
    except BaseException:
        withdraw(roles)
        raise
    return known


def _application(tool: Deployed) -> Any:
    from ray import serve

    placement = tool.placement
    made: Any = serve.deployment(Replica)
    most = placement.most or placement.replicas
    scaled: dict[str, Any] = {"num_replicas": placement.replicas}
    if most > placement.replicas:
        scaled = {
            "autoscaling_config": {
                "min_replicas": placement.replicas,
                "max_replicas": most,
                "target_ongoing_requests": 2 * placement.batch,  # two batches: one at work, one that waits
            }
        }
    deployment = made.options(
        name=tool.backend.replace("#", "-"),
        **scaled,
        max_queued_requests=placement.queue,
        ray_actor_options={"num_cpus": placement.cpus, "num_gpus": placement.gpus},
        max_ongoing_requests=4 * placement.batch,
        health_check_period_s=5,
        health_check_timeout_s=30,
        graceful_shutdown_timeout_s=5,
    )
    return deployment.bind(tool.role, tool.backend, dict(tool.options), placement.batch, placement.wait, most)


def _wait_until_running(roles: Sequence[str], until: float) -> None:
    from ray import serve
    from ray.serve.schema import ApplicationStatus

    while True:
        known = serve.status().applications
        waiting = {role: known.get(PREFIX + role) for role in roles}
        waiting = {role: app for role, app in waiting.items() if not app or app.status != ApplicationStatus.RUNNING}
        if not waiting:
            return
        for role, app in waiting.items():
            if app and app.status in (ApplicationStatus.DEPLOY_FAILED, ApplicationStatus.UNHEALTHY):
                raise ServingError(f"{role} cannot be served: {_reason(app) or one_line(app.message)}")
        if time.monotonic() > until:
            why = "; ".join(filter(None, (_reason(app) for app in waiting.values() if app)))
            raise ServingError(f"{', '.join(waiting)} did not start in time: {why or 'the cluster has no room'}")
        time.sleep(0.1)


def _reason(app: Any) -> str:
    """What Serve says of an application's deployments; the last line of a traceback is the error."""
    return "; ".join(one_line(deployment.message) for deployment in app.deployments.values() if deployment.message)


def withdraw(roles: Sequence[str] | None = None) -> list[str]:
    """Take our tools off the cluster, all of them or those of some roles; returns the roles that were there."""
    from ray import serve

    there = [name.removeprefix(PREFIX) for name in serve.status().applications if name.startswith(PREFIX)]
    gone = [role for role in there if roles is None or role in roles]
    with ThreadPoolExecutor(max(len(gone), 1)) as pool:  # each takes seconds, most of them waiting
        list(pool.map(serve.delete, [PREFIX + role for role in gone]))
    return gone


def about(role: str) -> About:
    """What one of a role's replicas says of itself.

    Raises:
        ServingError: the role is not served.
    """
    return _handle(role).about.remote().result(timeout_s=60)


def _handle(role: str) -> Any:
    from ray import serve
    from ray.serve.exceptions import RayServeException

    try:
        return serve.get_app_handle(PREFIX + role)
    except RayServeException as error:
        raise ServingError(f"the cluster serves no {role}: start `vidscout serve` on it") from error


class Served(Tool[Any, Any]):
    """A tool that runs on a cluster, in place of the same one in this process: same inputs, results and `source`."""

    def __init__(self, tool: Tool[Any, Any], address: str) -> None:
        """Stand in for a tool, which is not loaded here.

        Args:
            tool: says which backend, gives the records' source, and remembers what one batch leaves for the next.
            address: of the Ray cluster, as `connect` takes it.
        """
        super().__init__()
        self.role = tool.role  # pyright: ignore[reportAttributeAccessIssue]
        self.name = tool.name  # pyright: ignore[reportAttributeAccessIssue]
        self.tool = tool
        self.address = address
        self._handle: Any = None
        self._line: Grouped[Request, Outcome] | None = None

    @property
    def source(self) -> str:
        return self.tool.source

    @property
    def computes_on(self) -> Literal["cpu", "gpu", "elsewhere"]:
        return "elsewhere"

    def setup(self) -> None:
        """Find the deployment.

        Raises:
            ServingError: no cluster answers, or it does not serve the role.
            UsageError: it serves the role by another tool, or another version of it.
        """
        connect(self.address)
        handle = _handle(self.role)
        served: About = handle.about.remote().result(timeout_s=60)
        if served.source != self.source:
            raise UsageError(
                f"the cluster at {self.address} serves {self.role} by {served.source}, and this profile reads with "
                f"{self.source}: start `vidscout serve` with the same profile"
            )
        self._handle = handle
        self._line = Grouped(self._outcomes, lines=2 * served.replicas, most=served.most)

    def perceive(self, batch: Sequence[Any]) -> list[Any]:
        return self._asked(RUN, put_once.frames.replaced(batch))

    def __getattr__(self, name: str) -> Any:
        """What the tool offers beside `run`: its constants, from here; its methods, which run on the cluster."""
        if name.startswith("_") or name == "tool":
            raise AttributeError(name)
        known = getattr(self.tool, name)
        if not inspect.ismethod(known):
            return known

        def call(*arguments: Any, **named: Any) -> Any:
            self.ready()
            return self._asked(name, *arguments, **named)

        return call

    def _asked(self, method: str, *arguments: Any, **named: Any) -> Any:
        assert self._line is not None
        outcome = self._line.ask(Request(method, arguments, named, self.tool.remembered()))
        if outcome.note:
            note(outcome.note)
        if outcome.remembered is not None:
            self.tool.remember(outcome.remembered)
        if outcome.error is not None:
            raise outcome.error
        for name, amount in outcome.counters.items():
            count(name, amount)
        return outcome.result

    def _outcomes(self, requests: list[Request]) -> list[Outcome]:
        """What became of each request, from another replica where the first one dies over them."""
        from ray.exceptions import RayError
        from ray.serve.exceptions import BackPressureError

        until = time.monotonic() + ANSWERING
        full_until = time.monotonic() + WAITING
        died = ""
        attempt = 0
        while True:
            try:
                outcomes = self._handle.remote(requests).result(timeout_s=max(until - time.monotonic(), 1))
                return [replace(outcome, note=died) for outcome in outcomes] if died else outcomes
            except TimeoutError as error:
                raise ServingError(f"{self.source} on the cluster did not answer within {ANSWERING:g} s") from error
            except BackPressureError as error:
                if time.monotonic() > full_until:
                    raise ServingBusyError(
                        f"{self.role} on the cluster has as many requests waiting as it takes: try again later"
                    ) from error
                time.sleep(random.uniform(0.05, 0.5))  # not all at the same moment
            except RayError as error:
                attempt += 1
                if not _died(error) or attempt == ATTEMPTS:
                    raise ServingError(f"{self.source} on the cluster failed: {one_line(error)}") from error
                died = f"a replica of {self.role} died while it was asked; what it had been given went to another one"
                time.sleep(0.1 * 2**attempt)

    def close(self) -> None:
        super().close()
        self._handle = self._line = None


def _died(error: BaseException) -> bool:
    """Whether it was the replica, or its machine, that failed rather than the work."""
    from ray.exceptions import NodeDiedError, ObjectLostError, RayActorError, TaskCancelledError, WorkerCrashedError

    return isinstance(error, RayActorError | WorkerCrashedError | NodeDiedError | ObjectLostError | TaskCancelledError)
