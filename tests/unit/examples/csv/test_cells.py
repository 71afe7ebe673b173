# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.examples.csv.cells import Change, first_misfit, parse, widen
from penstock.examples.kinds import FeatureKind


def cells(*texts: str | None) -> pa.Array:
    return pa.array(texts, pa.string())


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("7", "int", 7),
        ("007", "int", 7),
        ("-7", "int", -7),
        ("+7", "int", 7),
        (" 7 ", "int", 7),
        ("9223372036854775807", "int", 2**63 - 1),
        ("-9223372036854775808", "int", -(2**63)),
        ("9223372036854775808", "float", 2.0**63),
        ("1.5", "float", 1.5),
        ("1.", "float", 1.0),
        (".5", "float", 0.5),
        ("1e3", "float", 1000.0),
        (" +1.5", "float", 1.5),
        ("inf", "float", math.inf),
        ("-Infinity", "float", -math.inf),
        ("1e999", "float", math.inf),
        ("0x1F", "bytes", "0x1F"),
        ("0X1F", "bytes", "0X1F"),
        ("1_000", "bytes", "1_000"),
        ("1,5", "bytes", "1,5"),
        ("+-7", "bytes", "+-7"),
        ("1e", "bytes", "1e"),
        ("None", "bytes", "None"),
        (" ", "bytes", " "),
    ],
)
def test_a_cell_has_the_narrowest_kind_that_it_shows(text: str, kind: FeatureKind, value: object) -> None:
    found, values, _ = widen(cells(text), None)
    assert found == kind
    assert values.to_pylist() == [value]


def test_nan_is_a_float() -> None:
    kind, values, _ = widen(cells("nan", "NaN"), None)
    assert kind == "float"
    assert all(math.isnan(value) for value in values.to_pylist())


def test_missing_cells_say_nothing() -> None:
    assert widen(cells(None, None), None)[0] is None
    assert widen(cells(None, None), "float")[0] == "float"
    assert widen(cells(None, None), "float")[1].type == pa.float32()
    kind, values, _ = widen(cells(None, "1", None), None)
    assert kind == "int"
    assert values.to_pylist() == [None, 1, None]


def test_a_column_never_becomes_narrower() -> None:
    assert widen(cells("1"), "float")[1].type == pa.float32()
    assert widen(cells("1"), "bytes")[1].to_pylist() == ["1"]


def test_changes_say_where_and_from_what() -> None:
    assert widen(cells("1", "2.5", "x", "3"), None)[2] == [
        Change(1, "int", "float"),
        Change(2, "float", "bytes"),
    ]
    assert widen(cells("1", None, "x", "3"), None)[2] == [Change(2, "int", "bytes")]
    assert widen(cells("1", "x"), "float")[2] == [Change(1, "float", "bytes")]


def test_floats_are_rounded_as_python_rounds_them() -> None:
    # Half way between two float32, seen from the double that is nearest to the text.
    text = "1.00000005960464477539062500000000001"
    assert parse(cells(text), "float")[0].as_py() == pa.array([float(text)]).cast(pa.float32())[0].as_py()


def python_kind(text: str) -> FeatureKind:
    try:
        if -(2**63) <= int(text) < 2**63:
            return "int"
    except ValueError:
        pass
    try:
        float(text)
    except ValueError:
        return "bytes"
    return "float"


NUMBERS = st.from_regex(r"\A[ ]?[+-]?[0-9]{0,4}(\.[0-9]{0,3})?([eE][+-]?[0-9]{1,2})?[ ]?\Z")


@given(NUMBERS.filter(bool))
def test_kinds_are_those_of_python(text: str) -> None:
    assert widen(cells(text), None)[0] == python_kind(text)


@given(st.lists(st.none() | NUMBERS.filter(bool) | st.sampled_from(["x", "0x1"]), min_size=1, max_size=30))
def test_the_first_misfit_is_the_first(texts: list[str | None]) -> None:
    order: list[FeatureKind] = ["int", "float", "bytes"]
    for kind in ("int", "float"):
        expected = [
            index
            for index, text in enumerate(texts)
            if text is not None and order.index(python_kind(text)) > order.index(kind)
        ]
        column = cells(*texts)
        fits = parse(column, kind) is not None
        assert fits == (not expected)
        if expected:
            assert first_misfit(column, kind) == expected[0]
