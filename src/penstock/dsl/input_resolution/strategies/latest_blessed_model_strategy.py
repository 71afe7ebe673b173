# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.dsl.input_resolution.strategies.latest_blessed_model_strategy``, for code that imports the older path."""

from __future__ import annotations

from penstock.graph.resolver_strategy import LatestBlessedModelStrategy as LatestBlessedModelStrategy
