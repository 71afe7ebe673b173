# SPDX-License-Identifier: Apache-2.0
"""Turns resolved artifacts and plain values into the typed dataclasses that a component declares."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from penstock.artifacts.artifact import Artifact
from penstock.errors import ParameterError, PipelineError, ResolutionError, did_you_mean
from penstock.graph.component import BaseComponent
from penstock.graph.signature import PortSpec
from penstock.messages.codec import from_jsonable

Resolved = Mapping[str, Sequence[Artifact]]


def import_path(path: str) -> Any:
    """Returns what ``module:Name`` stands for.

    Raises:
        PipelineError: The module or the name does not exist.
    """
    module_name, _, qualified = path.partition(":")
    found: Any = _module(module_name, qualified)
    try:
        for part in qualified.split("."):
            found = getattr(found, part)
    except AttributeError as error:
        raise PipelineError(f"module {module_name} has no {qualified}", got=str(error)) from error
    return found


def _module(name: str, wanted: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise  # it exists, and imports something that does not
        raise PipelineError(
            f"module {name} cannot be imported",
            expected=f"a module on the path that defines {wanted}",
            got=str(error),
            hint="the project's root folder is on the path: is the file there?",
        ) from error


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
