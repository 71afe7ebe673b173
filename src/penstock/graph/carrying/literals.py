# SPDX-License-Identifier: Apache-2.0
"""Values as source text: what a program's constant was when the pipeline was compiled."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import fractions
import logging
import math
import pathlib
import re
import sys
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType
from typing import Any

_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Literal:
    """An expression that gives a value.

    Attributes:
        text: The expression.
        modules: Modules that it names, to be imported.
        names: The program's own names that it uses: classes of its own.
    """

    text: str
    modules: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()


def literal(value: Any, depth: int = 0) -> Literal | None:
    """Returns the expression that gives a value, or ``None`` where the value is no plain one."""
    if depth > _DEEPEST:
        return None
    kind = type(value)
    if value is None or value is Ellipsis or kind in (bool, int, complex, str, bytes, range):
        return Literal(repr(value))
    if kind is float:
        return Literal(repr(value) if math.isfinite(value) else f"float({str(value)!r})")
    if kind in _CONTAINERS:
        return _CONTAINERS[kind](value, depth)
    if isinstance(value, (type, FunctionType, BuiltinFunctionType)):
        return _of_definition(value)
    if isinstance(value, enum.Enum):
        return _of_class(kind, f".{value.name}") if value.name in kind.__members__ else None
    if dataclasses.is_dataclass(value):
        return _dataclass(value, depth)
    return _of_library(value)


def _joined(
    values: Iterable[Any], depth: int, form: Callable[[list[str]], str], *, ordered: bool = True
) -> Literal | None:
    parts = [literal(value, depth + 1) for value in values]
    found = [part for part in parts if part is not None]
    if len(found) < len(parts):
        return None
    texts = [part.text for part in found]
    return Literal(
        form(texts if ordered else sorted(texts)),
        frozenset().union(*(part.modules for part in found)),
        frozenset().union(*(part.names for part in found)),
    )


def _pairs(texts: list[str]) -> str:
    items = (f"{key}: {value}" for key, value in zip(texts[::2], texts[1::2], strict=True))
    return f"{{{', '.join(items)}}}"


_CONTAINERS: dict[type, Callable[[Any, int], Literal | None]] = {
    list: lambda value, depth: _joined(value, depth, lambda texts: f"[{', '.join(texts)}]"),
    tuple: lambda value, depth: _joined(
        value, depth, lambda texts: f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"
    ),
    set: lambda value, depth: _joined(
        value, depth, lambda texts: f"{{{', '.join(texts)}}}" if texts else "set()", ordered=False
    ),
    frozenset: lambda value, depth: _joined(
        value, depth, lambda texts: f"frozenset([{', '.join(texts)}])", ordered=False
    ),
    dict: lambda value, depth: _joined((part for item in value.items() for part in item), depth, _pairs),
}


def _of_definition(value: Any) -> Literal | None:
    """Returns the name of a class or function of the program, or of a module that has it."""
    if value.__module__ == "__main__":
        return _of_class(value, "") if value.__qualname__.isidentifier() else None
    found: Any = sys.modules.get(value.__module__ or "")
    for part in value.__qualname__.split("."):
        found = getattr(found, part, None)
    return _of_class(value, "") if found is value else None


def _of_class(cls: Any, rest: str) -> Literal | None:
    if "<locals>" in cls.__qualname__:
        return None
    if cls.__module__ == "builtins":
        return Literal(f"{cls.__qualname__}{rest}")
    if cls.__module__ == "__main__":
        return Literal(f"{cls.__qualname__}{rest}", names=frozenset({cls.__qualname__.partition(".")[0]}))
    return Literal(f"{cls.__module__}.{cls.__qualname__}{rest}", frozenset({cls.__module__}))


def _dataclass(value: Any, depth: int) -> Literal | None:
    fields = [item.name for item in dataclasses.fields(value) if item.init]
    arguments = _joined(
        [getattr(value, name, None) for name in fields],
        depth,
        lambda texts: ", ".join(f"{name}={text}" for name, text in zip(fields, texts, strict=True)),
    )
    if arguments is None:
        return None
    made = _of_class(type(value), f"({arguments.text})")
    if made is None:
        return None
    return Literal(made.text, made.modules | arguments.modules, made.names | arguments.names)


def _of_library(value: Any) -> Literal | None:
    """Returns the expression of a value of the standard library's small types."""
    if isinstance(value, pathlib.PurePath):
        return Literal(f"pathlib.{type(value).__name__}({str(value)!r})", frozenset({"pathlib"}))
    if type(value) in (datetime.date, datetime.datetime, datetime.time, datetime.timedelta):
        zone = getattr(value, "tzinfo", None)
        plain = zone is None or isinstance(zone, datetime.timezone)
        return Literal(repr(value), frozenset({"datetime"})) if plain else None
    if type(value) is decimal.Decimal:
        return Literal(f"decimal.Decimal({str(value)!r})", frozenset({"decimal"}))
    if type(value) is fractions.Fraction:
        return Literal(f"fractions.Fraction({str(value)!r})", frozenset({"fractions"}))
    if type(value) is uuid.UUID:
        return Literal(f"uuid.UUID({str(value)!r})", frozenset({"uuid"}))
    if isinstance(value, re.Pattern):
        return Literal(f"re.compile({value.pattern!r}, {value.flags & ~re.UNICODE})", frozenset({"re"}))
    if isinstance(value, logging.Logger) and value.name != "root":
        return Literal(f"logging.getLogger({value.name!r})", frozenset({"logging"}))
    return None
