# SPDX-License-Identifier: Apache-2.0
"""The values of repeated and map fields: lists and dictionaries that check what goes into them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping, MutableSequence, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, overload

from penstock.messages.kinds import Kind
from penstock.messages.problems import wrong_type

if TYPE_CHECKING:
    from penstock.messages.cells import Cells
    from penstock.messages.message import Message

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")
M = TypeVar("M", bound="Message")


class _Owned:
    """A container that tells its message when it changes."""

    __slots__ = ("_owner", "_path")

    def __init__(self, owner: Cells, path: str) -> None:
        self._owner = owner
        self._path = path

    def _changed(self) -> None:
        self._owner.touch()


class RepeatedValues(_Owned, MutableSequence[T]):
    """The values of a repeated field."""

    __slots__ = ("_items", "_kind")
    __hash__ = None  # type: ignore[assignment]  # a list has no hash, and Sequence says that it has

    def __init__(self, kind: Kind[T], owner: Cells, path: str) -> None:
        super().__init__(owner, path)
        self._kind = kind
        self._items: list[T] = []

    def fill(self, values: object, path: str, *, lenient: bool) -> None:
        """Adds values that were given for the whole field."""
        if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
            raise wrong_type(path, "a list", values)
        accept = self._kind.accept
        self._items.extend([accept(value, f"{path}[{i}]", lenient=lenient) for i, value in enumerate(values)])

    def _taken(self, value: object, index: int) -> T:
        return self._kind.accept(value, f"{self._path}[{index}]", lenient=False)

    def _all_taken(self, values: Iterable[object]) -> list[T]:
        start = len(self._items)
        return [self._taken(value, start + i) for i, value in enumerate(values)]

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        return self._items[index]

    @overload
    def __setitem__(self, index: int, value: T) -> None: ...
    @overload
    def __setitem__(self, index: slice, value: Iterable[T]) -> None: ...
    def __setitem__(self, index: int | slice, value: T | Iterable[T]) -> None:
        if isinstance(index, slice):
            self._items[index] = self._all_taken(cast("Iterable[T]", value))
        else:
            self._items[index] = self._taken(value, index)
        self._changed()

    def __delitem__(self, index: int | slice) -> None:
        del self._items[index]
        self._changed()

    def __len__(self) -> int:
        return len(self._items)

    def insert(self, index: int, value: T) -> None:
        self._items.insert(index, self._taken(value, index))
        self._changed()

    def append(self, value: T) -> None:
        self.insert(len(self._items), value)

    def extend(self, values: Iterable[T]) -> None:
        self._items.extend(self._all_taken(values))
        self._changed()

    def sort(self, *, key: Any = None, reverse: bool = False) -> None:
        """Sorts in place, as a list does."""
        self._items.sort(key=key, reverse=reverse)
        self._changed()

    def MergeFrom(self, other: Iterable[T]) -> None:
        """Appends copies of another field's values."""
        self.extend(other)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, RepeatedValues):
            return self._items == other._items
        if isinstance(other, Sequence) and not isinstance(other, (str, bytes)):
            return self._items == list(other)
        return NotImplemented

    def __repr__(self) -> str:
        return repr(self._items)


class RepeatedMessageValues(RepeatedValues[M], Generic[M]):
    """The messages of a repeated field; what goes in is copied, ``add`` gives the one that was put in."""

    __slots__ = ("_type",)

    def __init__(self, kind: Kind[M], type_: type[M], owner: Cells, path: str) -> None:
        super().__init__(kind, owner, path)
        self._type = type_

    def add(self, **fields: Any) -> M:
        """Appends a message with these fields and returns it."""
        message = self._type(**fields)
        self._items.append(message)
        self._changed()
        return message


class MapValues(_Owned, MutableMapping[K, V]):
    """The entries of a map field, in the order in which they were set."""

    __slots__ = ("_items", "_key", "_kind")
    __hash__ = None  # type: ignore[assignment]  # a dictionary has no hash, and Mapping says that it has

    def __init__(self, key: Kind[K], kind: Kind[V], owner: Cells, path: str) -> None:
        super().__init__(owner, path)
        self._key = key
        self._kind = kind
        self._items: dict[K, V] = {}

    def fill(self, values: object, path: str, *, lenient: bool) -> None:
        """Adds entries that were given for the whole field."""
        if not isinstance(values, Mapping):
            raise wrong_type(path, "a mapping", values)
        for key, value in values.items():
            place = f"{path}[{key!r}]"
            taken = self._key.accept(key, place, lenient=lenient)
            self._items[taken] = self._kind.accept(value, place, lenient=lenient)

    def __getitem__(self, key: K) -> V:
        return self._items[key]

    def __setitem__(self, key: K, value: V) -> None:
        self.fill({key: value}, self._path, lenient=False)
        self._changed()

    def __delitem__(self, key: K) -> None:
        del self._items[key]
        self._changed()

    def __iter__(self) -> Iterator[K]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def MergeFrom(self, other: Mapping[K, V]) -> None:
        """Sets copies of another field's entries."""
        self.update(other)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Mapping):
            return self._items == dict(other)
        return NotImplemented

    def __repr__(self) -> str:
        return repr(self._items)


class MessageMapValues(MapValues[K, M], Generic[K, M]):
    """The messages of a map field; reading a key that is not there makes its message, as in protobuf."""

    __slots__ = ("_type",)

    def __init__(self, key: Kind[K], kind: Kind[M], type_: type[M], owner: Cells, path: str) -> None:
        super().__init__(key, kind, owner, path)
        self._type = type_

    def __getitem__(self, key: K) -> M:
        return self.get_or_create(key)

    def __contains__(self, key: object) -> bool:
        return key in self._items

    def get(self, key: K, default: Any = None) -> Any:
        """Returns the message of a key, or the default; makes none."""
        return self._items.get(key, default)

    def get_or_create(self, key: K) -> M:
        """Returns the message of a key, made where there is none."""
        if key not in self._items:
            self._items[self._key.accept(key, f"{self._path}[{key!r}]", lenient=False)] = self._type()
            self._changed()
        return self._items[key]
