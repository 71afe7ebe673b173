# SPDX-License-Identifier: Apache-2.0
"""One Parquet file on any file system while it is written, a row group at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from penstock import files

_COMPRESSION = "zstd"


class ParquetSink:
    """A file that is open for writing.

    Args:
        uri: Where it is.
        schema: Schema of all row groups.
        dictionaries: Columns in which Parquet looks for values that recur; ``None`` means all.

    Raises:
        StorageError: It cannot be written.
    """

    def __init__(self, uri: str, schema: pa.Schema, dictionaries: Sequence[str] | None = None) -> None:
        self._uri = uri
        with files.storage_errors("write", uri):
            self._stream = _open(uri)
            self._writer = pq.ParquetWriter(
                self._stream,
                schema,
                compression=_COMPRESSION,
                use_dictionary=True if dictionaries is None else list(dictionaries),
            )

    def write(self, table: pa.Table) -> None:
        """Appends a row group."""
        with files.storage_errors("write", self._uri):
            self._writer.write_table(table, row_group_size=max(table.num_rows, 1))

    def close(self) -> None:
        """Ends the file."""
        with files.storage_errors("write", self._uri):
            self._writer.close()
            self._stream.close()

    def abandon(self) -> None:
        """Closes the file; whether it is whole does not matter any more."""
        with contextlib.suppress(OSError, pa.ArrowException):
            self._writer.close()
        # A writer that could not be closed would try once more when it is collected, and complain then.
        self._writer.is_open = False
        with contextlib.suppress(OSError):
            self._stream.close()


def _open(uri: str) -> Any:
    if files.is_local(uri):
        return pa.OSFile(files.local_path(uri), "wb")
    return pa.PythonFile(files.open(uri, "wb"), "w")
