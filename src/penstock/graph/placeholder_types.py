# SPDX-License-Identifier: Apache-2.0
"""What is known of a placeholder's type while the pipeline is built, and what that forbids."""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from penstock.artifacts.value_artifact import ValueArtifact
from penstock.errors import ParameterError, did_you_mean
from penstock.graph.placeholder_kinds import (
    CONTENTS,
    PROPERTY_KINDS,
    RUN_FACTS,
    Artifacts,
    Known,
    artifact_for_value,
    check_text,
    check_value,
    comparable,
    named,
    the_artifact,
    unknown_name,
)
from penstock.graph.signature import PortSpec, Signature
from penstock.messages.either import field_names, field_type, is_message_type, message_class
from penstock.messages.message import Message

if TYPE_CHECKING:
    from penstock.graph.placeholder import Placeholder


def type_of(placeholder: Placeholder, signature: Signature | None = None) -> Known:
    """Returns what is known of a placeholder's type.

    Args:
        placeholder: The placeholder.
        signature: That of the node whose own inputs, outputs and parameters it reads; without it, they are taken to be
            there.

    Raises:
        ParameterError: An operation cannot be done to what it is done to, or the node has no such input, output or
            parameter.
    """
    return _Typing(signature).of(placeholder)


class _Typing:
    def __init__(self, signature: Signature | None) -> None:
        self._signature = signature

    def of(self, placeholder: Placeholder) -> Known:
        parts = placeholder.__parts__
        read: Callable[[Placeholder, Any, list[Known]], Known] = getattr(self, f"_{parts.op}")
        return read(placeholder, parts.value, [self.of(arg) for arg in parts.args])

    # ----------------------------------------------------------------------------------------------------- plain values

    def _constant(self, _: Placeholder, value: Any, __: list[Known]) -> Known:
        return type(value)

    def _runtime_parameter(self, _: Placeholder, value: Any, __: list[Known]) -> Known:
        ptype: type[Any] = value.ptype
        return ptype

    def _environment(self, _: Placeholder, __: Any, ___: list[Known]) -> Known:
        return str

    def _run(self, _: Placeholder, value: Any, __: list[Known]) -> Known:
        return RUN_FACTS[value]

    def _exec_property(self, _: Placeholder, value: Any, __: list[Known]) -> Known:
        if self._signature is None:
            return None
        specs = self._signature.parameters
        if value not in specs:
            raise unknown_name("parameter", value, specs)
        hint = typing.get_origin(specs[value].hint) or specs[value].hint
        return hint if hint in (bool, int, float, str, bytes, list, dict) or is_message_type(hint) else None

    # -------------------------------------------------------------------------------------------------------- artifacts

    def _channel(self, placeholder: Placeholder, _: Any, __: list[Known]) -> Known:
        channel = placeholder.__parts__.channel
        return Artifacts(None if channel is None else channel.type, many=True)

    def _input(self, _: Placeholder, value: Any, __: list[Known]) -> Known:
        port = self._port("input", value, self._signature.inputs if self._signature else None)
        return Artifacts(port.type if port is not None else None, many=True)

    def _output(self, _: Placeholder, value: Any, __: list[Known]) -> Known:
        port = self._port("output", value, self._signature.outputs if self._signature else None)
        return Artifacts(port.type if port is not None else None, many=True, made_here=True)

    @staticmethod
    def _port(what: str, key: str, ports: Mapping[str, PortSpec] | None) -> PortSpec | None:
        if ports is None:
            return None
        if key not in ports:
            raise unknown_name(what, key, ports)
        return ports[key]

    def _uri(self, placeholder: Placeholder, _: Any, args: list[Known]) -> Known:
        the_artifact(placeholder, args[0])
        return str

    def _split_uri(self, placeholder: Placeholder, value: Any, args: list[Known]) -> Known:
        known = the_artifact(placeholder, args[0])
        if known is not None and "split_names" not in known.PROPERTIES:
            raise ParameterError(
                f"an artifact of type {known.TYPE_NAME} has no splits",
                expected="Examples, ExampleStatistics or another type with a property split_names",
                got=f"split_uri({value!r})",
            )
        return str

    def _content(self, placeholder: Placeholder, _: Any, args: list[Known]) -> Known:
        known = the_artifact(placeholder, args[0])
        if isinstance(args[0], Artifacts) and args[0].made_here:
            raise ParameterError(
                f"{placeholder!r} is not there yet: the node itself is to write it",
                hint="its file is at output('…').uri",
            )
        if known is None:
            return None
        if not issubclass(known, ValueArtifact):
            raise ParameterError(
                f"an artifact of type {known.TYPE_NAME} holds no value",
                expected="String, Integer, Float, Boolean, Bytes, JsonValue or another ValueArtifact",
                got=".value",
                hint="take its .uri, a .property('…') or a .custom_property('…')",
            )
        return next((kind for cls, kind in CONTENTS.items() if issubclass(known, cls)), None)

    def _property(self, placeholder: Placeholder, value: Any, args: list[Known]) -> Known:
        known = the_artifact(placeholder, args[0])
        if known is None:
            return None
        declared = known.PROPERTIES.get(value)
        if declared is None:
            raise ParameterError(
                f"artifact type {known.TYPE_NAME} has no property {value!r}",
                hint=f"{did_you_mean(value, known.PROPERTIES)}; for what a component has recorded: "
                f".custom_property({value!r})",
            )
        return PROPERTY_KINDS[declared.type]

    def _custom_property(self, placeholder: Placeholder, _: Any, args: list[Known]) -> Known:
        the_artifact(placeholder, args[0])
        return None

    # --------------------------------------------------------------------------------------- items, texts, collections

    def _item(self, placeholder: Placeholder, value: Any, args: list[Known]) -> Known:
        (known,) = args
        if isinstance(known, Artifacts):
            return Artifacts(known.type, many=False, made_here=known.made_here)
        if known in (bool, int, float, str, bytes):
            raise ParameterError(f"{named(known)} has no items", got=repr(placeholder))
        if known is list and isinstance(value, str):
            raise ParameterError("items of a list are counted", expected="a number", got=repr(placeholder))
        return None

    def _field(self, placeholder: Placeholder, value: Any, args: list[Known]) -> Known:
        (known,) = args
        if isinstance(known, Artifacts) or known in (bool, int, float, str, bytes, list):
            raise ParameterError(f"{named(known)} has no field {value!r}", got=repr(placeholder))
        for name in str(value).split("."):
            if known is None or known is dict or isinstance(known, Artifacts):
                return None
            if name not in field_names(known):
                raise ParameterError(
                    f"{named(known)} has no field {name!r}", hint=did_you_mean(name, field_names(known))
                )
            known = field_type(known, name)
        return known

    def _concat(self, placeholder: Placeholder, _: Any, args: list[Known]) -> Known:
        for arg, known in zip(placeholder.__parts__.args, args, strict=True):
            check_text(arg, known)
        return str

    def _join(self, placeholder: Placeholder, value: Any, args: list[Known]) -> Known:
        return str if args == [list] else self._concat(placeholder, value, args)

    def _join_path(self, placeholder: Placeholder, value: Any, args: list[Known]) -> Known:
        return self._concat(placeholder, value, args)

    def _dirname(self, placeholder: Placeholder, value: Any, args: list[Known]) -> Known:
        return self._concat(placeholder, value, args)

    def _list(self, placeholder: Placeholder, _: Any, args: list[Known]) -> Known:
        for arg, known in zip(placeholder.__parts__.args, args, strict=True):
            check_value(arg, known)
        return list

    def _dict(self, placeholder: Placeholder, _: Any, args: list[Known]) -> Known:
        for arg, known in zip(placeholder.__parts__.args, args, strict=True):
            check_value(arg, known)
        for arg, known in zip(placeholder.__parts__.args[::2], args[::2], strict=True):
            if known not in (None, str):
                raise ParameterError(f"the key {arg!r} of a mapping is not text", got=named(known))
        return dict

    def _message(self, _: Placeholder, value: Any, __: list[Known]) -> Known:
        cls: type[Any] = message_class(value["type"])
        return cls

    def _base64(self, placeholder: Placeholder, _: Any, args: list[Known]) -> Known:
        if args[0] not in (None, str, bytes):
            raise ParameterError(
                f"{placeholder.__parts__.args[0]!r} cannot be encoded in base64",
                expected="text or bytes",
                got=named(args[0]),
            )
        return str

    def _serialized(self, placeholder: Placeholder, value: Any, args: list[Known]) -> Known:
        (known,) = args
        plain = known is None or (known in (dict, list) and value == "json")
        if not plain and not is_message_type(known):
            raise ParameterError(
                f"{placeholder.__parts__.args[0]!r} cannot be serialized",
                expected="a message",
                got=named(known),
                hint="serialize_list(…) makes text of a list" if known is list else None,
            )
        if value == "binary" and isinstance(known, type) and issubclass(known, Message):
            raise ParameterError(
                f"{named(known)} has no binary form here",
                expected="ProtoSerializationFormat.JSON or TEXT_FORMAT",
                hint="protobufs of your own have one",
            )
        return bytes if value == "binary" else str

    def _serialized_list(self, placeholder: Placeholder, _: Any, args: list[Known]) -> Known:
        if args[0] not in (None, list):
            raise ParameterError(
                f"{placeholder.__parts__.args[0]!r} is no list", expected="a list", got=named(args[0])
            )
        return str

    # ------------------------------------------------------------------------------------------------------------ truth

    def _eq(self, placeholder: Placeholder, _: Any, args: list[Known]) -> Known:
        for arg, known in zip(placeholder.__parts__.args, args, strict=True):
            if isinstance(known, Artifacts):
                raise artifact_for_value(arg, known, "compared")
        left, right = args
        equal = placeholder.__parts__.op == "eq"
        if not comparable(left, right, equal=equal):
            raise ParameterError(
                f"{placeholder!r} compares values of different types",
                expected="two numbers, or two texts",
                got=f"{named(left)} and {named(right)}",
            )
        return bool

    _lt = _eq
    _gt = _eq

    def _and(self, placeholder: Placeholder, _: Any, args: list[Known]) -> Known:
        for arg, known in zip(placeholder.__parts__.args, args, strict=True):
            if known not in (None, bool):
                raise ParameterError(
                    f"{arg!r} is neither true nor false",
                    expected="a comparison",
                    got=named(known),
                    hint="compare it with something: `… == 1`",
                )
        return bool

    _or = _and
    _not = _and
