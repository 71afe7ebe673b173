# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.orchestration.portable.data_types``, for code that imports the older path."""

from __future__ import annotations

from penstock.runtime.tfx_style.execution_info import ExecutionInfo as ExecutionInfo
