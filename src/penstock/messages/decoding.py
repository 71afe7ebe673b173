# SPDX-License-Identifier: Apache-2.0
"""Plain JSON data, or what a user gave, to typed values; ``penstock.messages.codec`` is the way in."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import enum
import math
import numbers
import types
import typing
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin

from penstock.errors import ParameterError, PenstockError, did_you_mean
from penstock.messages.encoding import BYTES_TAG, DICT_TAG, FLOAT_TAG, encode, tag_of
from penstock.messages.hints import LISTS, MAPPINGS, describe, resolved
from penstock.messages.message import Message
from penstock.messages.problems import unknown_field, wrong_type, wrong_value
from penstock.messages.protobuf import data_to_protobuf, is_protobuf_type

_NAMED_FLOATS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


class Decoder:
    """Reads values by their type hints.

    Args:
        tags: Whether the data is JSON, where a mapping may be the tag of something that JSON lacks.
    """

    def __init__(self, *, tags: bool) -> None:
        self._tags = tags
        self._scalars = {
            bool: self._bool,
            int: self._int,
            float: self._float,
            str: self._str,
            bytes: self._bytes,
            type(None): self._none,
        }

    def decode(self, hint: Any, data: Any, path: str) -> Any:
        """Returns the value of a type that data stands for.

        Raises:
            ParameterError: It does not fit, or the hint is one that has no JSON form.
        """
        hint = resolved(hint)
        if hint is Any or hint is object:
            return self._plain(data, path)
        if isinstance(hint, type) and hint in self._scalars:
            return self._scalars[hint](data, path)
        origin = get_origin(hint) or hint
        if origin in (Union, types.UnionType):
            return self._union(get_args(hint), data, path)
        if origin is Literal:
            return _literal(get_args(hint), data, path)
        if origin in LISTS:
            return self._list(hint, origin, data, path)
        if origin in MAPPINGS:
            return self._mapping(get_args(hint), data, path)
        if isinstance(origin, type):
            return self._object(origin, data, path)
        raise _unusable(hint, path)

    def _tag(self, data: Any) -> str | None:
        return tag_of(data) if self._tags else None

    # ---------------------------------------------------------------------------------------------- single values

    def _bool(self, data: Any, path: str) -> bool:
        if isinstance(data, bool):
            return data
        raise wrong_type(path, "bool", data)

    def _int(self, data: Any, path: str) -> int:
        if isinstance(data, numbers.Integral) and not isinstance(data, bool):
            return int(data)
        if isinstance(data, float) and data.is_integer():
            return int(data)
        raise wrong_type(path, "int", data)

    def _float(self, data: Any, path: str) -> float:
        if isinstance(data, numbers.Real) and not isinstance(data, bool):
            return float(data)
        name = data[FLOAT_TAG] if self._tag(data) == FLOAT_TAG else data
        if isinstance(name, str) and name in _NAMED_FLOATS:
            return _NAMED_FLOATS[name]
        raise wrong_type(path, "float", data)

    def _str(self, data: Any, path: str) -> str:
        if isinstance(data, str):
            return str(data)
        raise wrong_type(path, "str", data)

    def _bytes(self, data: Any, path: str) -> bytes:
        if isinstance(data, bytes):
            return data
        text = data[BYTES_TAG] if self._tag(data) == BYTES_TAG else data
        if not isinstance(text, str) or not self._tags:
            raise wrong_type(path, "bytes", data)
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise wrong_value(path, "bytes as base64", data) from None

    def _none(self, data: Any, path: str) -> None:
        if data is not None:
            raise wrong_type(path, "None", data)

    # ------------------------------------------------------------------------------------------------- containers

    def _plain(self, data: Any, path: str) -> Any:
        if not self._tags:
            return Decoder(tags=True).decode(Any, encode(data, path), path)
        tag = self._tag(data)
        if tag == FLOAT_TAG:
            return self._float(data, path)
        if tag == BYTES_TAG:
            return self._bytes(data, path)
        if isinstance(data, Mapping):
            return self._mapping((), data, path)
        if isinstance(data, (list, tuple)):
            return [self._plain(item, f"{path}[{i}]") for i, item in enumerate(data)]
        if data is None or isinstance(data, (bool, int, float, str)):
            return data
        raise wrong_type(path, "plain data", data)

    def _list(self, hint: Any, origin: Any, data: Any, path: str) -> Any:
        if isinstance(data, (str, bytes)) or not isinstance(data, Sequence):
            raise wrong_type(path, describe(hint), data)
        args = get_args(hint)
        if origin is tuple and get_origin(hint) is tuple and args[-1:] != (Ellipsis,):
            return self._fixed_tuple(() if args == ((),) else args, data, path)
        element = args[0] if args else Any
        make = list if origin is list else tuple
        return make(self.decode(element, item, f"{path}[{i}]") for i, item in enumerate(data))

    def _fixed_tuple(self, hints: tuple[Any, ...], data: Sequence[Any], path: str) -> tuple[Any, ...]:
        if len(data) != len(hints):
            raise wrong_value(path, f"{len(hints)} values", data)
        pairs = enumerate(zip(hints, data, strict=True))
        return tuple(self.decode(hint, item, f"{path}[{i}]") for i, (hint, item) in pairs)

    def _mapping(self, args: tuple[Any, ...], data: Any, path: str) -> dict[Any, Any]:
        tag = self._tag(data)
        if tag == DICT_TAG:
            data = data[DICT_TAG]
        if not isinstance(data, Mapping) or tag in (FLOAT_TAG, BYTES_TAG):
            raise wrong_type(path, "a mapping", data)
        key_hint, value_hint = args or (Any, Any)
        return {
            self._key(key_hint, key, path): self.decode(value_hint, item, f"{path}[{key!r}]")
            for key, item in data.items()
        }

    def _key(self, hint: Any, key: Any, path: str) -> Any:
        if resolved(hint) is int and isinstance(key, str) and key.removeprefix("-").isdecimal():
            return int(key)
        return self.decode(hint, key, f"a key of {path}")

    def _union(self, members: tuple[Any, ...], data: Any, path: str) -> Any:
        choices = [resolved(member) for member in members]
        if data is None and type(None) in choices:
            return None
        choices = [choice for choice in choices if choice is not type(None)]
        if len(choices) == 1:
            return self.decode(choices[0], data, path)
        exact = [choice for choice in choices if type(data) is choice]
        for choice in exact + choices:
            try:
                return self.decode(choice, data, path)
            except ParameterError:
                continue
        raise wrong_type(path, " or ".join(describe(member) for member in members), data)

    # ---------------------------------------------------------------------------------------------------- objects

    def _object(self, cls: type[Any], data: Any, path: str) -> Any:
        if issubclass(cls, enum.Enum):
            return _member(cls, data, path)
        if issubclass(cls, Message):
            return cls.coerce(data, path)
        if is_protobuf_type(cls):
            return data if isinstance(data, cls) else data_to_protobuf(cls, data, path)
        if dataclasses.is_dataclass(cls):
            return self._dataclass(cls, data, path)
        raise _unusable(cls, path)

    def _dataclass(self, cls: Any, data: Any, path: str) -> Any:
        fields = _fields(cls)
        if type(data) is cls:
            data = {name: getattr(data, name) for name in fields}
        elif self._tag(data) == DICT_TAG:
            data = data[DICT_TAG]
        if not isinstance(data, Mapping):
            raise wrong_type(path, f"{cls.__qualname__} or a mapping of its fields", data)
        for name in data:
            if name not in fields:
                raise unknown_field(path, name, fields)
        for name, (hint, required) in fields.items():
            if required and name not in data:
                raise ParameterError(
                    f"{path}.{name} is missing", input=f"{path}.{name}", expected=describe(hint)
                )
        values = {name: self.decode(fields[name][0], item, f"{path}.{name}") for name, item in data.items()}
        try:
            return cls(**values)
        except PenstockError:
            raise
        except (TypeError, ValueError) as error:
            raise ParameterError(f"{path} was refused by {cls.__qualname__}: {error}", input=path) from error


@cache
def _fields(cls: type) -> dict[str, tuple[Any, bool]]:
    """Returns the type hint of each of a dataclass's fields, and whether it is required."""
    try:
        hints = typing.get_type_hints(cls, include_extras=True)
    except NameError as error:
        raise ParameterError(
            f"a type in {cls.__qualname__} is not known at run time: {error}",
            hint="import it outside `if TYPE_CHECKING`, or define it at the top level of the module",
        ) from error
    missing = dataclasses.MISSING
    return {
        field.name: (hints[field.name], field.default is missing and field.default_factory is missing)
        for field in dataclasses.fields(cls)
        if field.init
    }


def _literal(allowed: tuple[Any, ...], data: Any, path: str) -> Any:
    for value in allowed:
        if type(value) is type(data) and value == data:
            return value
        if isinstance(value, enum.Enum) and value.name == data:
            return value
    texts = [value for value in allowed if isinstance(value, str)]
    hint = did_you_mean(data, texts) if isinstance(data, str) else None
    raise wrong_value(path, " or ".join(repr(value) for value in allowed), data, hint)


def _member(cls: type[enum.Enum], data: Any, path: str) -> enum.Enum:
    if isinstance(data, cls):
        return data
    if isinstance(data, str) and data in cls.__members__:
        return cls[data]
    for member in cls:
        if type(member.value) is type(data) and member.value == data:
            return member
    hint = did_you_mean(data, cls.__members__) if isinstance(data, str) else None
    raise wrong_value(path, f"a member of {cls.__qualname__}: {', '.join(cls.__members__)}", data, hint)


def _unusable(hint: Any, path: str) -> ParameterError:
    return ParameterError(
        f"the type of {path} has no JSON form",
        input=path,
        expected="numbers, text, bytes, lists, tuples, mappings, Literal, enumerations, dataclasses or messages",
        got=str(hint),
    )
