# SPDX-License-Identifier: Apache-2.0
"""From rows as a source gives them to an Examples artifact with its splits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from penstock.errors import DataError
from penstock.examples.assignment import split_batch
from penstock.examples.kinds import FeatureSet
from penstock.examples.payload import ExamplesFormat
from penstock.examples.splits import SplitRule
from penstock.examples.writer import ExamplesWriter, SplitSummary


class ReadAgainError(Exception):
    """A source found that rows which it gave out are not what it says now; it is to be read again from its start."""


@dataclass(frozen=True, slots=True)
class SourceRows:
    """Some rows of a source.

    Attributes:
        split: Name of the input split that they belong to.
        rows: The rows, in either layout.
        file: Where they come from, for errors.
        records: The same rows as serialized tf.Examples, where the source has them so and the split rule needs them.
    """

    split: str
    rows: pa.RecordBatch
    file: str = ""
    records: Sequence[bytes] | None = None


@dataclass(frozen=True, slots=True)
class Ingested:
    """What was written.

    Attributes:
        splits: Rows, bytes and files by split.
        features: The features that all splits have.
    """

    splits: dict[str, SplitSummary]
    features: FeatureSet


def ingest(
    read: Callable[[], Iterable[SourceRows]],
    uri: str,
    format: ExamplesFormat,
    splits: Sequence[str],
    rule: SplitRule | None,
    report: Callable[[int], None] = lambda _: None,
) -> Ingested:
    """Writes all rows of a source as an Examples artifact.

    Args:
        read: Reads the source from its start; called again after it raised :class:`ReadAgainError`.
        uri: Root of the artifact.
        format: Format to write.
        splits: Names of the splits that there must be.
        rule: How rows are shared out; ``None`` leaves each in the input split it came from.
        report: Is told the number of rows so far, after each batch.

    Raises:
        DataError: A split has no rows, or the source's data is wrong.
        StorageError: The files cannot be written.
    """
    written = write_rows(read, lambda: ExamplesWriter(uri, format=format), rule, report)
    check_rows(written.splits, splits, rule)
    return Ingested({split: written.splits[split] for split in splits}, written.features)


def write_rows(
    read: Callable[[], Iterable[SourceRows]],
    open_writer: Callable[[], ExamplesWriter],
    rule: SplitRule | None,
    report: Callable[[int], None] = lambda _: None,
) -> Ingested:
    """Writes all rows of a source with a new writer, as often as the source wants to be read again."""
    while True:
        writer = open_writer()
        with writer:
            try:
                _write_all(read(), writer, rule, report)
            except ReadAgainError:
                writer.discard()
                continue
            return Ingested(writer.close(), writer.features)


def check_rows(summaries: Mapping[str, SplitSummary], splits: Sequence[str], rule: SplitRule | None) -> None:
    """Makes sure that every split has rows.

    Raises:
        DataError: One has none.
    """
    for split in splits:
        if split not in summaries or not summaries[split].rows:
            total = sum(summary.rows for summary in summaries.values())
            hint = "give it more hash_buckets, or more data" if rule else "check what is read for that split"
            raise DataError(
                f"split {split!r} has no rows",
                input=split,
                expected="at least one row in every split",
                got=f"{total} rows in all",
                hint=hint,
            )


def _write_all(
    rows: Iterable[SourceRows], writer: ExamplesWriter, rule: SplitRule | None, report: Callable[[int], None]
) -> None:
    total = 0
    for found in rows:
        try:
            for split, part in _shared_out(found, rule):
                writer.write(split, part)
        except DataError as error:
            raise _located(error, found.file) from error
        total += found.rows.num_rows
        report(total)


def _shared_out(found: SourceRows, rule: SplitRule | None) -> Iterable[tuple[str, pa.RecordBatch]]:
    return ((found.split, found.rows),) if rule is None else split_batch(found.rows, rule, found.records)


def _located(error: DataError, file: str) -> DataError:
    if file and file not in str(error):
        error.got = f"{error.got}, in {file}" if error.got else f"rows in {file}"
    return error
