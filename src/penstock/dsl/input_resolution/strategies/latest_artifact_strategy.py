# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.dsl.input_resolution.strategies.latest_artifact_strategy``, for code that imports the older path."""

from __future__ import annotations

from penstock.graph.resolver_strategy import LatestArtifactStrategy as LatestArtifactStrategy
