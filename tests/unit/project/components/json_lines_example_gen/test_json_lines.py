# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from components.json_lines_example_gen import lines
from components.json_lines_example_gen.json_lines import JsonLines
from penstock.data import ReadAgainError
from penstock.errors import DataError


def file(tmp_path: Path, text: str | bytes, name: str = "rows.jsonl") -> str:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def read(*uris: str) -> list[pa.RecordBatch]:
    """Reads as the ExampleGen does: again where the source asks for it."""
    source = JsonLines(uris)
    try:
        return [batch for _, batch in source.batches()]
    except ReadAgainError:
        return [batch for _, batch in source.batches()]


def column(batches: list[pa.RecordBatch], name: str) -> list[Any]:
    return [value for batch in batches for value in batch.column(batch.schema.names.index(name)).to_pylist()]


def types(batch: pa.RecordBatch) -> dict[str, str]:
    return {field.name: str(field.type) for field in batch.schema}


def error_of(uri: str) -> str:
    with pytest.raises(DataError) as caught:
        read(uri)
    return str(caught.value)


def test_types_come_from_the_values(tmp_path: Path) -> None:
    text = '{"i": 1, "f": 1.5, "t": "a", "b": true}\n{"i": -2, "f": 2, "t": "ä", "b": false}\n'
    (batch,) = read(file(tmp_path, text))
    assert types(batch) == {"i": "int64", "f": "float", "t": "string", "b": "int64"}
    assert batch.to_pylist() == [{"i": 1, "f": 1.5, "t": "a", "b": 1}, {"i": -2, "f": 2.0, "t": "ä", "b": 0}]


def test_null_and_absent_keys_are_missing_values(tmp_path: Path) -> None:
    (batch,) = read(file(tmp_path, '{"a": 1}\n{"a": null, "b": "x"}\n{}\n'))
    assert column([batch], "a") == [1, None, None]
    assert column([batch], "b") == [None, "x", None]


def test_a_feature_without_any_value_is_a_column_of_nulls(tmp_path: Path) -> None:
    (batch,) = read(file(tmp_path, '{"a": 1, "b": null}\n'))
    assert types(batch) == {"a": "int64", "b": "null"}


def test_lists_become_list_features(tmp_path: Path) -> None:
    text = '{"n": [1, 2], "t": []}\n{"n": 3, "t": ["x"]}\n{"n": null}\n{"n": [], "t": null}\n'
    (batch,) = read(file(tmp_path, text))
    assert types(batch) == {"n": "list<item: int64>", "t": "list<item: string>"}
    assert column([batch], "n") == [[1, 2], [3], None, []]
    assert column([batch], "t") == [[], ["x"], None, None]


def test_lists_that_are_all_empty_hold_no_kind(tmp_path: Path) -> None:
    (batch,) = read(file(tmp_path, '{"n": []}\n{"n": null}\n'))
    assert types(batch) == {"n": "list<item: null>"}
    assert column([batch], "n") == [[], None]


@pytest.mark.parametrize("wide", ["2.5", "9223372036854775808", "-9223372036854775809", "1e3"])
def test_a_number_that_is_no_int_makes_the_feature_float(tmp_path: Path, wide: str) -> None:
    (batch,) = read(file(tmp_path, f'{{"x": 1}}\n{{"x": {wide}}}\n'))
    assert types(batch) == {"x": "float"}
    assert column([batch], "x") == [1.0, pytest.approx(float(wide), rel=1e-6)]


def test_the_ends_of_int64_are_ints(tmp_path: Path) -> None:
    (batch,) = read(file(tmp_path, '{"x": 9223372036854775807}\n{"x": -9223372036854775808}\n'))
    assert column([batch], "x") == [2**63 - 1, -(2**63)]


def test_types_are_those_of_all_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "_ROWS_AT_ONCE", 2)
    first = file(tmp_path, '{"x": 1}\n{"x": 2}\n{"x": 3}\n', "1.jsonl")
    second = file(tmp_path, '{"x": null}\n{"x": 4}\n{"x": 0.5, "y": 7}\n', "2.jsonl")
    source = JsonLines([first, second])
    first_pass = source.batches()
    given_out = [next(first_pass) for _ in range(3)]
    assert [(index, types(batch)["x"]) for index, batch in given_out] == [
        (0, "int64"),
        (0, "int64"),
        (1, "int64"),
    ]
    with pytest.raises(ReadAgainError):
        next(first_pass)
    batches = list(source.batches())
    assert [index for index, _ in batches] == [0, 0, 1, 1]
    assert {types(batch)["x"] for _, batch in batches} == {"float"}
    assert column([batch for _, batch in batches], "x") == [1.0, 2.0, 3.0, None, 4.0, 0.5]


