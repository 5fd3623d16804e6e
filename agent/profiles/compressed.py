"""A profile whose answerer is given fewer visual tokens."""

from dataclasses import replace
from inspect import signature
from types import MappingProxyType

from ...tools.errors import UsageError
from ...tools.runtime.backend import backend
from .profile import Profile, build


def compressed(profile: Profile, spec: str | None) -> Profile:
    """The profile with `compress = spec` for its answerer; the profile itself where nothing is asked.

    Raises:
        UsageError: its answerer compresses nothing, or there is no such compressor.
    """
    if spec is None:
        return profile
    answerer = profile.roles["answerer"]
    if "compress" not in signature(backend("answerer", answerer.backend)).parameters:
        raise UsageError(f"compress = {spec}: the answerer of profile {profile.name}, {answerer.backend}, cannot")
    told = replace(answerer, options=MappingProxyType({**answerer.options, "compress": spec}))
    changed = replace(profile, roles=MappingProxyType({**profile.roles, "answerer": told}))
    build(changed, "answerer")
    return changed
