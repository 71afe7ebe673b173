# SPDX-License-Identifier: Apache-2.0
"""Content-addressed caching: what an execution's result depends on, by content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from penstock.artifacts.artifact import Artifact
from penstock.graph.class_style import executor_text
from penstock.graph.component import BaseComponent
from penstock.graph.signature import ParameterSpec
from penstock.ir.model import NodeIR, PipelineIR
from penstock.messages.codec import to_jsonable
from penstock.runtime.fingerprint import fingerprint_of_component, fingerprint_of_file
from penstock.runtime.libraries import library_versions
from penstock.runtime.requirements import is_module_file, user_file, user_names
from penstock.runtime.roles import Run

CACHE_PARTS = "__cache_parts__"
"""Execution property with the parts of the cache key, for ``penstock explain-cache``."""


def cache_parts(
    ir: PipelineIR,
    node: NodeIR,
    cls: type[BaseComponent],
    *,
    inputs: Mapping[str, Sequence[Artifact]],
    parameters: Mapping[str, Any],
    decision: Run[Any],
    libraries: Sequence[str],
    settings: Mapping[str, str],
) -> dict[str, Any]:
    """Returns all that the result of a node depends on, by name, as short plain values.

    Left out on purpose: modification times, Beam arguments, worker counts and where the checkout lies.

    Args:
        ir: The compiled pipeline.
        node: The node.
        cls: Its component.
        inputs: Its input artifacts, known by their content and declared properties (a span is in no file).
        parameters: Values of its parameters.
        decision: What its driver decided.
        libraries: Installed modules that its code uses; their versions count.
        settings: Environment settings that change what these do.
    """
    parts: dict[str, Any] = {
        "pipeline": ir.name,
        "node": node.id,
        "component": node.type,
        "code": fingerprint_of_component(cls, ir.project_root),
        "outputs": ",".join(node.outputs),
        "examples_format": ir.examples_format,
    }
    executor = executor_text(cls)
    if executor:
        parts["executor"] = executor
    for key, artifacts in inputs.items():
        parts[f"input {key}"] = [_content(artifact) for artifact in artifacts]
    specs = cls.signature().parameters
    for name, value in parameters.items():
        spec = specs[name]
        if spec.user_code:
            parts[f"module {name}"] = _user_code_digests(spec, value, ir.project_root)
        elif spec.in_cache_key:
            parts[f"parameter {name}"] = to_jsonable(value)
    plan = decision.cache_parts if decision.cache_parts is not None else {"plan": to_jsonable(decision.plan)}
    for name, value in plan.items():
        if value is not None:
            parts[f"driver {name}"] = to_jsonable(value)
    for name, found in library_versions(libraries).items():
        parts[f"version {name}"] = found
    for name, value in settings.items() if libraries else ():
        parts[f"setting {name}"] = value
    return parts


def _content(artifact: Artifact) -> str:
    if not artifact.content_digest:
        return f"id:{artifact.id}"
    declared = {name: value for name, value in artifact.properties.items() if value not in (0, "")}
    return (
        f"{artifact.content_digest} {json.dumps(declared, sort_keys=True)}"
        if declared
        else artifact.content_digest
    )


def _user_code_digests(spec: ParameterSpec, value: Any, project_root: str) -> str | list[str]:
    if isinstance(value, (list, tuple)):
        return [_user_code_digest(spec, name, project_root) for name in user_names(value)]
    return _user_code_digest(spec, str(value), project_root)


def _user_code_digest(spec: ParameterSpec, value: str, project_root: str) -> str:
    file = user_file(value, project_root)
    if file is None:
        return f"{spec.name}:{value}"
    digest = fingerprint_of_file(file, project_root)
    return digest if is_module_file(value) else f"{value.rpartition('.')[2]}@{digest}"


def cache_key(parts: Mapping[str, Any]) -> str:
    """Returns the SHA-256 (hex) of the parts' canonical JSON."""
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def differing_parts(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Returns (name, before, after) of every part in which two cache keys differ, sorted by name."""
    names = sorted({*before, *after})
    return [
        (name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    ]
