# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from typing import Any

import pytest

from penstock.inference.columns import Kind
from penstock.inference.numerals import cause_of, cell_as, value_as


@pytest.mark.parametrize(
    ("text", "as_int", "as_float"),
    [
        ("3", 3, 3),
        (" +3 ", 3, 3),
        ("007", 7, 7),
        ("3.0", 3, 3.0),
        ("1e3", 1000, 1000.0),
        ("3.5", None, 3.5),
        ("-inf", None, -math.inf),
        ("9223372036854775808", None, 9223372036854775808.0),
        ("n/a", None, None),
        ("12,5", None, None),
        ("1_000", None, None),
        ("0x1F", None, None),
        ("٣", None, None),
        ("", None, None),
    ],
)
def test_numbers_that_cells_show(text: str, as_int: int | None, as_float: float | None) -> None:
    found = cell_as(text, "int"), cell_as(text, "float")
    assert found == (as_int, as_float)
    assert list(map(type, found)) == [type(as_int), type(as_float)]


@pytest.mark.parametrize(
    ("value", "kind", "wanted"),
    [
        (3, "int", 3),
        (True, "int", 1),
        (3.0, "int", 3),
        (3.5, "int", None),
        (math.nan, "int", None),
        (2**63, "int", None),
        (2**63, "float", 2**63),
        ("3", "float", None),
        ({"a": 1}, "float", None),
        ([1.0, 2], "int", [1, 2]),
        ([1, "x"], "float", None),
    ],
)
def test_numbers_that_json_holds(value: Any, kind: Kind, wanted: Any) -> None:
    assert value_as(value, kind) == wanted


def test_a_cause_names_the_column_and_the_cell() -> None:
    assert cause_of({"x": "n/a", "n": "3.5"}, {"x": "float", "n": "int"}) == (
        "column 'x' has 'n/a', which is no number; column 'n' has '3.5', which is no whole number"
    )
    assert len(cause_of({"x": "y" * 1000}, {"x": "float"})) < 200
