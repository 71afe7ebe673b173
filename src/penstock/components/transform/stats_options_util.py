# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.components.transform.stats_options_util``, for code that imports the older path."""

from __future__ import annotations

from penstock.components.transform.stats_type import StatsType as StatsType
