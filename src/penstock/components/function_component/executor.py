# SPDX-License-Identifier: Apache-2.0
"""Calls a component function with what its annotations promise, and takes what it returns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from penstock.artifacts.artifact import Artifact
from penstock.artifacts.value_artifact import ValueArtifact
from penstock.components.function_component.annotations import spelled
from penstock.components.function_component.component import (
    BaseFunctionalComponent,
    FunctionResult,
    OutputProperties,
)
from penstock.components.function_component.function_signature import Argument
from penstock.components.function_component.returned_values import ReturnedValue
from penstock.errors import DataError, ParameterError, UserCodeError, did_you_mean
from penstock.graph.component import BaseComponent
from penstock.messages.codec import conform
from penstock.runtime.roles import Executor, ExecutorContext, Work
from penstock.runtime.user_code import user_code

_LONGEST_SUMMARY = 60

FunctionWork = Work[Any, Any, Any, None]


class FunctionExecutor(Executor[Any, Any, Any, None, FunctionResult]):
    """The executor of a component function.

    Args:
        component: The component.
    """

    def __init__(self, component: type[BaseFunctionalComponent]) -> None:
        self._signature = component.FUNCTION_SIGNATURE
        self._function = component.test_call

    @classmethod
    def for_component(cls, component: type[BaseComponent]) -> FunctionExecutor:
        """Returns the executor of one component."""
        assert issubclass(component, BaseFunctionalComponent)
        return cls(component)

    def execute(self, work: FunctionWork) -> FunctionResult:
        """Calls the function and writes the values that it returns.

        Raises:
            DataError: A value that it is to be given has another type than its annotation says.
            UserCodeError: It raised, or returned something else than it has declared.
        """
        context = work.context
        arguments = {a.name: _given(a, work) for a in self._signature.arguments if a.kind != "beam"}
        uris = {a.name: arguments[a.name].uri for a in self._signature.of_kind("output")}
        called = f"{self._function.__name__}()"
        with (
            user_code(context.node_id, what=called, file=self._function.__code__.co_filename),
            self._beam(context) as pipeline,
        ):
            returned = self._function(**arguments, **pipeline)
        for name, uri in uris.items():
            _check_unmoved(called, name, uri, arguments[name])
        values = _checked_values(called, self._signature.returns, returned)
        made = {name: arguments[name] for name in uris}
        for name, value in values.items():
            made[name] = getattr(work.outputs, name)
            made[name].write(value)
        return FunctionResult(
            {name: _properties(artifact) for name, artifact in made.items()}, _summary(values)
        )

    @contextmanager
    def _beam(self, context: ExecutorContext) -> Iterator[Mapping[str, Any]]:
        """Yields the argument that is the node's Beam pipeline, where the function has one."""
        wanted = self._signature.of_kind("beam")
        if not wanted:
            yield {}
            return
        from penstock.beam.pipeline import lent_pipeline
        from penstock.beam.shipping import shipped_modules

        with (
            shipped_modules([context.project_root], [self._function.__module__]),
            lent_pipeline(context.beam_pipeline_args, component=context.node_id) as pipeline,
        ):
            yield {wanted[0].name: pipeline}


# ----------------------------------------------------------------------------------------------------- what it is given


def _given(argument: Argument, work: FunctionWork) -> Any:
    if argument.kind == "parameter":
        return getattr(work.parameters, argument.name)
    if argument.kind == "output":
        return getattr(work.outputs, argument.name)
    found = getattr(work.inputs, argument.name)
    if argument.kind == "input list":
        return list(found) if found or not argument.optional else argument.default
    if found is None or argument.kind == "input":
        return argument.default if found is None else found
    return _value(argument, found)


def _value(argument: Argument, artifact: ValueArtifact) -> Any:
    value = artifact.read()
    if value is None:
        return None
    try:
        return conform(argument.type.hint, value, path=argument.name)
    except ParameterError as error:
        raise DataError(
            f"input {argument.name!r} holds a value of another type",
            input=argument.name,
            expected=spelled(argument.type.hint),
            got=f"{error.message}; {artifact.uri}",
        ) from error


# ----------------------------------------------------------------------------------------------------- what it returns


def _check_unmoved(called: str, name: str, uri: str, artifact: Artifact) -> None:
    if artifact.uri != uri:
        raise UserCodeError(
            f"{called} has set the URI of output {name!r}",
            expected=uri,
            got=artifact.uri,
            hint=f"write to {name}.uri as it is; where a copy lies, a custom property can say",
        )


def _checked_values(called: str, declared: tuple[ReturnedValue, ...], returned: Any) -> dict[str, Any]:
    """Returns what the function has returned for each declared value, as its type wants it."""
    names = [value.name for value in declared]
    given = {} if returned is None else returned
    if not isinstance(given, Mapping) or (returned is None and any(not v.omittable for v in declared)):
        raise UserCodeError(
            f"{called} has returned something else than a dictionary",
            expected=f"{{{', '.join(f'{name!r}: …' for name in names)}}}" if names else "nothing",
            got=f"{returned!r:.80} ({type(returned).__name__})",
            hint=None if names else "declare what it returns: -> OutputDict(name=float)",
        )
    for name in given:
        if name not in names:
            raise UserCodeError(
                f"{called} has returned {name!r}, which it does not declare",
                expected=", ".join(map(repr, names)) or "nothing",
                got=repr(name),
                hint=did_you_mean(str(name), names) if names else "declare it: -> OutputDict(name=float)",
            )
    return {value.name: _checked_value(called, value, given) for value in declared}


def _checked_value(called: str, declared: ReturnedValue, given: Mapping[str, Any]) -> Any:
    name, wanted = declared.name, declared.type
    if name not in given:
        if declared.omittable:
            return None
        raise UserCodeError(
            f"{called} has not returned {name!r}",
            expected=f"a value of type {spelled(wanted.hint)}",
            got=f"only {', '.join(map(repr, given))}" if given else "nothing",
            hint=did_you_mean(name, given) if given else None,
        )
    value = _plain(given[name])
    if value is None and (wanted.nullable or declared.omittable):
        return None
    try:
        return conform(wanted.hint, value, path=name)
    except ParameterError as error:
        raise UserCodeError(
            f"{called} has returned a value of another type: {error.message}",
            expected=f"{name}: {spelled(wanted.hint)}",
            got=f"{value!r:.80} ({type(value).__name__})",
            hint=f"declare it Optional[{spelled(wanted.hint)}] if it may be missing"
            if value is None
            else None,
        ) from error


def _plain(value: Any) -> Any:
    """Returns a scalar of numpy as Python's own."""
    is_scalar = hasattr(value, "dtype") and hasattr(value, "item") and getattr(value, "shape", None) == ()
    return value.item() if is_scalar else value


def _properties(artifact: Artifact) -> OutputProperties:
    return OutputProperties(dict(artifact.properties), dict(artifact.custom_properties))


def _summary(values: Mapping[str, Any]) -> str:
    """Returns the returned values as a phrase for the run's table."""
    short = [
        f"{name}={_short(value)}" for name, value in values.items() if not isinstance(value, (list, dict))
    ]
    text = ", ".join(short)
    return text if len(text) <= _LONGEST_SUMMARY else text[: _LONGEST_SUMMARY - 1] + "…"


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else repr(value)
