# SPDX-License-Identifier: Apache-2.0
"""Schemas, statistics and anomalies before and after the transformation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from penstock import files
from penstock.beam.reading import Layout
from penstock.components.transform.component import TransformOutputs
from penstock.components.transform.features import GraphInputs
from penstock.components.transform.graph_files import ASSETS_FOLDER
from penstock.components.transform.sources import Source
from penstock.components.transform.stats_type import StatsType
from penstock.components.transform.user_functions import StatsOptionsUpdater
from penstock.examples.reader import ExamplesReader
from penstock.statistics.computing import compute_statistics
from penstock.statistics.files import write_anomalies, write_schema, write_statistics
from penstock.statistics.streaming import StatisticsStream, can_stream


@dataclass(frozen=True)
class Streams:
    """Statistics that are computed as rows go by; ``None`` where none are wanted, or where they need Beam."""

    before: StatisticsStream | None = None
    after: StatisticsStream | None = None


@dataclass(frozen=True)
class Measurement:
    """The statistics of one execution.

    Attributes:
        before: TFDV's options for the analysed examples.
        after: TFDV's options for the transformed examples.
        temp_dir: Folder that the runner's workers can write to.
        beam_pipeline_args: Beam arguments of the pipeline and the node.
    """

    before: tfdv.StatsOptions
    after: tfdv.StatsOptions
    temp_dir: str
    beam_pipeline_args: tuple[str, ...]

    def streams(self) -> Streams:
        """Returns streams for the statistics that do not need Beam."""
        before, after = (
            StatisticsStream(options) if can_stream(options) else None
            for options in (self.before, self.after)
        )
        return Streams(before, after)

    def before_from(
        self, sources: Sequence[Source], inputs: GraphInputs
    ) -> statistics_pb2.DatasetFeatureStatisticsList:
        """Computes the statistics of the analysed examples from their files."""
        shards = [shard for source in sources if source.analyzed for shard in source.reader.shards]
        return self._compute(shards, "before", self.before, inputs.layout)

    def after_from(self, folders: Sequence[str]) -> statistics_pb2.DatasetFeatureStatisticsList:
        """Computes the statistics of transformed examples from their files."""
        return self._compute(folders, "after", self.after, None)

    def _compute(
        self, source: Sequence[str], name: str, options: tfdv.StatsOptions, layout: Layout | None
    ) -> statistics_pb2.DatasetFeatureStatisticsList:
        return compute_statistics(
            ExamplesReader(source),
            options,
            temp_dir=files.join(self.temp_dir, f"statistics-{name}"),
            layout=layout,
            beam_pipeline_args=self.beam_pipeline_args,
        )


def default_options(
    schema: schema_pb2.Schema, vocabularies: Mapping[str, str] | None = None
) -> tfdv.StatsOptions:
    """Returns the options that a ``stats_options_updater_fn`` starts from.

    Args:
        schema: Schema of the examples.
        vocabularies: File by name of the vocabulary.
    """
    copied = schema_pb2.Schema()
    copied.CopyFrom(schema)
    return tfdv.StatsOptions(
        schema=copied,
        vocab_paths=None if vocabularies is None else dict(vocabularies),
        use_sketch_based_topk_uniques=True,
    )


def measurement(
    schema: schema_pb2.Schema,
    transformed_schema: schema_pb2.Schema,
    graph_dir: str,
    asset_map: Mapping[str, str],
    updater: StatsOptionsUpdater,
    *,
    temp_dir: str,
    beam_pipeline_args: tuple[str, ...],
) -> Measurement:
    """Returns what to measure, after the user's ``stats_options_updater_fn`` has had its say.

    Args:
        schema: Schema of the examples.
        transformed_schema: Schema of the transformed examples.
        graph_dir: Folder of the transformation.
        asset_map: File name by vocabulary.
        updater: The user's function.
        temp_dir: Folder that the runner's workers can write to.
        beam_pipeline_args: Beam arguments of the pipeline and the node.
    """
    vocabularies = {name: files.join(graph_dir, ASSETS_FOLDER, file) for name, file in asset_map.items()}
    return Measurement(
        before=updater(StatsType.PRE_TRANSFORM, default_options(schema)),
        after=updater(StatsType.POST_TRANSFORM, default_options(transformed_schema, vocabularies)),
        temp_dir=temp_dir,
        beam_pipeline_args=beam_pipeline_args,
    )


def write_measurements(
    outputs: TransformOutputs,
    schema: schema_pb2.Schema,
    before: statistics_pb2.DatasetFeatureStatisticsList,
    transformed_schema: schema_pb2.Schema,
    after: statistics_pb2.DatasetFeatureStatisticsList,
) -> int:
    """Writes both schemas and statistics, and where the latter two do not fit each other.

    Returns:
        The number of anomalies after the transformation.
    """
    assert outputs.pre_transform_schema is not None
    assert outputs.pre_transform_stats is not None
    assert outputs.post_transform_schema is not None
    assert outputs.post_transform_stats is not None
    assert outputs.post_transform_anomalies is not None
    write_schema(outputs.pre_transform_schema.uri, schema)
    write_statistics(outputs.pre_transform_stats.uri, before)
    write_schema(outputs.post_transform_schema.uri, transformed_schema)
    write_statistics(outputs.post_transform_stats.uri, after)
    anomalies = tfdv.validate_statistics(after, transformed_schema)
    write_anomalies(outputs.post_transform_anomalies.uri, anomalies)
    return len(anomalies.anomaly_info)
