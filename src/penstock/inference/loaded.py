# SPDX-License-Identifier: Apache-2.0
"""Models in this process: how they are loaded, and those that are kept from one job to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import pyarrow as pa

from penstock.models import TensorSpec


class LoadedModel(Protocol):
    """A model that is loaded. Only methods, plain arguments and plain results: it may live in another process."""

    def predict(self, batch: pa.RecordBatch) -> Mapping[str, Any]:
        """Predicts the rows of a batch.

        Returns:
            By output, a NumPy array with a row per row, or an Arrow array.
        """

    def inputs(self) -> Sequence[TensorSpec]:
        """Returns what it takes, empty where that is not known."""

    def outputs(self) -> Sequence[TensorSpec]:
        """Returns what it gives, empty where that is not known."""

    def size_bytes(self) -> int:
        """Returns the bytes of its parameters, 0 where that is not known."""

    def device(self) -> str:
        """Returns where it runs."""


class ModelLoader(Protocol):
    """Loads one model; pickled to workers, so it holds plain values."""

    def load(self) -> LoadedModel:
        """Loads it.

        Raises:
            PenstockError: It does not load; the job fails.
        """
