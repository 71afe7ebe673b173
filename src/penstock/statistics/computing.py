# SPDX-License-Identifier: Apache-2.0
"""Statistics of files of examples: streaming here, or on Beam where the options or the runner ask for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pyarrow as pa
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import statistics_pb2

from penstock import files
from penstock.beam.arguments import is_in_process
from penstock.beam.pipeline import open_pipeline
from penstock.beam.reading import ReadExamples, sampled
from penstock.examples.reader import ExamplesReader
from penstock.statistics.files import STATISTICS_FILE, read_statistics
from penstock.statistics.options import without_sampling
from penstock.statistics.streaming import BATCH_ROWS, StatisticsStream, can_stream


def compute_statistics(
    reader: ExamplesReader,
    options: tfdv.StatsOptions,
    *,
    temp_dir: str,
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
        beam_pipeline_args: Beam arguments of the pipeline and the node.
        report: Is told the number of rows after each batch, where the rows pass through this process.
    """
    batch_rows = options.desired_batch_size or BATCH_ROWS
    if not (is_in_process(beam_pipeline_args) and can_stream(options)):
        return _on_beam(reader, options, batch_rows, temp_dir, beam_pipeline_args)
    stream = StatisticsStream(without_sampling(options))
    batches = reader.batches(batch_rows, layout="examples")
    for batch in sampled(_reported(batches, report), options.sample_rate):
        stream.add(batch)
    return stream.finish()


def _reported(batches: Iterator[pa.RecordBatch], report: Callable[[int], None]) -> Iterator[pa.RecordBatch]:
    rows = 0
    for batch in batches:
        rows += batch.num_rows
        report(rows)
        yield batch


def _on_beam(
    reader: ExamplesReader,
    options: tfdv.StatsOptions,
    batch_rows: int,
    temp_dir: str,
    beam_pipeline_args: Sequence[str],
) -> statistics_pb2.DatasetFeatureStatisticsList:
    read = ReadExamples(reader.shards, reader.features, rows=batch_rows, sample_rate=options.sample_rate)
    files.makedirs(temp_dir)
    try:
        with open_pipeline(beam_pipeline_args, what="computing statistics") as pipeline:
            _ = (
                pipeline
                | read
                | tfdv.GenerateStatistics(without_sampling(options))
                # One message, however many parts the options ask for.
                | tfdv.MergeDatasetFeatureStatisticsList()
                | tfdv.WriteStatisticsToBinaryFile(files.join(temp_dir, STATISTICS_FILE))
            )
        return read_statistics(temp_dir)
    finally:
        files.remove_tree(temp_dir)
