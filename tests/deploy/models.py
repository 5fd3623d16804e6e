"""Manifests held against the models of Kubernetes' own Python client: known fields only, each of its type."""

import re
from typing import Any

SCALARS = {"str": str, "int": int, "float": (int, float), "bool": bool, "object": object}


def problems(given: Any, kind: str, at: str = "") -> list[str]:
    """What does not fit a type as the client writes it (`V1Pod`, `list[V1Container]`, `dict[str, str]`), with where."""
    from kubernetes import client

    if found := re.fullmatch(r"list\[(.*)\]", kind):
        if not isinstance(given, list):
            return [f"{at}: no list"]
        return [one for number, item in enumerate(given) for one in problems(item, found[1], f"{at}[{number}]")]
    if found := re.fullmatch(r"dict\[str, (.*)\]", kind) or re.fullmatch(r"dict\(str, (.*)\)", kind):
        if not isinstance(given, dict):
            return [f"{at}: no mapping"]
        return [one for key, item in given.items() for one in problems(item, found[1], f"{at}.{key}")]
    if kind in SCALARS:
        fits = isinstance(given, SCALARS[kind]) and (kind in {"bool", "object"} or not isinstance(given, bool))  # pyright: ignore[reportArgumentType]
        return [] if fits else [f"{at}: {given!r} is no {kind}"]
    return _of_model(given, getattr(client, kind), at)


def _of_model(given: Any, model: Any, at: str) -> list[str]:
    if not isinstance(given, dict):
        return [f"{at}: no mapping"]
    names = {json_name: python_name for python_name, json_name in model.attribute_map.items()}
    wrong = [f"{at}.{name}: {model.__name__} has no such field" for name in given if name not in names]
    known = {names[name]: value for name, value in given.items() if name in names}
    for name, value in known.items():
        wrong += problems(value, model.openapi_types[name], f"{at}.{model.attribute_map[name]}")
    try:
        model(**known)  # which refuses what lacks a field that must be there
    except ValueError as error:
        wrong.append(f"{at}: {error}")
    return wrong
