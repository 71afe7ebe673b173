# SPDX-License-Identifier: Apache-2.0
"""What can be shown of predictions and of the rows that failed: figures, causes, and the first rows of the files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from penstock import files
from penstock.artifacts.artifact import Artifact

FIRST_ROWS = 5
_FOLDERS = 6
_LOGS, _PARQUET = ".gz", ".parquet"


@dataclass(frozen=True, slots=True)
class ModelFigures:
    """What one model has done.

    Attributes:
        name: Its name in the graph; empty where there is only one.
        id: Id of its artifact; 0 for one that is in no store.
        version: Its version.
        figures: What is recorded of it, by property.
    """

    name: str
    id: int
    version: str
    figures: Mapping[str, Any]

    def percentiles(self, name: str) -> tuple[tuple[str, float], ...]:
        """Returns the percentiles of a property, in their order."""
        return tuple(sorted((self.figures.get(name) or {}).items(), key=lambda item: float(item[0])))


@dataclass(frozen=True, slots=True)
class Cause:
    """Why rows have failed."""

    stage: str
    cause: str
    rows: int


@dataclass(frozen=True, slots=True)
class Sample:
    """The first rows of one folder of files.

    Attributes:
        title: Path of the folder in the artifact; empty for the artifact's own.
        columns: Names of all columns, with their types where the files say these.
        rows: The first rows.
    """

    title: str
    columns: Mapping[str, str] = field(default_factory=dict)
    rows: Sequence[Mapping[str, Any]] = ()


def models_of(artifact: Artifact) -> list[ModelFigures]:
    """Returns what each model has done."""
    properties = artifact.custom_properties
    several = properties.get("models")
    found: dict[str, Any] = several if isinstance(several, dict) else {"": properties}
    return [
        ModelFigures(
            name, int(figures.get("model_id") or 0), str(figures.get("model_version") or ""), figures
        )
        for name, figures in found.items()
        if several or "batches" in figures
    ]


def causes_of(artifact: Artifact) -> list[Cause]:
    """Returns the most frequent causes."""
    found: Any = artifact.get_json_value_custom_property("failures") or []
    return [Cause(str(one.get("stage")), str(one.get("cause")), int(one.get("rows") or 0)) for one in found]


def samples(uri: str, rows: int = FIRST_ROWS) -> Iterator[Sample]:
    """Yields the first rows of each folder that has result files.

    Raises:
        DataError: A file is damaged.
    """
    first: dict[str, str] = {}
    for entry in files.walk(uri) if files.exists(uri) else []:
        folder = entry.name.rpartition("/")[0]
        if entry.name.endswith((_LOGS, _PARQUET)):
            first[folder] = min(entry.uri, first.get(folder, entry.uri))
    for folder, shard in islice(sorted(first.items()), _FOLDERS):
        yield _parquet(folder, shard, rows) if shard.endswith(_PARQUET) else _records(folder, shard, rows)


def _parquet(folder: str, uri: str, rows: int) -> Sample:
    from penstock.examples.shards import open_parquet

    with open_parquet(uri) as file:
        schema = file.schema_arrow
        batch = next(file.iter_batches(batch_size=rows), None)
    columns = {item.name: str(item.type) for item in schema}
    return Sample(folder, columns, [] if batch is None else batch.to_pylist())


def _records(folder: str, uri: str, rows: int) -> Sample:
    from penstock.examples.tfrecord import read_records
    from penstock.inference.prediction_log_reading import is_prediction, read_example, read_prediction

    found: list[dict[str, Any]] = []
    for record in next(read_records(uri, rows), []):
        if is_prediction(record):
            log = read_prediction(record)
            signature = {"signature": log.signature} if log.signature else {}
            found.append({**signature, **log.inputs, **log.outputs})
        else:
            found.append(read_example(record))
    return Sample(folder, dict.fromkeys((name for row in found for name in row), ""), found)
