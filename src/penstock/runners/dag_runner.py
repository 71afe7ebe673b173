# SPDX-License-Identifier: Apache-2.0
"""What every runner offers: a pipeline is compiled, run, and a failure raised."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from penstock.graph.compiler import compile_pipeline
from penstock.graph.pipeline import Pipeline
from penstock.ir.model import PipelineIR
from penstock.runners import capture
from penstock.runners.logged import Logged
from penstock.runners.session import RunReport, RunRequest
from penstock.runtime.observer import Observer


class DagRunner(ABC):
    """Base of the runners that run a pipeline themselves."""

    def run(self, pipeline: Pipeline, **parameters: Any) -> RunReport | None:
        """Compiles and runs a pipeline.

        Args:
            pipeline: The pipeline.
            **parameters: Values of its runtime parameters.

        Returns:
            How the run ended; ``None`` where the command line only asked for the pipeline.

        Raises:
            NodeFailedError: One or more nodes failed.
            CancelledError: A signal ended the run.
        """
        if capture.captured(pipeline):
            return None
        report = self.run_ir(compile_pipeline(pipeline), RunRequest(parameters=parameters), Logged())
        report.raise_for_failure()
        return report

    @abstractmethod
    def run_ir(
        self, ir: PipelineIR, request: RunRequest | None = None, observer: Observer | None = None
    ) -> RunReport:
        """Runs a compiled pipeline and returns how it ended, failed or not."""
