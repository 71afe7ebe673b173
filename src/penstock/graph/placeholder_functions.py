# SPDX-License-Identifier: Apache-2.0
"""The functions that placeholders begin with, and those that join several: TFX's ``ph.…``."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NoReturn, get_args

from penstock.errors import ParameterError, did_you_mean
from penstock.graph.placeholder import (
    ArtifactPlaceholder,
    DictPlaceholder,
    ListPlaceholder,
    Placeholder,
    Predicate,
    ProtoSerializationFormat,
    as_placeholder,
)

RuntimeInfoKeys = Literal["executor_spec", "platform_config", "pipeline_platform_config"]


def input(key: str) -> ArtifactPlaceholder:
    """Returns a placeholder of the artifacts of the node's own input of that key."""
    return ArtifactPlaceholder("input", value=_key(key, "an input"))


def output(key: str) -> ArtifactPlaceholder:
    """Returns a placeholder of the artifacts of the node's own output of that key."""
    return ArtifactPlaceholder("output", value=_key(key, "an output"))


def exec_property(key: str) -> Placeholder:
    """Returns a placeholder of the node's own parameter of that name.

    Fields of a message are its attributes: ``exec_property('train_args').num_steps``.
    """
    return Placeholder("exec_property", value=_key(key, "a parameter"))


def environment_variable(key: str) -> Placeholder:
    """Returns a placeholder of an environment variable, as it is where the node runs; ``None`` where it is not set."""
    return Placeholder("environment", value=_key(key, "an environment variable"))


_INVOCATION: Mapping[str, Any] = {
    "execution_id": "execution_id",
    "pipeline_run_id": "run_id",
    "top_level_pipeline_run_id": "run_id",
    "pipeline_info": {"id": "pipeline_name"},
    "pipeline_node": {"node_info": {"id": "node_id"}},
    "tmp_dir": "temp_dir",
    "stateful_working_dir": "stateful_working_dir",
    "frontend_url": "frontend_url",
    "input_dict": "inputs",
    "output_dict": "outputs",
    "execution_properties": "exec_properties",
}


class ExecInvocationPlaceholder:
    """What is known of the execution: the fields of TFX's ``ExecutionInvocation`` that mean something here.

    ``execution_id``, ``pipeline_run_id``, ``top_level_pipeline_run_id``, ``pipeline_info.id``,
    ``pipeline_node.node_info.id``, ``tmp_dir``, ``stateful_working_dir``, ``frontend_url``, ``input_dict``,
    ``output_dict``, ``execution_properties``.
    """

    def __init__(self, fields: Mapping[str, Any] = _INVOCATION, path: str = "execution_invocation()") -> None:
        self.__dict__["__fields__"] = fields
        self.__dict__["__path__"] = path

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        fields, path = self.__dict__["__fields__"], self.__dict__["__path__"]
        if name not in fields:
            raise ParameterError(
                f"{path} has no field {name!r}",
                hint="what an executor returns is no file here; its own files have a folder in tmp_dir"
                if name == "output_metadata_uri"
                else did_you_mean(name, fields),
            )
        found = fields[name]
        if isinstance(found, str):
            return Placeholder("run", value=found)
        return ExecInvocationPlaceholder(found, f"{path}.{name}")

    def serialize(self, serialization_format: ProtoSerializationFormat) -> Placeholder:
        """Returns all of it as JSON text."""
        if serialization_format is not ProtoSerializationFormat.JSON:
            raise ParameterError(
                "execution_invocation() can be serialized only as JSON",
                expected="ProtoSerializationFormat.JSON",
                got=repr(serialization_format),
            )
        return _as_dict(self.__dict__["__fields__"]).serialize(serialization_format)

    def __bool__(self) -> NoReturn:
        raise ParameterError(f"{self!r} has no truth value", hint="take one of its fields")

    def __repr__(self) -> str:
        return str(self.__dict__["__path__"])


def _as_dict(fields: Mapping[str, Any]) -> DictPlaceholder:
    return make_dict(
        {
            name: Placeholder("run", value=found) if isinstance(found, str) else _as_dict(found)
            for name, found in fields.items()
            if name != "stateful_working_dir"  # not everything that takes the JSON has one
        }
    )


def execution_invocation() -> Any:
    """Returns a placeholder of what is known of the execution; see ``ExecInvocationPlaceholder``."""
    return ExecInvocationPlaceholder()


def runtime_info(key: RuntimeInfoKeys) -> Placeholder:
    """Returns a placeholder of how the node is run, as a mapping.

    Args:
        key: ``executor_spec`` for what executes it (``class_path`` of Python code; of a container, ``image``,
            ``command`` and ``args`` as expressions), ``platform_config`` for what ``with_platform_config`` was given,
            ``pipeline_platform_config`` for the pipeline's.
    """
    known = get_args(RuntimeInfoKeys)
    if key not in known:
        raise ParameterError(f"there is no runtime information {key!r}", hint=did_you_mean(str(key), known))
    return Placeholder("run", value=key)


