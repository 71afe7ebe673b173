# SPDX-License-Identifier: Apache-2.0
"""Arguments of ``create_pipeline``: typed by its annotations, whether they come as text or from a YAML file."""

from __future__ import annotations

import collections.abc
import inspect
import json
import os
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from penstock.errors import ParameterError, PenstockError, UsageError, UserCodeError
from penstock.graph.pipeline import Pipeline
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.messages.codec import from_jsonable, to_jsonable
from penstock.runtime.user_code import user_code
from penstock.runtime.values import parse_value

_SCALARS = (bool, int, float, str)
_LISTS = (list, tuple, collections.abc.Sequence, collections.abc.Iterable)
_NULLS = ("null", "none")


@dataclass(frozen=True, slots=True)
class Given:
    """A parameter as it was given.

    Attributes:
        value: Its value; text that is still to be read where ``is_text``.
        place: Where it was given, for errors: ``--param`` or ``file:line``.
        is_text: Whether it comes from a command line.
    """

    value: Any
    place: str
    is_text: bool = False


class BuildArguments:
    """The arguments that a ``create_pipeline`` takes.

    Args:
        function: The function.
        file: Its file, for errors.
    """

    def __init__(self, function: Callable[..., Pipeline], file: Path) -> None:
        self._function = function
        self._file = file
        self._signature = inspect.signature(function)
        variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        self._parameters = {n: p for n, p in self._signature.parameters.items() if p.kind not in variable}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the arguments that can be set."""
        return tuple(self._parameters)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the arguments without a default."""
        return tuple(n for n, p in self._parameters.items() if p.default is inspect.Parameter.empty)

    def typed(self, given: Mapping[str, Given]) -> dict[str, Any]:
        """Returns all arguments, defaults filled in.

        Raises:
            UsageError: One has a value of another type, or one without a default is not given.
        """
        missing = [name for name in self.required if name not in given]
        if missing:
            raise UsageError(
                f"create_pipeline of {self._file} needs {', '.join(missing)}",
                hint=" ".join(f"--param {name}=…" for name in missing),
            )
        values = {name: self._parameters[name].default for name in self.names if name not in given}
        for name, item in given.items():
            parameter = self._parameters[name]
            try:
                values[name] = _convert(_hint(self._function, parameter), item, name)
            except PenstockError as error:
                raise UsageError(
                    f"{item.place}: {error.message}",
                    input=error.input,
                    expected=error.expected,
                    got=error.got,
                    hint=error.hint,
                ) from None
        return {name: values[name] for name in self.names}

    def build(self, values: Mapping[str, Any]) -> Pipeline:
        """Calls ``create_pipeline``.

        Raises:
            UserCodeError: It raised, or returned something else than a pipeline.
        """
        bound = self._signature.bind_partial()
        bound.arguments.update(values)
        with user_code(None, what=self._function.__name__, file=str(self._file)):
            pipeline = self._function(*bound.args, **bound.kwargs)
        if not isinstance(pipeline, Pipeline):
            raise UserCodeError(
                f"create_pipeline of {self._file} returned no pipeline",
                expected="a Pipeline",
                got=f"{pipeline!r} ({type(pipeline).__name__})",
                hint="is a return statement missing?" if pipeline is None else None,
            )
        return pipeline


def recordable(values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns arguments as plain JSON data; what has no such form is its text."""
    recorded = {}
    for name, value in values.items():
        try:
            recorded[name] = to_jsonable(value)
        except ParameterError:
            recorded[name] = str(value)
    return recorded


def _hint(function: Callable[..., Any], parameter: inspect.Parameter) -> Any:
    """Returns an argument's type; without a usable annotation, that of its default."""
    annotation = parameter.annotation
    if isinstance(annotation, str):
        try:
            annotation = eval(annotation, getattr(function, "__globals__", {}))
        except Exception:  # a name that exists for type checkers only
            annotation = inspect.Parameter.empty
    if annotation is not inspect.Parameter.empty:
        return annotation
    default = parameter.default
    return type(default) if isinstance(default, _SCALARS) else str


def _convert(hint: Any, given: Given, name: str) -> Any:
    if not given.is_text:
        return _checked(hint, given.value, name)
    return _parsed(hint, given.value, name)


def _members(hint: Any) -> tuple[Any, ...]:
    """Returns what a union joins, without ``None`` and placeholders; other hints stand for themselves."""
    if typing.get_origin(hint) not in (typing.Union, types.UnionType):
        return (hint,)
    return tuple(member for member in typing.get_args(hint) if member not in (type(None), RuntimeParameter))


def _parsed(hint: Any, text: str, name: str) -> Any:
    """Reads the text of a command line."""
    members = _members(hint)
    optional = type(None) in typing.get_args(hint) if members != (hint,) else False
    if optional and text.lower() in _NULLS:
        return None
    problem: PenstockError | None = None
    for member in members:
        try:
            return _parsed_as(member, text, name)
        except ParameterError as error:
            problem = problem or error
    raise problem or ParameterError(f"parameter {name!r} cannot be set from the command line", got=str(hint))


def _parsed_as(hint: Any, text: str, name: str) -> Any:
    if hint in _SCALARS:
        return parse_value(text, hint.__name__, name)
    if _is_path(hint):
        return Path(text)
    origin = typing.get_origin(hint) or hint
    if origin is Literal:
        chosen = [choice for choice in typing.get_args(hint) if str(choice) == text]
        if not chosen:
            expected = " or ".join(map(str, typing.get_args(hint)))
            raise ParameterError(f"parameter {name!r} has the wrong value", expected=expected, got=repr(text))
        return chosen[0]
    if origin in _LISTS and not text.lstrip().startswith("["):
        (item, *_) = typing.get_args(hint) or (str,)
        values = [_parsed(item, part.strip(), name) for part in text.split(",")] if text else []
        return tuple(values) if origin is tuple else values
    if hint is Any:
        return text
    try:
        plain = json.loads(text)
    except ValueError:
        raise ParameterError(
            f"parameter {name!r} has the wrong type", expected=f"{_spelled(hint)}, as JSON", got=repr(text)
        ) from None
    return _checked(hint, plain, name)


def _checked(hint: Any, value: Any, name: str) -> Any:
    """Brings plain data into the shape of the hint."""
    members = _members(hint)
    if value is None and members != (hint,):
        return None
    for member in members:
        if _is_path(member) and isinstance(value, str):
            return Path(value)
        origin = typing.get_origin(member) or member
        if origin in _LISTS and origin is not tuple and isinstance(value, list):
            (item, *_) = typing.get_args(member) or (Any,)
            return [_checked(item, element, f"{name}[{i}]") for i, element in enumerate(value)]
    return from_jsonable(typing.Union[members], value, path=name)  # noqa: UP007  a union of a computed tuple


def _is_path(hint: Any) -> bool:
    if not isinstance(hint, type) or typing.get_origin(hint):  # Python 3.10 takes list[int] for a type
        return False
    return hint is os.PathLike or (issubclass(Path, hint) and hint is not object)


def _spelled(hint: Any) -> str:
    return getattr(hint, "__name__", None) or str(hint)
