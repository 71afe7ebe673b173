# SPDX-License-Identifier: Apache-2.0
"""Rows that failed, as rows of a table of their own."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from penstock.inference.flow import Failure, Flow
from penstock.inference.parquet_results import ParquetResults
from penstock.inference.spec import SOURCE
from penstock.inference.writing import ResultRows, ResultWriter

SCHEMA = pa.schema(
    [
        pa.field("key", pa.string()),
        pa.field("step", pa.string()),
        pa.field("stage", pa.string()),
        pa.field("error_type", pa.string()),
        pa.field("error", pa.string()),
        pa.field("row", pa.string()),
        pa.field("file", pa.string()),
        pa.field("row_number", pa.int64()),
    ]
)
_LONGEST_VALUE = 10_000


def dead_letters_writer(folder: str) -> ResultWriter:
    """Returns what writes failed rows into a folder."""
    return ParquetResults(SOURCE, folder, prefix="failed-rows", is_result=False)


def dead_letters(flow: Flow, key: str | None) -> ResultRows:
    """Returns the rows of a flow that failed, in the order of the source.

    Args:
        flow: A flow that has come to its end.
        key: Column that identifies a row.
    """
    failures = sorted(flow.failures, key=lambda failure: failure.row)
    rows = _failed_rows(flow)
    places = {flow.place.row_number(position): flow.place.file_of(position) for position in flow.lost}
    letters = [
        _letter(
            failure,
            failure.values or rows.get(failure.row, {}),
            places.get(failure.row, flow.place.file),
            key,
        )
        for failure in failures
    ]
    batch = pa.RecordBatch.from_arrays(
        [pa.array([letter[index] for letter in letters], field.type) for index, field in enumerate(SCHEMA)],
        schema=SCHEMA,
    )
    return ResultRows(batch, batch, batch)


def _failed_rows(flow: Flow) -> dict[int, dict[str, Any]]:
    """Returns the failed rows that could be read, by their numbers in the file."""
    positions = sorted(flow.lost)
    names = flow.source.schema.names
    values = [column.take(pa.array(positions, pa.int64())).to_pylist() for column in flow.source.columns]
    return {
        flow.place.row_number(position): dict(zip(names, row, strict=True))
        for position, row in zip(positions, zip(*values, strict=True), strict=True)
    }


def _letter(failure: Failure, row: Mapping[str, Any], file: str, key: str | None) -> Sequence[Any]:
    text = json.dumps({"line": failure.text}, ensure_ascii=False) if failure.text is not None else None
    return (
        None if key is None or row.get(key) is None else _text(row[key]),
        failure.step,
        failure.stage,
        failure.error_type,
        failure.error,
        json.dumps(row, ensure_ascii=False, default=_plain) if row else text,
        failure.file or file,
        failure.row,
    )


def _text(value: Any) -> str:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


def _plain(value: Any) -> Any:
    """Returns what JSON cannot write as text: bytes that are no text in base64, many bytes as their number."""
    if not isinstance(value, bytes):
        return str(value)
    if len(value) > _LONGEST_VALUE:
        return f"({len(value)} bytes)"
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return base64.b64encode(value).decode("ascii")
