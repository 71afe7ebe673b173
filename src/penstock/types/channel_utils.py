# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.types.channel_utils``: channels of artifacts, unions and queries."""

from __future__ import annotations

from penstock.graph.channel import as_channel as as_channel
