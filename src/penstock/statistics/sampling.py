# SPDX-License-Identifier: Apache-2.0
"""A share of the rows, for statistics that need not see all of them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa


class RowSampler:
    """Keeps a random share of the rows of batches that come one after the other; the same ones every time.

    Args:
        rate: The share; ``None`` keeps all.
    """

    def __init__(self, rate: float | None) -> None:
        self._rate = rate
        self._generator = np.random.default_rng(0)

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Returns the rows of the batch that are kept."""
        if self._rate is None:
            return batch
        return batch.filter(pa.array(self._generator.random(batch.num_rows) < self._rate))
