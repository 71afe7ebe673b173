# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import struct
from typing import Any

import pytest

from penstock.models.xgboost import ubjson


def text(value: str) -> bytes:
    content = value.encode()
    return b"U" + bytes([len(content)]) + content


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"{}", {}),
        (b"[]", []),
        (b"{" + text("a") + b"i\xff" + text("é") + b"S" + text("ü") + b"}", {"a": -1, "é": "ü"}),
        (b"{#U\x01" + text("a") + b"T", {"a": True}),
        (b"[ZTFCxU\xffI\x80\x00l\x00\x01\x00\x00]", [None, True, False, "x", 255, -32768, 65536]),
        (b"[D" + struct.pack(">d", 0.1) + b"d" + struct.pack(">f", 0.5) + b"]", [0.1, 0.5]),
        (b"[#U\x02[]{}", [[], {}]),
        (b"[$d#L" + struct.pack(">q", 2) + struct.pack(">2f", 1.5, -2.5), [1.5, -2.5]),
        (b"[$l#U\x00", []),
        (b"[$S#U\x02" + text("a") + text("bc"), ["a", "bc"]),
    ],
)
def test_every_kind_of_value_is_read(content: bytes, expected: object) -> None:
    assert ubjson.parse(content) == expected


def test_numbers_in_bulk_are_stepped_over() -> None:
    many = struct.pack(">q", ubjson.SMALL + 1) + bytes(4 * (ubjson.SMALL + 1))
    few = struct.pack(">q", ubjson.SMALL) + bytes(4 * ubjson.SMALL)
    content = b"{" + text("m") + b"[$d#L" + many + text("f") + b"[$d#L" + few + text("x") + b"U\x07}"
    document: Any = ubjson.parse(content)
    assert document["m"] is None
    assert document["f"] == [0.0] * ubjson.SMALL
    assert document["x"] == 7


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "ends at byte 0"),
        (b"{", "ends at byte 1"),
        (b"[U", "ends inside a number"),
        (b"[S" + b"U\x05abc", "ends 2 bytes behind the file"),
        (b"[$d#U\x05abc", "ends 17 bytes behind the file"),
        (b"[$d", "ends at byte 3"),
        (b"[$dU\x01", "without length"),
        (b"[#i\xff", "no length"),
        (b"?", "no value at byte 0"),
        (b"[" * 100, "more than 50 levels"),
        (b"[SU\x01\xff]", "codec"),
    ],
)
def test_other_bytes_are_a_value_error(content: bytes, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        ubjson.parse(content)
