# SPDX-License-Identifier: Apache-2.0
"""Applies a written transformation to batches, without Beam."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import tensorflow as tf
import tensorflow_transform as tft
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_transform import impl_helper
from tfx_bsl.public import tfxio

from penstock.errors import UserCodeError
from penstock.examples.kinds import FeatureSet, FeatureSpec
from penstock.examples.layout import decode_examples

FlatBatch = Callable[[pa.RecordBatch], pa.RecordBatch]


class TransformFunction:
    """A transformation that TFT wrote, ready to be applied.

    The graph is loaded once, by TFT's own layer, and columns become tensors and tensors columns by the same code that
    TFT's Beam transform uses.

    Args:
        graph_dir: Folder with ``transform_fn`` and ``transformed_metadata``.
        adapter_config: How columns become tensors.

    Attributes:
        schema: Schema of what comes out.
    """

    def __init__(self, graph_dir: str, adapter_config: tfxio.TensorAdapterConfig) -> None:
        output = tft.TFTransformOutput(graph_dir)
        self.schema: schema_pb2.Schema = output.transformed_metadata.schema
        self._layer = output.transform_features_layer()
        self._adapter = tfxio.TensorAdapter(adapter_config)
        self._converter = impl_helper.make_tensor_to_arrow_converter(self.schema)
        self._flatten = flat_batches(self.schema)

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Returns the transformed rows in example layout.

        Raises:
            UserCodeError: The graph cannot work on these rows.
        """
        try:
            tensors = self._adapter.ToBatchTensors(batch, produce_eager_tensors=True)
            transformed = self._converter.convert(dict(self._layer(tensors)))
        except (tf.errors.OpError, ValueError) as error:
            raise UserCodeError(
                f"the graph of preprocessing_fn fails on the data: {_cause(error)}",
                expected="one row for each row of the inputs, whatever the data",
                got=type(error).__name__,
            ) from error
        if transformed.num_rows != batch.num_rows:
            raise UserCodeError(
                "preprocessing_fn changes the number of rows",
                expected=f"{batch.num_rows} rows, as in its inputs",
                got=f"{transformed.num_rows} rows",
            )
        return self._flatten(transformed)


def flat_batches(schema: schema_pb2.Schema) -> FlatBatch:
    """Returns what brings transformed batches into columns that examples can hold.

    Ragged tensors become several columns each, as the schema says; all else is in such columns already.
    """
    representations = [
        representation
        for group in schema.tensor_representation_group.values()
        for representation in group.tensor_representation.values()
    ]
    if all(representation.WhichOneof("kind") != "ragged_tensor" for representation in representations):
        return _unchanged
    return _Encoded(schema)


def _unchanged(batch: pa.RecordBatch) -> pa.RecordBatch:
    return batch


class _Encoded:
    def __init__(self, schema: schema_pb2.Schema) -> None:
        self._encoder = tfxio.RecordBatchToExamplesEncoder(schema)
        self._features = feature_set(schema)

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        return decode_examples(self._encoder.encode(batch), self._features)


def feature_set(schema: schema_pb2.Schema) -> FeatureSet | None:
    """Returns the features of a transformed schema; ``None`` where some stand for several columns."""
    kinds: dict[int, Any] = {schema_pb2.INT: "int", schema_pb2.FLOAT: "float", schema_pb2.BYTES: "bytes"}
    if schema.sparse_feature or any(feature.type not in kinds for feature in schema.feature):
        return None
    return FeatureSet(
        tuple(
            # What a feature turns out to need, lists or bytes that are not text, the writer finds out.
            FeatureSpec(feature.name, kinds[feature.type], is_text=feature.type == schema_pb2.BYTES)
            for feature in schema.feature
        )
    )


def _cause(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:500] if lines else type(error).__name__
