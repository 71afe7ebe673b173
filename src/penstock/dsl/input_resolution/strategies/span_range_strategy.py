# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.dsl.input_resolution.strategies.span_range_strategy``, for code that imports the older path."""

from __future__ import annotations

from penstock.graph.resolver_strategy import SpanRangeStrategy as SpanRangeStrategy
