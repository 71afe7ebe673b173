# SPDX-License-Identifier: Apache-2.0
"""TFX's ``dsl``: what a pipeline is written with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.lazy import lazy_names

if TYPE_CHECKING:
    from penstock.artifacts.artifact import Artifact as Artifact
    from penstock.dsl import experimental as experimental
    from penstock.graph.channel import Channel as Channel
    from penstock.graph.pipeline import Pipeline as Pipeline
    from penstock.graph.runtime_parameter import RuntimeParameter as RuntimeParameter
    from penstock.graph.system_nodes import Importer as Importer
    from penstock.graph.system_nodes import Resolver as Resolver
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        {
            "Artifact": "penstock.artifacts.artifact",
            "Channel": "penstock.graph.channel",
            "Importer": "penstock.graph.system_nodes",
            "Pipeline": "penstock.graph.pipeline",
            "Resolver": "penstock.graph.system_nodes",
            "RuntimeParameter": "penstock.graph.runtime_parameter",
            "experimental": "penstock.dsl.experimental:",
        },
    )
