# SPDX-License-Identifier: Apache-2.0
"""The runner that Beam pipelines are given."""

from __future__ import annotations

import logging

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.options.value_provider import RuntimeValueProvider
from apache_beam.runners.runner import PipelineResult, PipelineRunner, PipelineState

from penstock.beam.lean.execution import Execution
from penstock.beam.lean.stages import stages_of
from penstock.beam.lean.steps import UnsupportedError, steps_of

_LOG = logging.getLogger(__name__)


class LeanRunner(PipelineRunner):
    """Calls a pipeline's functions in this process, one pass for each stage.

    Args:
        fallback: Runs the pipelines that need more than that.
    """

    def __init__(self, fallback: PipelineRunner) -> None:
        super().__init__()
        self._fallback = fallback

    def run_pipeline(self, pipeline: beam.Pipeline, options: PipelineOptions) -> PipelineResult:
        """Runs a pipeline to its end."""
        try:
            stages = stages_of(steps_of(pipeline))
        except UnsupportedError as reason:
            _LOG.info("Beam's own runner takes the pipeline: %s", reason)
            return self._fallback.run_pipeline(pipeline, options)
        RuntimeValueProvider.set_runtime_options({})
        Execution(stages).run()
        return _Done()


class _Done(PipelineResult):
    """The result of a pipeline that has run; there are no metrics."""

    def __init__(self) -> None:
        super().__init__(PipelineState.DONE)

    def wait_until_finish(self, duration: int | None = None) -> str:  # noqa: ARG002  it has finished
        """Returns the state at once."""
        return str(self.state)
