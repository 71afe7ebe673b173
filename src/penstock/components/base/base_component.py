# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.components.base.base_component``, for code that imports the older path."""

from __future__ import annotations

from penstock.graph.component import BaseComponent as BaseComponent
