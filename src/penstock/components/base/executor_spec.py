# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.components.base.executor_spec``, for code that imports the older path."""

from __future__ import annotations

from penstock.graph.executor_spec import ExecutorClassSpec as ExecutorClassSpec
from penstock.graph.executor_spec import ExecutorContainerSpec as ExecutorContainerSpec
from penstock.graph.executor_spec import ExecutorSpec as ExecutorSpec
