# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.dsl.components.common.importer``, for code that imports the older path."""

from __future__ import annotations

from penstock.graph.system_nodes import Importer as Importer
