# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.dsl.components.common.resolver``, for code that imports the older path."""

from __future__ import annotations

from penstock.graph.resolver_strategy import ResolverStrategy as ResolverStrategy
from penstock.graph.system_nodes import Resolver as Resolver
