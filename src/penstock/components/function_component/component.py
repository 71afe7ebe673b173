# SPDX-License-Identifier: Apache-2.0
"""The decorator that makes a component of a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, cast, get_args, overload

from penstock.components.function_component.declaration import (
    call_signature,
    declare,
    inputs_of,
    outputs_of,
    parameters_of,
)
from penstock.components.function_component.function_signature import FunctionSignature, read_signature
from penstock.components.function_component.given import check_given
from penstock.errors import PipelineError, did_you_mean
from penstock.graph.component import BaseComponent
from penstock.ir.model import ExecutionBaseType

_PACKAGE = "penstock.components.function_component"


@dataclass(frozen=True, slots=True)
class OutputProperties:
    """Properties that a function has set on an artifact that it made."""

    properties: Mapping[str, Any] = field(default_factory=dict)
    custom_properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FunctionResult:
    """What the executor of a component function tells the publisher.

    Attributes:
        outputs: The properties of the outputs, by key.
        summary: The values that the function returned, as a phrase.
    """

    outputs: Mapping[str, OutputProperties]
    summary: str = ""


class BaseFunctionalComponent(BaseComponent):
    """Base of the components that are made of functions; ``component`` makes the subclasses.

    Class attributes:
        FUNCTION_SIGNATURE: What the function takes and makes.
        platform_classlevel_extensions: Whatever a platform keeps with the component; not used here.
    """

    DRIVER = f"{_PACKAGE}.driver:FunctionDriver"
    EXECUTOR = f"{_PACKAGE}.executor:FunctionExecutor"
    PUBLISHER = f"{_PACKAGE}.publisher:FunctionPublisher"
    Result = FunctionResult
    FUNCTION_SIGNATURE: ClassVar[FunctionSignature] = FunctionSignature((), ())
    platform_classlevel_extensions: ClassVar[Any] = None

    def __init__(self, *args: Any, **given: Any) -> None:
        name, signature = type(self).__name__, type(self).FUNCTION_SIGNATURE
        check_given(name, signature, args, given)
        inputs = signature.of_kind("input", "input list", "value")
        parameters = signature.of_kind("parameter")
        super().__init__(
            inputs={argument.name: given.get(argument.name) for argument in inputs},
            parameters={argument.name: given.get(argument.name) for argument in parameters},
        )

    @staticmethod
    def test_call(*_: Any, **__: Any) -> Any:
        """Calls the function itself, as a test of the user's does, and returns what it returns."""
        raise PipelineError("test_call is for components that are made of a function")


class BaseFunctionalComponentFactory(Protocol):
    """What ``component`` makes: called with channels and values it gives a node; ``test_call`` is the function."""

    platform_classlevel_extensions: Any = None

    def __call__(self, *args: Any, **kwargs: Any) -> BaseFunctionalComponent:
        """Makes a node of a pipeline; all arguments are given by name."""
        ...

    def test_call(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the function itself."""
        ...


@overload
def component(func: Callable[..., Any], /) -> BaseFunctionalComponentFactory: ...
@overload
def component(
    *, component_annotation: type | str | None = None, use_beam: bool = False
) -> Callable[[Callable[..., Any]], BaseFunctionalComponentFactory]: ...
def component(
    func: Callable[..., Any] | None = None,
    /,
    *,
    component_annotation: type | str | None = None,
    use_beam: bool = False,
) -> BaseFunctionalComponentFactory | Callable[[Callable[..., Any]], BaseFunctionalComponentFactory]:
    """Makes a component of a function, from its annotations.

    ::

        @component
        def Evaluate(
            model: InputArtifact[Model],
            threshold: float,                       # the value that another component has returned
            report: OutputArtifact[Report],
            rounds: Parameter[int] = 10,            # known when the pipeline is built or run
        ) -> OutputDict(accuracy=float, passed=bool):
            ...
            return {"accuracy": 0.9, "passed": True}

        evaluate = Evaluate(model=trainer.outputs["model"], threshold=tuner.outputs["threshold"])

    The component is called with named arguments. Its id is the function's name; its outputs are the
    ``OutputArtifact`` arguments and the returned values, each an artifact of its own. ``test_call`` calls the function.

    Args:
        func: The function, at the top level of a module (or of a notebook).
        component_annotation: What kind of work it does: one of ``penstock.dsl.standard_annotations``.
        use_beam: Whether the function works with Beam; one argument must then be
            ``BeamComponentParameter[beam.Pipeline] = None``.

    Raises:
        PipelineError: The function cannot be a component.
    """
    base_type = _base_type(component_annotation)

    def decorate(function: Callable[..., Any]) -> BaseFunctionalComponentFactory:
        made = make_component(function, BaseFunctionalComponent, base_type=base_type, use_beam=use_beam)
        return cast(BaseFunctionalComponentFactory, made)

    return decorate if func is None else decorate(func)


def make_component(
    function: Any,
    base: type[BaseFunctionalComponent],
    *,
    base_type: ExecutionBaseType | None = None,
    use_beam: bool = False,
) -> type[BaseFunctionalComponent]:
    """Returns the component class of a function, which stands in the function's place in its module."""
    signature = read_signature(function, use_beam=use_beam)
    name = function.__name__
    members = {
        "__module__": function.__module__,
        "__qualname__": function.__qualname__,
        "__doc__": function.__doc__,
        "__wrapped__": function,
        "__signature__": call_signature(signature),
        "BASE_TYPE": base_type,
        "FUNCTION_SIGNATURE": signature,
        "Inputs": declare(function, "Inputs", inputs_of(signature)),
        "Outputs": declare(function, "Outputs", outputs_of(signature)),
        "Parameters": declare(function, "Parameters", parameters_of(signature)),
        "REQUIRES": ("apache_beam",) if use_beam else (),
        "test_call": staticmethod(function),
    }
    return type(name, (base,), members)


_BASE_TYPES = get_args(ExecutionBaseType)


def _base_type(annotation: Any) -> ExecutionBaseType | None:
    if annotation is None:
        return None
    number = getattr(annotation, "MLMD_SYSTEM_BASE_TYPE", None)
    if isinstance(number, int) and 1 <= number <= len(_BASE_TYPES):
        return cast(ExecutionBaseType, _BASE_TYPES[number - 1])
    name = getattr(annotation, "__name__", annotation)
    if name not in _BASE_TYPES:
        raise PipelineError(
            "component_annotation is not a kind of work",
            expected=f"one of penstock.dsl.standard_annotations: {', '.join(_BASE_TYPES)}",
            got=repr(annotation),
            hint=did_you_mean(str(name), _BASE_TYPES),
        )
    return cast(ExecutionBaseType, name)
