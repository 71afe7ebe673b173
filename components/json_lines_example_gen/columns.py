# SPDX-License-Identifier: Apache-2.0
"""From the values that JSON has for a feature to an Arrow column."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any

import pyarrow as pa

from penstock.data import FeatureKind

_NUMBERS = frozenset({int, float, bool})
_TYPES = {"int": pa.int64(), "float": pa.float32(), "bytes": pa.string()}
_CONVERT: dict[FeatureKind, Callable[[Any], Any]] = {"int": int, "float": float, "bytes": str}


class MisfitError(Exception):
    """A value cannot be one of its feature.

    Args:
        index: Its index among the values.
        problem: What it is instead.
    """

    def __init__(self, index: int, problem: str) -> None:
        super().__init__(problem)
        self.index = index
        self.problem = problem


def widen(values: Sequence[Any], kind: FeatureKind | None) -> FeatureKind | None:
    """Returns the narrowest kind that fits all values, but not narrower than ``kind``.

    Args:
        values: As ``json.loads`` makes them; ``None`` is a missing value.
        kind: Kind of the feature's earlier values; ``None`` where there were none.

    Raises:
        MisfitError: A value cannot be one of any feature, or is text among numbers or a number among text.
    """
    lists = [value for value in values if type(value) is list]
    types = set(map(type, values)) - {list, type(None)} | set(map(type, chain.from_iterable(lists)))
    if not types:
        return kind
    if types == {str} and kind in (None, "bytes"):
        return "bytes"
    if types <= _NUMBERS and kind != "bytes":
        is_whole = float not in types and all(-(2**63) <= item < 2**63 for item in _items(values))
        return "int" if is_whole and kind != "float" else "float"
    raise _first_misfit(values, kind)


def as_column(values: Sequence[Any], kind: FeatureKind | None) -> pa.Array:
    """Returns values of that kind as a column: of lists where one of them is a list, else a plain one.

    Raises:
        MisfitError: A number is too large for any float, or text has half a surrogate pair.
    """
    type_, convert = (_TYPES[kind], _CONVERT[kind]) if kind else (pa.null(), str)
    is_list = any(type(value) is list for value in values)
    try:
        if not is_list:
            return pa.array([None if value is None else convert(value) for value in values], type_)
        lists = [value if value is None or type(value) is list else [value] for value in values]
        return pa.array([row and [convert(item) for item in row] for row in lists], pa.list_(type_))
    except (OverflowError, UnicodeEncodeError):
        raise next(_unwritable(values)) from None


def _items(values: Sequence[Any]) -> Iterator[Any]:
    """Yields all values, those of lists one by one, without the missing ones."""
    for value in values:
        if type(value) is list:
            yield from value
        elif value is not None:
            yield value


def _first_misfit(values: Sequence[Any], kind: FeatureKind | None) -> MisfitError:
    is_text = None if kind is None else kind == "bytes"
    for index, value in enumerate(values):
        for item in value if type(value) is list else (value,):
            if isinstance(item, (dict, list)) or (item is None and type(value) is list):
                return MisfitError(index, _named(value, item))
            if item is not None:
                is_text = isinstance(item, str) if is_text is None else is_text
                if isinstance(item, str) != is_text:
                    return MisfitError(
                        index, "a number, and text before" if is_text else "text, and a number before"
                    )
    raise AssertionError("there is a misfit")


def _named(value: Any, item: Any) -> str:
    if isinstance(value, dict):
        return "an object"
    found = "an object" if isinstance(item, dict) else "a list" if isinstance(item, list) else "null"
    return f"a list with {found} in it"


def _unwritable(values: Sequence[Any]) -> Iterator[MisfitError]:
    for index, value in enumerate(values):
        for item in _items([value]):
            try:
                item.encode() if isinstance(item, str) else float(item)
            except UnicodeEncodeError:
                yield MisfitError(index, "text with half a surrogate pair")
            except OverflowError:
                yield MisfitError(index, "a number beyond what a float can hold")
