# SPDX-License-Identifier: Apache-2.0
"""Driver of components in TFX's way: it asks the user's ``DRIVER_CLASS``."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from penstock.artifacts.artifact import Artifact
from penstock.components.class_component.forms import artifact_dict, changed, described, exec_properties
from penstock.errors import UserCodeError, did_you_mean
from penstock.graph.channel import Channel
from penstock.graph.class_style import ClassPlan
from penstock.graph.component import BaseComponent
from penstock.runtime.roles import Driver, DriverContext, Run
from penstock.runtime.tfx_style.driver import DriverArgs, History
from penstock.runtime.tfx_style.execution_info import (
    ComponentInfo,
    ExecutionInfo,
    NodeInfo,
    PipelineInfo,
    PipelineNode,
    TypeInfo,
)
from penstock.runtime.tfx_style.outputs import DriverOutput
from penstock.runtime.user_code import user_code


class ClassDriver(Driver[Any, Any, ClassPlan]):
    """Turns what the user's driver says into a decision to run, with other properties, inputs or outputs.

    Args:
        component: The component.
    """

    def __init__(self, component: type[BaseComponent]) -> None:
        self._component = component

    @classmethod
    def for_component(cls, component: type[BaseComponent]) -> ClassDriver:
        """Returns the driver of a component."""
        return cls(component)

    def decide(self, inputs: Any, parameters: Any, context: DriverContext) -> Run[ClassPlan]:
        driver_class = self._component.DRIVER_CLASS
        resolved, properties = artifact_dict(inputs), exec_properties(self._component, parameters)
        with user_code(context.node_id, what=f"{driver_class.__name__}"):
            driver = driver_class(History(context))
        if callable(getattr(driver, "run", None)):
            return self._portable(driver, resolved, properties, context)
        return self._stepwise(driver, resolved, properties, context)

    # ------------------------------------------------------------------------------------------------ TFX's driver

    def _portable(
        self,
        driver: Any,
        inputs: dict[str, list[Artifact]],
        properties: dict[str, Any],
        context: DriverContext,
    ) -> Run[ClassPlan]:
        outputs = {key: [port.type()] for key, port in self._component.signature().outputs.items()}
        information = ExecutionInfo(
            input_dict=inputs,
            output_dict=outputs,
            exec_properties=dict(properties),
            pipeline_node=PipelineNode(NodeInfo(context.node_id, TypeInfo(self._component.type_name()))),
            pipeline_info=self._pipeline(context),
            pipeline_run_id=context.run_id,
        )
        name = type(driver).__name__
        with user_code(context.node_id, what=f"{name}.run"):
            decided = driver.run(information)
        if not isinstance(decided, DriverOutput):
            raise UserCodeError(
                f"{name}.run returned something unknown",
                expected="a DriverOutput",
                got=f"{decided!r:.80} ({type(decided).__name__})",
            )
        said = decided.output_artifacts.plain()
        self._check_outputs(name, outputs, said)
        return self._decision(properties, decided.exec_properties.plain(), said)

    def _check_outputs(
        self, name: str, outputs: Mapping[str, Sequence[Artifact]], said: Mapping[str, Sequence[Artifact]]
    ) -> None:
        for key, artifacts in said.items():
            if key not in outputs:
                raise UserCodeError(
                    f"{name}.run names an output {key!r} that the component does not have",
                    hint=did_you_mean(key, outputs),
                )
            wrong = [artifact for artifact in artifacts if artifact.type_name != outputs[key][0].type_name]
            if wrong or not artifacts:
                raise UserCodeError(
                    f"{name}.run is wrong about output {key!r}",
                    expected=f"one or more artifacts of {outputs[key][0].type_name}",
                    got=wrong[0].type_name if wrong else "none",
                )

    # ---------------------------------------------------------------------------------------------- an older driver

    def _stepwise(
        self,
        driver: Any,
        inputs: dict[str, list[Artifact]],
        properties: dict[str, Any],
        context: DriverContext,
    ) -> Run[ClassPlan]:
        pipeline = self._pipeline(context)
        component = ComponentInfo(self._component.type_name(), context.node_id, pipeline)
        name, ports = type(driver).__name__, self._component.signature().inputs
        channels = {key: Channel(ports[key].type).set_artifacts(group) for key, group in inputs.items()}
        with user_code(context.node_id, what=f"{name}.resolve_exec_properties"):
            found = driver.resolve_exec_properties(dict(properties), pipeline, component)
        with user_code(context.node_id, what=f"{name}.resolve_input_artifacts"):
            resolved = driver.resolve_input_artifacts(channels, found, DriverArgs(), pipeline)
        with user_code(context.node_id, what=f"{name}.verify_input_artifacts"):
            driver.verify_input_artifacts(resolved)
        for key in resolved:
            if key not in ports:
                raise UserCodeError(
                    f"{name} resolves an input {key!r} that the component does not have",
                    hint=did_you_mean(key, ports),
                )
        others = {key: group for key, group in resolved.items() if list(group) != inputs.get(key, [])}
        return dataclasses.replace(self._decision(properties, found, {}), inputs=others)

    # ------------------------------------------------------------------------------------------------------- of both

    def _pipeline(self, context: DriverContext) -> PipelineInfo:
        return PipelineInfo(context.pipeline, context.pipeline_root, context.run_id)

    def _decision(
        self,
        before: Mapping[str, Any],
        after: Mapping[str, Any],
        outputs: Mapping[str, Sequence[Artifact]],
    ) -> Run[ClassPlan]:
        patch = changed(before, after)
        plan = ClassPlan(patch, {key: tuple(map(described, group)) for key, group in outputs.items()})
        return Run(
            plan,
            output_counts={key: len(group) for key, group in outputs.items()},
            properties=patch,
        )
