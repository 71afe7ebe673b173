# SPDX-License-Identifier: Apache-2.0
"""Columns of a batch as the dense arrays that models take."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from penstock.errors import DataError, did_you_mean
from penstock.examples.layout import list_parts
from penstock.models.signature import TensorSpec

if TYPE_CHECKING:
    import pyarrow as pa


def dense_column(batch: pa.RecordBatch, spec: TensorSpec) -> np.ndarray[Any, Any]:
    """Returns the column that an input is named after, as one array with a row per row of the batch.

    Args:
        batch: Rows in the example layout.
        spec: The input. Beyond the rows, at most one of its dimensions may be of any size.

    Raises:
        DataError: The column is missing, has rows without a value or of another length, or is of a type that
            cannot become the input's without loss.
    """
    index = batch.schema.get_field_index(spec.name)
    if index < 0:
        raise DataError(
            f"the model takes {spec}, and the examples have no such feature",
            input=spec.name,
            hint=did_you_mean(spec.name, batch.schema.names),
        )
    if spec.shape == ():
        raise DataError(
            f"the model takes {spec}, one value for all rows, which no feature is", input=spec.name
        )
    offsets, values, _ = list_parts(batch.column(index))
    row_shape = _row_shape(spec, offsets)
    return _typed(values, spec).reshape((batch.num_rows, *row_shape))


def _row_shape(spec: TensorSpec, offsets: np.ndarray[Any, Any]) -> tuple[int, ...]:
    lengths = np.diff(offsets)
    declared = spec.shape[1:] if spec.shape else ()
    known = math.prod(size for size in declared if size is not None)
    open_sizes = [size for size in declared if size is None]
    if spec.shape is None:
        wanted = int(lengths[0]) if len(lengths) else 1
        declared = () if wanted == 1 else (wanted,)
    elif len(open_sizes) == 1:
        wanted = int(lengths[0]) if len(lengths) else known
    elif not open_sizes:
        wanted = known
    else:
        raise DataError(
            f"the model takes {spec}: rows of that shape cannot come from one list", input=spec.name
        )
    wrong = np.flatnonzero(lengths != wanted)
    if len(wrong) or (open_sizes and wanted % known):
        row = int(wrong[0]) if len(wrong) else 0
        raise DataError(
            f"feature {spec.name!r} does not have the shape that the model takes",
            input=spec.name,
            expected=f"{spec}: {wanted} value(s) in every row",
            got=f"{int(lengths[row])} in row {row} of the batch",
            hint="fill in missing values before the model, or serve it behind a signature that parses examples",
        )
    return tuple(wanted // known if size is None else size for size in declared)


def _typed(values: pa.Array, spec: TensorSpec) -> np.ndarray[Any, Any]:
    found: np.ndarray[Any, Any] = values.to_numpy(zero_copy_only=False)
    wanted = np.dtype(object if spec.dtype == "string" else spec.dtype)
    if found.dtype == wanted:
        return found
    if _fits(found, wanted):
        return found.astype(wanted)
    raise DataError(
        f"feature {spec.name!r} is of another type than the model takes",
        input=spec.name,
        expected=str(spec),
        got=str(values.type),
    )


def _fits(found: np.ndarray[Any, Any], wanted: np.dtype[Any]) -> bool:
    """Says whether values keep their meaning: numbers that are integers may become any number they fit into."""
    if found.dtype.kind != "i" and wanted.kind != found.dtype.kind:
        return False
    if wanted.kind in "fc":
        return True
    if wanted.kind == "b":
        return bool(np.isin(found, (0, 1)).all())
    if wanted.kind not in "iu" or not len(found):
        return wanted.kind in "iu"
    limits = np.iinfo(wanted)
    return bool(limits.min <= found.min() and found.max() <= limits.max)
