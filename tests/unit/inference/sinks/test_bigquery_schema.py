# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json

import pyarrow as pa
import pytest
from result_files import BOX, every_type

from penstock.errors import DataError
from penstock.inference.sinks.bigquery.schema import bigquery_schema, rows_of, schema_json


def test_image_segmentation_has_one_repeated_record() -> None:
    schema = pa.schema([("file", pa.string()), ("predictions", pa.list_(BOX))])
    assert json.loads(schema_json(schema)) == [
        {"name": "file", "type": "STRING", "mode": "NULLABLE"},
        {
            "name": "predictions",
            "type": "RECORD",
            "mode": "REPEATED",
            "fields": [
                {"name": "label", "type": "STRING", "mode": "NULLABLE"},
                {"name": "score", "type": "FLOAT", "mode": "NULLABLE"},
                {"name": "box", "type": "FLOAT", "mode": "REPEATED"},
            ],
        },
    ]


def test_every_type_has_a_field() -> None:
    found = {field["name"]: field["type"] for field in bigquery_schema(every_type().schema)["fields"]}
    assert found == {
        "key": "STRING", "whole": "INTEGER", "small": "INTEGER", "single": "FLOAT", "double": "FLOAT",
        "truth": "BOOLEAN", "bytes": "BYTES", "day": "DATE", "moment": "DATETIME", "instant": "TIMESTAMP",
        "price": "NUMERIC", "numbers": "FLOAT", "found": "RECORD", "kind": "STRING",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("type_", "field"),
    [
        (pa.list_(pa.list_(pa.int64())), {"type": "RECORD", "mode": "REPEATED"}),
        (pa.map_(pa.string(), pa.int64()), {"type": "STRING", "mode": "NULLABLE"}),
        (pa.decimal128(38, 10), {"type": "BIGNUMERIC", "mode": "NULLABLE"}),
        (pa.uint64(), {"type": "NUMERIC", "mode": "NULLABLE"}),
        (pa.time64("us"), {"type": "TIME", "mode": "NULLABLE"}),
        (pa.null(), {"type": "STRING", "mode": "NULLABLE"}),
    ],
    ids=str,
)
def test_rarer_types(type_: pa.DataType, field: dict[str, str]) -> None:
    (found,) = bigquery_schema(pa.schema([("x", type_)]))["fields"]
    assert {name: found[name] for name in ("type", "mode")} == field


def test_columns_that_are_never_null_are_required() -> None:
    (found,) = bigquery_schema(pa.schema([pa.field("x", pa.int64(), nullable=False)]))["fields"]
    assert found["mode"] == "REQUIRED"


def test_a_list_in_a_list_is_a_record_of_values() -> None:
    batch = pa.RecordBatch.from_arrays([pa.array([[[1], [2, 3]], None])], ["x"])
    (field,) = bigquery_schema(batch.schema)["fields"]
    assert field["fields"] == [{"name": "values", "type": "INTEGER", "mode": "REPEATED"}]
    assert rows_of(batch) == [{"x": [{"values": [1]}, {"values": [2, 3]}]}, {"x": []}]


def test_rows_are_what_json_has() -> None:
    (batch,) = every_type().combine_chunks().to_batches()
    first, _, third = rows_of(batch)
    assert json.loads(json.dumps(first, allow_nan=False)) == first
    assert first["found"] == [{"label": "cat", "score": 0.9, "box": [0.0, 1.5]}]
    assert first["bytes"] == "AP8="
    assert (third["key"], third["whole"], third["numbers"], third["found"]) == ("c", None, [], [])


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a-b"], "takes no column that is called 'a-b'"),
        (["1a"], "takes no column that is called '1a'"),
        (["Label", "label"], "does not tell columns 'Label' and 'label' apart"),
    ],
)
def test_names_that_bigquery_does_not_take(names: list[str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        bigquery_schema(pa.schema([(name, pa.int64()) for name in names]))
