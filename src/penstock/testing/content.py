# SPDX-License-Identifier: Apache-2.0
"""What an artifact holds, opened.

========================  ==============================================================
Examples                  a ``pyarrow.Table`` per split
ExampleStatistics         a ``DatasetFeatureStatisticsList`` per split
ExampleAnomalies          an ``Anomalies`` message per split
Schema                    the ``Schema`` message
ModelEvaluation           the report, ``penstock.evaluation.report.EvaluationReport``
values (Integer …)        the value itself
everything else           the folder, as a ``pathlib.Path``
========================  ==============================================================
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from penstock import files
from penstock.artifacts.artifact import Artifact
from penstock.artifacts.standard import (
    ExampleAnomalies,
    Examples,
    ExampleStatistics,
    ModelEvaluation,
    Schema,
    SplitArtifact,
)
from penstock.artifacts.value_artifact import ValueArtifact


def content_of(artifact: Artifact) -> Any:
    """Returns what an artifact holds, in the form of its type."""
    if isinstance(artifact, SplitArtifact):
        return {split: _split(artifact, split) for split in artifact.splits}
    if isinstance(artifact, ValueArtifact):
        return artifact.read()
    if isinstance(artifact, Schema):
        from penstock.statistics.files import read_schema

        return read_schema(artifact.uri)
    if isinstance(artifact, ModelEvaluation):
        from penstock.evaluation.report import read_report

        return read_report(artifact.uri)
    return Path(files.local_path(artifact.uri))


def _split(artifact: SplitArtifact, split: str) -> Any:
    uri = artifact.split_uri(split)
    if isinstance(artifact, Examples):
        import pyarrow as pa

        from penstock.examples.reader import ExamplesReader

        return pa.Table.from_batches(list(ExamplesReader(uri).batches()))
    if isinstance(artifact, ExampleStatistics):
        from penstock.statistics.files import read_statistics

        return read_statistics(uri)
    if isinstance(artifact, ExampleAnomalies):
        from penstock.statistics.files import read_anomalies

        return read_anomalies(uri)
    return Path(files.local_path(uri))
