# SPDX-License-Identifier: Apache-2.0
"""Turns resolved artifacts and plain values into the typed dataclasses that a component declares."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from penstock.artifacts.artifact import Artifact
from penstock.errors import ParameterError, PipelineError, ResolutionError, did_you_mean
from penstock.graph.component import BaseComponent
from penstock.graph.import_path import import_path
from penstock.graph.signature import PortSpec
from penstock.messages.codec import from_jsonable

Resolved = Mapping[str, Sequence[Artifact]]


def component_class(path: str) -> type[BaseComponent]:
    """Returns the component class of that import path."""
    cls = import_path(path)
    if not (isinstance(cls, type) and issubclass(cls, BaseComponent)):
        raise PipelineError(f"{path} is not a component", expected="a subclass of BaseComponent")
    return cls


def bind_inputs(cls: type[BaseComponent], node_id: str, resolved: Resolved) -> Any:
    """Returns the component's ``Inputs`` with these artifacts.

    Raises:
        ResolutionError: An input has too few or too many artifacts.
    """
    return cls.Inputs(**_ports(cls.signature().inputs, node_id, resolved))


def bind_outputs(cls: type[BaseComponent], node_id: str, artifacts: Resolved) -> Any:
    """Returns the component's ``Outputs`` with these artifacts."""
    return cls.Outputs(**_ports(cls.signature().outputs, node_id, artifacts))


def _ports(ports: Mapping[str, PortSpec], node_id: str, resolved: Resolved) -> dict[str, Any]:
    bound: dict[str, Any] = {}
    for key, port in ports.items():
        artifacts = tuple(resolved.get(key, ()))
        if not artifacts:
            if not port.optional:
                raise ResolutionError(
                    f"input {key!r} has no artifact",
                    component=node_id,
                    expected=f"{port.type.TYPE_NAME}",
                    got="none",
                )
            continue
        if port.multiple:
            bound[key] = artifacts
        elif len(artifacts) == 1:
            bound[key] = artifacts[0]
        else:
            raise ResolutionError(
                f"input {key!r} has too many artifacts",
                component=node_id,
                expected=f"one {port.type.TYPE_NAME}",
                got=f"{len(artifacts)}: {', '.join(a.uri for a in artifacts)}",
            )
    return bound


def artifacts_of(bound: object) -> dict[str, list[Artifact]]:
    """Returns the artifacts of a component's ``Inputs`` or ``Outputs`` by key; none where one was left out."""
    values = {item.name: getattr(bound, item.name) for item in dataclasses.fields(bound)}  # type: ignore[arg-type]  # declarations are dataclasses
    return {
        key: [value] if isinstance(value, Artifact) else list(value) if value else []
        for key, value in values.items()
    }


def bind_parameters(cls: type[BaseComponent], values: Mapping[str, Any]) -> Any:
    """Returns the component's ``Parameters`` from plain values.

    Raises:
        ParameterError: One is unknown, missing or of the wrong type.
    """
    specs = cls.signature().parameters
    for name in values:
        if name not in specs:
            raise ParameterError(
                f"{cls.__qualname__} has no parameter {name!r}",
                hint=f"{did_you_mean(name, specs)}; was the pipeline compiled for another version of it?",
            )
    typed = {
        name: from_jsonable(specs[name].hint, value, path=name)
        for name, value in values.items()
        if value is not None
    }
    missing = [name for name, spec in specs.items() if spec.required and name not in typed]
    if missing:
        raise ParameterError(f"{cls.__qualname__} needs a value for {', '.join(map(repr, missing))}")
    return cls.Parameters(**typed)
