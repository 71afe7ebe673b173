# SPDX-License-Identifier: Apache-2.0
"""Tells a ``stats_options_updater_fn`` which statistics its options are for."""

from __future__ import annotations

import enum


class StatsType(enum.IntEnum):
    """Statistics before or after the transformation, with TFX's numbers."""

    UNKNOWN = 0
    PRE_TRANSFORM = 1
    POST_TRANSFORM = 2
