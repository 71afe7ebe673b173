# SPDX-License-Identifier: Apache-2.0
"""One schema from the statistics of several splits."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

Statistics = Sequence[statistics_pb2.DatasetFeatureStatisticsList]


def infer_schema(statistics: Statistics, *, infer_feature_shape: bool) -> schema_pb2.Schema:
    """Infers a schema from the first statistics and widens it so that the others fit too.

    Args:
        statistics: One element per split, at least one.
        infer_feature_shape: Whether constant numbers of values become shapes.
    """
    first, *others = statistics
    schema = tfdv.infer_schema(first, infer_feature_shape=infer_feature_shape)
    for other in others:
        schema = tfdv.update_schema(schema, other, infer_feature_shape=infer_feature_shape)
    return schema


def features_without_values(statistics: Statistics) -> tuple[str, ...]:
    """Returns the features that have no value in any of the statistics, sorted."""
    names: set[str] = set()
    with_values: set[str] = set()
    for element in statistics:
        for feature in element.datasets[0].features:
            name = tfdv.FeaturePath.from_proto(feature.path).steps()[0] if feature.path.step else feature.name
            names.add(name)
            common = getattr(feature, feature.WhichOneof("stats")).common_stats
            if common.num_non_missing:
                with_values.add(name)
    return tuple(sorted(names - with_values))
