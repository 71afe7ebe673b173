# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.orchestration.data_types``, for code that imports the older path."""

from __future__ import annotations

from penstock.graph.runtime_parameter import RuntimeParameter as RuntimeParameter
