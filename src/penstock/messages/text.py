# SPDX-License-Identifier: Apache-2.0
"""Reads messages in protobuf's text form (https://protobuf.dev/reference/protobuf/textformat-spec/)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, NoReturn, TypeVar

from penstock.errors import ParameterError
from penstock.messages import fields
from penstock.messages.kinds import BoolKind, BytesKind, EnumKind, IntKind, MessageKind, StringKind
from penstock.messages.message import AnyField, Message
from penstock.messages.problems import unknown_field

M = TypeVar("M", bound=Message)

_TOKEN = re.compile(
    r"""(?P<space>(?:\s|\#[^\n]*)+)
      | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      | (?P<number>-?(?:0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[fF]?)(?![\w.]))
      | (?P<word>-?[A-Za-z_]\w*)
      | (?P<sign>[{}<>\[\]:;,])""",
    re.VERBOSE | re.ASCII,
)
_ESCAPE = re.compile(
    rb"\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))|(.))", re.DOTALL
)
_LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}
_BOOLS = dict.fromkeys(("true", "True", "t", "1"), True) | dict.fromkeys(("false", "False", "f", "0"), False)
_FLOATS = {
    "inf": "Infinity",
    "infinity": "Infinity",
    "-inf": "-Infinity",
    "-infinity": "-Infinity",
    "nan": "NaN",
}
_CLOSING = {"{": "}", "<": ">"}


class _Token(NamedTuple):
    kind: str
    text: str
    place: str


def parse_text(cls: type[M], text: str, source: str = "") -> M:
    """Returns the message that a text stands for.

    Args:
        cls: Type of the message.
        text: The message in protobuf's text form.
        source: Where the text comes from, for errors; the message's name by default.

    Raises:
        ParameterError: The text is not of that form (the error names line and column), or a value does not fit.
    """
    source = source or cls.__qualname__
    data = _Reader(text, source).message(cls, closing="")
    return cls.from_dict(data, source)


class _Reader:
    """Reads a text from left to right into the plain data of a message."""

    def __init__(self, text: str, source: str) -> None:
        self._tokens = _tokens(text, source)
        self._current = next(self._tokens)

    def message(self, cls: type[Message], closing: str) -> dict[str, Any]:
        """Reads fields up to the closing sign, or up to the end where there is none."""
        data: dict[str, Any] = {}
        while not self._skip(closing):
            name = self._take("word", f"a field of {cls.__qualname__}")
            field = cls.__fields__.get(name.text)
            if field is None:
                raise unknown_field(f"{name.place}: {cls.__qualname__}", name.text, cls.__fields__)
            self._field(field, data, name)
            while self._skip(";") or self._skip(","):
                pass
        return data

    def _field(self, field: AnyField, data: dict[str, Any], name: _Token) -> None:
        colon = self._skip(":")
        if isinstance(field, (fields.Map, fields.MessageMap)):
            for key, value in self._values(lambda: self._entry(field), listed=True):
                data.setdefault(field.name, {})[key] = value
            return
        kind = _kind(field)
        if not colon and not isinstance(kind, MessageKind):
            self._fail("':'")
        if isinstance(field, (fields.Repeated, fields.RepeatedMessages)):
            data.setdefault(field.name, []).extend(self._values(lambda: self._value(kind), listed=True))
        elif field.name in data:
            raise ParameterError(
                f"{name.place}: {field.path} stands there twice", expected="only one of them"
            )
        else:
            (data[field.name],) = self._values(lambda: self._value(kind), listed=False)

    def _values(self, read: Callable[[], Any], *, listed: bool) -> list[Any]:
        if not listed or not self._skip("["):
            return [read()]
        values: list[Any] = []
        while not self._skip("]"):
            if values and not self._skip(","):
                self._fail("',' or ']'")
            values.append(read())
        return values

    def _entry(self, field: Any) -> tuple[Any, Any]:
        closing = self._open()
        parts: dict[str, Any] = {}
        kinds = {"key": field.key, "value": field.kind}
        while not self._skip(closing):
            name = self._take("word", "'key' or 'value'")
            if name.text not in kinds:
                raise unknown_field(f"{name.place}: {field.path}", name.text, kinds)
            self._skip(":")
            parts[name.text] = self._value(kinds[name.text])
            while self._skip(";") or self._skip(","):
                pass
        empty = {} if isinstance(field.kind, MessageKind) else field.kind.to_json(field.kind.default)
        return parts.get("key", field.key.default), parts.get("value", empty)

    def _value(self, kind: Any) -> Any:
        if isinstance(kind, MessageKind):
            return self.message(kind.type, self._open())
        if isinstance(kind, (StringKind, BytesKind)):
            return self._string(as_bytes=isinstance(kind, BytesKind))
        token = self._take(("number", "word"), "a value")
        if isinstance(kind, BoolKind):
            return _BOOLS.get(token.text, token.text)
        if isinstance(kind, EnumKind):
            return token.text
        if isinstance(kind, IntKind):
            return _integer(token.text)
        return _FLOATS.get(token.text.lower()) or token.text.rstrip("fF")

    def _string(self, *, as_bytes: bool) -> str | bytes:
        value = b""
        token = self._take("string", "text in quotes")
        while True:
            value += _ESCAPE.sub(_unescaped, token.text[1:-1].encode("utf-8", "surrogatepass"))
            if self._current.kind != "string":
                break
            token = self._take("string", "text in quotes")
        if as_bytes:
            return value
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            raise ParameterError(f"{token.place}: text is not UTF-8", got=repr(value)) from None

    def _open(self) -> str:
        opening = self._current.text
        if opening not in _CLOSING:
            self._fail("'{'")
        self._skip(opening)
        return _CLOSING[opening]

    def _skip(self, sign: str) -> bool:
        token = self._current
        if token.kind not in ("sign", "end") or token.text != sign:
            return False
        self._current = next(self._tokens, token)
        return True

    def _take(self, kinds: str | tuple[str, ...], expected: str) -> _Token:
        token = self._current
        if token.kind not in kinds:
            self._fail(expected)
        self._current = next(self._tokens)
        return token

    def _fail(self, expected: str) -> NoReturn:
        token = self._current
        raise ParameterError(f"{token.place}: unexpected {token.text or 'end'!r}", expected=expected)


def _tokens(text: str, source: str) -> Iterator[_Token]:
    offset = 0
    while offset < len(text):
        match = _TOKEN.match(text, offset)
        if match is None:
            raise ParameterError(f"{_place(text, offset, source)}: unexpected {text[offset]!r}")
        if match.lastgroup != "space":
            yield _Token(str(match.lastgroup), match.group(), _place(text, offset, source))
        offset = match.end()
    yield _Token("end", "", _place(text, offset, source))


def _place(text: str, offset: int, source: str) -> str:
    line = text.count("\n", 0, offset) + 1
    return f"{source}, line {line}, column {offset - text.rfind(chr(10), 0, offset)}"


def _kind(field: Any) -> Any:
    if isinstance(field, (fields.Embedded, fields.Wrapped)):
        return MessageKind(field.type)
    return field.kind


def _integer(text: str) -> int | str:
    digits = text.lstrip("-")
    octal = len(digits) > 1 and digits.startswith("0") and digits.isdecimal()
    try:
        return int(text, 8 if octal else 0)
    except ValueError:
        return text


def _unescaped(match: re.Match[bytes]) -> bytes:
    octal, hexadecimal, short, long, letter = match.groups()
    if octal or hexadecimal:
        return bytes([int(octal, 8) & 0xFF if octal else int(hexadecimal, 16)])
    if short or long:
        return chr(int(short or long, 16)).encode("utf-8", "surrogatepass")
    return _LETTERS.get(letter, letter)
