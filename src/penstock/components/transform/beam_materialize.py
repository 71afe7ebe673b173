# SPDX-License-Identifier: Apache-2.0
"""The transformation on Beam, for runners that are not this process.

A bundle may be run again, so each writes files of its own; only those that the finished pipeline names get names
that a reader sees.
"""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
import pyarrow as pa
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.windowed_value import WindowedValue
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_transform import beam as tft_beam

from penstock import files
from penstock.beam.pipeline import open_pipeline
from penstock.beam.reading import ReadExamples
from penstock.components.transform.application import FlatBatch, feature_set, flat_batches
from penstock.components.transform.component import TransformedSplit
from penstock.components.transform.features import GraphInputs
from penstock.components.transform.materialize import Target
from penstock.components.transform.sources import Source
from penstock.examples.discovery import FeatureDiscovery
from penstock.examples.kinds import FEATURES_FILE, FeatureSet
from penstock.examples.payload import PAYLOADS, ExamplesFormat
from penstock.examples.reader import ExamplesReader
from penstock.examples.shard_names import ShardNames
from penstock.examples.writer import ExamplesWriter
from penstock.statistics.batching import rows_per_batch

_WRITTEN = "written"


@dataclass(frozen=True)
class _Part:
    """Files that one bundle wrote."""

    artifact: int
    split: str
    root: str
    rows: int


def transform_on_beam(
    sources: Sequence[Source],
    inputs: GraphInputs,
    graph_dir: str,
    target: Target,
    *,
    temp_dir: str,
    beam_pipeline_args: Sequence[str],
    component: str | None = None,
) -> tuple[TransformedSplit, ...]:
    """Transforms and writes the sources that are to be transformed.

    Args:
        sources: What to read.
        inputs: The schema's features.
        graph_dir: Folder of the transformation, which the workers can read.
        target: Where the rows go.
        temp_dir: Folder that the workers can write to.
        beam_pipeline_args: Beam arguments of the pipeline and the node.
        component: Node that the work is for.

    Returns:
        The number of rows of each split.
    """
    wanted = [source for source in sources if source.transformed]
    parts_dir = files.join(temp_dir, "parts")
    files.makedirs(parts_dir)
    with (
        open_pipeline(beam_pipeline_args, component=component, what="transforming the data") as pipeline,
        tft_beam.Context(temp_dir=temp_dir),
    ):
        transform_fn = pipeline | "ReadGraph" >> tft_beam.ReadTransformFn(graph_dir)
        parts = [_transformed(pipeline, source, inputs, transform_fn, target, parts_dir) for source in wanted]
        _ = (
            parts
            | beam.Flatten()
            | beam.Map(json.dumps, sort_keys=True)
            | beam.io.WriteToText(files.join(temp_dir, _WRITTEN))
        )
    return tuple(_finish(wanted, _read_parts(temp_dir), target))


def _transformed(
    pipeline: beam.Pipeline,
    source: Source,
    inputs: GraphInputs,
    transform_fn: Any,
    target: Target,
    parts_dir: str,
) -> beam.PCollection:
    name = f"{source.artifact}-{source.split}"
    read = ReadExamples(source.reader.shards, inputs.layout, rows=rows_per_batch(source.reader))
    data = pipeline | f"Read[{name}]" >> read
    transform = tft_beam.TransformDataset(output_record_batches=True)
    transformed, metadata = (
        (data, inputs.adapter_config),
        transform_fn,
    ) | f"Transform[{name}]" >> transform
    write = _WritePart(source.artifact, source.split, target, parts_dir, metadata.schema)
    return transformed | f"Write[{name}]" >> beam.ParDo(write)


class _WritePart(beam.DoFn):
    """Writes the rows of a bundle to a folder of their own and says what it wrote."""

    def __init__(
        self, artifact: int, split: str, target: Target, parts_dir: str, schema: schema_pb2.Schema
    ) -> None:
        super().__init__()
        self._artifact = artifact
        self._split = split
        self._target = target
        self._parts_dir = parts_dir
        self._schema = schema
        self._flatten: FlatBatch | None = None
        self._root = ""
        self._writer: ExamplesWriter | None = None

    def setup(self) -> None:
        self._flatten = flat_batches(self._schema)

    def start_bundle(self) -> None:
        self._writer = None

    def process(self, element: tuple[pa.RecordBatch, Any]) -> None:
        if self._writer is None:
            self._root = files.join(self._parts_dir, uuid.uuid4().hex)
            self._writer = ExamplesWriter(
                self._root,
                feature_set(self._schema),
                self._target.format,
                file_prefix=self._target.file_prefix,
            )
        assert self._flatten is not None
        self._writer.write(self._split, self._flatten(element[0]))

    def finish_bundle(self) -> Iterator[WindowedValue]:
        if self._writer is None:
            return
        rows = self._writer.close()[self._split].rows
        self._writer = None
        part = {"artifact": self._artifact, "split": self._split, "root": self._root, "rows": rows}
        yield WindowedValue(part, GlobalWindow().max_timestamp(), [GlobalWindow()])


def _read_parts(temp_dir: str) -> list[_Part]:
    parts = []
    for uri in files.glob(files.join(temp_dir, f"{_WRITTEN}-*")):
        with files.storage_errors("read", uri), files.open(uri, "r") as lines:
            parts += [_Part(**json.loads(line)) for line in lines if line.strip()]
    return sorted(parts, key=lambda part: (part.artifact, part.split, part.root))


def _finish(sources: Sequence[Source], parts: Sequence[_Part], target: Target) -> Iterator[TransformedSplit]:
    by_source: dict[tuple[int, str], list[_Part]] = defaultdict(list)
    for part in parts:
        by_source[part.artifact, part.split].append(part)
    for artifact, uri in target.uris.items():
        _write_features(uri, [part for part in parts if part.artifact == artifact], target.format)
    for source in sources:
        own = by_source[source.artifact, source.split]
        folder = f"{target.uris[source.artifact]}/Split-{source.split}"
        files.makedirs(folder)
        shards = [shard for part in own for shard in _shards(part)]
        ShardNames(folder, target.file_prefix, PAYLOADS[target.format].suffix).finish(shards)
        yield TransformedSplit(source.artifact, source.split, sum(part.rows for part in own))


def _shards(part: _Part) -> tuple[str, ...]:
    return ExamplesReader(f"{part.root}/Split-{part.split}").shards


def _write_features(uri: str, parts: Sequence[_Part], format: ExamplesFormat) -> None:
    """Writes the features file that TFRecord examples have: what all parts together need."""
    if format != "tfrecord":
        return
    discovery = FeatureDiscovery()
    for part in parts:
        with files.open(files.join(part.root, FEATURES_FILE)) as file:
            discovery.include(FeatureSet.from_json(file.read()))
    files.write_atomic(files.join(uri, FEATURES_FILE), discovery.features().to_json())
