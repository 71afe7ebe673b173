# SPDX-License-Identifier: Apache-2.0
"""What every runner offers: a pipeline is compiled, run, and a failure raised."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from penstock.errors import PipelineError
from penstock.graph.compiler import compile_pipeline
from penstock.graph.node import BaseNode
from penstock.graph.pipeline import Pipeline
from penstock.graph.run_options import RunOptions
from penstock.ir.model import PipelineIR
from penstock.runners import capture
from penstock.runners.logged import Logged
from penstock.runners.session import RunReport, RunRequest
from penstock.runtime.observer import Observer


class DagRunner(ABC):
    """Base of the runners that run a pipeline themselves."""

    _exit_handler: BaseNode | None = None

    def set_exit_handler(self, exit_handler: BaseNode | Sequence[BaseNode]) -> None:
        """Has a node run at the end of each run, however that ends, in the place of the pipeline's own exit handler.

        Args:
            exit_handler: The node, or a list of that one, as TFX's documentation has it.

        Raises:
            PipelineError: The list has another length.
        """
        handlers = [exit_handler] if isinstance(exit_handler, BaseNode) else list(exit_handler)
        if len(handlers) != 1:
            raise PipelineError(
                "a run has one exit handler", expected="one node", got=f"{len(handlers)}: {handlers!r}"
            )
        self._exit_handler = handlers[0]

    def run(
        self, pipeline: Pipeline, run_options: RunOptions | None = None, **parameters: Any
    ) -> RunReport | None:
        """Compiles and runs a pipeline.

        Args:
            pipeline: The pipeline.
            run_options: Which part of it to run; all where it is not given.
            **parameters: Values of its runtime parameters.

        Returns:
            How the run ended; ``None`` where the command line only asked for the pipeline.

        Raises:
            NodeFailedError: One or more nodes failed.
            CancelledError: A signal ended the run.
        """
        if self._exit_handler is not None:
            pipeline.set_exit_handler(self._exit_handler)
        if capture.captured(pipeline, run_options):
            return None
        request = RunRequest(parameters=parameters, options=run_options)
        report = self.run_ir(compile_pipeline(pipeline), request, Logged())
        report.raise_for_failure()
        return report

    @abstractmethod
    def run_ir(
        self, ir: PipelineIR, request: RunRequest | None = None, observer: Observer | None = None
    ) -> RunReport:
        """Runs a compiled pipeline and returns how it ended, failed or not."""
