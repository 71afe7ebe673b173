# SPDX-License-Identifier: Apache-2.0
"""Executor of GraphInferrer."""

from __future__ import annotations

from penstock import files
from penstock.beam.arguments import is_in_process
from penstock.components.graph_inferrer.component import (
    GraphInferrerInputs,
    GraphInferrerOutputs,
    GraphInferrerParameters,
    GraphInferrerPlan,
    GraphInferrerResult,
    GraphInferrerWork,
)
from penstock.inference import engine, sinks
from penstock.inference.job import InferenceJob, InferenceSummary
from penstock.inference.ways import ends
from penstock.runtime.roles import Executor


class GraphInferrerExecutor(
    Executor[
        GraphInferrerInputs,
        GraphInferrerOutputs,
        GraphInferrerParameters,
        GraphInferrerPlan,
        GraphInferrerResult,
    ]
):
    """Has the engine run the graph, and delivers to the sinks what may be shown."""

    def execute(self, work: GraphInferrerWork) -> GraphInferrerResult:
        context = work.context
        for sink in work.parameters.graph.sinks:
            sinks.check(
                sink,
                None,
                context.project_root,
                key=work.parameters.graph.key,
                beam_pipeline_args=context.beam_pipeline_args,
            )
        making = _making(work)
        job = InferenceJob(
            graph=work.parameters.graph,
            models=work.plan.models,
            source=work.plan.source,
            result_uri=work.outputs.inference_result.uri,
            dead_letters_uri=work.outputs.dead_letters.uri,
            project_root=context.project_root,
            temp_dir=making,
            component=context.node_id,
        )
        try:
            summary = engine.run(job, context.beam_pipeline_args, report=context.report)
        finally:
            files.remove_tree(making)
        if summary.failed_fraction > job.graph.max_failed_fraction:
            return GraphInferrerResult(summary, withheld=True)
        return GraphInferrerResult(summary, _delivered(work, summary))


def _delivered(work: GraphInferrerWork, summary: InferenceSummary) -> tuple[sinks.SinkReport, ...]:
    graph = work.parameters.graph
    last = ends(graph)[0]
    return sinks.deliver_all(
        graph.sinks, lambda step: summary.outputs[step or last].files, graph.key, work.context
    )


def _making(work: GraphInferrerWork) -> str:
    """Returns a folder for what passes: of this machine, or beside the results where workers are elsewhere."""
    if is_in_process(work.context.beam_pipeline_args):
        return files.join(work.context.temp_dir, "inference")
    return files.join(work.outputs.inference_result.uri, ".making")
