# SPDX-License-Identifier: Apache-2.0
"""The executor as TFX writes it: a class with ``Do``."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from typing import Any, ClassVar

from penstock.artifacts.artifact import Artifact
from penstock.errors import ExecutionError
from penstock.runtime.tfx_style.execution_info import PipelineInfo, PipelineNode


class ExecutorContext:
    """Where an executor stands, under TFX's names.

    Args:
        extra_flags: Flags of the executor's specification.
        tmp_dir: Local folder for temporary files.
        unique_id: Id of the execution, as text.
        executor_output_uri: Not used: what ``Do`` has to tell, it returns.
        stateful_working_dir: Local folder of the attempt.
        pipeline_node: The node.
        pipeline_info: The pipeline.
        pipeline_run_id: Id of the run.
    """

    def __init__(
        self,
        extra_flags: Sequence[str] | None = None,
        tmp_dir: str | None = None,
        unique_id: str | None = None,
        executor_output_uri: str | None = None,
        stateful_working_dir: str | None = None,
        pipeline_node: PipelineNode | None = None,
        pipeline_info: PipelineInfo | None = None,
        pipeline_run_id: str | None = None,
    ) -> None:
        self.extra_flags = list(extra_flags or ())
        self._tmp_dir = tmp_dir
        self._unique_id = unique_id
        self.executor_output_uri = executor_output_uri
        self.stateful_working_dir = stateful_working_dir
        self.pipeline_node = pipeline_node
        self.pipeline_info = pipeline_info
        self.pipeline_run_id = pipeline_run_id

    def get_tmp_path(self) -> str:
        """Returns the folder for this execution's temporary files, which need not exist yet.

        Raises:
            ExecutionError: The context was made without one.
        """
        if not self._tmp_dir or not self._unique_id:
            raise ExecutionError(
                "the executor's context has no folder for temporary files", expected="tmp_dir and unique_id"
            )
        return os.path.join(self._tmp_dir, str(self._unique_id), "")


class BaseExecutor:
    """Base of executors in TFX's way: subclasses do their work in ``Do``.

    Args:
        context: Where it stands; a test may leave it out.
    """

    Context: ClassVar[type[ExecutorContext]] = ExecutorContext

    def __init__(self, context: ExecutorContext | None = None) -> None:
        self._context = context
        self._extra_flags = context.extra_flags if context is not None else None

    def Do(  # noqa: N802  TFX's name
        self,
        input_dict: dict[str, list[Artifact]],
        output_dict: dict[str, list[Artifact]],
        exec_properties: dict[str, Any],
    ) -> Any:
        """Works: reads the input artifacts and writes under the URIs of the output artifacts.

        Args:
            input_dict: Input artifacts by key.
            output_dict: Output artifacts by key. Properties that are set on them are recorded.
            exec_properties: The parameters: numbers and text as they are, messages as JSON text.

        Returns:
            ``None``, or an ``ExecutorOutput``.
        """
        raise NotImplementedError(f"{type(self).__name__}.Do")

    Do.__isabstractmethod__ = True  # type: ignore[attr-defined]  # what pipelines refuse: see ExecutorClassSpec

    def _get_tmp_dir(self) -> str:
        """Returns a local folder for temporary files, made where it is not there, removed when the execution ends."""
        if self._context is None:
            raise ExecutionError(
                f"{type(self).__name__} was made without a context",
                hint="in a test, give it BaseExecutor.Context(tmp_dir=…, unique_id=…)",
            )
        folder = self._context.get_tmp_path()
        os.makedirs(folder, exist_ok=True)
        return folder

    def _log_startup(
        self,
        inputs: dict[str, list[Artifact]],  # noqa: ARG002  TFX's signature
        outputs: dict[str, list[Artifact]],  # noqa: ARG002  TFX's signature
        exec_properties: dict[str, Any],  # noqa: ARG002  TFX's signature
    ) -> None:
        logging.getLogger(__name__).debug("%s starts", type(self).__name__)


class EmptyExecutor(BaseExecutor):
    """An executor that does nothing."""

    def Do(  # noqa: N802  TFX's name
        self,
        input_dict: dict[str, list[Artifact]],
        output_dict: dict[str, list[Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Does nothing."""
