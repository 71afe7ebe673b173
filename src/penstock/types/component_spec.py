# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.types.component_spec``, for code that imports the older path."""

from __future__ import annotations

from penstock.graph.component_spec import ChannelParameter as ChannelParameter
from penstock.graph.component_spec import ComponentSpec as ComponentSpec
from penstock.graph.execution_parameter import ExecutionParameter as ExecutionParameter
