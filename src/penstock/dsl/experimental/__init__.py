# SPDX-License-Identifier: Apache-2.0
"""TFX's ``dsl.experimental``: resolver strategies, runtime parameters and container components."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.lazy import lazy_names

if TYPE_CHECKING:
    from penstock.components.container_component.component import (
        create_container_component as create_container_component,
    )
    from penstock.graph.resolver_strategy import LatestArtifactStrategy as LatestArtifactStrategy
    from penstock.graph.resolver_strategy import LatestBlessedModelStrategy as LatestBlessedModelStrategy
    from penstock.graph.resolver_strategy import ResolverStrategy as ResolverStrategy
    from penstock.graph.resolver_strategy import SpanRangeStrategy as SpanRangeStrategy
    from penstock.graph.runtime_parameter import RuntimeParameter as RuntimeParameter
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        {
            "LatestArtifactStrategy": "penstock.graph.resolver_strategy",
            "LatestBlessedModelStrategy": "penstock.graph.resolver_strategy",
            "ResolverStrategy": "penstock.graph.resolver_strategy",
            "RuntimeParameter": "penstock.graph.runtime_parameter",
            "SpanRangeStrategy": "penstock.graph.resolver_strategy",
            "create_container_component": "penstock.components.container_component.component",
        },
    )
