# SPDX-License-Identifier: Apache-2.0
"""Results of several source files that are kept apart: one result file for each, or none where no row is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from penstock import files
from penstock.examples.shards import open_parquet
from penstock.inference.finishing import Report
from penstock.inference.job import StepOutput
from penstock.inference.parquet_results import ParquetFile
from penstock.inference.reading import Unit


def by_source_file(
    outputs: Sequence[StepOutput], report: Report, units: Sequence[Unit], source: Sequence[str]
) -> list[StepOutput]:
    """Returns outputs whose files are as many as the source's, in the same order, ``""`` for one without a row.

    Args:
        outputs: What ``finish`` has made of parts none of which holds rows of two source files, writer by writer.
        report: What these were made of.
        units: The pieces of work.
        source: The source's files.
    """
    file_of = {unit.index: unit.files[0] for unit in units}
    return [_by_source_file(output, number, report, file_of, source) for number, output in enumerate(outputs)]


def _by_source_file(
    output: StepOutput, number: int, report: Report, file_of: Mapping[int, str], source: Sequence[str]
) -> StepOutput:
    starts = sorted(part.start for part in report.parts if part.writer == number)
    if not starts:  # a file without rows, which stands for no source file
        for uri in output.files:
            files.remove_tree(uri)
        return replace(output, files=("",) * len(source))
    made: dict[str, list[str]] = {}
    for (unit, _), uri in zip(starts, output.files, strict=True):
        made.setdefault(file_of[unit], []).append(uri)
    return replace(output, files=tuple(_whole(made[file]) if file in made else "" for file in source))


def _whole(parts: Sequence[str]) -> str:
    """Makes one file of several, which have one schema; returns its URI."""
    first, *others = parts
    if not others:
        return first
    temporary = f"{first}.whole"
    with open_parquet(first) as opened:
        whole = ParquetFile(temporary, opened.schema_arrow)
    for part in parts:
        with open_parquet(part) as opened:
            for batch in opened.iter_batches():
                whole.append(batch)
    whole.close()
    files.rename(temporary, first)
    for part in others:
        files.remove_tree(part)
    return first
