# SPDX-License-Identifier: Apache-2.0
"""The schema's features: what the graph takes as inputs, and batches that have exactly these columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx_bsl.public import tfxio

from penstock.errors import DataError
from penstock.examples.kinds import FeatureKind, FeatureSet, FeatureSpec
from penstock.examples.layout import example_schema, is_list, kind_of, to_example_layout
from penstock.examples.reader import ExamplesReader

_KINDS: dict[int, FeatureKind] = {
    schema_pb2.INT: "int",
    schema_pb2.FLOAT: "float",
    schema_pb2.BYTES: "bytes",
}
_NOT_IN_USE = (schema_pb2.DEPRECATED, schema_pb2.DISABLED)


@dataclass(frozen=True)
class SchemaLayout:
    """Brings batches into the example layout that a schema describes.

    A feature that a batch lacks is missing in every row; integers become floats where the schema says so.

    Attributes:
        features: The schema's features, in order.
    """

    features: FeatureSet

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Returns the batch with exactly the schema's features.

        Raises:
            DataError: A feature has another kind of value than the schema says.
        """
        return to_example_layout(_with_floats(batch, self.features), self.features)


@dataclass(frozen=True)
class GraphInputs:
    """What a transformation takes.

    Attributes:
        schema: The schema of the examples.
        layout: Makes its batches.
        adapter_config: Tells TFT how columns become tensors.
    """

    schema: schema_pb2.Schema
    layout: SchemaLayout
    adapter_config: tfxio.TensorAdapterConfig


def graph_inputs(schema: schema_pb2.Schema) -> GraphInputs:
    """Returns what a schema makes of examples.

    Raises:
        DataError: The schema has no feature, or one of a type that tensors cannot come from.
    """
    features = []
    for feature in schema.feature:
        kind = _KINDS.get(feature.type)
        if kind is None and feature.lifecycle_stage in _NOT_IN_USE:
            continue
        if kind is None:
            raise DataError(
                f"feature {feature.name!r} of the schema has type {schema_pb2.FeatureType.Name(feature.type)}",
                input="schema",
                expected="INT, FLOAT or BYTES",
                hint="give it a type in the schema, or take it out",
            )
        features.append(FeatureSpec(feature.name, kind))
    if not features:
        raise DataError("the schema has no feature", input="schema", expected="at least one")
    layout = SchemaLayout(FeatureSet(tuple(features)))
    return GraphInputs(schema, layout, _adapter_config(schema, layout))


def _adapter_config(schema: schema_pb2.Schema, layout: SchemaLayout) -> tfxio.TensorAdapterConfig:
    source = tfxio.TFExampleBeamRecord(
        physical_format="inmem", telemetry_descriptors=["Transform"], schema=schema
    )
    try:
        representations = source.TensorRepresentations()
    except ValueError as error:
        raise DataError(
            "the schema does not say how features become tensors",
            input="schema",
            got=str(error).strip().splitlines()[-1],
            hint="a feature with a shape needs presence.min_fraction 1; SchemaGen(infer_feature_shape=False) "
            "gives no feature a shape",
        ) from error
    return tfxio.TensorAdapterConfig(example_schema(layout.features), representations)


def features_without_values(reader: ExamplesReader, names: set[str]) -> list[str]:
    """Returns which of the named features have no value in any row, sorted. Reads until each has shown one."""
    waiting = set(names)
    for batch in reader.found_batches():
        for name in list(waiting & set(batch.schema.names)):
            column = batch.column(batch.schema.get_field_index(name))
            values = column.flatten() if is_list(column.type) else column
            if len(values) > values.null_count:
                waiting.discard(name)
        if not waiting:
            break
    return sorted(waiting)


def _with_floats(batch: pa.RecordBatch, features: FeatureSet) -> pa.RecordBatch:
    columns: list[Any] = list(batch.columns)
    changed = False
    for feature in features:
        index = batch.schema.get_field_index(feature.name)
        if feature.kind == "float" and index >= 0 and kind_of(columns[index].type) == "int":
            columns[index] = _as_floats(columns[index])
            changed = True
    return pa.RecordBatch.from_arrays(columns, batch.schema.names) if changed else batch


def _as_floats(column: pa.Array) -> pa.Array:
    if not is_list(column.type):
        return pc.cast(column, pa.float32(), safe=False)
    make = pa.large_list if pa.types.is_large_list(column.type) else pa.list_
    return pc.cast(column, make(pa.float32()), safe=False)
