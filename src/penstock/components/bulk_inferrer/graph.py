# SPDX-License-Identifier: Apache-2.0
"""The graph that BulkInferrer has the engine run: one model, one step for each of its signatures."""

from __future__ import annotations

from dataclasses import replace

from penstock.components.bulk_inferrer.component import BulkInferrerPlan, CalledSignature
from penstock.inference.spec import InferenceConfig, InferenceGraph, ModelStep, Step

MODEL = "model"
"""Name of the model in the graph."""

RESULTS = "results"
"""Step where several signatures meet."""


def graph_of(plan: BulkInferrerPlan, config: InferenceConfig) -> InferenceGraph:
    """Returns the graph; it ends in one step, :func:`last_step`."""
    several = len(plan.signatures) > 1
    steps = [Step(c.step, model=_model_step(config, c.name if several else None)) for c in plan.signatures]
    if several:
        steps.append(Step(RESULTS, sources=tuple(step.name for step in steps)))
    return InferenceGraph(
        steps=tuple(steps),
        key=config.key,
        carry=carried(config),
        models={MODEL: replace(config.model, signature=plan.signatures[0].name or None)},
        sinks=config.sinks,
        max_failed_fraction=config.max_failed_fraction,
    )


def last_step(plan: BulkInferrerPlan) -> str:
    """Returns the step whose rows are the results."""
    return plan.signatures[0].step if len(plan.signatures) == 1 else RESULTS


def carried(config: InferenceConfig) -> tuple[str, ...] | None:
    """Returns the columns that results keep besides the key, ``None`` for all."""
    if config.carry is None and config.key is not None:
        return ()
    return config.carry


def result_column(plan: BulkInferrerPlan, called: CalledSignature, column: str) -> str:
    """Returns what a column of a signature's answer is called in the results."""
    return column if len(plan.signatures) == 1 else f"{called.step}_{column}"


def _model_step(config: InferenceConfig, signature: str | None) -> ModelStep:
    return ModelStep(
        model=MODEL,
        inputs=config.inputs,
        outputs=config.outputs,
        preprocess=config.preprocess,
        postprocess=config.postprocess,
        signature=signature,
    )
