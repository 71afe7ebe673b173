# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.types.channel_utils``: channels of several nodes, and of the history."""

from __future__ import annotations

from penstock.graph.channel import as_channel as as_channel
from penstock.graph.channel_queries import artifact_query as artifact_query
from penstock.graph.channel_queries import (
    external_pipeline_artifact_query as external_pipeline_artifact_query,
)
from penstock.graph.channel_queries import union as union
