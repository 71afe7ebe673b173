# SPDX-License-Identifier: Apache-2.0
"""Executor of components in TFX's way: it calls the ``Do`` of the user's executor class."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping, Sequence
from typing import Any

from penstock.artifacts.artifact import Artifact
from penstock.components.class_component.forms import (
    apply,
    artifact_dict,
    changed,
    described,
    exec_properties,
)
from penstock.errors import ExecutionError, UserCodeError, did_you_mean
from penstock.graph.class_style import ClassPlan, ClassResult
from penstock.graph.component import BaseComponent
from penstock.graph.executor_spec import ExecutorClassSpec
from penstock.runtime.roles import Executor, ExecutorContext, Work
from penstock.runtime.tfx_style.execution_info import NodeInfo, PipelineInfo, PipelineNode, TypeInfo
from penstock.runtime.tfx_style.outputs import ExecutorOutput
from penstock.runtime.user_code import user_code


class ClassExecutor(Executor[Any, Any, Any, Any, ClassResult]):
    """Calls ``Do`` with dictionaries of artifacts and execution properties, and reports what it made of them.

    Args:
        component: The component.
    """

    def __init__(self, component: type[BaseComponent]) -> None:
        self._component = component
        self._spec: ExecutorClassSpec = component.EXECUTOR_SPEC

    @classmethod
    def for_component(cls, component: type[BaseComponent]) -> ClassExecutor:
        """Returns the executor of a component."""
        return cls(component)

    def execute(self, work: Work[Any, Any, Any, Any]) -> ClassResult:
        inputs, outputs = artifact_dict(work.inputs), artifact_dict(work.outputs)
        properties = exec_properties(self._component, work.parameters)
        if isinstance(work.plan, ClassPlan):
            properties.update(work.plan.exec_properties)
            for key, artifacts in work.plan.outputs.items():
                for description, artifact in zip(artifacts, outputs[key], strict=True):
                    apply(description, artifact)
        executor_class = self._spec.executor_class
        given, made = copy.deepcopy(properties), copy.deepcopy(outputs)
        with user_code(work.context.node_id, what=f"{executor_class.__name__}.Do"):
            executor = made_executor(executor_class, self._spec, self._component, work.context)
            returned = executor.Do(inputs, made, properties)
        _check_result(executor_class, returned)
        return _result(executor_class, outputs, made, changed(given, properties), returned)


def made_executor(
    executor_class: type[Any],
    spec: ExecutorClassSpec,
    component: type[BaseComponent],
    context: ExecutorContext,
) -> Any:
    """Returns an object of the user's executor class, with its context as TFX gives it."""
    make = getattr(executor_class, "Context", None)
    if make is None:  # a class that has Do and no base of ours
        return executor_class()
    own = {"beam_pipeline_args": list(context.beam_pipeline_args)} if _takes_beam(executor_class) else {}
    return executor_class(
        context=make(
            extra_flags=list(spec.extra_flags),
            tmp_dir=context.temp_dir,
            unique_id=str(context.execution_id),
            stateful_working_dir=os.path.join(context.temp_dir, "stateful_working_dir"),
            pipeline_node=PipelineNode(NodeInfo(context.node_id, TypeInfo(component.type_name()))),
            pipeline_info=PipelineInfo(context.pipeline, run_id=context.run_id),
            pipeline_run_id=context.run_id,
            **own,
        )
    )


def _takes_beam(executor_class: type[Any]) -> bool:
    return callable(getattr(executor_class, "_make_beam_pipeline", None))


def _check_result(executor_class: type[Any], returned: object) -> None:
    if returned is not None and not isinstance(returned, ExecutorOutput):
        raise UserCodeError(
            f"{executor_class.__name__}.Do returned something unknown",
            expected="None, or an ExecutorOutput",
            got=f"{returned!r:.80} ({type(returned).__name__})",
            hint="what is to be recorded is set on the artifacts of output_dict",
        )
    if returned is not None and returned.execution_result.code:
        raise ExecutionError(
            f"{executor_class.__name__}.Do says that it failed: "
            f"{returned.execution_result.result_message or '(no message)'}",
            got=f"execution_result.code {returned.execution_result.code}",
        )


def _result(
    executor_class: type[Any],
    told: Mapping[str, Sequence[Artifact]],
    made: Mapping[str, Sequence[Artifact]],
    properties: Mapping[str, Any],
    returned: ExecutorOutput | None,
) -> ClassResult:
    """Returns what to record: what an ``ExecutorOutput`` names, as it is there; otherwise what ``Do`` left behind."""
    found = made
    if returned is not None:
        found = {**told, **returned.output_artifacts.plain()}
        properties = {**properties, **returned.execution_properties.plain()}
    _check_keys(executor_class, told, found)
    for key, artifacts in found.items():
        _check_artifacts(executor_class, key, told[key], artifacts)
    outputs = {key: tuple(described(artifact) for artifact in group) for key, group in found.items()}
    divided = tuple(key for key, group in found.items() if group and _uris(group) != _uris(told[key]))
    return ClassResult(outputs, dict(properties), divided)


def _uris(artifacts: Sequence[Artifact]) -> list[str]:
    return [artifact.uri for artifact in artifacts]


def _check_keys(
    executor_class: type[Any], told: Mapping[str, Sequence[Artifact]], found: Mapping[str, Sequence[Artifact]]
) -> None:
    for key in found:
        if key not in told:
            raise UserCodeError(
                f"{executor_class.__name__}.Do made an output {key!r} that the component does not have",
                hint=did_you_mean(key, told),
            )


def _check_artifacts(
    executor_class: type[Any], key: str, told: Sequence[Artifact], made: Sequence[Artifact]
) -> None:
    name = executor_class.__name__
    for artifact in made:
        if artifact.type_name != told[0].type_name:
            raise UserCodeError(
                f"{name}.Do changed the type of output {key!r}",
                expected=told[0].type_name,
                got=artifact.type_name,
            )
    folder = told[0].uri
    is_below = len(told) == 1 and all(uri.startswith(f"{folder}/") for uri in _uris(made))
    if _uris(made) != _uris(told) and not (is_below and len(set(_uris(made))) == len(made)):
        raise UserCodeError(
            f"{name}.Do changed where output {key!r} lies",
            expected=f"{', '.join(_uris(told))}, or folders below for several artifacts",
            got=", ".join(_uris(made)),
            hint="write under the URIs that output_dict gives; artifact_utils.replicate_artifacts makes several of one",
        )
