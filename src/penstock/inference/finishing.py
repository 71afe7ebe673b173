# SPDX-License-Identifier: Apache-2.0
"""Gives the files of a job their final names, once all of them are there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

import pyarrow as pa

from penstock import files
from penstock.inference.job import StepOutput
from penstock.inference.schemas import common_schema, stored_schema
from penstock.inference.summary import Tally
from penstock.inference.writing import Part, ResultWriter, making_folder


@dataclass(slots=True)
class Report:
    """What one worker has done: counted, written, and seen of the columns.

    Attributes:
        tally: What happened to rows.
        parts: The files that it has written.
        schemas: Schema of all rows of a writer, by the writer's number.
        name: Tells it from other reports.
    """

    tally: Tally = field(default_factory=Tally)
    parts: list[Part] = field(default_factory=list)
    schemas: dict[int, pa.Schema] = field(default_factory=dict)
    name: str = field(default_factory=lambda: uuid4().hex)

    def include(self, other: Report) -> None:
        """Adds what another worker has done."""
        self.tally.include(other.tally)
        self.parts.extend(other.parts)
        for number, schema in other.schemas.items():
            known = self.schemas.get(number)
            self.schemas[number] = schema if known is None else common_schema((known, schema))


def finish(writers: Sequence[ResultWriter], report: Report, token: str, *, optional: int) -> list[StepOutput]:
    """Brings the files of each writer into one schema, names them, and returns what there is, writer by writer.

    Args:
        writers: The writers, by number.
        report: What all workers have done.
        token: Tells the files of this job from those of others.
        optional: Number of the writer that leaves no file where it had no row; others leave an empty one.
    """
    prepared: list[tuple[list[str], pa.Schema]] = []
    for number, writer in enumerate(writers):
        seen = report.schemas.get(number)
        parts = sorted((part for part in report.parts if part.writer == number), key=lambda part: part.start)
        if seen is None:
            prepared.append(([], pa.schema([])))
            continue
        # Columns stand in the order of the first row, whichever worker has seen which first.
        schema = stored_schema(common_schema([*(part.schema for part in parts[:1]), seen]))
        prepared.append((_made(writer, parts, schema, token, is_optional=number == optional), schema))
    # Only now that nothing can be wrong with any of them any more.
    return [
        StepOutput(
            sum(part.rows for part in report.parts if part.writer == number),
            _named(writer, made),
            _described(schema),
        )
        for number, (writer, (made, schema)) in enumerate(zip(writers, prepared, strict=True))
    ]


def clear(writers: Iterable[ResultWriter], token: str) -> None:
    """Removes what is left of a job's files in the making."""
    for folder in {making_folder(writer.folder, token) for writer in writers}:
        files.remove_tree(folder)


def _made(
    writer: ResultWriter, parts: Sequence[Part], schema: pa.Schema, token: str, *, is_optional: bool
) -> list[str]:
    for part in parts:
        if not stored_schema(part.schema).equals(schema):
            writer.rewrite(part.uri, schema)
    if parts or is_optional:
        return [part.uri for part in parts]
    folder = making_folder(writer.folder, token)
    files.makedirs(folder)
    uri = files.join(folder, f"empty{writer.suffix}")
    writer.open(uri, schema).close()
    return [uri]


def _named(writer: ResultWriter, made: Sequence[str]) -> tuple[str, ...]:
    count = len(made)
    names = [f"{writer.prefix}-{index:05d}-of-{count:05d}{writer.suffix}" for index in range(count)]
    final = tuple(files.join(writer.folder, name) for name in names)
    for before, after in zip(made, final, strict=True):
        files.rename(before, after)
    return final


def _described(schema: pa.Schema) -> tuple[dict[str, str], ...]:
    return tuple({"name": field.name, "type": str(field.type)} for field in schema)
