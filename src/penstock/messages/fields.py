# SPDX-License-Identifier: Apache-2.0
"""The fields that a message class declares.

Each is a descriptor whose types say what a reader gets and what may be set, so that a type checker knows both the
attributes and the constructor::

    class StaticRange(Message, package="tfx.configs"):
        start_span_number: Scalar[int] = Scalar(INT32)
        end_span_number: Scalar[int] = Scalar(INT32)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, overload

from penstock.messages.containers import MapValues, MessageMapValues, RepeatedMessageValues, RepeatedValues
from penstock.messages.enums import ProtoEnum
from penstock.messages.kinds import EnumKind, Kind, MessageKind, ScalarKind

if TYPE_CHECKING:
    from typing_extensions import Self

    from penstock.messages.cells import Cells
    from penstock.messages.message import Message

GetT = TypeVar("GetT", covariant=True)
SetT = TypeVar("SetT", contravariant=True)
T = TypeVar("T")
V = TypeVar("V")
K = TypeVar("K")
E = TypeVar("E", bound=ProtoEnum)
M = TypeVar("M", bound="Message")
ContainerT = TypeVar("ContainerT", bound="RepeatedValues[Any] | MapValues[Any, Any]")
ListT = TypeVar("ListT", bound=RepeatedValues[Any])
MapT = TypeVar("MapT", bound=MapValues[Any, Any])


class Field(Generic[GetT, SetT]):
    """One field of a message class.

    Attributes:
        name: Its name in Python and in JSON.
        json_name: Its camelCase name, which JSON may have instead.
        path: Name of the message type and of the field, for errors.
        oneof: Name of the group of which at most one field is set, if it is in one.
        has_presence: Whether "not set" differs from "set to the default".
        rivals: The other fields of its oneof group.
    """

    has_presence = False

    def __init__(self, *, oneof: str | None = None) -> None:
        self.oneof = oneof
        self.name = ""
        self.json_name = ""
        self.path = ""
        self.rivals: tuple[Field[Any, Any], ...] = ()

    def __set_name__(self, owner: type[Any], name: str) -> None:
        head, *rest = name.split("_")
        self.name = name
        self.json_name = head + "".join(word[:1].upper() + word[1:] for word in rest)
        self.path = f"{owner.__qualname__}.{name}"

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Self: ...
    @overload
    def __get__(self, instance: Message, owner: type[Any]) -> GetT: ...
    def __get__(self, instance: Message | None, owner: type[Any]) -> GetT | Self:
        if instance is None:
            return self
        return self.read(instance.__cells__)

    def __set__(self, instance: Message, value: SetT) -> None:
        self.assign(instance.__cells__, value, self.path, lenient=False)

    def __repr__(self) -> str:
        return f"<field {self.path}>"

    def read(self, cells: Cells) -> GetT:
        """Returns the field's value, its default where it is not set."""
        raise NotImplementedError

    def assign(self, cells: Cells, value: object, path: str, *, lenient: bool) -> None:
        """Checks a value and sets the field to it; ``None`` unsets it."""
        if value is None:
            self.clear(cells)
        else:
            self.store(cells, value, path, lenient=lenient)

    def clear(self, cells: Cells) -> None:
        """Unsets the field."""
        cells.drop(self)
        cells.touch()

    def store(self, cells: Cells, value: object, path: str, *, lenient: bool) -> None:
        """Checks a value that is not ``None`` and sets the field to it."""
        raise NotImplementedError

    def is_set(self, cells: Cells) -> bool:
        """Whether there is anything to write for the field."""
        return self.name in cells.values

    def merge(self, cells: Cells, value: Any) -> None:
        """Merges a set value of the same field of another message."""
        self.store(cells, value, self.path, lenient=False)

    def release(self, value: Any) -> None:
        """Lets go of a value that no longer belongs to the message."""

    def to_json(self, value: Any) -> Any:
        """Returns the form in JSON of the field's value."""
        raise NotImplementedError

    def to_plain(self, value: Any) -> Any:
        """Returns the field's value as the constructor takes it."""
        return value


class _Single(Field[GetT, SetT]):
    """A single immutable value of some kind."""

    def __init__(self, kind: ScalarKind[Any], *, oneof: str | None, presence: bool) -> None:
        super().__init__(oneof=oneof)
        self.kind = kind
        self.has_presence = presence or oneof is not None

    def read(self, cells: Cells) -> GetT:
        return cast("GetT", cells.values.get(self.name, self.kind.default))

    def store(self, cells: Cells, value: object, path: str, *, lenient: bool) -> None:
        accepted = self.kind.accept(value, path, lenient=lenient)
        if self.has_presence or not self.kind.is_default(accepted):
            cells.put(self, accepted)
        else:
            self.clear(cells)

    def to_json(self, value: Any) -> Any:
        return self.kind.to_json(value)


class Scalar(_Single[T, T | None]):
    """A number, text, bytes, or true or false.

    Args:
        kind: Which of them.
        oneof: Its oneof group.
        presence: Whether "not set" differs from "set to the default" (``optional`` in a proto file).
    """

    def __init__(self, kind: ScalarKind[T], *, oneof: str | None = None, presence: bool = False) -> None:
        super().__init__(kind, oneof=oneof, presence=presence)


