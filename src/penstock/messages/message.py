# SPDX-License-Identifier: Apache-2.0
"""The base of all messages: TFX's configuration messages without protobuf."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from penstock.errors import ParameterError, did_you_mean
from penstock.messages.cells import Cells
from penstock.messages.fields import Field
from penstock.messages.problems import unknown_field, wrong_type
from penstock.messages.protobuf import is_protobuf, protobuf_to_data

if TYPE_CHECKING:
    from typing_extensions import Self, dataclass_transform
else:

    def dataclass_transform(**_: object) -> Any:
        """Does nothing at run time; type checkers learn from it that fields are constructor arguments."""
        return lambda cls: cls


AnyField = Field[Any, Any]


@dataclass_transform(kw_only_default=True, eq_default=False)
class Message:
    """A typed message with protobuf's spelling and proto3's JSON.

    Subclasses declare their fields (see ``penstock.messages.fields``). Values are checked when they are set; messages
    that are set are copied, and reading a message that is not set gives an empty one that can be filled in place.

    Args:
        fields: Field values; messages also as mappings or protobufs, enumerations by name or number. ``None`` leaves
            a field unset.

    Raises:
        ParameterError: No such field, a value that does not fit, or two fields of one oneof group.
    """

    __fields__: ClassVar[Mapping[str, AnyField]] = {}
    __proto_name__: ClassVar[str] = ""
    __cells__: Cells

    def __init_subclass__(cls, *, package: str | None = None, **kwargs: Any) -> None:
        """Collects the fields; ``package`` is the one that the message of that name has in protobuf."""
        super().__init_subclass__(**kwargs)
        own = {name: value for name, value in vars(cls).items() if isinstance(value, Field)}
        cls.__fields__ = {**cls.__fields__, **own}
        if "__proto_name__" not in vars(cls):
            cls.__proto_name__ = f"{package or cls.__module__}.{cls.__qualname__}"
        for field in own.values():
            if field.oneof:
                group = [other for other in own.values() if other.oneof == field.oneof]
                field.rivals = tuple(other for other in group if other is not field)

    def __init__(self, **fields: Any) -> None:
        object.__setattr__(self, "__cells__", Cells())
        if fields:
            self.__fill__(fields, type(self).__qualname__, lenient=False)

    # ------------------------------------------------------------------------------------------ protobuf's methods

    def HasField(self, name: str) -> bool:
        """Whether a message field, or a field or the group of a oneof, is set.

        Raises:
            ParameterError: There is no such field, or "not set" is the same as "default" for it.
        """
        group = self._group(name)
        if group:
            return any(field.is_set(self.__cells__) for field in group)
        field = self._field(name)
        if not field.has_presence:
            raise ParameterError(
                f"{field.path} has no presence",
                input=field.path,
                expected="a message field or a field of a oneof group",
                hint="compare the value itself: a field like this one that is not set has its default",
            )
        return field.is_set(self.__cells__)

    def WhichOneof(self, group: str) -> str | None:
        """Returns the name of the field of a oneof group that is set."""
        members = self._group(group)
        if not members:
            groups = {field.oneof for field in self.__fields__.values() if field.oneof}
            raise ParameterError(
                f"{type(self).__qualname__} has no oneof group {group!r}", hint=did_you_mean(group, groups)
            )
        return next((field.name for field in members if field.is_set(self.__cells__)), None)

    def ClearField(self, name: str) -> None:
        """Unsets a field, or the field of a oneof group that is set."""
        for field in self._group(name) or [self._field(name)]:
            field.clear(self.__cells__)

    def Clear(self) -> None:
        """Unsets all fields."""
        for field in self.__fields__.values():
            field.clear(self.__cells__)

    def ListFields(self) -> list[tuple[AnyField, Any]]:
        """Returns the fields that are set, with their values, in the order of their declaration."""
        return list(self._set_fields())

    def SetInParent(self) -> None:
        """Makes this message a value of the field that it was read from, even if it stays empty."""
        self.__cells__.touch()

    def CopyFrom(self, other: Self) -> None:
        """Becomes a copy of another message of the same type."""
        if other is not self:
            self._same_type(other)
            self.Clear()
            self.MergeFrom(other)

    def MergeFrom(self, other: Self) -> None:
        """Takes over what is set in another message: messages are merged, lists appended, maps updated."""
        self._same_type(other)
        self.__cells__.touch()
        for field, value in other._set_fields():
            field.merge(self.__cells__, value)

    # --------------------------------------------------------------------------------------------------------- JSON

    def to_dict(self) -> dict[str, Any]:
        """Returns the message as plain data in proto3's JSON form, with the field names as declared."""
        return {field.name: field.to_json(value) for field, value in self._set_fields()}

    def to_json(self, *, indent: int | None = 0) -> str:
        """Returns the message as JSON text, spelled as TFX writes it into execution properties."""
        return json.dumps(self.__to_json__(), indent=indent, sort_keys=True)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], path: str = "") -> Self:
        """Returns the message that plain data stands for.

        Args:
            data: Fields by name, snake_case or camelCase; numbers also as strings, enumerations by name or number.
            path: Where the data comes from, for errors; the message's name by default.

        Raises:
            ParameterError: No such field, or a value that does not fit; the error names its path.
        """
        return cls.__from_json__(data, path or cls.__qualname__, lenient=True)

    @classmethod
    def from_json(cls, text: str | bytes, path: str = "") -> Self:
        """Returns the message that JSON text stands for.

        Raises:
            ParameterError: As for ``from_dict``; or the text is no JSON.
        """
        place = path or cls.__qualname__
        try:
            data = json.loads(text)
        except ValueError as error:
            raise ParameterError(
                f"{place} is not JSON: {error}", input=place, expected=f"JSON of a {cls.__qualname__}"
            ) from None
        return cls.__from_json__(data, place, lenient=True)

    @classmethod
    def coerce(cls, value: object, path: str = "") -> Self:
        """Returns a message of this type from whatever may stand for one.

        Args:
            value: A message of this type (it is copied), plain data, JSON text, or a protobuf of the same name.
            path: What the value is, for errors; the message's name by default.

        Raises:
            ParameterError: The value is of another type, or a field does not fit; the error names its path.
        """
        if isinstance(value, (str, bytes)):
            return cls.from_json(value, path)
        return cls.__accept__(value, path or cls.__qualname__, lenient=True)

    # ----------------------------------------------------------------------- what the other parts of this package use

    @classmethod
    def __accept__(cls, value: object, path: str, *, lenient: bool) -> Self:
        """Returns a message that a field can own."""
        if isinstance(value, cls):
            return value.__copy__()
        if is_protobuf(value):
            return cls.__from_json__(protobuf_to_data(value, cls, path), path, lenient=True)
        if isinstance(value, Message):
            raise wrong_type(path, f"a {cls.__qualname__}", value)
        return cls.__from_json__(value, path, lenient=lenient)

    @classmethod
    def __from_json__(cls, data: object, path: str, *, lenient: bool) -> Self:
        """Returns the message of JSON data; message types with a JSON form of their own override it."""
        if not isinstance(data, Mapping):
            raise wrong_type(path, f"a {cls.__qualname__} or a mapping of its fields", data)
        message = cls()
        message.__fill__(data, path, lenient=lenient)
        return message

    def __to_json__(self) -> Any:
        """Returns JSON data; message types with a JSON form of their own override it."""
        return self.to_dict()

    def __fill__(self, values: Mapping[str, Any], path: str, *, lenient: bool) -> None:
        """Sets fields by name, each at most once and at most one of a oneof group."""
        given: dict[str, str] = {}
        for name, value in values.items():
            field = self.__fields__.get(name) or (self._by_json_name(name) if lenient else None)
            if field is None:
                raise unknown_field(path, name, self.__fields__)
            if value is None:
                continue
            slot = field.oneof or field.name
            if slot in given:
                raise ParameterError(
                    f"{path} has both {given[slot]!r} and {name!r}", input=path, expected="only one of them"
                )
            given[slot] = name
            field.store(self.__cells__, value, f"{path}.{field.name}", lenient=lenient)

    # ------------------------------------------------------------------------------------------------ Python's methods

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._as_mapping() == other._as_mapping()

    __hash__ = None  # type: ignore[assignment]  # a message can change, as in protobuf

    def __repr__(self) -> str:
        shown = ", ".join(f"{field.name}={field.to_plain(value)!r}" for field, value in self._set_fields())
        return f"{type(self).__qualname__}({shown})"

    def __copy__(self) -> Self:
        copy = type(self)()
        copy.MergeFrom(self)
        return copy

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.__copy__()

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (
            type(self),
            {field.name: field.to_plain(value) for field, value in self._set_fields()},
        )

    if not TYPE_CHECKING:  # a type checker that saw these would take every attribute for a field

        def __getattr__(self, name: str) -> NoReturn:
            if name.startswith("_"):
                raise AttributeError(name)
            raise unknown_field(type(self).__qualname__, name, self.__fields__)

        def __setattr__(self, name: str, value: Any) -> None:
            if name not in self.__fields__:
                raise unknown_field(type(self).__qualname__, name, self.__fields__)
            object.__setattr__(self, name, value)

    def _field(self, name: str) -> AnyField:
        field = self.__fields__.get(name)
        if field is None:
            raise unknown_field(type(self).__qualname__, name, self.__fields__)
        return field

    def _by_json_name(self, name: str) -> AnyField | None:
        return next((field for field in self.__fields__.values() if field.json_name == name), None)

    def _group(self, oneof: str) -> list[AnyField]:
        return [field for field in self.__fields__.values() if field.oneof == oneof]

    def _set_fields(self) -> Iterator[tuple[AnyField, Any]]:
        cells = self.__cells__
        return ((field, cells.values[name]) for name, field in self.__fields__.items() if field.is_set(cells))

    def _as_mapping(self) -> dict[str, Any]:
        return {field.name: value for field, value in self._set_fields()}

    def _same_type(self, other: object) -> None:
        if type(other) is not type(self):
            raise wrong_type(type(self).__qualname__, f"a {type(self).__qualname__}", other)


def _rebuild(cls: type[Message], fields: dict[str, Any]) -> Message:
    return cls(**fields)
