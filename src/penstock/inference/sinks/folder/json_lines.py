# SPDX-License-Identifier: Apache-2.0
"""Rows as JSON Lines."""

from __future__ import annotations

import pyarrow as pa

from penstock.inference.sinks.plain_values import object_texts


def json_lines(batch: pa.RecordBatch) -> bytes:
    """Returns the rows of a batch as JSON objects, one a line, in UTF-8; every column is in every object."""
    texts: list[str] = object_texts(batch.schema.names, batch.columns, batch.num_rows).to_pylist()
    return "".join(f"{text}\n" for text in texts).encode()
