# SPDX-License-Identifier: Apache-2.0
"""The pipeline that a graph in a YAML file stands for, where no other pipeline holds it."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.artifacts.standard import Model, ModelBlessing
from penstock.components.graph_inferrer.component import GraphInferrer
from penstock.errors import PipelineError, UsageError
from penstock.graph.channel import Channel
from penstock.graph.node import BaseNode
from penstock.graph.pipeline import Pipeline
from penstock.graph.resolver_strategy import (
    LatestArtifactStrategy,
    LatestBlessedModelStrategy,
    NamedArtifactStrategy,
)
from penstock.graph.system_nodes import Importer, Resolver
from penstock.inference.config_file import InferenceFile, ModelSource

MODEL, BLESSING = "model", "model_blessing"


def model_node_id(name: str) -> str:
    """Returns the id of the node that brings a model into the run."""
    return f"Model-{name}"


def pipeline_of(file: InferenceFile, beam_pipeline_args: Sequence[str] = ()) -> Pipeline:
    """Returns the pipeline: an Importer or Resolver for each model, and one GraphInferrer.

    Args:
        file: The YAML file.
        beam_pipeline_args: Arguments of Beam that follow the file's.

    Raises:
        UsageError: The file has no source, or its name is none for a pipeline.
    """
    if file.source is None:
        raise UsageError(
            f"{file.path} names no source",
            expected="source: the files to read",
            hint="add it, or run with --stream",
        )
    nodes: list[BaseNode] = []
    models: dict[str, Channel] = {}
    blessings: dict[str, Channel] = {}
    for name, source in file.models.items():
        node = _node(source)
        if node is None:
            continue
        nodes.append(node.with_id(model_node_id(name)))
        models[name] = node.outputs[MODEL]
        if BLESSING in node.outputs:
            blessings[name] = node.outputs[BLESSING]
    inferrer = GraphInferrer(file.graph, models, blessings, source=file.source)
    try:
        return Pipeline(
            file.name,
            components=[*nodes, inferrer],
            enable_cache=file.enable_cache,
            beam_pipeline_args=[*file.beam_pipeline_args, *beam_pipeline_args],
        )
    except PipelineError as error:
        raise UsageError(
            f"{file.place_of(('name',))}: {error.message}",
            expected=error.expected,
            got=error.got,
            hint=error.hint,
        ) from None


def _node(source: ModelSource) -> Importer | Resolver | None:
    if source.path is not None:
        return Importer(source.path, Model, output_key=MODEL)
    if source.pipeline is None:
        return None
    model = Channel(Model, pipeline=source.pipeline, node=source.node)
    if source.select == "newest":
        return Resolver(LatestArtifactStrategy, model=model)
    if isinstance(source.select, int):
        return Resolver(NamedArtifactStrategy, {"artifact_id": source.select}, model=model)
    return Resolver(
        LatestBlessedModelStrategy,
        model=model,
        model_blessing=Channel(ModelBlessing, pipeline=source.pipeline),
    )
