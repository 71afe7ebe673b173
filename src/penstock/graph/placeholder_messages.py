# SPDX-License-Identifier: Apache-2.0
"""Placeholders of messages: ``make_proto``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from penstock.errors import ParameterError, PenstockError, did_you_mean
from penstock.graph.placeholder import DictPlaceholder, ListPlaceholder, Placeholder, as_placeholder
from penstock.graph.placeholder_kinds import Artifacts, named
from penstock.graph.placeholder_types import type_of
from penstock.messages import fields
from penstock.messages.either import (
    field_names,
    field_type,
    is_message,
    is_message_type,
    make_message,
    message_path,
    to_data,
    type_name,
)
from penstock.messages.message import Message

_ANY = "google.protobuf.Any"


def make_proto(base_message: Any, **kwargs: Any) -> Placeholder:
    """Returns a placeholder of a message.

    Args:
        base_message: A message of ``penstock.proto`` or a protobuf; what is set in it stays.
        kwargs: Fields to set over it, with placeholders in them: lists for repeated fields (their items are appended),
            mappings or lists of pairs for maps, messages, mappings or ``make_proto(…)`` for messages. ``None`` leaves a
            field as it is.

    Raises:
        ParameterError: It is no message, there is no such field, or a value does not fit one.
    """
    if not is_message(base_message):
        raise ParameterError(
            "make_proto needs a message",
            expected="a message such as trainer_pb2.TrainArgs()",
            got=f"{base_message!r:.80} ({type(base_message).__name__})",
            hint="add the parentheses" if is_message_type(base_message) else None,
        )
    cls = type(base_message)
    args: list[Placeholder] = []
    for name, value in kwargs.items():
        if name not in field_names(cls):
            raise ParameterError(
                f"{type_name(cls)} has no field {name!r}", hint=did_you_mean(name, field_names(cls))
            )
        if value is not None:
            args += [as_placeholder(name), _Field(cls, name).value(value)]
    return Placeholder("message", *args, value={"type": message_path(cls), "json": to_data(base_message)})


class _Field:
    """One field that is given a value."""

    def __init__(self, cls: type[Any], name: str) -> None:
        self._cls = cls
        self._name = name
        self._path = f"{type_name(cls)}.{name}"
        self._kind = field_type(cls, name)

    def value(self, value: Any) -> Placeholder:
        """Returns the value of the whole field, checked."""
        if self._kind is dict:
            return self._map(value)
        if self._kind is list:
            if isinstance(value, Placeholder):
                return self._known(value, list)
            if not isinstance(value, (list, tuple)):
                raise self._wrong("a list", value)
            items = [item for item in value if item is not None]
            return ListPlaceholder("list", *(self._item(item, [item]) for item in items))
        return self._item(value, value)

    def _map(self, value: Any) -> Placeholder:
        if isinstance(value, Placeholder):
            return self._known(value, dict)
        pairs = value.items() if isinstance(value, Mapping) else value
        if isinstance(value, str) or not isinstance(pairs, Iterable):
            raise self._wrong("a mapping, or a list of pairs", value)
        parts: list[Placeholder] = []
        for pair in pairs:
            if not isinstance(pair, tuple) or len(pair) != 2 or not isinstance(pair[0], (str, Placeholder)):
                raise self._wrong("pairs of a text and a value", pair)
            key, item = pair
            if item is not None:
                plain = {key if isinstance(key, str) else "key": item}
                parts += [as_placeholder(key), self._item(item, plain)]
        return DictPlaceholder("dict", *parts)

    def _item(self, value: Any, plain: Any) -> Placeholder:
        """Returns one value; ``plain`` is what the field would be with only that."""
        wanted = self._message_class()
        if wanted is not None:
            return self._message(wanted, value)
        if isinstance(value, Placeholder):
            return self._known(value, self._kind if self._kind in (bool, int, float, str, bytes) else None)
        if is_message(value) or isinstance(value, Mapping):
            raise self._wrong("a number or text", value)
        try:
            make_message(self._cls, {}, {self._name: plain})
        except PenstockError as error:
            raise self._wrong(error.expected or "a value of the field's type", value) from error
        return as_placeholder(value.decode() if isinstance(value, bytes) else value, self._path)

    def _message(self, wanted: type[Any], value: Any) -> Placeholder:
        if isinstance(value, Mapping):
            return make_proto(wanted(), **value)
        if is_message(value):
            value = make_proto(value)
        if not isinstance(value, Placeholder):
            raise self._wrong(f"a {type_name(wanted)}", value)
        known = type_of(value)
        if known is None or type_name(wanted) == _ANY:
            return value
        if (
            isinstance(known, Artifacts)
            or not is_message_type(known)
            or type_name(known) != type_name(wanted)
        ):
            raise self._wrong(f"a {type_name(wanted)}", value, named(known))
        return value

    def _known(self, value: Placeholder, wanted: type[Any] | None) -> Placeholder:
        known = type_of(value)
        number = wanted in (int, float) and known in (int, float)
        text = wanted is bytes and known is str
        if known is None or wanted is None or known is wanted or number or text:
            if isinstance(known, Artifacts):
                raise self._wrong("a value", value, named(known))
            return value
        raise self._wrong(wanted.__name__, value, named(known))

    def _message_class(self) -> type[Any] | None:
        """Returns the class of the field's messages; ``None`` where it holds something else."""
        if is_message_type(self._kind):
            return self._kind  # type: ignore[no-any-return]  # a class of messages
        if issubclass(self._cls, Message):
            field: Any = self._cls.__fields__[self._name]
            held = isinstance(field, (fields.RepeatedMessages, fields.MessageMap))
            return field.type if held else None
        if self._cls.DESCRIPTOR.fields_by_name[self._name].message_type is None:
            return None
        container = getattr(self._cls(), self._name)
        held = container.add() if hasattr(container, "add") else container["key"]
        return type(held) if is_message(held) else None

    def _wrong(self, expected: str, value: Any, got: str = "") -> ParameterError:
        return ParameterError(
            f"make_proto: field {self._path} cannot take this value",
            expected=expected,
            got=f"{value!r:.80} ({got or type(value).__name__})",
        )