# ---------------------------------------------------------------------------------------------------------------- truth


def logical_not(pred: Predicate) -> Predicate:
    """Returns a predicate that is true where another one is not."""
    return Predicate("not", _predicate(pred))


def logical_and(left: Predicate, right: Predicate, *more: Predicate) -> Predicate:
    """Returns a predicate that is true where all of these are; the first that is not ends the evaluation."""
    return Predicate("and", *map(_predicate, (left, right, *more)))


def logical_or(left: Predicate, right: Predicate, *more: Predicate) -> Predicate:
    """Returns a predicate that is true where one of these is; the first that is ends the evaluation."""
    return Predicate("or", *map(_predicate, (left, right, *more)))


def _predicate(value: object) -> Predicate:
    if isinstance(value, Predicate):
        return value
    raise ParameterError(
        "logical operations join predicates",
        expected="a comparison, such as channel.future()[0].value > 0.8",
        got=f"{value!r:.80} ({type(value).__name__})",
        hint="compare it with something: `… == True`" if isinstance(value, Placeholder) else None,
    )


# ---------------------------------------------------------------------------------------------------------- collections


def join(placeholders: Sequence[str | Placeholder], separator: str = "") -> str | Placeholder:
    """Returns texts and placeholders put together, with ``separator`` between them; plain text where all is plain."""
    if isinstance(placeholders, Placeholder):
        return Placeholder("join", placeholders, value=separator)
    if isinstance(placeholders, str) or not isinstance(placeholders, Sequence):
        raise ParameterError("join needs a list", expected="join([…], ',')", got=f"{placeholders!r:.80}")
    if not isinstance(separator, str):
        raise ParameterError("the separator of join is not text", got=repr(separator))
    if all(isinstance(item, str) for item in placeholders):
        return separator.join(map(str, placeholders))
    items = [as_placeholder(item, "join") for item in placeholders]
    return Placeholder("join", *items, value=separator)


def join_path(*args: str | Placeholder) -> Placeholder:
    """Returns a path of its parts, as ``os.path.join`` does; URIs are paths too."""
    if not args:
        raise ParameterError("join_path needs parts", expected="join_path(ph.input('x').uri, 'file.txt')")
    for arg in args:
        if not isinstance(arg, (str, Placeholder)):
            raise ParameterError(
                "a part of join_path is not text", expected="text or a placeholder", got=f"{arg!r:.80}"
            )
    return Placeholder("join_path", *map(as_placeholder, args))


def dirname(placeholder: str | Placeholder) -> str | Placeholder:
    """Returns the folder of a path, as ``os.path.dirname`` does."""
    return (
        os.path.dirname(placeholder) if isinstance(placeholder, str) else Placeholder("dirname", placeholder)
    )


def make_list(input_placeholders: Sequence[Any]) -> ListPlaceholder:
    """Returns a placeholder of a list of values and placeholders."""
    if isinstance(input_placeholders, (str, Placeholder)) or not isinstance(input_placeholders, Sequence):
        raise ParameterError("make_list needs a list", got=f"{input_placeholders!r:.80}")
    return ListPlaceholder("list", *map(_nested, input_placeholders))


def make_dict(entries: Mapping[str, Any] | Iterable[tuple[Any, Any]]) -> DictPlaceholder:
    """Returns a placeholder of a mapping.

    Args:
        entries: A mapping, or (key, value) pairs, whose keys may then be placeholders too. What turns out to be
            ``None`` is left out.
    """
    pairs = list(entries.items()) if isinstance(entries, Mapping) else list(entries)
    parts: list[Placeholder] = []
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2 or not isinstance(pair[0], (str, Placeholder)):
            raise ParameterError(
                "an entry of make_dict is no pair of a text and a value",
                expected="{'key': value}, or [(key, value), …]",
                got=f"{pair!r:.80}",
            )
        if pair[1] is not None:
            parts += [as_placeholder(pair[0]), _nested(pair[1])]
    return DictPlaceholder("dict", *parts)


def _nested(value: Any) -> Placeholder:
    if isinstance(value, Mapping):
        return make_dict(value)
    return make_list(value) if isinstance(value, (list, tuple)) else as_placeholder(value, "a collection")


def _key(value: object, what: str) -> str:
    if isinstance(value, str) and value:
        return value
    raise ParameterError(f"the name of {what} is not text", got=f"{value!r} ({type(value).__name__})")
