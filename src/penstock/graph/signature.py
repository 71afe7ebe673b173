# SPDX-License-Identifier: Apache-2.0
"""Reads a component's signature from the dataclasses that declare it.

The annotation of a field says all there is to say: ``Schema`` is exactly one artifact, ``Schema | None`` at most
one, ``Sequence[Examples]`` one or more, and with a default any number.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from penstock.artifacts.artifact import Artifact
from penstock.errors import PipelineError


@dataclass(frozen=True, slots=True)
class PortSpec:
    """One declared input or output.

    Attributes:
        name: Key of the input or output.
        type: Artifact type.
        multiple: Whether it is a list of artifacts.
        optional: Whether it may be left out of the pipeline.
        allow_empty: Whether it may come without an artifact although a channel feeds it.
        one_each: Whether each channel that feeds it gives exactly one artifact, so that they stand in the channels'
            order.
    """

    name: str
    type: type[Artifact]
    multiple: bool
    optional: bool
    allow_empty: bool
    one_each: bool = False

    def takes(self, given: Any) -> bool:
        """Says whether artifacts of a type may come in: of this one, a subclass, or one that it calls compatible."""
        same: bool = given.TYPE_NAME == self.type.TYPE_NAME or issubclass(given, self.type)
        return same or given in getattr(self.type, "_compatible_types", ())


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """One declared parameter.

    Attributes:
        name: Name of the parameter.
        hint: Its resolved type hint.
        required: Whether it has no default.
        user_code: Whether it names a user's module file or function, or several of these; their code goes into the
            cache key, not their paths.
        in_cache_key: Whether its value is part of the cache key.
    """

    name: str
    hint: Any
    required: bool
    user_code: bool = False
    in_cache_key: bool = True


@dataclass(frozen=True, slots=True)
class Signature:
    """What a component takes and makes."""

    inputs: Mapping[str, PortSpec]
    outputs: Mapping[str, PortSpec]
    parameters: Mapping[str, ParameterSpec]


@dataclass(frozen=True, slots=True)
class NoInputs:
    """Inputs of a component that has none."""


@dataclass(frozen=True, slots=True)
class NoOutputs:
    """Outputs of a component that has none."""


@dataclass(frozen=True, slots=True)
class NoParameters:
    """Parameters of a component that has none."""


def never_empty() -> Any:
    """Declares an optional input that may be left out of the pipeline, but must have an artifact where it is fed.

    A gate is one: a Pusher without a blessing pushes, and one whose blessing never came must not.
    """
    return field(default=None, metadata={"allow_empty": False})


def one_each() -> Any:
    """Declares an input of several artifacts that may be left out, where each channel gives exactly one.

    The artifacts then stand in the order of the channels, so that another parameter can name them.
    """
    return field(default=(), metadata={"allow_empty": False, "one_each": True})


def user_code(default: str | tuple[str, ...] | None = None) -> Any:
    """Declares a parameter that names a user's module file (a path) or function (a dotted path), or several."""
    return field(default=default, metadata={"user_code": True})


def not_in_cache_key(default: Any = dataclasses.MISSING) -> Any:
    """Declares a parameter that does not change the result, such as a path whose content the driver fingerprints."""
    return field(default=default, metadata={"in_cache_key": False})


@cache
def signature_of(inputs: type, outputs: type, parameters: type) -> Signature:
    """Returns the signature that three declaring dataclasses stand for.

    Raises:
        PipelineError: A field's annotation is not one of the forms that this module's docstring lists.
    """
    return Signature(_ports(inputs), _ports(outputs), _parameters(parameters))


def _hints(declaration: type) -> dict[str, Any]:
    try:
        return typing.get_type_hints(declaration)
    except NameError as error:
        raise PipelineError(
            f"a type in {declaration.__qualname__} is not known at run time: {error}",
            hint="import it outside `if TYPE_CHECKING`, or define it at the top level of the module",
        ) from error


def _ports(declaration: type) -> dict[str, PortSpec]:
    hints = _hints(declaration)
    ports = {}
    for item in dataclasses.fields(declaration):
        ports[item.name] = _port(declaration, item, hints[item.name])
    return ports


def _port(declaration: type, item: dataclasses.Field[Any], hint: Any) -> PortSpec:
    optional = item.default is not dataclasses.MISSING or item.default_factory is not dataclasses.MISSING
    members = [hint]
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        members = [arg for arg in typing.get_args(hint) if arg is not type(None)]
        optional = optional or len(members) < len(typing.get_args(hint))
    multiple = False
    if len(members) == 1 and typing.get_origin(members[0]) in (collections.abc.Sequence, list, tuple):
        multiple = True
        members = [arg for arg in typing.get_args(members[0]) if arg is not Ellipsis]
    if len(members) != 1 or not (isinstance(members[0], type) and issubclass(members[0], Artifact)):
        raise PipelineError(
            f"{declaration.__qualname__}.{item.name} does not declare an artifact",
            expected="an artifact type, `Type | None` or `Sequence[Type]`",
            got=str(hint),
        )
    return PortSpec(
        item.name,
        members[0],
        multiple,
        optional,
        optional and item.metadata.get("allow_empty", True),
        item.metadata.get("one_each", False),
    )


def _parameters(declaration: type) -> dict[str, ParameterSpec]:
    hints = _hints(declaration)
    return {
        item.name: ParameterSpec(
            name=item.name,
            hint=hints[item.name],
            required=item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING,
            user_code=item.metadata.get("user_code", False),
            in_cache_key=item.metadata.get("in_cache_key", True),
        )
        for item in dataclasses.fields(declaration)
    }
