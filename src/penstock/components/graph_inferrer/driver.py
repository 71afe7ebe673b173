# SPDX-License-Identifier: Apache-2.0
"""Driver of GraphInferrer: the gates, the source's files, and whether the models can take what is in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from penstock.artifacts.artifact import PropertyValue
from penstock.artifacts.blessing import refusal
from penstock.components.graph_inferrer.component import (
    GraphInferrerInputs,
    GraphInferrerParameters,
    GraphInferrerPlan,
)
from penstock.errors import ParameterError, PenstockError
from penstock.inference.checking import check
from penstock.inference.column_flow import columns
from penstock.inference.job import ModelRef, SourceFiles
from penstock.inference.recorded_models import model_info, recorded_model
from penstock.inference.sources import find_examples, find_source, known_columns
from penstock.inference.spec import InferenceGraph, ModelSettings
from penstock.inference.wanted_kinds import wanted_kinds
from penstock.models.check import check_loadable
from penstock.models.registry import flavor_named
from penstock.models.signature import ModelInfo
from penstock.runtime.libraries import library_versions
from penstock.runtime.roles import Decision, Driver, DriverContext, Run, Skip

_STOPPED = "__stop__"


class GraphInferrerDriver(Driver[GraphInferrerInputs, GraphInferrerParameters, GraphInferrerPlan]):
    """Lets only blessed models through, and finds out what can be without loading one or reading all rows."""

    def decide(
        self, inputs: GraphInferrerInputs, parameters: GraphInferrerParameters, context: DriverContext
    ) -> Decision[GraphInferrerPlan]:
        for name, blessing in zip(parameters.blessed_models, inputs.model_blessings, strict=True):
            refused = refusal(blessing)
            if refused:
                return Skip(f"nothing predicted: model {name}: {refused}")
        graph = parameters.graph
        check(graph, parameters.model_names, project_root=context.project_root)
        refs, infos = _models(inputs, parameters, context)
        source, fingerprint = _source(inputs, parameters, context)
        columns(graph, known_columns(source), infos)
        if parameters.source is not None:
            source = replace(source, kinds=wanted_kinds(graph, infos))
        elif graph.kinds:
            raise ParameterError(
                "the graph names kinds of columns, and examples have theirs",
                input="graph.kinds",
                expected="kinds where the source are files of CSV or JSON Lines",
                hint="leave kinds out",
            )
        parts = {
            "graph": _placeless(graph),
            "source": fingerprint,
            "libraries": library_versions({flavor_named(info.flavor).library for info in infos.values()}),
            "failed_execution": _last_stopped(context),
        }
        recorded: dict[str, PropertyValue] = {}
        if parameters.source is not None:
            recorded = {"input_base": parameters.source.files, "input_fingerprint": fingerprint}
        return Run(GraphInferrerPlan(refs, source), cache_parts=parts, properties=recorded)


def _models(
    inputs: GraphInferrerInputs, parameters: GraphInferrerParameters, context: DriverContext
) -> tuple[dict[str, ModelRef], dict[str, ModelInfo]]:
    """Returns the models, and what is known of them; nothing is where a handler of the user's takes one."""
    refs = {step.model.model: ModelRef("") for step in parameters.graph.steps if step.model is not None}
    infos = {}
    for name, artifact in zip(parameters.model_names, inputs.models, strict=True):
        refs[name] = recorded_model(artifact, context.store)
        settings = parameters.graph.models.get(name, ModelSettings())
        if settings.handler is None:
            infos[name] = _info(name, artifact, trusted=refs[name].trusted or settings.trusted)
            refs[name] = replace(refs[name], flavor=infos[name].flavor)
    return refs, infos


def _info(name: str, artifact: Any, *, trusted: bool) -> ModelInfo:
    try:
        info = model_info(artifact)
        check_loadable(info.flavor, artifact.uri, trusted=trusted)
    except PenstockError as error:
        error.message = f"model {name!r}: {error.message}"
        error.args = (error.message,)
        raise
    return info


def _source(
    inputs: GraphInferrerInputs, parameters: GraphInferrerParameters, context: DriverContext
) -> tuple[SourceFiles, str | None]:
    """Returns the files to read, and their fingerprint where they are no input with a digest of its own."""
    if parameters.source is None:
        return find_examples(inputs.examples, parameters.data_spec.example_splits), None
    found = find_source(parameters.source, context.project_root)
    return found.files, found.fingerprint


def _placeless(graph: InferenceGraph) -> InferenceGraph:
    """Returns a graph without what does not change its results: where and how fast its models are called."""
    models: Mapping[str, ModelSettings] = {
        name: replace(
            settings, device="auto", threads=None, batch_rows=1, large_model=False, model_copies=None
        )
        for name, settings in graph.models.items()
    }
    return replace(graph, models=models, source_rows=1)


def _last_stopped(context: DriverContext) -> int | None:
    """Returns the node's last execution where that failed for its rows, so that it is tried again and not reused."""
    for execution in context.store.executions_of_node(context.pipeline, context.node_id, limit=1):
        if execution.properties.get(_STOPPED):
            return execution.id
    return None
