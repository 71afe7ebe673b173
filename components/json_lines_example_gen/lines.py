# SPDX-License-Identifier: Apache-2.0
"""Reads the objects of a JSON Lines file, some thousand at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from penstock.data import text_lines
from penstock.errors import DataError

_ROWS_AT_ONCE = 4096
_CHARACTERS_AT_ONCE = 4 << 20


@dataclass(slots=True)
class Rows:
    """Consecutive rows of a file.

    Attributes:
        objects: The objects.
        numbers: The number of the line that each stands in.
    """

    objects: list[dict[str, Any]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)


def read_rows(uri: str) -> Iterator[Rows]:
    """Yields the rows of a file; blank lines are none.

    Raises:
        DataError: There is no row, or a line is no JSON object; the error names the line.
    """
    rows, characters, is_empty = Rows(), 0, True
    for number, line in enumerate(text_lines(uri), start=1):
        if line.isspace():
            continue
        is_empty = False
        rows.objects.append(_parse(uri, number, line))
        rows.numbers.append(number)
        characters += len(line)
        if len(rows.objects) == _ROWS_AT_ONCE or characters >= _CHARACTERS_AT_ONCE:
            yield rows
            rows, characters = Rows(), 0
    if is_empty:
        raise DataError(f"{uri} has no rows", input=uri, expected="at least one JSON object")
    if rows.objects:
        yield rows


def _parse(uri: str, number: int, line: str) -> dict[str, Any]:
    try:
        value = _DECODER.decode(line)
    except json.JSONDecodeError as error:
        raise _wrong(uri, number, line, f"is not JSON at column {error.colno}: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        raise _wrong(uri, number, line, f"cannot be read: {error}") from None
    if not isinstance(value, dict):
        raise _wrong(uri, number, line, "is JSON, but no object")
    for name in value:
        if not name or not (name.isascii() or _is_unicode(name)):
            raise _wrong(uri, number, line, f"has the key {name!r}, which is no name for a feature")
    return value


def _is_unicode(name: str) -> bool:
    """Says whether text can be written as UTF-8: JSON's escapes can make half a surrogate pair."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"an object has the key {repeated!r} twice")
    return made


_DECODER = json.JSONDecoder(object_pairs_hook=_object)


def _wrong(uri: str, number: int, line: str, problem: str) -> DataError:
    text = line.strip()
    return DataError(
        f"line {number} of {uri} {problem}",
        input=uri,
        expected="one JSON object a line",
        got=text if len(text) <= 80 else f"{text[:79]}…",
        hint="jq -c . writes objects that stand in several lines so, jq -c '.[]' those of an array",
    )
