# SPDX-License-Identifier: Apache-2.0
"""Runs an evaluation from beginning to end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from penstock import files
from penstock.beam.arguments import is_in_process
from penstock.errors import DataError, ParameterError, PenstockError
from penstock.evaluation import result_files
from penstock.evaluation.checks import with_compared_slices
from penstock.evaluation.config import (
    PreparedConfig,
    batch_rows,
    features_used,
    needs_beam,
    prepare,
    run_document,
)
from penstock.evaluation.direct import Computations, DirectEvaluation
from penstock.evaluation.outcome import make_report, slices_of
from penstock.evaluation.report import EvaluationReport, ReportedModel, write_report
from penstock.evaluation.request import EvaluationRequest
from penstock.evaluation.scoring import (
    BATCH_ROWS,
    Loader,
    Scorer,
    check_known,
    load_model,
    load_models,
    transformed_features,
)
from penstock.examples.reader import ExamplesReader


def evaluate(request: EvaluationRequest, loader: Loader = load_model) -> EvaluationReport:
    """Predicts, computes metrics, checks thresholds, and writes TFMA's files and the report.

    Args:
        request: What to evaluate.
        loader: How models are loaded.

    Raises:
        PenstockError: The configuration, the data or a model does not allow it. Nothing that was written counts.
    """
    prepared = prepare(
        request.config, has_model=request.candidate is not None, has_baseline=request.baseline is not None
    )
    computations = _computations(prepared, request.schema)
    readers = [ExamplesReader(split.uri) for split in request.splits]
    if not request.has_hooks:
        _check_features(request, prepared, readers)
    if request.has_hooks or needs_beam(prepared.proto) or not is_in_process(request.beam_pipeline_args):
        results, counted = _on_beam(request, prepared, readers)
    else:
        results, counted = _directly(request, prepared, readers, loader, computations)
    slices = slices_of(prepared.proto, results)
    results = _settle(request, prepared, results, with_compared_slices(results.validation, slices))
    report = make_report(
        prepared,
        results,
        slices,
        models=[ReportedModel(model.role, model.uri, model.id) for model in request.models],
        splits=list(dict.fromkeys(split.name for split in request.splits)),
        rows=counted[0],
        rows_without_label=counted[1],
    )
    write_report(request.output_uri, report)
    return report


def _settle(
    request: EvaluationRequest, prepared: PreparedConfig, results: result_files.Results, verdict: Any
) -> result_files.Results:
    """Writes the verdict again where it was set right, and removes the files that the configuration leaves out."""
    if verdict is not results.validation:
        results = replace(results, validation=verdict)
        result_files.write_verdict(request.output_uri, verdict, request.temp_dir)
    result_files.remove_disabled(request.output_uri, prepared.proto.options.disabled_outputs.values)
    return results


def _computations(prepared: PreparedConfig, schema: Any) -> Computations:
    try:
        return Computations.of(prepared.proto, schema)
    except PenstockError:
        raise
    except Exception as error:
        raise ParameterError(
            "the metrics of eval_config cannot be set up",
            input="eval_config.metrics_specs",
            got=f"{type(error).__name__}: {error}",
        ) from error


def _check_features(
    request: EvaluationRequest, prepared: PreparedConfig, readers: Sequence[ExamplesReader]
) -> None:
    used = features_used(prepared.proto, has_model=request.candidate is not None)
    transformed = transformed_features(prepared.specs, request.models)
    for reader in readers:
        check_known(used, {*transformed, *(feature.name for feature in reader.features)})


def _directly(
    request: EvaluationRequest,
    prepared: PreparedConfig,
    readers: Sequence[ExamplesReader],
    loader: Loader,
    computations: Computations,
) -> tuple[result_files.Results, tuple[int, int]]:
    evaluation = DirectEvaluation(prepared.proto, computations)
    models = load_models(prepared.specs, request.models, loader)
    transformed = transformed_features(prepared.specs, request.models)
    scorer = Scorer(prepared.proto, models, transformed, computations.features_wanted())
    columns = None if models else scorer.columns
    for batch in _batches(request, readers, columns, batch_rows(prepared.proto, BATCH_ROWS)):
        extracts = scorer.score(batch)
        request.report_rows(scorer.rows + scorer.rows_without_label)
        if extracts is not None:
            evaluation.add(extracts)
    _check_counted(request, prepared, scorer.rows, scorer.rows_without_label)
    results = result_files.to_results(
        evaluation.finish(), prepared.proto, has_model=request.candidate is not None
    )
    result_files.write(
        request.output_uri,
        results,
        _run_document(request, prepared, readers),
        temp_dir=request.temp_dir,
    )
    return results, (scorer.rows, scorer.rows_without_label)


def _batches(
    request: EvaluationRequest, readers: Sequence[ExamplesReader], columns: Sequence[str] | None, rows: int
) -> Iterator[pa.RecordBatch]:
    for reader, split in zip(readers, request.splits, strict=True):
        narrow = reader if columns is None else ExamplesReader(split.uri, columns=columns)
        yield from narrow.batches(rows, layout="examples")


def _on_beam(
    request: EvaluationRequest, prepared: PreparedConfig, readers: Sequence[ExamplesReader]
) -> tuple[result_files.Results, tuple[int, int]]:
    from penstock.evaluation import distributed

    shards = [shard for reader in readers for shard in reader.shards]
    document = _run_document(request, prepared, readers)
    if request.has_hooks:
        rows, without_label = distributed.run_with_hooks(request, prepared, shards)
    else:
        rows, without_label = distributed.run(request, prepared, shards)
    _check_counted(request, prepared, rows, without_label)
    results = result_files.read(request.output_uri)
    files.write_atomic(files.join(request.output_uri, result_files.RUN_FILE), document)
    return results, (rows, without_label)


def _run_document(
    request: EvaluationRequest, prepared: PreparedConfig, readers: Sequence[ExamplesReader]
) -> str:
    by_role = {model.role: model for model in request.models}
    locations = {}
    for spec in prepared.specs:
        model = by_role.get("baseline" if spec.is_baseline else "candidate")
        locations[spec.name] = model.serving_uri if model else ""
    return run_document(
        prepared.proto,
        data=",".join(split.uri for split in request.splits),
        file_format=readers[0].format if readers else "",
        models=locations,
    )


def _check_counted(
    request: EvaluationRequest, prepared: PreparedConfig, rows: int, without_label: int
) -> None:
    if rows:
        return
    if without_label:
        raise DataError(
            f"label {prepared.label!r} is missing in all {without_label:,} examples",
            input="examples",
            expected="a value in at least one example",
            hint="is label_key in eval_config.model_specs the right feature, and was it in this span's data?",
        )
    splits = ", ".join(dict.fromkeys(split.name for split in request.splits))
    raise DataError(
        "there is no example to evaluate",
        input="examples",
        expected=f"rows in split {splits}",
        got="an empty split",
    )
