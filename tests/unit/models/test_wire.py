# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.models import wire


def test_every_wire_type_is_read_or_stepped_over() -> None:
    message = memoryview(
        bytes([1 << 3, 0x96, 0x01])  # field 1, varint 150
        + bytes([2 << 3 | 1, *range(8)])  # field 2, eight bytes
        + bytes([3 << 3 | 2, 3]) + b"abc"  # field 3, three bytes
        + bytes([4 << 3 | 5, *range(4)])  # field 4, four bytes
        + bytes([0x82, 0x01, 1]) + b"z"  # field 16, whose key takes two bytes
    )  # fmt: skip
    found = [
        (number, value if isinstance(value, int) else bytes(value)) for number, value in wire.fields(message)
    ]
    assert found == [(1, 150), (2, bytes(range(8))), (3, b"abc"), (4, bytes(range(4))), (16, b"z")]


def test_negative_integers_come_back_negative() -> None:
    minus_one = bytes([1 << 3]) + b"\xff" * 9 + b"\x01"
    assert wire.integers(memoryview(minus_one), 1) == [-1]


def test_a_map_entry_without_key_or_value_has_the_empty_ones() -> None:
    assert [(key, bytes(value)) for key, value in wire.entries(memoryview(bytes([5 << 3 | 2, 0])), 5)] == [
        ("", b"")
    ]


@pytest.mark.parametrize(
    ("message", "match"),
    [
        (b"\x0a\x05abc", "ends 2 bytes behind"),
        (b"\x0b", "wire type 3"),
        (b"\x80", "no varint"),
        (b"\x08" + b"\xff" * 11, "no varint"),
        (b"\x09\x00", "behind"),
    ],
)
def test_damage_is_a_value_error(message: bytes, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        list(wire.fields(memoryview(message)))


@given(st.binary(max_size=60))
def test_any_bytes_are_fields_or_a_value_error(message: bytes) -> None:
    with contextlib.suppress(ValueError):
        for number, value in wire.fields(memoryview(message)):
            assert number >= 0
            assert isinstance(value, int | memoryview)
