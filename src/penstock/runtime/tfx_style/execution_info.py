# SPDX-License-Identifier: Apache-2.0
"""What executors and drivers in TFX's way are told of where they stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from penstock.artifacts.artifact import Artifact


@dataclass(frozen=True, slots=True)
class TypeInfo:
    """A type of the metadata store.

    Attributes:
        name: Its name.
    """

    name: str


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """A node.

    Attributes:
        id: Its id.
        type: Type of its executions.
    """

    id: str
    type: TypeInfo


@dataclass(frozen=True, slots=True)
class PipelineNode:
    """A node of a pipeline, as an executor's or driver's context has it.

    Attributes:
        node_info: Which node it is.
    """

    node_info: NodeInfo


@dataclass(frozen=True, slots=True)
class PipelineInfo:
    """The pipeline that an execution is part of.

    Attributes:
        id: Name of the pipeline.
        pipeline_root: Root folder of its artifacts; empty where the executor has no business there.
        run_id: Id of the run.
    """

    id: str
    pipeline_root: str = ""
    run_id: str = ""

    @property
    def pipeline_name(self) -> str:
        """Name of the pipeline, as TFX's older drivers ask for it."""
        return self.id


@dataclass(frozen=True, slots=True)
class ComponentInfo:
    """The component that an older driver decides for.

    Attributes:
        component_type: Type of its executions.
        component_id: Id of its node.
        pipeline_info: The pipeline.
    """

    component_type: str
    component_id: str
    pipeline_info: PipelineInfo


@dataclass(slots=True)
class ExecutionInfo:
    """What a driver is given: the execution as it would be without one.

    Attributes:
        input_dict: Input artifacts by key.
        output_dict: The artifacts to be made by key; where they will lie is settled after the driver.
        exec_properties: The parameters, as ``Do`` would get them.
        pipeline_node: The node.
        pipeline_info: The pipeline.
        pipeline_run_id: Id of the run.
    """

    input_dict: dict[str, list[Artifact]] = field(default_factory=dict)
    output_dict: dict[str, list[Artifact]] = field(default_factory=dict)
    exec_properties: dict[str, Any] = field(default_factory=dict)
    pipeline_node: PipelineNode | None = None
    pipeline_info: PipelineInfo | None = None
    pipeline_run_id: str | None = None
