# SPDX-License-Identifier: Apache-2.0
"""Components as TFX writes them: what of ``SPEC_CLASS``, ``EXECUTOR_SPEC`` and ``DRIVER_CLASS`` the declaration is.

A class that names a specification gets the dataclasses of its signature made from it; one that names an executor class
gets the roles that call the executor's ``Do``. From there on it is a component like every other.
"""

from __future__ import annotations

import dataclasses
import importlib
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from penstock.errors import PipelineError
from penstock.graph.component_spec import ChannelParameter, ComponentSpec
from penstock.graph.container import CONTAINER_ROLES, ContainerPlan, ContainerResult
from penstock.graph.execution_parameter import ExecutionParameter
from penstock.graph.executor_spec import (
    BeamExecutorSpec,
    ExecutorClassSpec,
    ExecutorContainerSpec,
    ExecutorSpec,
)
from penstock.graph.signature import PortSpec
from penstock.ir.container import CONTAINER
from penstock.messages.message import Message

if TYPE_CHECKING:
    from penstock.graph.component import BaseComponent

_CLASS_DRIVER = "penstock.components.class_component.driver:ClassDriver"
_CLASS_PUBLISHER = "penstock.components.class_component.publisher:ClassPublisher"
_NEEDED_OF_A_DRIVER = ("decide", "run", "resolve_exec_properties", "resolve_input_artifacts")


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


def is_spec(value: object) -> bool:
    """Says whether something is a specification class."""
    return isinstance(value, type) and issubclass(value, ComponentSpec)


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


def check_class(cls: type[BaseComponent], *, has_executor: bool = False) -> None:
    """Refuses a component class that is written in TFX's way, and wrong.

    Args:
        cls: The class.
        has_executor: Whether the component was given an executor that its class need not name.

    Raises:
        PipelineError: It names something else than TFX's way wants, or no executor.
    """
    name = cls.__name__
    if cls.SPEC_CLASS is not None and not is_spec(cls.SPEC_CLASS):
        raise PipelineError(
            f"{name}.SPEC_CLASS is no specification",
            component=name,
            expected="a subclass of ComponentSpec",
            got=f"{cls.SPEC_CLASS!r:.80}",
            hint="name the class itself, not an object of it"
            if isinstance(cls.SPEC_CLASS, ComponentSpec)
            else None,
        )
    if cls.EXECUTOR_SPEC is not None:
        _check_executor_spec(name, "EXECUTOR_SPEC", cls.EXECUTOR_SPEC)
    _check_driver(name, cls.DRIVER_CLASS)
    if cls.DRIVER_CLASS is not None and isinstance(cls.EXECUTOR_SPEC, ExecutorContainerSpec):
        raise PipelineError(
            f"{name} runs in a container, and has a driver of its own",
            component=name,
            got=f"DRIVER_CLASS = {cls.DRIVER_CLASS.__name__}",
            hint="put what the driver decides into a component before it",
        )
    if not cls.EXECUTOR and not has_executor:
        wanted = "EXECUTOR_SPEC = ExecutorClassSpec(MyExecutor), or custom_executor_spec=… where it is made"
        if cls.SPEC_CLASS is None:
            wanted = f"EXECUTOR = 'module:Class', {wanted}"
        hint = None
        if hasattr(cls, "EXECUTOR_CLASS"):
            hint = "EXECUTOR_CLASS is an older form: wrap the class in ExecutorClassSpec"
        raise PipelineError(f"component {name} names no executor", component=name, expected=wanted, hint=hint)


def _check_executor_spec(component: str, what: str, value: object) -> None:
    if isinstance(value, ExecutorSpec):
        return
    is_executor = isinstance(value, type) and callable(getattr(value, "Do", None))
    raise PipelineError(
        f"{component}: {what} is no executor specification",
        component=component,
        expected="ExecutorClassSpec(…), BeamExecutorSpec(…) or ExecutorContainerSpec(…)",
        got=f"{value!r:.80}",
        hint=f"write executor_spec.ExecutorClassSpec({value.__name__})"
        if is_executor and isinstance(value, type)
        else None,
    )


def _check_driver(component: str, driver: object) -> None:
    if driver is None:
        return
    if not isinstance(driver, type) or not any(
        callable(getattr(driver, n, None)) for n in _NEEDED_OF_A_DRIVER
    ):
        raise PipelineError(
            f"{component}.DRIVER_CLASS is no driver",
            component=component,
            expected="a subclass of BaseDriver with run(execution_info) or resolve_exec_properties(…)",
            got=f"{driver!r:.80}",
        )


def checked_spec(cls: type[BaseComponent], spec: object) -> ComponentSpec:
    """Returns the specification that a component was given.

    Raises:
        PipelineError: There is none, or it is of another class than the component names.
    """
    name, wanted = cls.__name__, cls.SPEC_CLASS.__name__
    if not isinstance(spec, cls.SPEC_CLASS):
        raise PipelineError(
            f"{name} was given no specification"
            if spec is None
            else f"{name} was given another specification",
            component=name,
            expected=f"super().__init__(spec={wanted}(…))",
            got=None if spec is None else f"{spec!r:.80}",
            hint=f"make an object of it: {wanted}(…)" if spec is cls.SPEC_CLASS else None,
        )
    return spec  # type: ignore[no-any-return]  # narrowed by the check above


def checked_custom_executor(cls: type[BaseComponent], value: object) -> ExecutorSpec:
    """Returns the executor that one component was given instead of its class's.

    Raises:
        PipelineError: It is none.
    """
    _check_executor_spec(cls.__name__, "custom_executor_spec", value)
    return value  # type: ignore[return-value]  # narrowed by the check above


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
    spec = make(_imported(str(document["executor"])))
    spec.add_extra_flags(document.get("extra_flags", ()))
    return _variant(cls, EXECUTOR_SPEC=spec)


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


def _imported(path: str) -> Any:
    module, _, qualified = path.partition(":")
    found: Any = importlib.import_module(module)
    try:
        for part in qualified.split("."):
            found = getattr(found, part)
    except AttributeError as error:
        raise PipelineError(f"module {module} has no {qualified}", got=str(error)) from error
    return found


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
