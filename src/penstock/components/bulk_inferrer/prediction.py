# SPDX-License-Identifier: Apache-2.0
"""Runs the jobs of a BulkInferrer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from penstock import files
from penstock.beam.arguments import asks_for_workers, is_in_process
from penstock.components.bulk_inferrer.answers import examples_writer, prediction_log_writer
from penstock.components.bulk_inferrer.component import BulkInferrerWork
from penstock.components.bulk_inferrer.graph import MODEL, graph_of, last_step
from penstock.components.bulk_inferrer.sources import known_features
from penstock.examples.kinds import FEATURES_FILE, FeatureSet, FeatureSpec
from penstock.examples.reader import ExamplesReader
from penstock.inference import engine, loaded
from penstock.inference.job import InferenceJob, InferenceSummary, SourceFiles
from penstock.inference.parquet_results import ParquetResults
from penstock.inference.sources import data_files
from penstock.inference.spec import InferenceGraph
from penstock.inference.writing import ResultWriter


@dataclass(frozen=True, slots=True)
class Predicted:
    """What the jobs have made.

    Attributes:
        summaries: How they went, in the order of the splits.
        last_step: Step whose rows are the results.
        split_rows: Rows that were predicted, by split, where there is a job for each.
        num_features: Features of ``output_examples``.
    """

    summaries: Sequence[InferenceSummary]
    last_step: str
    split_rows: Mapping[str, int] = field(default_factory=dict)
    num_features: int = 0

    def files_of(self, step: str | None) -> tuple[str, ...]:
        """Returns the Parquet files of a step's rows, for a sink; of the last step where none is given."""
        outputs = [summary.outputs.get(step or self.last_step) for summary in self.summaries]
        return tuple(uri for output in outputs if output is not None for uri in output.files)


@contextmanager
def predict(work: BulkInferrerWork) -> Iterator[Predicted]:
    """Runs the jobs; what only sinks need is there until the ``with`` block is left."""
    making = _making(work)
    try:
        if work.plan.result == "examples":
            yield _into_examples(work, making)
        else:
            yield _into_result(work, making)
    finally:
        files.remove_tree(making)


def _making(work: BulkInferrerWork) -> str:
    """Returns a folder for what passes: of this machine, or beside the results where workers are elsewhere."""
    context = work.context
    if is_in_process(context.beam_pipeline_args):
        return files.join(context.temp_dir, "inference")
    output = work.outputs.inference_result or work.outputs.output_examples
    assert output is not None
    return files.join(output.uri, ".making")


def _into_result(work: BulkInferrerWork, making: str) -> Predicted:
    assert work.outputs.inference_result is not None
    plan, config = work.plan, work.parameters.inference_config
    folder = work.outputs.inference_result.uri
    source = [shard for split in plan.splits for shard in data_files(split.folders)]
    if plan.result == "parquet":
        summary = _run(work, source, folder, making, None)
    else:
        features = known_features(plan.splits)
        writer = prediction_log_writer(plan, config, features.known, folder)
        summary = _run(work, source, files.join(making, "results"), making, writer)
    return Predicted([summary], last_step(plan))


def _into_examples(work: BulkInferrerWork, making: str) -> Predicted:
    assert work.outputs.output_examples is not None
    folder, format = work.outputs.output_examples.uri, work.context.examples_format
    sources = {split.name: data_files(split.folders) for split in work.plan.splits}
    every = [shard for found in sources.values() for shard in found]
    features = ExamplesReader(every).features if every else FeatureSet(())
    summaries: list[InferenceSummary] = []
    rows: dict[str, int] = {}
    with _kept_model(work):
        for name, source in sources.items():
            split_folder = files.join(folder, f"Split-{name}")
            files.makedirs(split_folder)
            writer = examples_writer(work.plan, features, format, split_folder)
            results = files.join(making, "results", name)
            done = sum(other.rows for other in summaries)
            summary = _run(work, source, results, making, writer, split=name, rows_before=done)
            summaries.append(summary)
            rows[name] = summary.rows - summary.failed_rows
    written = [shard for name in sources for shard in data_files([files.join(folder, f"Split-{name}")])]
    made = _features(work, features, written)
    if format == "tfrecord":
        files.write_atomic(files.join(folder, FEATURES_FILE), made.to_json())
    return Predicted(summaries, last_step(work.plan), rows, len(made))


def _features(work: BulkInferrerWork, source: FeatureSet, written: Sequence[str]) -> FeatureSet:
    """Returns the features of the examples that were written; reads these where the model does not declare them."""
    answers = [column.declared for column in work.plan.features]
    if not written or work.context.examples_format == "parquet" or not all(answers):
        return ExamplesReader(written).features if written else source
    added = [
        FeatureSpec(column.feature, kind, is_list=not column.is_single)
        for column, kind in zip(work.plan.features, answers, strict=True)
        if kind
    ]
    return FeatureSet((*source, *added))


@contextmanager
def _kept_model(work: BulkInferrerWork) -> Iterator[None]:
    """Keeps the model loaded from one split to the next, where this process does all the work."""
    arguments = work.context.beam_pipeline_args
    if len(work.plan.splits) < 2 or not is_in_process(arguments) or asks_for_workers(arguments):
        yield
        return
    settings = graph_of(work.plan, work.parameters.inference_config).models[MODEL]
    loaded.pin(work.plan.model, settings, project_root=work.context.project_root)
    try:
        yield
    finally:
        loaded.unpin(work.plan.model, settings)


def _run(
    work: BulkInferrerWork,
    source: Sequence[str],
    result_uri: str,
    making: str,
    writer: ResultWriter | None,
    *,
    split: str = "",
    rows_before: int = 0,
) -> InferenceSummary:
    """Runs one job; the results go where the writer says, and as Parquet where there is none, or a sink wants them."""
    if not source:
        return InferenceSummary()
    assert work.outputs.dead_letters is not None
    graph = graph_of(work.plan, work.parameters.inference_config)
    letters = work.outputs.dead_letters.uri
    job = InferenceJob(
        graph=graph,
        models={MODEL: work.plan.model},
        source=SourceFiles(tuple(source)),
        result_uri=result_uri,
        dead_letters_uri=files.join(letters, f"Split-{split}") if split else letters,
        project_root=work.context.project_root,
        temp_dir=files.join(making, "temp"),
        component=work.context.node_id,
    )
    writers = None if writer is None else [writer, *_for_sinks(graph, result_uri, last_step(work.plan))]
    return engine.run(
        job,
        work.context.beam_pipeline_args,
        report=lambda rows: work.context.report(rows=rows_before + rows),
        writers=writers,
    )


def _for_sinks(graph: InferenceGraph, folder: str, last: str) -> list[ResultWriter]:
    steps = dict.fromkeys(sink.source or last for sink in graph.sinks)
    return [ParquetResults(step, files.join(folder, step)) for step in steps]
