# SPDX-License-Identifier: Apache-2.0
"""One pass over the data in this process: statistics before, transformation, statistics after, transformed examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import pyarrow as pa

from penstock.components.transform.application import TransformFunction, feature_set
from penstock.components.transform.component import TransformedSplit
from penstock.components.transform.features import SchemaLayout
from penstock.components.transform.measurement import Streams
from penstock.components.transform.sources import Source
from penstock.errors import PenstockError
from penstock.examples.batching import rebatch
from penstock.examples.payload import ExamplesFormat
from penstock.examples.writer import ExamplesWriter
from penstock.statistics.batching import rows_per_batch
from penstock.statistics.streaming import StatisticsStream


@dataclass(frozen=True)
class Target:
    """Where and how transformed rows are written.

    Attributes:
        uris: Root of the transformed examples, by position of the examples; empty where rows are not kept.
        format: Format of the files.
        file_prefix: How their names begin.
    """

    uris: Mapping[int, str]
    format: ExamplesFormat
    file_prefix: str


def transform_here(
    sources: Sequence[Source],
    layout: SchemaLayout,
    function: TransformFunction,
    target: Target,
    streams: Streams,
    report: Callable[[int], None],
) -> tuple[TransformedSplit, ...]:
    """Reads every source once and does with its rows all that is to be done.

    Args:
        sources: What to read.
        layout: The schema's layout.
        function: The transformation.
        target: Where the transformed rows go.
        streams: Takes the rows before and after.
        report: Is told the number of rows after each batch.

    Returns:
        The number of rows of each transformed split.
    """
    with ExitStack() as stack:
        features = feature_set(function.schema)
        writers = {
            position: stack.enter_context(
                ExamplesWriter(uri, features, target.format, file_prefix=target.file_prefix)
            )
            for position, uri in target.uris.items()
        }
        return tuple(_pass_over(sources, layout, function, writers, streams, report))


def _pass_over(
    sources: Sequence[Source],
    layout: SchemaLayout,
    function: TransformFunction,
    writers: Mapping[int, ExamplesWriter],
    streams: Streams,
    report: Callable[[int], None],
) -> Iterator[TransformedSplit]:
    total = 0
    for source in sources:
        rows = 0
        for batch in _batches(source, layout):
            if source.analyzed and streams.before is not None:
                streams.before.add(batch)
            if source.transformed:
                _transform(batch, source, function, writers.get(source.artifact), streams.after)
            rows += batch.num_rows
            total += batch.num_rows
            report(total)
        if source.transformed:
            yield TransformedSplit(source.artifact, source.split, rows)


def _batches(source: Source, layout: SchemaLayout) -> Iterator[pa.RecordBatch]:
    rows = rows_per_batch(source.reader)
    return rebatch(map(layout, source.reader.found_batches(rows)), rows)


def _transform(
    batch: pa.RecordBatch,
    source: Source,
    function: TransformFunction,
    writer: ExamplesWriter | None,
    after: StatisticsStream | None,
) -> None:
    try:
        transformed = function(batch)
    except PenstockError as error:
        error.input = error.input or f"split {source.split!r}"
        raise
    if after is not None:
        after.add(transformed)
    if writer is not None:
        writer.write(source.split, transformed)
