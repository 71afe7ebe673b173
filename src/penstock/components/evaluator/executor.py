# SPDX-License-Identifier: Apache-2.0
"""Executor of Evaluator: predictions by the flavor's loader, metrics and verdict by TFMA."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from penstock import files
from penstock.artifacts.standard import Model
from penstock.components.evaluator.component import (
    EvaluatorInputs,
    EvaluatorOutputs,
    EvaluatorParameters,
    EvaluatorPlan,
    EvaluatorResult,
    EvaluatorWork,
    Headline,
    HeadlineRow,
    Verdict,
)
from penstock.evaluation.evaluate import evaluate
from penstock.evaluation.report import EvaluationReport, Role, headline
from penstock.evaluation.request import EvaluationRequest, ModelToScore, SplitToScore
from penstock.runtime.roles import Executor
from penstock.runtime.user_code import load_function
from penstock.statistics.files import read_schema

BLESSED_FILE = "BLESSED"
NOT_BLESSED_FILE = "NOT_BLESSED"
_MAX_VERDICTS = 200


class EvaluatorExecutor(
    Executor[EvaluatorInputs, EvaluatorOutputs, EvaluatorParameters, EvaluatorPlan, EvaluatorResult]
):
    """Evaluates, writes the results and the blessing file."""

    def execute(self, work: EvaluatorWork) -> EvaluatorResult:
        report = evaluate(_request(work))
        if report.blessed is not None:
            name = BLESSED_FILE if report.blessed else NOT_BLESSED_FILE
            files.write_atomic(files.join(work.outputs.blessing.uri, name), b"")
        return _result(report, work.plan)


def _request(work: EvaluatorWork) -> EvaluationRequest:
    inputs, context = work.inputs, work.context
    return EvaluationRequest(
        config=work.parameters.eval_config.to_json(),
        splits=tuple(SplitToScore(uri, name) for name, uri in work.plan.splits),
        output_uri=work.outputs.evaluation.uri,
        temp_dir=context.temp_dir,
        candidate=_model("candidate", inputs.model),
        baseline=_model("baseline", inputs.baseline_model) if inputs.model else None,
        schema=read_schema(inputs.schema.uri) if inputs.schema else None,
        beam_pipeline_args=context.beam_pipeline_args,
        component=context.node_id,
        custom_eval_shared_model=_hook(work, "custom_eval_shared_model"),
        custom_extractors=_hook(work, "custom_extractors"),
        report_rows=lambda rows: context.report(rows=rows),
    )


def _model(role: Role, model: Model | None) -> ModelToScore | None:
    if model is None:
        return None
    flavor = model.get_string_custom_property("flavor")
    return ModelToScore(role, uri=model.uri, id=model.id, serving_uri=model.serving_uri, flavor=flavor)


def _hook(work: EvaluatorWork, name: str) -> Callable[..., Any] | None:
    parameters, context = work.parameters, work.context
    return load_function(
        name,
        module_file=parameters.module_file,
        function_path=f"{parameters.module_path}.{name}" if parameters.module_path else None,
        project_root=context.project_root,
        component=context.node_id,
        required=False,
    )


def _result(report: EvaluationReport, plan: EvaluatorPlan) -> EvaluatorResult:
    shown = headline(report)
    return EvaluatorResult(
        rows=report.rows,
        blessed=report.blessed,
        verdicts=tuple(
            Verdict(c.metric, c.slice, c.kind, c.bound, c.value, c.passed, c.reason)
            for c in report.checks[:_MAX_VERDICTS]
        ),
        failed=len(report.reasons),
        checked=len(report.checks),
        headline=Headline(
            tuple(shown["metrics"]),
            tuple(
                HeadlineRow(r["slice"], tuple(r["values"]), tuple(r.get("baseline", ())))
                for r in shown["slices"]
            ),
            shown["left_out"],
        ),
        notes=(*report.notes, *([f"Here {plan.baseline_note}."] if plan.baseline_note else [])),
    )
