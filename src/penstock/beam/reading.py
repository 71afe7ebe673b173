# SPDX-License-Identifier: Apache-2.0
"""Examples as a PCollection of record batches. Only paths go into the pipeline's graph, never data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.metrics import Metrics

from penstock.examples.batching import rebatch
from penstock.examples.kinds import FeatureSet
from penstock.examples.layout import to_example_layout
from penstock.examples.reader import ExamplesReader

METRICS_NAMESPACE = "penstock.examples"


@beam.typehints.with_output_types(pa.RecordBatch)
class ReadExamples(beam.PTransform):
    """Reads files of examples as batches in example layout, one element a batch.

    Each pass that reads the result again reads the files again where the runner is told so (TFT's
    ``use_deep_copy_optimization``), so nothing needs to be held in memory.

    Args:
        shards: The files, as ``ExamplesReader.shards`` names them.
        features: The columns of every batch, in this order.
        rows: Rows in a batch.
        sample_rate: Share of the rows to keep; ``None`` keeps all. The same rows are kept every time.
    """

    def __init__(
        self, shards: Sequence[str], features: FeatureSet, *, rows: int, sample_rate: float | None = None
    ) -> None:
        super().__init__()
        self._shards = tuple(shards)
        self._read = _ReadShard(features, rows, sample_rate)

    def expand(self, pbegin: beam.pvalue.PBegin) -> beam.PCollection:
        shards = pbegin | "Files" >> beam.Create(self._shards, reshuffle=len(self._shards) > 1)
        return shards | "Read" >> beam.ParDo(self._read)


class _ReadShard(beam.DoFn):
    def __init__(self, features: FeatureSet, rows: int, sample_rate: float | None) -> None:
        super().__init__()
        self._features = features
        self._rows = rows
        self._sample_rate = sample_rate
        self._row_counter = Metrics.counter(METRICS_NAMESPACE, "rows_read")

    def process(self, shard: str) -> Iterator[pa.RecordBatch]:
        found = ExamplesReader(shard).found_batches(self._rows)
        batches = rebatch((to_example_layout(batch, self._features) for batch in found), self._rows)
        for batch in sampled(batches, self._sample_rate):
            self._row_counter.inc(batch.num_rows)
            yield batch


def sampled(batches: Iterator[pa.RecordBatch], sample_rate: float | None) -> Iterator[pa.RecordBatch]:
    """Yields a random share of the rows of the batches, the same ones every time; all for ``None``."""
    if sample_rate is None:
        yield from batches
        return
    generator = np.random.default_rng(0)
    for batch in batches:
        kept = generator.random(batch.num_rows) < sample_rate
        yield batch.filter(pa.array(kept))
