# SPDX-License-Identifier: Apache-2.0
"""TFX's ``orchestration.pipeline``, the longer path of ``dsl.Pipeline``."""

from __future__ import annotations

from penstock.graph.pipeline import Pipeline as Pipeline
