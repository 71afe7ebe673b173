# SPDX-License-Identifier: Apache-2.0
"""The schema of a table, as the pipeline would infer it. Loads TensorFlow Data Validation."""

from __future__ import annotations

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2

from penstock.components.schema_gen.inference import infer_schema
from penstock.examples.layout import to_example_layout
from penstock.statistics.streaming import statistics_of
from penstock.testing.tables import Table, to_arrow


def inferred_schema(table: Table) -> schema_pb2.Schema:
    """Returns the schema that StatisticsGen and SchemaGen, without shapes, make of a table."""
    statistics = statistics_of([to_example_layout(to_arrow(table))], tfdv.StatsOptions())
    return infer_schema([statistics], infer_feature_shape=False)
