# SPDX-License-Identifier: Apache-2.0
"""Goes through examples once, several times or without end, in order or shuffled."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np
import pyarrow as pa

from penstock.examples.batching import concat, rebatch
from penstock.examples.kinds import FeatureSet, FeatureSpec
from penstock.examples.layout import to_example_layout, to_table_layout
from penstock.examples.reader import ExamplesReader, Layout
from penstock.examples.shares import Share

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2

CHUNK_ROWS = 4096


PartT = TypeVar("PartT")


class RowSource(Protocol[PartT]):
    """Rows in parts that can be read in any order."""

    @property
    def parts(self) -> Sequence[PartT]:
        """The parts."""

    def found_batches(self, rows: int, parts: Sequence[PartT]) -> Iterator[pa.RecordBatch]:
        """Yields the rows of these parts, in batches of at most ``rows`` rows and of varying schema."""


class EpochOptions(Protocol):
    """What decides which rows come, and in which order."""

    @property
    def num_epochs(self) -> int | None:
        """How often; ``None`` without end."""

    @property
    def shuffle(self) -> bool:
        """Whether to shuffle."""

    @property
    def shuffle_buffer_size(self) -> int:
        """Rows among which the next one is drawn."""

    @property
    def shuffle_seed(self) -> int | None:
        """Makes the order the same each time."""


class BatchOptions(EpochOptions, Protocol):
    """Epochs cut into batches."""

    @property
    def batch_size(self) -> int:
        """Rows in a batch."""

    @property
    def drop_final_batch(self) -> bool:
        """Whether to leave out a last batch with fewer rows."""


def record_batches(
    source: str | Sequence[str], options: BatchOptions, schema: schema_pb2.Schema | None
) -> Iterator[pa.RecordBatch]:
    """Yields batches in example layout; see ``penstock.examples.accessor.record_batch_factory``."""
    reader = ExamplesReader(source)
    features = reader.features if schema is None else features_of_schema(schema)
    rows = stream_rows(Share(reader), features, options, "examples")
    for batch in rebatch(rows, options.batch_size):
        if batch.num_rows == options.batch_size or not drops_final_batch(options):
            yield batch


def stream_rows(
    source: RowSource[PartT], features: FeatureSet, options: EpochOptions, layout: Layout
) -> Iterator[pa.RecordBatch]:
    """Yields the rows of all epochs, in batches of any size.

    Args:
        source: Where they are. One without parts has no rows, however many epochs there are.
        features: Which columns, in this order; those that the source lacks are missing in every row.
        options: How often, and in which order. Shuffled, parts come in random order and each row is drawn from a
            window of ``shuffle_buffer_size`` rows; epochs do not mix.
        layout: Layout of the batches.
    """
    convert = to_table_layout if layout == "table" else to_example_layout
    generator = np.random.default_rng(options.shuffle_seed)
    epochs = itertools.count() if options.num_epochs is None else range(options.num_epochs)
    for _ in epochs if source.parts else ():
        parts = list(source.parts)
        if options.shuffle:
            parts = [parts[index] for index in generator.permutation(len(parts))]
        rows = (convert(batch, features) for batch in source.found_batches(CHUNK_ROWS, parts))
        yield from _shuffled(rows, options.shuffle_buffer_size, generator) if options.shuffle else rows


def drops_final_batch(options: BatchOptions) -> bool:
    """Says whether a last batch with fewer rows is left out."""
    return options.drop_final_batch or options.num_epochs is None


def features_of_schema(schema: schema_pb2.Schema) -> FeatureSet:
    """Returns the features that a schema gives a type, in its order."""
    from penstock.examples.schema_kinds import kinds_of_schema

    return FeatureSet(tuple(FeatureSpec(name, kind) for name, kind in kinds_of_schema(schema).items()))


def _shuffled(
    batches: Iterator[pa.RecordBatch], window: int, generator: np.random.Generator
) -> Iterator[pa.RecordBatch]:
    """Yields rows in random order.

    Each time as many rows come in as the window holds, are mixed with those in it, and as many go out.
    """
    window = max(window, 1)
    held: pa.RecordBatch | None = None
    for fresh in rebatch(batches, max(window, CHUNK_ROWS)):
        mixed = _permuted(fresh if held is None else concat([held, fresh]), generator)
        out = max(mixed.num_rows - window, 0)
        held = mixed.slice(out)
        yield from _chunks(mixed.slice(0, out))
    if held is not None:
        yield from _chunks(_permuted(held, generator))


def _permuted(batch: pa.RecordBatch, generator: np.random.Generator) -> pa.RecordBatch:
    return batch.take(pa.array(generator.permutation(batch.num_rows)))


def _chunks(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    for start in range(0, batch.num_rows, CHUNK_ROWS):
        yield batch.slice(start, CHUNK_ROWS)
