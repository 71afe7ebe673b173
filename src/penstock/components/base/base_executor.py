# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.components.base.base_executor``, for code that imports the older path."""

from __future__ import annotations

from penstock.runtime.tfx_style.executor import BaseExecutor as BaseExecutor
