"""What a profile has to serve, and where it goes on a cluster."""

from collections.abc import Mapping
from typing import Any

from ...tools.errors import UsageError
from ...tools.runtime.backend import ROLES, Tool, backend
from ...tools.serving.ray_serve import Deployed, Placement
from ..profiles.profile import Profile


def served_roles(profile: Profile) -> list[str]:
    """The roles that can be served: every tool's. The answerer is served by vLLM instead."""
    return [role for role, choice in profile.roles.items() if issubclass(backend(role, choice.backend), Tool)]


def on_gpu(profile: Profile) -> list[str]:
    """The roles that can be served and are played on a GPU."""
    return [role for role in served_roles(profile) if _wants_gpu(profile.roles[role].options)]


def _wants_gpu(options: Mapping[str, Any]) -> bool:
    return bool(options.get("gpu")) or str(options.get("device", "")).startswith("cuda")


def deployments(
    profile: Profile,
    gpus_there: float = 0.0,
    replicas: Mapping[str, int] | None = None,
    gpus: Mapping[str, float] | None = None,
    batch: int | None = None,
    most: Mapping[str, int] | None = None,
    queue: int | None = None,
) -> list[Deployed]:
    """What is to be deployed for a profile.

    Args:
        profile: names the backends; its choices may say how many replicas and what share of a GPU.
        gpus_there: of the cluster. Where it has any, the roles that need one and for which nothing is said share each,
            a replica of every role a GPU.
        replicas, gpus: by role, instead of what the profile says.
        batch: most requests that are run together, instead of the default.
        most: replicas at most, by role: there are more than `replicas` while calls need them.
        queue: messages that wait for a tool at most, instead of the default.

    Raises:
        UsageError: a role that the profile does not serve.
    """
    roles = served_roles(profile)
    for role in {**(replicas or {}), **(gpus or {}), **(most or {})}:
        if role not in roles:
            raise UsageError(f"profile {profile.name} serves no {role!r}; it serves {', '.join(roles)}")
    need_it = on_gpu(profile)
    even_share = int(100 / len(need_it)) / 100 if need_it and gpus_there >= 1 else 0.0
    found = []
    for role in roles:
        choice = profile.roles[role]
        share = (gpus or {}).get(role, choice.gpus)
        options: dict[str, Any] = {name: value for name, value in (("batch", batch), ("queue", queue)) if value}
        shared = role in need_it and share is None
        placement = Placement(
            replicas=(replicas or {}).get(role) or choice.replicas or (max(int(gpus_there), 1) if shared else 1),
            most=(most or {}).get(role, choice.most_replicas),
            gpus=share if share is not None else even_share if role in need_it else 0.0,
            **options,
        )
        found.append(Deployed(role, choice.backend, choice.options, placement))
    return found


def by_role(given: list[str], kind: type[int] | type[float]) -> dict[str, Any]:
    """`tags=2` and the like as numbers by role.

    Raises:
        UsageError: it is not of that form, or names no role.
    """
    found: dict[str, Any] = {}
    for text in given:
        role, _, number = text.partition("=")
        if role not in ROLES:
            raise UsageError(f"{text!r} names no role; write ROLE=NUMBER with one of {', '.join(ROLES)}")
        try:
            found[role] = kind(number)
        except ValueError:
            raise UsageError(f"{text!r} is not of the form ROLE=NUMBER") from None
    return found
