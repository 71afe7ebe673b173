# SPDX-License-Identifier: Apache-2.0
"""Executor of PictureFolder."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

import pyarrow.parquet as pq

from components.picture_folder.component import (
    PictureFolderInputs,
    PictureFolderOutputs,
    PictureFolderParameters,
    PictureFolderResult,
    PictureFolderWork,
)
from penstock import files
from penstock.authoring import Executor
from penstock.errors import DataError, did_you_mean


class PictureFolderExecutor(
    Executor[PictureFolderInputs, PictureFolderOutputs, PictureFolderParameters, None, PictureFolderResult]
):
    """Copies pictures out of the results, some at a time."""

    def execute(self, work: PictureFolderWork) -> PictureFolderResult:
        folder, taken, size = work.outputs.pictures.uri, set[str](), 0
        for name, picture in _pictures(work.inputs.inference_result.uri, work.parameters):
            if name in taken:
                raise DataError(
                    f"two pictures are called {name}",
                    input=work.parameters.name,
                    expected="names that differ in their last part",
                )
            taken.add(name)
            files.write_atomic(files.join(folder, name), picture)
            size += len(picture)
        return PictureFolderResult(len(taken), size)


def _pictures(results: str, parameters: PictureFolderParameters) -> Iterator[tuple[str, bytes]]:
    """Yields file names and contents."""
    wanted = [parameters.name, parameters.picture]
    for entry in files.walk(results):
        if not entry.uri.endswith(".parquet"):
            continue
        with files.open(entry.uri) as file:
            shard = pq.ParquetFile(file)
            for column in wanted:
                if column not in shard.schema_arrow.names:
                    raise DataError(
                        f"the results have no column {column!r}",
                        input=entry.uri,
                        hint=did_you_mean(column, shard.schema_arrow.names),
                    )
            for batch in shard.iter_batches(batch_size=64, columns=wanted):
                rows = batch.to_pydict()
                for place, picture in zip(rows[parameters.name], rows[parameters.picture], strict=True):
                    if picture is not None:
                        yield posixpath.basename(place), picture
