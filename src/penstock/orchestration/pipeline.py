# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.orchestration.pipeline``, for code that imports the older path."""

from __future__ import annotations

from penstock.graph.pipeline import ExecutionMode as ExecutionMode
from penstock.graph.pipeline import Pipeline as Pipeline
from penstock.graph.pipeline import PipelineInputs as PipelineInputs
from penstock.graph.run_options import RunOptions as RunOptions
