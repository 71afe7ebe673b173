# SPDX-License-Identifier: Apache-2.0
"""The decorator that makes a resolver function of a Python function that calls operations."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, overload

from penstock.artifacts.artifact import Artifact
from penstock.errors import ParameterError, PenstockError, PipelineError, did_you_mean
from penstock.graph.channel import Channel
from penstock.graph.resolver_functions.node import (
    ARTIFACTS,
    ResolvedGroups,
    ResolverFunctionNode,
    Unwrap,
    output_types,
)
from penstock.graph.resolver_functions.values import (
    ArtifactGroups,
    ArtifactList,
    ArtifactMap,
    Traced,
    each_of,
)

TypeHint = type[Artifact] | Mapping[str, type[Artifact]]


class ResolverFunction:
    """A function from channels to channels, whose choice is made while the pipeline runs.

    Calling it traces the Python function once: its channels come to it as stand-ins, which operations
    (``penstock.graph.resolver_functions.operations``) take and give. It returns a channel, a mapping of channels, or
    groups for ``ForEach``, as the last operation gives a list, lists by key, or groups.

    Args:
        function: The Python function.
        output_type: Type, or types by key, of what it chooses; found from its operations where it is not given.
        unwrap: Makes the variable of a ``ForEach`` from the channels of a group.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        output_type: TypeHint | None = None,
        unwrap: Unwrap | None = None,
    ) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._name = function.__name__.strip("_") or "resolver"
        self._output_type = output_type
        self._infer: Callable[..., TypeHint | None] | None = None
        self._unwrap = unwrap

    def output_type_inferrer(
        self, function: Callable[..., TypeHint | None]
    ) -> Callable[..., TypeHint | None]:
        """Registers a function of the same arguments that returns the type of what is chosen; used as a decorator."""
        self._infer = function
        return function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Returns a channel, channels by key, or groups for ``ForEach``.

        Raises:
            PipelineError: The arguments do not fit, or the function does not return what an operation gives.
            ParameterError: A setting has the wrong type or value.
        """
        try:
            return self._called(args, kwargs)
        except PenstockError as error:
            raise error.with_component(self._name) from None

    def _called(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        names = self._checked_names(args, kwargs)
        sources = _SourcesOfCall()
        given = [sources.traced(name, value) for name, value in zip(names, args, strict=True)]
        named = {name: sources.traced(name, value) for name, value in kwargs.items()}
        chosen = self._checked(self._function(*given, **named))
        if sources.is_inner:
            return chosen  # called by another resolver function: part of that one
        types = self._types(chosen, args, kwargs)
        node = ResolverFunctionNode(self._name, sources.channels, chosen, types)
        if isinstance(chosen, ArtifactGroups):
            return ResolvedGroups(node, self._unwrap)
        return node.outputs[ARTIFACTS] if isinstance(chosen, ArtifactList) else dict(node.outputs.items())

    def _checked_names(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> list[str]:
        """Returns the names of positional arguments."""
        signature = inspect.signature(self._function)
        try:
            signature.bind(*args, **kwargs)
        except TypeError as error:
            known = list(signature.parameters)
            unknown = next((name for name in kwargs if name not in known), None)
            raise PipelineError(
                f"the arguments do not fit: {error}", hint=did_you_mean(unknown, known) if unknown else None
            ) from None
        names = [
            name
            for name, parameter in signature.parameters.items()
            if parameter.kind not in (parameter.KEYWORD_ONLY, parameter.VAR_KEYWORD)
        ]
        return [names[min(place, len(names) - 1)] for place in range(len(args))]

    def _checked(self, chosen: Any) -> Traced:
        if (
            isinstance(chosen, Mapping)
            and chosen
            and all(isinstance(v, ArtifactList) for v in chosen.values())
        ):
            chosen = each_of(chosen)
        if not isinstance(chosen, (ArtifactList, ArtifactMap, ArtifactGroups)):
            raise PipelineError(
                "a resolver function returns something that no operation gives",
                expected="what an operation gives, or a dictionary of lists of artifacts",
                got=f"{chosen!r} ({type(chosen).__name__})",
            )
        if self._unwrap is not None and not isinstance(chosen, ArtifactGroups):
            raise PipelineError("unwrap_dict_key is for resolver functions that make groups")
        return chosen

    def _types(
        self, chosen: Traced, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Mapping[str, type[Artifact]]:
        hint = self._output_type
        if hint is None and self._infer is not None:
            hint = self._infer(*args, **kwargs)
        if hint is None:
            return output_types(chosen)
        is_list = isinstance(chosen, ArtifactList)
        types = {ARTIFACTS: hint} if is_list and isinstance(hint, type) else hint
        if (
            not isinstance(types, Mapping)
            or (is_list and not isinstance(hint, type))
            or not all(isinstance(kind, type) and issubclass(kind, Artifact) for kind in types.values())
        ):
            raise PipelineError(
                "the output type does not fit what the function gives",
                expected="an artifact type" if is_list else "artifact types by key",
                got=repr(hint),
            )
        return types


class _SourcesOfCall:
    """Collects the channels of one call."""

    def __init__(self) -> None:
        self.channels: dict[str, Channel] = {}
        self.is_inner = False

    def traced(self, name: str, value: Any) -> Any:
        if isinstance(value, (ArtifactList, ArtifactMap, ArtifactGroups)):
            self.is_inner = True
            return value
        if isinstance(value, Channel):
            return self._source(name, value)
        if isinstance(value, ResolvedGroups):
            raise PipelineError(
                f"{name} is groups of artifacts",
                expected="a channel",
                hint="use them in `with ForEach(…) as …:`",
            )
        if isinstance(value, Mapping) and value and all(isinstance(v, Channel) for v in value.values()):
            return each_of({key: self._source(key, channel) for key, channel in value.items()})
        return value

    def _source(self, name: str, channel: Channel) -> ArtifactList:
        key, number = name, 2
        while key in self.channels:
            key, number = f"{name}_{number}", number + 1
        self.channels[key] = channel
        return ArtifactList({"source": key}, channel.type)


@overload
def resolver_function(f: Callable[..., Any]) -> ResolverFunction: ...


@overload
def resolver_function(
    f: None = None,
    *,
    output_type: TypeHint | None = None,
    unwrap_dict_key: str | Sequence[str] | None = None,
) -> Callable[[Callable[..., Any]], ResolverFunction]: ...


def resolver_function(
    f: Callable[..., Any] | None = None,
    *,
    output_type: TypeHint | None = None,
    unwrap_dict_key: str | Sequence[str] | None = None,
) -> Any:
    """Makes a resolver function of a Python function that calls operations; used as a decorator.

    ::

        @resolver_function
        def latest_of_each_span(artifacts, n):
            return LatestSpan(artifacts, n=n)

    Args:
        f: The function.
        output_type: Type, or types by key, of what it chooses; found from its operations where it is not given.
        unwrap_dict_key: For one that makes groups: the variable of a ``ForEach`` is the channel of this key, or a tuple
            of the channels of these keys, instead of a mapping.

    Raises:
        ParameterError: ``unwrap_dict_key`` is neither text nor a list of texts.
    """
    if f is not None:
        return ResolverFunction(f)
    unwrap = _unwrapper(unwrap_dict_key)
    return lambda decorated: ResolverFunction(decorated, output_type=output_type, unwrap=unwrap)


def _unwrapper(keys: Any) -> Unwrap | None:
    if keys is None:
        return None
    if isinstance(keys, str):
        return lambda channels: channels[keys]
    if isinstance(keys, Sequence) and all(isinstance(key, str) for key in keys):
        return lambda channels: tuple(channels[key] for key in keys)
    raise ParameterError(
        "unwrap_dict_key names no keys",
        expected="a key, or a list of keys",
        got=f"{keys!r} ({type(keys).__name__})",
    )