class Enumeration(_Single[E, E | int | str | None]):
    """A member of an enumeration; given as itself, by name or by number."""

    def __init__(self, enum: type[E], *, oneof: str | None = None, presence: bool = False) -> None:
        super().__init__(EnumKind(enum), oneof=oneof, presence=presence)

    def to_plain(self, value: E) -> str:
        return value.name


class _Nested(Field[M, SetT]):
    """A message; reading it where it is not set gives an empty one that counts as set once it is changed."""

    has_presence = True

    def __init__(self, type_: type[M], *, oneof: str | None = None) -> None:
        super().__init__(oneof=oneof)
        self.type = type_

    def read(self, cells: Cells) -> M:
        value = cells.values.get(self.name)
        if value is None:
            value = self.type()
            value.__cells__.place = (cells, self)
            cells.values[self.name] = value
        return cast("M", value)

    def store(self, cells: Cells, value: object, path: str, *, lenient: bool) -> None:
        cells.put(self, self.type.__accept__(value, path, lenient=lenient))

    def is_set(self, cells: Cells) -> bool:
        value = cells.values.get(self.name)
        return value is not None and value.__cells__.place is None

    def merge(self, cells: Cells, value: Message) -> None:
        self.read(cells).MergeFrom(cast("M", value))

    def release(self, value: Message) -> None:
        value.__cells__.place = None

    def to_json(self, value: Message) -> Any:
        return value.__to_json__()


class Embedded(_Nested[M, M | Mapping[str, Any] | None]):
    """A message; given as one, as a mapping of its fields, or as a protobuf of the same name."""


class Wrapped(_Nested[M, M | Mapping[str, Any] | T | None], Generic[M, T]):
    """One of protobuf's wrapper messages; given as one, as ``{'value': x}`` or as the bare value."""


class _Container(Field[ContainerT, SetT]):
    """A field whose value is a list or a dictionary, made when it is first read."""

    def make(self, cells: Cells) -> ContainerT:
        """Returns an empty container that belongs to a message."""
        raise NotImplementedError

    def read(self, cells: Cells) -> ContainerT:
        value = cells.values.get(self.name)
        if value is None:
            value = cells.values[self.name] = self.make(cells)
        return cast("ContainerT", value)

    def store(self, cells: Cells, value: object, path: str, *, lenient: bool) -> None:
        container = self.make(cells)
        container.fill(value, path, lenient=lenient)
        cells.put(self, container)

    def is_set(self, cells: Cells) -> bool:
        return bool(cells.values.get(self.name))

    def merge(self, cells: Cells, value: Any) -> None:
        self.read(cells).MergeFrom(value)


class _List(_Container[ListT, SetT]):
    """A repeated field."""

    kind: Kind[Any]

    def to_json(self, value: Any) -> list[Any]:
        return [self.kind.to_json(item) for item in value]

    def to_plain(self, value: Any) -> list[Any]:
        return list(value)


class Repeated(_List[RepeatedValues[T], Iterable[T] | None], Generic[T]):
    """Any number of values of one kind."""

    def __init__(self, kind: ScalarKind[T]) -> None:
        super().__init__()
        self.kind = kind

    def make(self, cells: Cells) -> RepeatedValues[T]:
        return RepeatedValues(self.kind, cells, self.path)


class RepeatedMessages(_List[RepeatedMessageValues[M], Iterable[M | Mapping[str, Any]] | None], Generic[M]):
    """Any number of messages of one type."""

    def __init__(self, type_: type[M]) -> None:
        super().__init__()
        self.type = type_
        self.kind = MessageKind(type_)

    def make(self, cells: Cells) -> RepeatedMessageValues[M]:
        return RepeatedMessageValues(self.kind, self.type, cells, self.path)


class _Entries(_Container[MapT, SetT]):
    """A map field."""

    key: Kind[Any]
    kind: Kind[Any]

    def to_json(self, value: Any) -> dict[str, Any]:
        return {_json_key(key): self.kind.to_json(item) for key, item in value.items()}

    def to_plain(self, value: Any) -> dict[Any, Any]:
        return dict(value)


class Map(_Entries[MapValues[K, V], Mapping[K, V] | None], Generic[K, V]):
    """Values of one kind by key."""

    def __init__(self, key: ScalarKind[K], kind: ScalarKind[V]) -> None:
        super().__init__()
        self.key = key
        self.kind = kind

    def make(self, cells: Cells) -> MapValues[K, V]:
        return MapValues(self.key, self.kind, cells, self.path)


class MessageMap(_Entries[MessageMapValues[K, M], Mapping[K, M | Mapping[str, Any]] | None], Generic[K, M]):
    """Messages of one type by key."""

    def __init__(self, key: ScalarKind[K], type_: type[M]) -> None:
        super().__init__()
        self.key = key
        self.type = type_
        self.kind = MessageKind(type_)

    def make(self, cells: Cells) -> MessageMapValues[K, M]:
        return MessageMapValues(self.key, self.kind, self.type, cells, self.path)


def _json_key(key: object) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)
