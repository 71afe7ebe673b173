# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.proto.orchestration.execution_result_pb2``, for code that imports the older path."""

from __future__ import annotations

from penstock.runtime.tfx_style.outputs import ExecutionResult as ExecutionResult
from penstock.runtime.tfx_style.outputs import ExecutorOutput as ExecutorOutput
