# SPDX-License-Identifier: Apache-2.0
"""Top values and distinct counts: exact while a feature has few values, TFDV's sketch beyond.

On Beam TFDV counts every distinct value; in memory it only estimates. A stream must do with bounded memory, so this
generator counts exactly, as on Beam, until a feature has shown more distinct values than is worth holding, and then
falls back to the estimate that it has kept all along.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import tensorflow_data_validation as tfdv
from tensorflow_data_validation.arrow import arrow_util
from tensorflow_data_validation.utils import schema_util, stats_util, top_k_uniques_stats_util
from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx_bsl.arrow import array_util

MAX_DISTINCT_VALUES = 200_000
"""Distinct values of one feature that are counted exactly."""

MAX_DISTINCT_BYTES = 64 << 20
"""Bytes that the distinct values of one feature may take."""

_FeatureType = statistics_pb2.FeatureNameStatistics


class ValueCounts:
    """How often each value of one feature occurred, until there are too many of them.

    Attributes:
        counts: Occurrences by value; ``None`` once the limits were passed.
    """

    def __init__(self) -> None:
        self.counts: dict[Any, int] | None = {}
        self._bytes = 0

    def add(self, values: pa.Array) -> None:
        """Counts the values of one batch."""
        if self.counts is None:
            return
        counted = values.value_counts()
        for value, count in zip(
            counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True
        ):
            self._add(value, count)
        self._drop_if_too_many()

    def merge(self, other: ValueCounts) -> None:
        """Adds the counts of ``other``."""
        if self.counts is None or other.counts is None:
            self.counts = None
            return
        for value, count in other.counts.items():
            self._add(value, count)
        self._drop_if_too_many()

    def _add(self, value: Any, count: int) -> None:
        assert self.counts is not None
        if value in self.counts:
            self.counts[value] += count
            return
        self.counts[value] = count
        self._bytes += len(value) if isinstance(value, bytes) else 8

    def _drop_if_too_many(self) -> None:
        if self.counts is not None and (
            len(self.counts) > MAX_DISTINCT_VALUES or self._bytes > MAX_DISTINCT_BYTES
        ):
            self.counts = None

    def top(self, number: int) -> list[tuple[Any, int]]:
        """Returns the most frequent values with their counts; of equally frequent ones the greater value first."""
        assert self.counts is not None
        return sorted(self.counts.items(), key=lambda item: (item[1], item[0]), reverse=True)[:number]


@dataclass
class _Accumulator:
    sketches: Any
    exact: dict[tfdv.FeaturePath, ValueCounts] = field(default_factory=dict)


class TopValuesGenerator(tfdv.CombinerStatsGenerator):
    """Wraps TFDV's sketch generator, and answers exactly for every feature that has few enough values."""

    def __init__(self, sketch: tfdv.CombinerStatsGenerator, options: tfdv.StatsOptions) -> None:
        super().__init__("TopValuesGenerator", options.schema)
        self._sketch = sketch
        self._options = options
        schema = options.schema
        self._bytes_features = frozenset(schema_util.get_bytes_features(schema)) if schema else frozenset()
        self._categorical = schema_util.get_categorical_numeric_feature_types(schema) if schema else {}

    def setup(self) -> None:
        self._sketch.setup()

    def create_accumulator(self) -> _Accumulator:
        return _Accumulator(self._sketch.create_accumulator())

    def add_input(self, accumulator: _Accumulator, input_record_batch: pa.RecordBatch) -> _Accumulator:
        accumulator.sketches = self._sketch.add_input(accumulator.sketches, input_record_batch)
        for path, leaf, _ in arrow_util.enumerate_arrays(
            input_record_batch, example_weight_map=None, enumerate_leaves_only=True
        ):
            if self._counts(path, leaf.type):
                values, _ = array_util.flatten_nested(leaf, False)
                accumulator.exact.setdefault(path, ValueCounts()).add(values)
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[_Accumulator]) -> _Accumulator:
        merged, *others = accumulators
        for other in others:
            merged.sketches = self._sketch.merge_accumulators([merged.sketches, other.sketches])
            for path, counts in other.exact.items():
                merged.exact.setdefault(path, ValueCounts()).merge(counts)
        return merged

    def compact(self, accumulator: _Accumulator) -> _Accumulator:
        accumulator.sketches = self._sketch.compact(accumulator.sketches)
        return accumulator

    def extract_output(self, accumulator: _Accumulator) -> statistics_pb2.DatasetFeatureStatistics:
        estimated = self._sketch.extract_output(accumulator.sketches)
        exact = {path: counts for path, counts in accumulator.exact.items() if counts.counts is not None}
        result = statistics_pb2.DatasetFeatureStatistics()
        result.features.extend(
            feature
            for feature in estimated.features
            if tfdv.FeaturePath.from_proto(feature.path) not in exact
        )
        result.features.extend(
            self._statistics(path, counts) for path, counts in exact.items() if counts.counts
        )
        return result

    def _counts(self, path: tfdv.FeaturePath, arrow_type: pa.DataType) -> bool:
        kind = stats_util.get_feature_type_from_arrow_type(path, arrow_type)
        if kind == _FeatureType.STRING:
            return path not in self._bytes_features
        return kind == _FeatureType.INT and bool(
            top_k_uniques_stats_util.output_categorical_numeric(self._categorical, path, kind)
        )

    def _statistics(
        self, path: tfdv.FeaturePath, counts: ValueCounts
    ) -> statistics_pb2.FeatureNameStatistics:
        assert counts.counts is not None
        options = self._options
        top = counts.top(max(options.num_top_values, options.num_rank_histogram_buckets))
        return top_k_uniques_stats_util.make_feature_stats_proto_topk_uniques(
            feature_path=path,
            num_top_values=options.num_top_values,
            num_rank_histogram_buckets=options.num_rank_histogram_buckets,
            num_unique=len(counts.counts),
            value_count_list=[top_k_uniques_stats_util.FeatureValueCount(*pair) for pair in top],
            frequency_threshold=options.frequency_threshold,
        )
