# SPDX-License-Identifier: Apache-2.0
"""Runs a user's functions and components on tables in memory, for the user's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.lazy import lazy_names

if TYPE_CHECKING:
    from penstock.graph.channel import Channel as Channel
else:
    __getattr__, __dir__, __all__ = lazy_names(__name__, {"Channel": "penstock.graph.channel"})
