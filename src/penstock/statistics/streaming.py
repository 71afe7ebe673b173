# SPDX-License-Identifier: Apache-2.0
"""TFDV statistics over a stream of batches, in constant memory and without Beam."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import tensorflow_data_validation as tfdv
from tensorflow_data_validation.statistics import stats_impl
from tensorflow_data_validation.statistics.generators import top_k_uniques_sketch_stats_generator
from tensorflow_metadata.proto.v0 import statistics_pb2

from penstock.statistics.sampling import RowSampler
from penstock.statistics.top_values import TopValuesGenerator

_COMPACT_EVERY_BATCHES = 64


def can_stream(options: tfdv.StatsOptions) -> bool:
    """Says whether a stream gives what TFDV gives on Beam with these options.

    Slices, weights, lift against a label, partitions of features and generators that are Beam transforms need Beam.
    """
    return not (
        options.experimental_slice_functions
        or getattr(options, "experimental_slice_sqls", None)  # gone in TFDV 1.21
        or options.slicing_config
        or options.label_feature
        or options.example_weight_map.all_weight_features()
        or options.experimental_num_feature_partitions > 1
        or any(not isinstance(g, tfdv.CombinerStatsGenerator) for g in options.generators or ())
    )


class StatisticsStream:
    """Takes batches in example layout one by one and gives their statistics at the end.

    Args:
        options: TFDV's options, for which :func:`can_stream` is true.

    Attributes:
        rows: Number of rows taken in, without those that ``sample_rate`` leaves out.
    """

    def __init__(self, options: tfdv.StatsOptions) -> None:
        self._allowlist = options.feature_allowlist
        self._keep = RowSampler(options.sample_rate)
        self._generators = _generators(options)
        for generator in self._generators:
            generator.setup()
        self._accumulators = [generator.create_accumulator() for generator in self._generators]
        self._batches = 0
        self.rows = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Takes in one batch; one without rows changes nothing."""
        batch = self._keep(batch)
        if not batch.num_rows:
            return
        if self._allowlist:
            batch = _columns(batch, self._allowlist)
        self._each("add_input", batch)
        self.rows += batch.num_rows
        self._batches += 1
        if self._batches % _COMPACT_EVERY_BATCHES == 0:
            self._each("compact")

    def finish(self) -> statistics_pb2.DatasetFeatureStatisticsList:
        """Returns the statistics of all batches."""
        return stats_impl.extract_statistics_output(self._accumulators, self._generators)

    def _each(self, method: str, *arguments: Any) -> None:
        self._accumulators = [
            getattr(generator, method)(accumulator, *arguments)
            for generator, accumulator in zip(self._generators, self._accumulators, strict=True)
        ]


def statistics_of(
    batches: Iterable[pa.RecordBatch], options: tfdv.StatsOptions
) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Returns the statistics of batches in example layout; see :class:`StatisticsStream`."""
    stream = StatisticsStream(options)
    for batch in batches:
        stream.add(batch)
    return stream.finish()


def _columns(batch: pa.RecordBatch, names: Iterable[str]) -> pa.RecordBatch:
    present = [name for name in names if name in batch.schema.names]
    return pa.RecordBatch.from_arrays(
        [batch.column(batch.schema.get_field_index(n)) for n in present], present
    )


def _generators(options: tfdv.StatsOptions) -> list[tfdv.CombinerStatsGenerator]:
    generators = stats_impl.get_generators(options, in_memory=True)
    if options.use_sketch_based_topk_uniques:
        return list(generators)
    sketch = top_k_uniques_sketch_stats_generator.TopKUniquesSketchStatsGenerator
    return [TopValuesGenerator(g, options) if isinstance(g, sketch) else g for g in generators]
