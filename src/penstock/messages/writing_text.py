# SPDX-License-Identifier: Apache-2.0
"""Writes messages in protobuf's text form (https://protobuf.dev/reference/protobuf/textformat-spec/)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from penstock.messages import fields
from penstock.messages.enums import ProtoEnum
from penstock.messages.message import Message

_ESCAPES = {0x0A: r"\n", 0x0D: r"\r", 0x09: r"\t", 0x22: r"\"", 0x27: r"\'", 0x5C: r"\\"}


def to_text(message: Message) -> str:
    """Returns a message as text, one field a line, as protobuf's own printer writes it."""
    return "".join(f"{line}\n" for line in _lines(message))


def _lines(message: Message) -> Iterator[str]:
    for field, value in message.ListFields():
        if isinstance(field, (fields.Map, fields.MessageMap)):
            for key in sorted(value):
                yield f"{field.name} {{"
                yield from _indented(_value("key", key))
                yield from _indented(_value("value", value[key]))
                yield "}"
        elif isinstance(field, (fields.Repeated, fields.RepeatedMessages)):
            for item in value:
                yield from _value(field.name, item)
        else:
            yield from _value(field.name, value)


def _value(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, Message):
        yield f"{name} {{"
        yield from _indented(_lines(value))
        yield "}"
    else:
        yield f"{name}: {_scalar(value)}"


def _indented(lines: Iterator[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, ProtoEnum):
        return value.name
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return f'"{"".join(map(_byte, value))}"'
    if isinstance(value, float):
        return _float(value)
    return str(value)


def _byte(code: int) -> str:
    if code in _ESCAPES:
        return _ESCAPES[code]
    return chr(code) if 0x20 <= code < 0x7F else f"\\{code:03o}"


def _float(value: float) -> str:
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return repr(value)
