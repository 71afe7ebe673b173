# SPDX-License-Identifier: Apache-2.0
"""Columns of record batches as the tensors that ``tf.io.parse_example`` would make of the same rows.

A column goes into ``tf.data`` as a few plain arrays and becomes a dense, sparse or ragged tensor inside the graph.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import tensorflow as tf

from penstock.errors import DataError
from penstock.examples.kinds import FeatureKind, FeatureSet, FeatureSpec
from penstock.examples.layout import is_list, list_parts

_KINDS: dict[tf.DType, FeatureKind] = {tf.int64: "int", tf.float32: "float", tf.string: "bytes"}
_FILL: dict[FeatureKind, object] = {"int": 0, "float": 0.0, "bytes": b""}


class TensorColumn(Protocol):
    """One feature on its way into ``tf.data``.

    Attributes:
        feature: The column that it is made from.
        is_row_aligned: Whether each array has one entry a row, so that batches can be cut anew inside ``tf.data``.
    """

    feature: FeatureSpec
    is_row_aligned: bool

    def signature(self) -> list[tf.TensorSpec]:
        """Returns what the arrays are."""

    def arrays(self, column: pa.Array) -> list[npt.NDArray[Any]]:
        """Returns the arrays for some rows of the column, in table layout."""

    def tensor(self, parts: list[tf.Tensor]) -> Any:
        """Returns the tensor made of the arrays of one batch."""


def tensor_column(name: str, wanted: Any, stored: FeatureSet) -> TensorColumn | None:
    """Returns how a feature becomes what a parsing spec wants, ``None`` where only parsing tf.Examples can tell.

    Args:
        name: The spec's key.
        wanted: A ``tf.io`` feature.
        stored: The features that the files have.

    Raises:
        DataError: The files have the feature as another kind.
    """
    is_ragged = isinstance(wanted, tf.io.RaggedFeature)
    if isinstance(wanted, tf.io.SparseFeature) or (is_ragged and wanted.partitions):
        return None
    source = (wanted.value_key or name) if is_ragged else name
    feature = _feature(source, wanted.dtype, stored)
    if isinstance(wanted, tf.io.FixedLenFeature):
        return Dense(feature, wanted)
    if feature.is_list:
        return Lists(feature, wanted)
    return Singles(feature, wanted)


def _feature(name: str, dtype: tf.DType, stored: FeatureSet) -> FeatureSpec:
    kind = _KINDS[dtype]
    if name not in stored:
        return FeatureSpec(name, kind)
    found = stored[name]
    if found.kind != kind:
        raise DataError(
            f"feature {name!r} has another type in the examples than in the schema",
            input=name,
            expected=f"{kind}, as in the schema",
            got=found.kind,
            hint="make the schema from statistics of these examples",
        )
    return FeatureSpec(name, kind, found.is_list)


@dataclass
class Dense:
    """A feature with the same number of values in every row."""

    feature: FeatureSpec
    wanted: tf.io.FixedLenFeature
    is_row_aligned: bool = True

    def signature(self) -> list[tf.TensorSpec]:
        return [tf.TensorSpec([None, *self.wanted.shape], self.wanted.dtype)]

    def arrays(self, column: pa.Array) -> list[npt.NDArray[Any]]:
        size = int(np.prod(self.wanted.shape, dtype=np.int64))
        if is_list(column.type):
            offsets, values, valid = list_parts(column)
            counts = np.diff(offsets)
        else:
            valid = column.is_valid().to_numpy(zero_copy_only=False)
            values, counts = column.drop_null(), valid.astype(np.int64)
        if np.any(counts[valid] != size):
            raise DataError(
                f"feature {self.feature.name!r} has another number of values in some row than the schema says",
                input=self.feature.name,
                expected=f"{size}, by its shape {list(self.wanted.shape)}",
            )
        filled = np.empty((len(column), size), dtype=self.wanted.dtype.as_numpy_dtype)
        filled[valid] = _to_numpy(values, self.feature.kind).reshape(-1, size)
        if not valid.all():
            filled[~valid] = self._default(size)
        return [filled.reshape((len(column), *self.wanted.shape))]

    def tensor(self, parts: list[tf.Tensor]) -> tf.Tensor:
        return parts[0]

    def _default(self, size: int) -> npt.NDArray[Any]:
        if self.wanted.default_value is None:
            raise DataError(
                f"feature {self.feature.name!r} is missing in some row",
                input=self.feature.name,
                expected=f"a value in every row, as its shape {list(self.wanted.shape)} in the schema demands",
                hint="take the shape out of the schema (SchemaGen(infer_feature_shape=False)), or fill it",
            )
        default = np.asarray(self.wanted.default_value, dtype=self.wanted.dtype.as_numpy_dtype).reshape(-1)
        return np.broadcast_to(default, (size,))


@dataclass
class Singles:
    """A feature with one value or none in every row, as a sparse or ragged tensor."""

    feature: FeatureSpec
    wanted: tf.io.VarLenFeature | tf.io.RaggedFeature
    is_row_aligned: bool = True

    def signature(self) -> list[tf.TensorSpec]:
        return [tf.TensorSpec([None], self.wanted.dtype), tf.TensorSpec([None], tf.bool)]

    def arrays(self, column: pa.Array) -> list[npt.NDArray[Any]]:
        present = column.is_valid().to_numpy(zero_copy_only=False)
        return [_to_numpy(column, self.feature.kind), present]

    def tensor(self, parts: list[tf.Tensor]) -> Any:
        values, present = parts
        kept = tf.boolean_mask(values, present)
        if isinstance(self.wanted, tf.io.RaggedFeature):
            dtype = self.wanted.row_splits_dtype
            return tf.RaggedTensor.from_row_lengths(kept, tf.cast(present, dtype), validate=False)
        rows = tf.where(present)
        width = tf.cast(tf.reduce_any(present), tf.int64)
        shape = tf.stack([tf.shape(present, tf.int64)[0], width])
        return tf.SparseTensor(tf.concat([rows, tf.zeros_like(rows)], axis=1), kept, shape)


@dataclass
class Lists:
    """A feature with any number of values in a row, as a sparse or ragged tensor."""

    feature: FeatureSpec
    wanted: tf.io.VarLenFeature | tf.io.RaggedFeature
    is_row_aligned: bool = False

    def signature(self) -> list[tf.TensorSpec]:
        return [tf.TensorSpec([None], self.wanted.dtype), tf.TensorSpec([None], tf.int64)]

    def arrays(self, column: pa.Array) -> list[npt.NDArray[Any]]:
        offsets, values, _ = list_parts(column)
        return [_to_numpy(values, self.feature.kind), offsets]

    def tensor(self, parts: list[tf.Tensor]) -> Any:
        values, offsets = parts
        if isinstance(self.wanted, tf.io.RaggedFeature):
            splits = tf.cast(offsets, self.wanted.row_splits_dtype)
            return tf.RaggedTensor.from_row_splits(values, splits, validate=False)
        return tf.RaggedTensor.from_row_splits(values, offsets, validate=False).to_sparse()


def _to_numpy(values: pa.Array, kind: FeatureKind) -> npt.NDArray[Any]:
    if values.null_count:
        values = pc.fill_null(values, pa.scalar(_FILL[kind], values.type))
    array: npt.NDArray[Any] = values.to_numpy(zero_copy_only=False)
    return array
