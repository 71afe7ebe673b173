# SPDX-License-Identifier: Apache-2.0
"""Analysis: one or more passes of TFT over the data, at the end of which the transformation is a graph on disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
from tensorflow_transform import beam as tft_beam
from tensorflow_transform.beam import analysis_graph_builder
from tfx_bsl.public import tfxio

from penstock import files
from penstock.beam.arguments import asks_for_workers, is_in_process, without_workers
from penstock.beam.pipeline import open_pipeline
from penstock.beam.reading import ReadExamples
from penstock.beam.shipping import shipped_modules
from penstock.components.transform.cache_files import dataset_key, read_cache, write_cache
from penstock.components.transform.features import GraphInputs
from penstock.components.transform.rereading import allow_rereading
from penstock.components.transform.user_functions import PreprocessingFn
from penstock.examples.reader import ExamplesReader
from penstock.statistics.batching import rows_per_batch

_WORTH_WORKERS_BYTES = 256 << 20


@dataclass(frozen=True)
class Dataset:
    """Examples to analyse.

    Attributes:
        key: Name in the analyzer cache.
        reader: The examples.
        cached: Whether the cache folder may know it.
    """

    key: str
    reader: ExamplesReader
    cached: bool = False


@dataclass(frozen=True)
class AnalysisRequest:
    """What to analyse, and how.

    Attributes:
        preprocessing_fn: The user's function.
        inputs: The schema's features.
        datasets: The examples.
        graph_dir: Folder that gets ``transform_fn`` and ``transformed_metadata``.
        cache_dir: Folder with what is known of the data sets, which gets what becomes known; ``None`` for no cache.
        temp_dir: Folder for intermediate graphs, which the runner's workers can reach.
        code_folders: Folders that the user's code was imported from, for workers elsewhere.
        force_tf_compat_v1: Whether to trace and save as TensorFlow 1 did.
        beam_pipeline_args: Beam arguments of the pipeline and the node.
    """

    preprocessing_fn: PreprocessingFn
    inputs: GraphInputs
    datasets: Sequence[Dataset]
    graph_dir: str
    cache_dir: str | None
    temp_dir: str
    code_folders: tuple[str, ...] = ()
    force_tf_compat_v1: bool = False
    beam_pipeline_args: tuple[str, ...] = ()


def analyze(request: AnalysisRequest, component: str | None = None) -> int:
    """Runs the analyzers of a ``preprocessing_fn`` and writes the transformation.

    Returns:
        How many data sets were taken from the cache without reading them.

    Raises:
        UserCodeError: The user's function cannot be used.
        DataError: The examples do not fit the schema.
        ExecutionError: The analysis failed otherwise.
    """
    arguments = _arguments(request)
    allow_rereading()
    elsewhere = asks_for_workers(arguments) or not is_in_process(arguments)
    with (
        shipped_modules(request.code_folders if elsewhere else ()),
        open_pipeline(arguments, component=component, what="analysing the data") as pipeline,
        # Each pass reads the files again instead of Beam holding all rows for the next one.
        tft_beam.Context(
            temp_dir=request.temp_dir,
            use_deep_copy_optimization=True,
            force_tf_compat_v1=request.force_tf_compat_v1,
        ),
    ):
        if request.cache_dir is None:
            transform_fn, from_cache = _analyze(pipeline, request), 0
        else:
            transform_fn, from_cache = _analyze_with_cache(pipeline, request, request.cache_dir)
        _ = transform_fn | "WriteGraph" >> tft_beam.WriteTransformFn(request.graph_dir)
    return from_cache


def _arguments(request: AnalysisRequest) -> Sequence[str]:
    """Returns the Beam arguments, without workers that would take longer to start than the work takes."""
    arguments = request.beam_pipeline_args
    shards = [shard for dataset in request.datasets for shard in dataset.reader.shards]
    small = is_in_process(arguments) and sum(map(files.size, shards)) < _WORTH_WORKERS_BYTES
    return without_workers(arguments) if small else arguments


def _analyze(pipeline: beam.Pipeline, request: AnalysisRequest) -> Any:
    shards = [shard for dataset in request.datasets for shard in dataset.reader.shards]
    rows = min(rows_per_batch(dataset.reader) for dataset in request.datasets)
    data = pipeline | "Read" >> ReadExamples(shards, request.inputs.layout, rows=rows)
    return (data, request.inputs.adapter_config) | tft_beam.AnalyzeDataset(request.preprocessing_fn)


def _analyze_with_cache(pipeline: beam.Pipeline, request: AnalysisRequest, cache_dir: str) -> tuple[Any, int]:
    keys = {dataset.key: dataset_key(dataset.key) for dataset in request.datasets}
    known = [dataset.key for dataset in request.datasets if dataset.cached]
    cache = read_cache(pipeline, cache_dir, known, request.beam_pipeline_args) if known else {}
    needed = _needed(request, set(keys.values()), cache) if cache else set(keys.values())
    data = {
        keys[dataset.key]: _read(pipeline, dataset, request) if keys[dataset.key] in needed else None
        for dataset in request.datasets
    }
    analysis = tft_beam.AnalyzeDatasetWithCache(request.preprocessing_fn, pipeline=pipeline)
    transform_fn, updated = (data, cache, request.inputs.adapter_config) | analysis
    if updated:
        write_cache(pipeline, updated, cache_dir, request.beam_pipeline_args)
    return transform_fn, len(keys) - len(needed)


def _read(pipeline: beam.Pipeline, dataset: Dataset, request: AnalysisRequest) -> beam.PCollection:
    rows = rows_per_batch(dataset.reader)
    return pipeline | f"Read[{dataset.key}]" >> ReadExamples(
        dataset.reader.shards, request.inputs.layout, rows=rows
    )


def _needed(request: AnalysisRequest, keys: set[Any], cache: Any) -> set[Any]:
    """Returns which data sets must be read: those for which the cache lacks something that this function needs."""
    specs = tfxio.TensorAdapter(request.inputs.adapter_config).OriginalTypeSpecs()
    return set(
        analysis_graph_builder.get_analysis_dataset_keys(
            request.preprocessing_fn, specs, keys, cache, request.force_tf_compat_v1
        )
    )
