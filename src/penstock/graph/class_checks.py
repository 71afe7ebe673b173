# SPDX-License-Identifier: Apache-2.0
"""What is refused of component classes that are written as TFX writes them, when a component is made."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from penstock.errors import PipelineError
from penstock.graph.component_spec import ComponentSpec
from penstock.graph.executor_spec import ExecutorContainerSpec, ExecutorSpec

if TYPE_CHECKING:
    from penstock.graph.component import BaseComponent

_NEEDED_OF_A_DRIVER = ("decide", "run", "resolve_exec_properties", "resolve_input_artifacts")


def is_spec(value: object) -> bool:
    """Says whether something is a specification class."""
    return isinstance(value, type) and issubclass(value, ComponentSpec)


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
    if cls.SPEC_CLASS is None and cls.EXECUTOR_SPEC is not None and not _declares_something(cls):
        raise PipelineError(
            f"{name} names an executor and no SPEC_CLASS",
            component=name,
            expected="SPEC_CLASS = a subclass of ComponentSpec, and super().__init__(spec=…)",
            got="no inputs, outputs or parameters",
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


def _declares_something(cls: type[BaseComponent]) -> bool:
    return any(dataclasses.fields(declared) for declared in (cls.Inputs, cls.Outputs, cls.Parameters))


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
