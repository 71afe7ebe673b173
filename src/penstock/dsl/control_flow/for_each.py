# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.dsl.control_flow.for_each``, for code that imports the older path."""

from __future__ import annotations

from penstock.graph.scopes import ForEach as ForEach
