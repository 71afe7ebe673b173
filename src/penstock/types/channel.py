# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.types.channel``, for code that imports the older path."""

from __future__ import annotations

from penstock.artifacts.artifact import Property as Property
from penstock.graph.channel import Channel as Channel

BaseChannel = Channel
