# SPDX-License-Identifier: Apache-2.0
"""Driver of BulkInferrer: the gate, what is predicted, and whether the model can take it."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

from penstock.artifacts.blessing import refusal
from penstock.components.bulk_inferrer import checks
from penstock.components.bulk_inferrer.called import called_signatures
from penstock.components.bulk_inferrer.component import (
    BulkInferrerInputs,
    BulkInferrerParameters,
    BulkInferrerPlan,
    CalledSignature,
)
from penstock.components.bulk_inferrer.graph import MODEL, graph_of
from penstock.components.bulk_inferrer.sources import known_features, split_files
from penstock.errors import ParameterError
from penstock.inference import checking
from penstock.inference.job import ModelRef
from penstock.inference.problems import refuse
from penstock.inference.recorded_models import model_info, recorded_model
from penstock.inference.spec import InferenceConfig
from penstock.models.check import check_loadable
from penstock.models.registry import flavor_named
from penstock.models.signature import ModelInfo
from penstock.runtime.libraries import library_versions
from penstock.runtime.roles import Decision, Driver, DriverContext, Run, Skip

_STOPPED = "__stop__"


class BulkInferrerDriver(Driver[BulkInferrerInputs, BulkInferrerParameters, BulkInferrerPlan]):
    """Lets only blessed models through, and finds out what can be without loading one."""

    def decide(
        self, inputs: BulkInferrerInputs, parameters: BulkInferrerParameters, context: DriverContext
    ) -> Decision[BulkInferrerPlan]:
        refused = refusal(inputs.model_blessing)
        if refused:
            return Skip(f"nothing predicted: {refused}")
        config = parameters.inference_config
        splits = split_files(inputs.examples, parameters.data_spec)
        ref, info = _model(inputs, config, context)
        signatures = called_signatures(ref, info, parameters)
        result = _result_kind(parameters, info)
        plan = BulkInferrerPlan(ref, splits, signatures, result)
        if result == "examples":
            plan = dataclasses.replace(plan, features=checks.feature_columns(plan, parameters))
        features = known_features(splits)
        refuse(
            checks.problems(plan, parameters, features),
            error=ParameterError,
            what="what BulkInferrer is given",
        )
        models = [MODEL] if inputs.model is not None else []
        checking.check(graph_of(plan, config), models, project_root=context.project_root)
        return Run(plan, cache_parts=_cache_parts(plan, config, info, context))


def _model(
    inputs: BulkInferrerInputs, config: InferenceConfig, context: DriverContext
) -> tuple[ModelRef, ModelInfo | None]:
    """Returns the model, and what is known of it; nothing is where a handler of the user's takes it."""
    if inputs.model is None:
        return ModelRef(""), None
    ref = recorded_model(inputs.model, context.store)
    if config.model.handler is not None:
        return ref, None
    info = model_info(inputs.model)
    check_loadable(info.flavor, ref.uri, trusted=ref.trusted or config.model.trusted)
    return dataclasses.replace(ref, flavor=info.flavor), info


def _result_kind(
    parameters: BulkInferrerParameters, info: ModelInfo | None
) -> Literal["parquet", "prediction_log", "examples"]:
    wanted = parameters.inference_config.result_format
    if parameters.output_example_spec is not None:
        if wanted is not None:
            raise ParameterError(
                "result_format is given, and so is output_example_spec",
                input="inference_config.result_format",
                expected="one of them: output_examples have the pipeline's examples_format",
            )
        return "examples"
    return wanted or ("prediction_log" if info is not None and info.flavor == "tensorflow" else "parquet")


def _cache_parts(
    plan: BulkInferrerPlan, config: InferenceConfig, info: ModelInfo | None, context: DriverContext
) -> dict[str, Any]:
    """Returns what the results depend on: not where and how fast the model is called, nor what it is called.

    Nor on the model's id and version: a model with the same content answers the same.
    """
    placed = dataclasses.replace(
        config.model, device="auto", threads=None, batch_rows=1, large_model=False, model_copies=None
    )
    return {
        "splits": [split.name for split in plan.splits],
        "signatures": [_signature_part(called) for called in plan.signatures],
        "result": plan.result,
        "inference_config": dataclasses.replace(config, model=placed),
        "library": library_versions([flavor_named(info.flavor).library]) if info is not None else None,
        "failed_execution": _last_stopped(context),
    }


def _signature_part(called: CalledSignature) -> list[str]:
    return [called.name, called.method]


def _last_stopped(context: DriverContext) -> int | None:
    """Returns the node's last execution where that failed for its rows, so that it is tried again and not reused."""
    for execution in context.store.executions_of_node(context.pipeline, context.node_id, limit=1):
        if execution.properties.get(_STOPPED):
            return execution.id
    return None
