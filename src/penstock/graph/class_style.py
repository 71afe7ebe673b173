# SPDX-License-Identifier: Apache-2.0
"""Components as TFX writes them: what of ``SPEC_CLASS``, ``EXECUTOR_SPEC`` and ``DRIVER_CLASS`` the declaration is.

A class that names a specification gets the dataclasses of its signature made from it; one that names an executor class
gets the roles that call the executor's ``Do``. From there on it is a component like every other.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from penstock.errors import PipelineError
from penstock.graph.class_checks import is_spec
from penstock.graph.component_spec import ChannelParameter, ComponentSpec
from penstock.graph.container import CONTAINER_ROLES, ContainerPlan, ContainerResult
from penstock.graph.execution_parameter import ExecutionParameter
from penstock.graph.executor_spec import (
    BeamExecutorSpec,
    ExecutorClassSpec,
    ExecutorContainerSpec,
    ExecutorSpec,
)
from penstock.graph.import_path import import_path
from penstock.graph.signature import PortSpec
from penstock.ir.container import CONTAINER
from penstock.messages.message import Message

if TYPE_CHECKING:
    from penstock.graph.component import BaseComponent

_CLASS_DRIVER = "penstock.components.class_component.driver:ClassDriver"
_CLASS_PUBLISHER = "penstock.components.class_component.publisher:ClassPublisher"


@dataclass(frozen=True, slots=True)
class DescribedArtifact:
    """An artifact as a driver or an executor in TFX's way describes it.

    Attributes:
        uri: Where it is; empty where that is not for the describer to say.
        properties: Its declared properties.
        custom_properties: Its custom properties.
    """

    uri: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)
    custom_properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClassPlan:
    """What a driver in TFX's way has decided.

    Attributes:
        exec_properties: Execution properties that are new or have another value.
        outputs: Per output key that it names, the artifacts to make.
    """

    exec_properties: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, tuple[DescribedArtifact, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClassResult:
    """What ``Do`` has made.

    Attributes:
        outputs: The artifacts, by output key.
        exec_properties: Execution properties to record that are new or have another value.
        divided: Keys of outputs of which it has made several artifacts where it was told one.
    """

    outputs: Mapping[str, tuple[DescribedArtifact, ...]] = field(default_factory=dict)
    exec_properties: Mapping[str, Any] = field(default_factory=dict)
    divided: tuple[str, ...] = ()


def adopt(cls: type[BaseComponent]) -> None:
    """Completes the declaration of a class that has just been defined, as far as it is written in TFX's way.

    What is wrong with it, ``check_class`` says when a component is made.
    """
    own = vars(cls)
    if is_spec(own.get("SPEC_CLASS")):
        _adopt_spec(cls, own)
    if isinstance(own.get("EXECUTOR_SPEC"), ExecutorSpec):
        _adopt_executor(cls, own, cls.EXECUTOR_SPEC)
    if isinstance(own.get("DRIVER_CLASS"), type) and "DRIVER" not in own:
        driver = cls.DRIVER_CLASS
        if callable(getattr(driver, "decide", None)):
            cls.DRIVER = f"{driver.__module__}:{driver.__qualname__}"
        else:
            cls.DRIVER, cls.Plan = _CLASS_DRIVER, ClassPlan


def _adopt_spec(cls: type[BaseComponent], own: Mapping[str, Any]) -> None:
    spec: type[ComponentSpec] = cls.SPEC_CLASS
    signature = spec.signature()
    name = cls.__name__
    made = {
        "Inputs": _ports(f"{name}Inputs", signature.inputs.values()),
        "Outputs": _ports(f"{name}Outputs", signature.outputs.values()),
        "Parameters": _dataclass(f"{name}Parameters", {p.name: None for p in signature.parameters.values()}),
    }
    for attribute, declaration in made.items():
        if attribute not in own:
            setattr(cls, attribute, declaration)
    if "BASE_TYPE" not in own and spec.TYPE_ANNOTATION is not None:
        cls.BASE_TYPE = getattr(spec.TYPE_ANNOTATION, "__name__", spec.TYPE_ANNOTATION)


def _ports(name: str, ports: Any) -> type:
    return _dataclass(name, {port.name: () for port in ports if isinstance(port, PortSpec)})


def _dataclass(name: str, defaults: Mapping[str, Any]) -> type:
    fields = [(key, Any, field(default=default)) for key, default in defaults.items()]
    return dataclasses.make_dataclass(name, fields, frozen=True, slots=True)


def _adopt_executor(cls: type[BaseComponent], own: Mapping[str, Any], spec: ExecutorSpec) -> None:
    executor = getattr(spec, "executor_class", None)
    role = getattr(executor, "EXECUTOR_ROLE", None)
    if isinstance(spec, ExecutorContainerSpec):
        _adopt_container(cls)
    elif role is not None:  # an executor of one kind of components, whose own publisher knows what it returns
        cls.EXECUTOR = role
    elif executor is not None and not callable(getattr(executor, "Do", None)):
        cls.EXECUTOR = f"{executor.__module__}:{executor.__qualname__}"
    else:
        cls.EXECUTOR = spec.ROLE
        if "Result" not in own:
            cls.Result = ClassResult
        if "PUBLISHER" not in own:
            cls.PUBLISHER = _CLASS_PUBLISHER
    cls.REQUIRES = tuple(dict.fromkeys([*cls.REQUIRES, *spec.REQUIRES]))


def _adopt_container(cls: type[BaseComponent]) -> None:
    for role, path in CONTAINER_ROLES.items():
        setattr(cls, role, path)
    cls.Plan, cls.Result = ContainerPlan, ContainerResult


def specification_of(cls: type[BaseComponent], name: str) -> type[ComponentSpec]:
    """Returns the specification that stands for the signature of a component that declares dataclasses.

    Args:
        cls: The component.
        name: Name of the specification.
    """
    signature = cls.signature()
    members = {
        "PARAMETERS": {
            key: ExecutionParameter(type=_parameter_type(parameter.hint), optional=not parameter.required)
            for key, parameter in signature.parameters.items()
        },
        "INPUTS": {key: _channel_parameter(port) for key, port in signature.inputs.items()},
        "OUTPUTS": {
            key: ChannelParameter(type=port.type, optional=port.optional)
            for key, port in signature.outputs.items()
        },
        "TYPE_ANNOTATION": cls.BASE_TYPE,
        "__doc__": f"What {cls.__name__} takes and makes.",
    }
    return type(name, (ComponentSpec,), members)


def _channel_parameter(port: PortSpec) -> ChannelParameter:
    return ChannelParameter(port.type, port.optional, port.allow_empty if port.optional else None)


def _parameter_type(hint: Any) -> Any:
    members = [item for item in typing.get_args(hint) if item is not type(None)]
    is_optional = len(members) == 1 and len(typing.get_args(hint)) == 2
    only = members[0] if is_optional else hint
    is_known = isinstance(only, type) and (only in (bool, int, float, str) or issubclass(only, Message))
    return only if is_known else Any


def with_executor(cls: type[BaseComponent], document: Mapping[str, Any]) -> type[BaseComponent]:
    """Returns a component class with another executor, as a component's ``custom_executor_spec`` said.

    Raises:
        PipelineError: The document is none of ``ExecutorSpec.to_document``.
    """
    if CONTAINER in document:
        return _with_container(cls, document)
    kinds: dict[str, type[ExecutorClassSpec]] = {"class": ExecutorClassSpec, "beam": BeamExecutorSpec}
    make = kinds.get(str(document.get("kind")))
    if make is None:
        raise PipelineError(f"{cls.__name__}: this says of no executor", got=f"{dict(document)!r:.120}")
    spec = make(import_path(executor_path(document)))
    spec.add_extra_flags(document.get("extra_flags", ()))
    return executed_by(cls, spec, document)


def executed_by(
    cls: type[BaseComponent], spec: ExecutorSpec, document: Mapping[str, Any]
) -> type[BaseComponent]:
    """Returns a component class with another executor, which is at hand."""
    return _with_container(cls, document) if CONTAINER in document else _variant(cls, EXECUTOR_SPEC=spec)


def executor_path(document: object) -> str:
    """Returns the import path of the executor class that a declaration names; empty where it names none."""
    return str(document.get("executor", "")) if isinstance(document, Mapping) else ""


def _with_container(cls: type[BaseComponent], document: Mapping[str, Any]) -> type[BaseComponent]:
    variant = _variant(cls, DOCUMENT=document)
    _adopt_container(variant)
    return variant


def _variant(cls: type[BaseComponent], **members: Any) -> type[BaseComponent]:
    same = {
        "TYPE_NAME": cls.type_name(),
        "__module__": cls.__module__,
        "__qualname__": cls.__qualname__,
        "__doc__": cls.__doc__,
    }
    return type(cls.__name__, (cls,), {**same, **members})


def code_modules(cls: type[BaseComponent]) -> tuple[str, ...]:
    """Returns the names of the modules whose code a component's result depends on: declaration, roles, executor."""
    classes: Sequence[Any] = (
        cls.SPEC_CLASS,
        getattr(cls.EXECUTOR_SPEC, "executor_class", None),
        cls.DRIVER_CLASS,
    )
    paths = (cls.__module__, cls.DRIVER, cls.EXECUTOR, cls.PUBLISHER)
    modules = [path.partition(":")[0] for path in paths]
    modules += [found.__module__ for found in classes if isinstance(found, type)]
    return tuple(dict.fromkeys(modules))


def executor_text(cls: type[BaseComponent]) -> str:
    """Returns which of the classes of a module executes a component, and with which flags; empty where no one asks."""
    spec = cls.EXECUTOR_SPEC
    return " ".join([spec.class_path, *spec.extra_flags]) if isinstance(spec, ExecutorClassSpec) else ""
