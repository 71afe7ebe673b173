# SPDX-License-Identifier: Apache-2.0
"""The dead letters of a stream: rows by the file that they came in, files that could not be read, refused messages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.inference.spec import SOURCE
from penstock.inference.streaming.decoding import RefusedMessage
from penstock.inference.streaming.incoming import Incoming
from penstock.inference.streaming.spec import MESSAGE_ID

if TYPE_CHECKING:
    import pyarrow as pa


def of_rows(folder: str, incoming: Sequence[Incoming]) -> dict[str, pa.Table]:
    """Returns the failed rows of a job by the identity of what they came in.

    Args:
        folder: Local folder of the job's dead letters; it need not exist.
        incoming: What the job has read.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    found = [pq.read_table(path) for path in sorted(Path(folder).glob("*.parquet"))]
    if not found:
        return {}
    table = pa.concat_tables(found)
    parts = {}
    for item in incoming:
        part = table.filter(pc.equal(table["file"], item.uri))
        if part.num_rows and item.receipt:  # the batch will be gone
            at = part.schema.get_field_index("file")
            part = part.set_column(at, "file", pa.array([item.label] * part.num_rows, pa.string()))
        if part.num_rows:
            parts[item.identity] = part
    return parts


def of_file(incoming: Incoming) -> pa.Table:
    """Returns the dead letter of a file that could not be read."""
    return _table([_letter(incoming, incoming.defect, "DataError", None)])


def of_messages(incoming: Incoming, refused: Sequence[RefusedMessage]) -> pa.Table:
    """Returns the dead letters of messages that are no rows."""
    rows = [{MESSAGE_ID: message.id, "message": message.text} for message in refused]
    return _table(
        [
            _letter(incoming, message.error, "DataError", json.dumps(row, ensure_ascii=False))
            for message, row in zip(refused, rows, strict=True)
        ]
    )


def _letter(incoming: Incoming, error: str, error_type: str, row: str | None) -> dict[str, Any]:
    return {
        "key": None,
        "step": SOURCE,
        "stage": "read",
        "error_type": error_type,
        "error": error,
        "row": row,
        "file": incoming.label if incoming.receipt else incoming.uri,
        "row_number": None,
    }


def _table(letters: Sequence[dict[str, Any]]) -> pa.Table:
    import pyarrow as pa

    from penstock.inference.dead_letters import SCHEMA

    return pa.Table.from_pylist(list(letters), schema=SCHEMA)
