# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from penstock.inference.reading.json_values import column_of, parsed, widest


@pytest.mark.parametrize(
    ("values", "type_", "column"),
    [
        ([None, None], pa.null(), [None, None]),
        ([1, None, True], pa.int64(), [1, None, 1]),
        ([1, 2.5], pa.float64(), [1.0, 2.5]),
        ([2**70], pa.float64(), [2.0**70]),
        ([1, "a"], pa.string(), ["1", "a"]),
        (["a", {"b": 1}], pa.string(), ["a", '{"b": 1}']),
        ([[1], [2, 0.5], []], pa.list_(pa.float64()), [[1.0], [2.0, 0.5], []]),
        ([1, [2, 3]], pa.list_(pa.int64()), [[1], [2, 3]]),
        ([[], None], pa.list_(pa.null()), [[], None]),
        ([[[1]], [None]], pa.string(), ["[[1]]", "[null]"]),
        ([[1], "a"], pa.string(), ["[1]", "a"]),
        ([1e400, -(10**400)], pa.float64(), [float("inf"), float("-inf")]),
    ],
)
def test_values_get_the_narrowest_type_that_holds_all(
    values: list[Any], type_: pa.DataType, column: list[Any]
) -> None:
    found = widest(pa.null(), values)

    assert found == type_
    made = column_of(values, found)
    assert made.type == type_
    assert made.to_pylist() == column


def test_a_type_only_widens() -> None:
    assert widest(pa.float64(), [1, 2]) == pa.float64()
    assert widest(pa.string(), [1]) == pa.string()
    assert widest(pa.list_(pa.int64()), [None]) == pa.list_(pa.int64())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"a": "\\ud800"}', "not Unicode"),
        (b'{"\\udfff": 1}', "not Unicode"),
        (b'{"a": "\xed\xa0\x80"}', "not Unicode"),
        (b"[" * 100_000, "too deep"),
        (b'{"a"', "Expecting"),
    ],
)
def test_what_could_not_be_written_again_is_not_read(content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parsed(content)


def test_whole_text_is_read() -> None:
    assert parsed(b'{"a": "\\ud83d\\ude00 \xc3\xa9"}') == {"a": "\U0001f600 \xe9"}
    assert parsed(b'\xef\xbb\xbf{"a": Infinity}') == {"a": float("inf")}
