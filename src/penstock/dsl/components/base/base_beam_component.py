# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.dsl.components.base.base_beam_component``; every component here can use Beam."""

from __future__ import annotations

from penstock.graph.component import BaseComponent

BaseBeamComponent = BaseComponent

__all__ = ["BaseBeamComponent"]
