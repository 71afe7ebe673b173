# SPDX-License-Identifier: Apache-2.0
"""Statistics of files of examples: streaming here, or on Beam where the options or the runner ask for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import apache_beam as beam
import pyarrow as pa
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import statistics_pb2

from penstock import files
from penstock.beam.arguments import is_in_process
from penstock.beam.pipeline import open_pipeline
from penstock.beam.reading import Layout, ReadExamples
from penstock.examples.batching import rebatch
from penstock.examples.layout import to_example_layout
from penstock.examples.reader import ExamplesReader
from penstock.statistics.batching import rows_per_batch
from penstock.statistics.files import STATISTICS_FILE, read_statistics
from penstock.statistics.options import without_sampling
from penstock.statistics.sampling import RowSampler
from penstock.statistics.streaming import StatisticsStream, can_stream

# The types that TFDV 1.16 declares for its lift statistics do not pass the checks of later Beams.
_UNTYPED = ("--no_pipeline_type_check",)


def compute_statistics(
    reader: ExamplesReader,
    options: tfdv.StatsOptions,
    *,
    temp_dir: str,
    layout: Layout | None = None,
    beam_pipeline_args: Sequence[str] = (),
    report: Callable[[int], None] = lambda _: None,
) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Returns the statistics of all rows that a reader has.

    They are computed in this process and in constant memory, unless the options need Beam or the arguments name a
    runner that is not in this process. Both ways give the same, up to rounding and the error of TFDV's quantiles;
    only of features with very many distinct values does the first one estimate what Beam would count.

    Args:
        reader: The examples.
        options: TFDV's options.
        temp_dir: Folder that all of the runner's workers can write to; it is made and removed where it is needed.
        layout: Brings batches into the layout to compute statistics of; the reader's own features if not given.
        beam_pipeline_args: Beam arguments of the pipeline and the node.
        report: Is told the number of rows after each batch, where the rows pass through this process.
    """
    batch_rows = options.desired_batch_size or rows_per_batch(reader)
    layout = layout or partial(to_example_layout, features=reader.features)
    if not (is_in_process(beam_pipeline_args) and can_stream(options)):
        read = ReadExamples(reader.shards, layout, rows=batch_rows)
        return _on_beam(read, options, temp_dir, beam_pipeline_args)
    stream = StatisticsStream(options)
    batches = rebatch(map(layout, reader.found_batches(batch_rows)), batch_rows)
    for batch in _reported(batches, report):
        stream.add(batch)
    return stream.finish()


def _reported(batches: Iterator[pa.RecordBatch], report: Callable[[int], None]) -> Iterator[pa.RecordBatch]:
    rows = 0
    for batch in batches:
        rows += batch.num_rows
        report(rows)
        yield batch


def _on_beam(
    read: ReadExamples, options: tfdv.StatsOptions, temp_dir: str, beam_pipeline_args: Sequence[str]
) -> statistics_pb2.DatasetFeatureStatisticsList:
    files.makedirs(temp_dir)
    try:
        with open_pipeline((*beam_pipeline_args, *_UNTYPED), what="computing statistics") as pipeline:
            _ = (
                pipeline
                | read
                | beam.ParDo(_Sample(options.sample_rate))
                | tfdv.GenerateStatistics(without_sampling(options))
                # One message, however many parts the options ask for.
                | tfdv.MergeDatasetFeatureStatisticsList()
                | tfdv.WriteStatisticsToBinaryFile(files.join(temp_dir, STATISTICS_FILE))
            )
        return read_statistics(temp_dir)
    finally:
        files.remove_tree(temp_dir)


class _Sample(beam.DoFn):
    def __init__(self, rate: float | None) -> None:
        super().__init__()
        self._rate = rate
        self._keep = RowSampler(rate)

    def start_bundle(self) -> None:
        self._keep = RowSampler(self._rate)

    def process(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        yield self._keep(batch)
