# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.dsl.experimental.conditionals.conditional``, for code that imports the older path."""

from __future__ import annotations

from penstock.graph.scopes import Cond as Cond
