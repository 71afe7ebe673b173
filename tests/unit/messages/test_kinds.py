# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from typing import Any

import pytest

from penstock.errors import ParameterError
from penstock.messages.kinds import BOOL, BYTES, DOUBLE, FLOAT, INT32, INT64, STRING, UINT32, UINT64, EnumKind
from penstock.messages.pusher import Versioning

VERSIONING = EnumKind(Versioning)


class Indexable:
    """What NumPy's integers look like."""

    def __index__(self) -> int:
        return 7


class Floating:
    """What NumPy's floats look like."""

    def __float__(self) -> float:
        return 0.5


@pytest.mark.parametrize(
    ("kind", "value", "taken"),
    [
        (INT32, -(2**31), -(2**31)),
        (INT32, Indexable(), 7),
        (UINT32, 2**32 - 1, 2**32 - 1),
        (INT64, 2**63 - 1, 2**63 - 1),
        (UINT64, 2**64 - 1, 2**64 - 1),
        (DOUBLE, 3, 3.0),
        (DOUBLE, Floating(), 0.5),
        (DOUBLE, math.inf, math.inf),
        (FLOAT, 0.1, 0.1),
        (FLOAT, 0.123456789, 0.12345679),
        (FLOAT, 3.4028234663852886e38, 3.4028235e38),
        (FLOAT, -math.inf, -math.inf),
        (STRING, "ä", "ä"),
        (BYTES, b"\0", b"\0"),
        (BOOL, True, True),
        (VERSIONING, "AUTO", Versioning.AUTO),
        (VERSIONING, 1, Versioning.UNIX_TIMESTAMP),
    ],
)
def test_takes(kind: Any, value: object, taken: object) -> None:
    result = kind.accept(value, "x", lenient=False)
    assert result == taken
    assert type(result) is type(taken)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (INT32, True, "an integer"),
        (INT32, 1.0, "an integer"),
        (INT32, "1", "an integer"),
        (INT32, 2**31, "an integer from -2147483648 to 2147483647"),
        (UINT32, -1, "an integer from 0 to 4294967295"),
        (INT64, 2**63, "an integer from"),
        (UINT64, 2**64, "an integer from"),
        (DOUBLE, True, "a number"),
        (DOUBLE, "1", "a number"),
        (DOUBLE, None, "a number"),
        (DOUBLE, 10**400, "a number within the range of floats"),
        (FLOAT, 1e39, "a number within the range of 32-bit floats"),
        (STRING, b"a", "a string"),
        (BYTES, "a", "bytes"),
        (BOOL, 1, "True or False"),
        (BOOL, "true", "True or False"),
        (VERSIONING, "UNIX", "a member of Versioning: AUTO, UNIX_TIMESTAMP"),
        (VERSIONING, 5, "a member of Versioning"),
        (VERSIONING, 1.0, "an integer"),
        (VERSIONING, "1", "a member of Versioning"),
    ],
)
def test_refuses(kind: Any, value: object, expected: str) -> None:
    with pytest.raises(ParameterError, match=r"^a\.b has ") as caught:
        kind.accept(value, "a.b", lenient=False)
    assert caught.value.input == "a.b"
    assert caught.value.expected is not None
    assert caught.value.expected.startswith(expected)


@pytest.mark.parametrize(
    ("kind", "data", "value"),
    [
        (INT32, "5", 5),
        (INT32, "-5", -5),
        (INT32, 5.0, 5),
        (INT64, "9223372036854775807", 2**63 - 1),
        (DOUBLE, "1.5", 1.5),
        (DOUBLE, "1e3", 1000.0),
        (DOUBLE, "-Infinity", -math.inf),
        (FLOAT, "Infinity", math.inf),
        (BYTES, "AP8=", b"\x00\xff"),
        (BYTES, "AP8", b"\x00\xff"),
        (BYTES, "_-8=", b"\xff\xef"),
        (BOOL, "true", True),
        (BOOL, "false", False),
        (VERSIONING, "1", Versioning.UNIX_TIMESTAMP),
    ],
)
def test_takes_json_forms_where_it_reads_json(kind: Any, data: object, value: object) -> None:
    result = kind.accept(data, "x", lenient=True)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (INT32, "5.5"),
        (INT32, "--5"),
        (INT32, "\u0665"),
        (INT32, 5.5),
        (INT32, math.nan),
        (DOUBLE, "nan"),
        (DOUBLE, "inf"),
        (DOUBLE, "x"),
        (BYTES, "*"),
        (BOOL, "True"),
        (VERSIONING, "-"),
    ],
)
def test_refuses_what_is_no_json_form(kind: Any, data: object) -> None:
    with pytest.raises(ParameterError, match=r"^x has "):
        kind.accept(data, "x", lenient=True)


def test_not_a_number_round_trips() -> None:
    assert DOUBLE.to_json(math.nan) == "NaN"
    assert math.isnan(DOUBLE.accept("NaN", "x", lenient=True))


def test_shortens_what_it_shows() -> None:
    with pytest.raises(ParameterError) as caught:
        INT32.accept("x" * 1000, "x", lenient=False)
    assert caught.value.got is not None
    assert len(caught.value.got) < 100
