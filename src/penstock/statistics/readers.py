# SPDX-License-Identifier: Apache-2.0
"""Readers of splits that are known to hold rows."""

from __future__ import annotations

from collections.abc import Sequence

from penstock import files
from penstock.errors import DataError
from penstock.examples.reader import ExamplesReader


def split_reader(folders: Sequence[str], split: str) -> ExamplesReader:
    """Returns the reader of one split of one or more Examples artifacts.

    Args:
        folders: The split's folder in each artifact.
        split: Name of the split, for the error.

    Raises:
        DataError: There is no row in any of them.
    """
    filled = [folder for folder in folders if files.glob(files.join(folder, "[!._]*"))]
    if filled:
        reader = ExamplesReader(filled)
        if any(batch.num_rows for batch in reader.found_batches(1)):
            return reader
    raise DataError(
        f"split {split!r} has no rows",
        input=split,
        expected="at least one row",
        got="0 rows",
        hint="leave the split out, or check how the examples are split",
    )
