# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.dsl.components.base.base_node``, for code that imports the older path."""

from __future__ import annotations

from penstock.graph.node import BaseNode as BaseNode
