# SPDX-License-Identifier: Apache-2.0
"""Delivers rows to a folder as files of one format."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from penstock import files
from penstock.inference.sinks.folder import local, remote
from penstock.inference.sinks.folder.destination import Note, folder_uri, names_of
from penstock.inference.sinks.folder.formats import FORMATS, suffix_of
from penstock.inference.sinks.report import SinkReport
from penstock.inference.sinks.result_rows import ResultRows

_READABLE = 80
_OTHER = re.compile(r"[^A-Za-z0-9._-]+")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def deliver_files(
    rows: ResultRows, path: str, format: str, options: Mapping[str, Any], *, project_root: str, run_token: str
) -> SinkReport:
    """Writes rows to a folder, all of them or none.

    Args:
        rows: The rows.
        path: The folder, relative to the project's root, or a URI.
        format: Format of the files.
        options: All options of the format.
        project_root: Folder of the project.
        run_token: What tells this delivery from others.

    Raises:
        StorageError: The folder cannot be written, or holds files that no delivery has written.
    """
    folder = folder_uri(path, project_root)
    if options["mode"] == "append":
        folder = files.join(folder, delivery_name(run_token))
    if files.is_local(folder):
        with local.filled(folder) as new:
            names = _write(rows, new, format, options)
            local.finish(new, Note(rows.rows, tuple(names), run_token))
        written = [files.join(folder, name) for name in names]
    else:
        with remote.generation(folder) as own:
            names = _write(rows, own, format, options)
            remote.finish(folder, own, Note(rows.rows, tuple(names), run_token))
        written = [files.join(own, name) for name in names]
    return SinkReport(folder, rows.rows, files=tuple(written))


def delivery_name(run_token: str) -> str:
    """Returns the name of the folder that a delivery has of its own where deliveries are kept beside each other."""
    if _NAME.fullmatch(run_token):
        return run_token
    readable = _OTHER.sub("-", run_token).strip("-.")[:_READABLE]
    digest = hashlib.sha256(run_token.encode()).hexdigest()[:12]
    return f"{readable}-{digest}" if readable else digest


def _write(rows: ResultRows, folder: str, format: str, options: Mapping[str, Any]) -> list[str]:
    """Writes the files; there is one without rows where there are none, so that readers find the columns."""
    if not rows.uris:
        return []
    most = options["rows_per_file"]
    names = names_of(max(1, -(-rows.rows // most)), suffix_of(format, options))
    batches = _cut(rows.batches(), most)
    for name in names:
        file = FORMATS[format][1](files.join(folder, name), rows.schema, options)
        try:
            left = most
            while left:
                batch = next(batches, None)
                if batch is None:
                    break
                file.write(batch)
                left -= batch.num_rows
            file.close()
        except BaseException:
            file.abandon()
            raise
    return names


def _cut(batches: Iterator[pa.RecordBatch], most: int) -> Iterator[pa.RecordBatch]:
    """Yields batches of which none crosses a multiple of ``most`` rows."""
    left = most
    for batch in batches:
        start = 0
        while start < batch.num_rows:
            piece = batch.slice(start, left)
            yield piece
            start += piece.num_rows
            left = left - piece.num_rows or most
