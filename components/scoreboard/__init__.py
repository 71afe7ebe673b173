# SPDX-License-Identifier: Apache-2.0
"""Scoreboard: which of the models that were tried side by side was better."""

from __future__ import annotations

from components.scoreboard.component import Scoreboard as Scoreboard
