# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.dsl.components.base.base_beam_component``, for code that imports the older path."""

from __future__ import annotations

from penstock.graph.component import BaseComponent

BaseBeamComponent = BaseComponent

__all__ = ["BaseBeamComponent"]
