# SPDX-License-Identifier: Apache-2.0
"""Examples as a PCollection of record batches. Only paths go into the pipeline's graph, never data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import apache_beam as beam
import pyarrow as pa
from apache_beam.metrics import Metrics

from penstock.examples.batching import rebatch
from penstock.examples.reader import ExamplesReader

Layout = Callable[[pa.RecordBatch], pa.RecordBatch]

METRICS_NAMESPACE = "penstock.examples"


@beam.typehints.with_output_types(pa.RecordBatch)
class ReadExamples(beam.PTransform):
    """Reads files of examples as batches, one element a batch.

    Each pass that reads the result again reads the files again where the runner is told so (TFT's
    ``use_deep_copy_optimization``), so nothing needs to be held in memory.

    Args:
        shards: The files, as ``ExamplesReader.shards`` names them.
        layout: Brings a batch, as a file has it, into the layout that all elements share.
        rows: Rows in a batch.
    """

    def __init__(self, shards: Sequence[str], layout: Layout, *, rows: int) -> None:
        super().__init__()
        self._shards = tuple(shards)
        self._read = _ReadShard(layout, rows)

    def expand(self, pbegin: beam.pvalue.PBegin) -> beam.PCollection:
        shards = pbegin | "Files" >> beam.Create(self._shards)
        return shards | "Read" >> beam.ParDo(self._read)


class _ReadShard(beam.DoFn):
    def __init__(self, layout: Layout, rows: int) -> None:
        super().__init__()
        self._layout = layout
        self._rows = rows
        self._row_counter = Metrics.counter(METRICS_NAMESPACE, "rows_read")

    def process(self, shard: str) -> Iterator[pa.RecordBatch]:
        found = ExamplesReader(shard).found_batches(self._rows)
        for batch in rebatch(map(self._layout, found), self._rows):
            self._row_counter.inc(batch.num_rows)
            yield batch
