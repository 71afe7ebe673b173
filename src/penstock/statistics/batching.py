# SPDX-License-Identifier: Apache-2.0
"""How many rows make a good batch."""

from __future__ import annotations

import numpy as np

from penstock.examples.reader import ExamplesReader

MAX_BATCH_ROWS = 16_384
_MIN_BATCH_ROWS = 16
_BATCH_BYTES = 8 << 20


def rows_per_batch(reader: ExamplesReader) -> int:
    """Returns how many rows of these examples make a batch of some megabytes: many narrow ones, few images."""
    for batch in reader.found_batches(64):
        if batch.num_rows:
            bytes_per_row = max(1, batch.nbytes // batch.num_rows)
            return int(np.clip(_BATCH_BYTES // bytes_per_row, _MIN_BATCH_ROWS, MAX_BATCH_ROWS))
    return MAX_BATCH_ROWS
