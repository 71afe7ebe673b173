# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import datetime
import json

import pyarrow as pa
import pytest
from result_files import every_type

from penstock.inference.sinks.plain_values import json_texts, json_values, plain_texts, values_of


def chunk(name: str) -> pa.Array:
    column = every_type()[name]
    return column.chunk(0) if isinstance(column, pa.ChunkedArray) else column


def test_every_type_has_its_json() -> None:
    expected = {
        "key": ["a", "ä 'b\"", "c"],
        "whole": [1, -(2**53) - 1, None],
        "small": [1, 255, None],
        "single": [0.1, None, None],
        "double": [0.1, None, None],
        "truth": [True, False, None],
        "bytes": ["AP8=", "", None],
        "day": ["2024-01-31", "1969-07-20", None],
        "moment": ["2024-01-31T12:00:00.000005", "1969-07-20T00:00:00.000000", None],
        "instant": ["2024-01-31T11:00:00.000000Z", "1969-07-20T00:00:00.000000Z", None],
        "price": ["1.50", "-2.25", None],
        "numbers": [[0.1, 0.2], [], None],
        "found": [[{"label": "cat", "score": 0.9, "box": [0.0, 1.5]}], [], None],
        "kind": ["x", "y", None],
    }
    assert {name: json_values(chunk(name)) for name in every_type().column_names} == expected


@pytest.mark.parametrize("name", every_type().column_names)
def test_a_slice_is_what_the_whole_has_there(name: str) -> None:
    assert json_values(chunk(name).slice(1, 1)) == json_values(chunk(name))[1:2]
    assert json_texts(chunk(name).slice(0, 0)).to_pylist() == []


@pytest.mark.parametrize(
    ("array", "texts"),
    [
        (
            pa.array([[("a", 1), ("b", None)], None, []], pa.map_(pa.string(), pa.int64())),
            ['{"a":1,"b":null}', "null", "{}"],
        ),
        (pa.array([[1.5, 2.5], None], pa.list_(pa.float32(), 2)), ["[1.5,2.5]", "null"]),
        (pa.array([[[1], []], None, [None]]), ["[[1],[]]", "null", "[null]"]),
        (pa.array([{"a": 1}, None], pa.struct([("a", pa.int8())])), ['{"a":1}', "null"]),
        (pa.array([{}, None], pa.struct([])), ["{}", "null"]),
        (pa.nulls(2), ["null", "null"]),
        (pa.array(['a\n"\\', "\x01"]), [r'"a\n\"\\"', r'"\u0001"']),
        (pa.array(["plain"], pa.large_string()), ['"plain"']),
        (pa.array([datetime.time(1, 2, 3)]), ['"01:02:03.000000"']),
        (pa.array([1e20, 1e-7, -0.0], pa.float32()), ["1e+20", "1e-7", "-0.0"]),
    ],
    ids=["map", "fixed list", "lists", "struct", "empty", "null", "escapes", "large text", "time", "float"],
)  # fmt: skip
def test_json_text(array: pa.Array, texts: list[str]) -> None:
    assert json_texts(array).to_pylist() == texts
    for text in texts:
        json.loads(text)


def test_nanoseconds_are_cut() -> None:
    assert plain_texts(pa.array([1], pa.timestamp("ns"))).to_pylist() == ["1970-01-01T00:00:00.000000"]


@pytest.mark.parametrize("name", every_type().column_names)
def test_python_values_are_arrows(name: str) -> None:
    ours, arrows = values_of(chunk(name)), chunk(name).to_pylist()
    assert repr(ours) == repr(arrows)
