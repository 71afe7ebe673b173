# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.dsl.experimental.node_execution_options.utils``, for code that imports the older path."""

from __future__ import annotations

from penstock.graph.node_execution_options import NodeExecutionOptions as NodeExecutionOptions
from penstock.graph.node_execution_options import TriggerStrategy as TriggerStrategy
