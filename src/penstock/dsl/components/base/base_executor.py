# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.dsl.components.base.base_executor``, for code that imports the older path."""

from __future__ import annotations

from penstock.runtime.tfx_style.beam_executor import BaseBeamExecutor as BaseBeamExecutor
from penstock.runtime.tfx_style.executor import BaseExecutor as BaseExecutor
from penstock.runtime.tfx_style.executor import EmptyExecutor as EmptyExecutor
