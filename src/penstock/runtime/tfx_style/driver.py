# SPDX-License-Identifier: Apache-2.0
"""Drivers as TFX writes them: the one with ``run``, and the older one whose steps are overridden one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from penstock.artifacts.artifact import Artifact
from penstock.errors import PipelineError, ResolutionError
from penstock.graph.channel import Channel
from penstock.runtime.presence import is_there
from penstock.runtime.roles import DriverContext
from penstock.runtime.tfx_style.execution_info import ComponentInfo, ExecutionInfo, PipelineInfo
from penstock.runtime.tfx_style.outputs import DriverOutput


class History:
    """What a driver in TFX's way may read of the metadata store; TFX calls it the metadata handle.

    Args:
        context: Where the driver stands.
    """

    def __init__(self, context: DriverContext) -> None:
        self._context = context

    def search_artifacts(
        self,
        artifact_name: str,
        pipeline_info: PipelineInfo | None = None,  # noqa: ARG002  a driver sees its own pipeline's history
        producer_component_id: str | None = None,
    ) -> list[Artifact]:
        """Returns what a node of the pipeline has put out, in all runs, as far as its files are there; newest first.

        Args:
            artifact_name: Key of the output.
            pipeline_info: The driver's own pipeline.
            producer_component_id: Id of the node; the driver's own where it is not given.
        """
        store, node = self._context.store, producer_component_id or self._context.node_id
        executions = store.executions_of_node(self._context.pipeline, node)
        outputs = store.outputs_of_all(execution.id for execution in executions)
        found = [a for execution in executions for a in outputs[execution.id].get(artifact_name, ())]
        return [artifact for artifact in found if is_there(artifact)]

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise PipelineError(
            f"a driver has no metadata handle with {name!r} here",
            expected="search_artifacts(output_key, producer_component_id=…)",
            hint="a driver of Penstock's own kind reads more of the history: penstock.authoring.DriverContext",
        )


class PortableDriver:
    """Base of drivers in TFX's way: ``run`` says what is to be other than it would be without a driver.

    Args:
        mlmd_connection: What it may read of the metadata store.
    """

    def __init__(self, mlmd_connection: History) -> None:
        self._mlmd_connection = mlmd_connection

    def run(self, execution_info: ExecutionInfo) -> DriverOutput:
        """Returns the execution properties and outputs that are to be other than in ``execution_info``."""
        raise NotImplementedError(f"{type(self).__name__}.run")


@dataclass(frozen=True, slots=True)
class DriverArgs:
    """Settings of an older driver.

    Attributes:
        enable_cache: Whether the cache is on; the launcher sees to it, after the driver.
        interactive_resolution: Whether inputs come from a notebook's channels.
    """

    enable_cache: bool = True
    interactive_resolution: bool = False


class BaseDriver:
    """Base of TFX's older drivers: subclasses override how inputs or execution properties are resolved.

    Args:
        metadata_handle: What it may read of the metadata store.
    """

    def __init__(self, metadata_handle: History) -> None:
        self._metadata_handle = metadata_handle

    def verify_input_artifacts(self, artifacts_dict: Mapping[str, Sequence[Artifact]]) -> None:
        """Makes sure that the input artifacts are there.

        Raises:
            ResolutionError: One is not.
        """
        for key, artifacts in artifacts_dict.items():
            for artifact in artifacts:
                if not is_there(artifact):
                    raise ResolutionError(
                        f"input {key!r} has an artifact whose files are not there",
                        got=artifact.uri or repr(artifact),
                    )

    def resolve_input_artifacts(
        self,
        input_dict: Mapping[str, Channel],
        exec_properties: Mapping[str, Any],  # noqa: ARG002  for those who override it
        driver_args: DriverArgs,  # noqa: ARG002  for those who override it
        pipeline_info: PipelineInfo,  # noqa: ARG002  for those who override it
    ) -> dict[str, list[Artifact]]:
        """Returns the input artifacts by key: those that the pipeline gives."""
        return {key: list(channel.get()) for key, channel in input_dict.items()}

    def resolve_exec_properties(
        self,
        exec_properties: dict[str, Any],
        pipeline_info: PipelineInfo,  # noqa: ARG002  for those who override it
        component_info: ComponentInfo,  # noqa: ARG002  for those who override it
    ) -> dict[str, Any]:
        """Returns the execution properties: those that the pipeline gives."""
        return exec_properties
