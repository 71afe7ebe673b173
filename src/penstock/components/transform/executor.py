# SPDX-License-Identifier: Apache-2.0
"""Executor of Transform: analyse, transform, and the statistics on either side."""

from __future__ import annotations

from penstock.components.transform.analysis import AnalysisRequest, Dataset, analyze
from penstock.components.transform.cache_files import copy_known
from penstock.components.transform.component import (
    TransformInputs,
    TransformOutputs,
    TransformParameters,
    TransformPlan,
    TransformResult,
    TransformWork,
)
from penstock.components.transform.features import GraphInputs, features_without_values, graph_inputs
from penstock.components.transform.graph_files import complete_graph, read_asset_map, vocabulary_sizes
from penstock.components.transform.places import Places, places_of
from penstock.components.transform.sources import Source, sources_of
from penstock.components.transform.transformation import transformation
from penstock.components.transform.user_functions import (
    PreprocessingFn,
    load_preprocessing_fn,
    missing_everywhere,
)
from penstock.errors import UserCodeError
from penstock.runtime.roles import Executor
from penstock.statistics.files import read_schema


class TransformExecutor(
    Executor[TransformInputs, TransformOutputs, TransformParameters, TransformPlan, TransformResult]
):
    """Runs a user's ``preprocessing_fn`` over examples."""

    def execute(self, work: TransformWork) -> TransformResult:
        function = load_preprocessing_fn(work.parameters, work.context)
        inputs = graph_inputs(read_schema(work.inputs.schema.uri))
        sources = sources_of(work)
        places = places_of(work)
        try:
            from_cache = _analyze(work, function, inputs, sources, places)
            digest = complete_graph(places.graph.folder, inputs.schema, places.temp)
            names = read_asset_map(places.graph.folder)
            outcome = transformation(work, inputs, sources, places).run(names)
            places.graph.publish()
            if places.cache is not None:
                places.cache.publish()
            return TransformResult(
                graph_digest=digest,
                vocabularies=vocabulary_sizes(places.graph.folder, names),
                features=outcome.features,
                splits=outcome.splits,
                examples_format=outcome.examples_format,
                cached_datasets=from_cache,
                anomalies=outcome.anomalies,
            )
        finally:
            places.clean()


def _analyze(
    work: TransformWork,
    function: PreprocessingFn,
    inputs: GraphInputs,
    sources: tuple[Source, ...],
    places: Places,
) -> int:
    readers = {(source.artifact, source.split): source.reader for source in sources}
    datasets = [
        Dataset(dataset.key, readers[dataset.artifact, dataset.split], dataset.cached)
        for dataset in work.plan.analyze
    ]
    if places.cache is not None and work.inputs.analyzer_cache is not None:
        known = [dataset.key for dataset in datasets if dataset.cached]
        copy_known(work.inputs.analyzer_cache.uri, places.cache.folder, known)
    request = AnalysisRequest(
        preprocessing_fn=function,
        inputs=inputs,
        datasets=datasets,
        graph_dir=places.graph.folder,
        cache_dir=places.cache.folder if places.cache else None,
        temp_dir=places.temp,
        code_folders=(work.context.project_root, *function.folders),
        force_tf_compat_v1=work.parameters.force_tf_compat_v1,
        beam_pipeline_args=work.context.beam_pipeline_args,
    )
    try:
        return analyze(request, work.context.node_id)
    except UserCodeError as error:
        _explain_missing(error, function, datasets)
        raise


def _explain_missing(error: UserCodeError, function: PreprocessingFn, datasets: list[Dataset]) -> None:
    """Adds to an error of the user's function which of the features it used have no value at all."""
    missing = set(function.used)
    for dataset in datasets:
        missing &= set(features_without_values(dataset.reader, missing))
    if missing and error.hint is None:
        error.hint = missing_everywhere(sorted(missing))
