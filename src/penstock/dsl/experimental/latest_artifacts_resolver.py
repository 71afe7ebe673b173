# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.dsl.experimental.latest_artifacts_resolver``, for code that imports the older path."""

from __future__ import annotations

from penstock.graph.resolver_strategy import LatestArtifactStrategy

LatestArtifactsResolver = LatestArtifactStrategy

__all__ = ["LatestArtifactsResolver"]
