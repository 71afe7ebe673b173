# SPDX-License-Identifier: Apache-2.0
"""Examples as PyTorch takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch
from torch.utils.data import IterableDataset, get_worker_info

from penstock.errors import DataError
from penstock.examples.accessor import RecordBatchesOptions
from penstock.examples.kinds import FeatureSpec
from penstock.examples.layout import list_parts
from penstock.examples.reader import ExamplesReader
from penstock.examples.tables import table_batches


class ExamplesDataset(IterableDataset[dict[str, Any]]):
    """Batches of examples; see :func:`penstock.examples.accessor.torch_dataset`.

    It holds nothing open, so that it can be sent to other processes, and each ``for`` begins anew.

    Attributes:
        options: Batch size, epochs, shuffling.
    """

    def __init__(
        self,
        source: str | Sequence[str],
        options: RecordBatchesOptions,
        columns: Sequence[str] | None,
        shapes: Mapping[str, Sequence[int]],
        missing: Mapping[str, int | float | str | bytes],
    ) -> None:
        super().__init__()
        self.options = options
        self._reader = ExamplesReader(source, columns=columns)
        features = self._reader.features
        self._shapes = {features[name].name: tuple(shape) for name, shape in shapes.items()}
        self._missing = {features[name].name: value for name, value in missing.items()}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        worker = get_worker_info()
        share, shares = (worker.id, worker.num_workers) if worker else (0, 1)
        options = self.options
        if options.shuffle and options.shuffle_seed is None:
            # PyTorch seeds this generator anew in every worker and epoch, and the same way after torch.manual_seed.
            options = options._replace(shuffle_seed=int(torch.randint(1 << 62, ())))
        for batch in table_batches(self._reader, options, share=share, shares=shares):
            yield {
                feature.name: self._values(column, feature)
                for feature, column in zip(self._reader.features, batch.columns, strict=True)
            }

    def _values(self, column: pa.Array, feature: FeatureSpec) -> Any:
        if feature.name in self._missing and not feature.is_list:
            column = pc.fill_null(column, pa.scalar(self._missing[feature.name], column.type))
        if feature.kind == "bytes":
            return column.to_pylist()
        if feature.name in self._shapes:
            return _stacked(column, feature, self._shapes[feature.name])
        if feature.is_list:
            return _rows(column)
        if column.null_count and feature.kind == "int":
            raise DataError(
                f"feature {feature.name!r} has missing values, which an int64 tensor cannot hold",
                input=feature.name,
                hint=f"torch_dataset(…, missing={{{feature.name!r}: 0}}) puts a number in their place",
            )
        return _tensor(column)


def _tensor(values: pa.Array) -> torch.Tensor:
    # A copy, as PyTorch has no tensors that cannot be written to, and Arrow's memory must not be.
    return torch.from_numpy(np.array(values.to_numpy(zero_copy_only=False)))


def _rows(column: pa.Array) -> list[torch.Tensor]:
    offsets, values, _ = list_parts(column)
    return list(torch.split(_tensor(values), np.diff(offsets).tolist()))


def _stacked(column: pa.Array, feature: FeatureSpec, shape: tuple[int, ...]) -> torch.Tensor:
    if feature.is_list:
        offsets, values, _ = list_parts(column)
        lengths = np.diff(offsets)
    else:
        values, lengths = column.drop_null(), column.is_valid().to_numpy(zero_copy_only=False).astype(int)
    size = int(np.prod(shape))
    wrong = np.flatnonzero(lengths != size)
    if len(wrong):
        raise DataError(
            f"feature {feature.name!r} has a row that does not have the shape asked for",
            input=feature.name,
            expected=f"{size} value(s), for the shape {shape}",
            got=f"{int(lengths[wrong[0]])}",
        )
    return _tensor(values).reshape(len(column), *shape)