def test_floats_before_ints_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "_ROWS_AT_ONCE", 1)
    batches = [
        batch for _, batch in JsonLines([file(tmp_path, '{"x": 0.5}\n{"x": 1}\n{"y": "a"}\n')]).batches()
    ]
    assert [types(batch) for batch in batches] == [
        {"x": "float"},
        {"x": "float"},
        {"x": "float", "y": "string"},
    ]


def test_long_lines_make_smaller_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "_CHARACTERS_AT_ONCE", 30)
    batches = read(file(tmp_path, '{"x": "0123456789"}\n' * 5))
    assert [batch.num_rows for batch in batches] == [2, 2, 1]


def test_gzip_marks_blank_lines_and_line_ends_are_taken(tmp_path: Path) -> None:
    text = b'\xef\xbb\xbf{"x": 1}\r\n\r\n  \n{"x": 2}'
    assert column(read(file(tmp_path, text)), "x") == [1, 2]
    assert column(read(file(tmp_path, gzip.compress(text), "rows.gz")), "x") == [1, 2]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"x": {"y": 1}}', "an object"),
        ('{"x": [{"y": 1}]}', "a list with an object in it"),
        ('{"x": [[1]]}', "a list with a list in it"),
        ('{"x": [[]]}', "a list with a list in it"),
        ('{"x": [1, null]}', "a list with null in it"),
        ('{"x": [null]}', "a list with null in it"),
        ('{"x": "a"}', "text, and a number before"),
        ('{"x": [1, "a"]}', "text, and a number before"),
        (f'{{"x": 1{"0" * 400}}}', "a number beyond what a float can hold"),
    ],
)
def test_what_no_feature_can_hold_is_named_with_file_and_line(
    tmp_path: Path, line: str, problem: str
) -> None:
    uri = file(tmp_path, f'{{"x": 1}}\n\n{{"x": 2}}\n{line}\n{{"x": 3}}\n')
    assert f"feature 'x' in line 4 of {uri} is {problem};" in error_of(uri)


@pytest.mark.parametrize(
    ("line", "problem"),
    [('{"x": 1}', "a number, and text before"), (r'{"x": "\ud800"}', "text with half a surrogate pair")],
)
def test_what_does_not_go_with_text_is_named(tmp_path: Path, line: str, problem: str) -> None:
    uri = file(tmp_path, f'{{"x": "a"}}\n{line}\n')
    assert f"feature 'x' in line 2 of {uri} is {problem};" in error_of(uri)


def test_a_kind_that_changes_between_files_is_named(tmp_path: Path) -> None:
    first, second = file(tmp_path, '{"x": 1}\n', "1.jsonl"), file(tmp_path, '{"x": "a"}\n', "2.jsonl")
    with pytest.raises(DataError, match=r"feature 'x' in line 1 of .*2\.jsonl is text, and a number before"):
        read(first, second)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"x": 1,}', "is not JSON at column"),
        ("{'x': 1}", "is not JSON at column 2"),
        ('{"x": 1} {"x": 2}', "is not JSON at column 10: Extra data"),
        ("[", "is not JSON at column"),
        ("[" * 100_000, "cannot be read: maximum recursion depth"),
        ('[{"x": 1}]', "is JSON, but no object"),
        ("3", "is JSON, but no object"),
        ('{"x": 1, "x": 2}', "cannot be read: an object has the key 'x' twice"),
        ('{"": 1}', "has the key '', which is no name for a feature"),
        (r'{"\ud800": 1}', r"has the key '\ud800', which is no name for a feature"),
    ],
)
def test_a_line_that_is_no_object_is_named(tmp_path: Path, line: str, problem: str) -> None:
    uri = file(tmp_path, f'{{"x": 1}}\n{line}\n')
    message = error_of(uri)
    assert f"line 2 of {uri} {problem}" in message
    assert "expected: one JSON object a line" in message
    assert len(message) < 500


def test_bytes_that_are_not_utf8_are_named(tmp_path: Path) -> None:
    uri = file(tmp_path, b'{"x": "a"}\n{"x": "\xe4"}\n')
    assert "is not UTF-8 in line 2" in error_of(uri)


def test_a_damaged_gzip_file_is_named(tmp_path: Path) -> None:
    rows = b"".join(b'{"x": "%d"}\n' % number for number in range(1000))
    uri = file(tmp_path, gzip.compress(rows)[:-20], "rows.jsonl.gz")
    assert f"{uri} is cut off or damaged" in error_of(uri)


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_a_file_without_rows_is_named(tmp_path: Path, text: str) -> None:
    uri = file(tmp_path, text)
    assert f"{uri} has no rows" in error_of(uri)


def test_objects_without_any_key_are_no_data(tmp_path: Path) -> None:
    uri = file(tmp_path, "{}\n{}\n")
    assert f"{uri} has no object with a key up to line 2" in error_of(uri)
