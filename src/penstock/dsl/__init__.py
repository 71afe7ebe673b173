# SPDX-License-Identifier: Apache-2.0
"""TFX's ``dsl``: what a pipeline is written with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.lazy import lazy_names

if TYPE_CHECKING:
    from penstock.artifacts.artifact import Artifact as Artifact
    from penstock.dsl import components as components
    from penstock.dsl import experimental as experimental
    from penstock.dsl import io as io
    from penstock.dsl import placeholders as placeholders
    from penstock.dsl import standard_annotations as standard_annotations
    from penstock.graph.channel import Channel as Channel
    from penstock.graph.pipeline import ExecutionMode as ExecutionMode
    from penstock.graph.pipeline import Pipeline as Pipeline
    from penstock.graph.pipeline import PipelineInputs as PipelineInputs
    from penstock.graph.runtime_parameter import RuntimeParameter as RuntimeParameter
    from penstock.graph.scopes import Cond as Cond
    from penstock.graph.scopes import ForEach as ForEach
    from penstock.graph.system_nodes import Importer as Importer
    from penstock.graph.system_nodes import Resolver as Resolver
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        {
            "Artifact": "penstock.artifacts.artifact",
            "Channel": "penstock.graph.channel",
            "Cond": "penstock.graph.scopes",
            "ExecutionMode": "penstock.graph.pipeline",
            "ForEach": "penstock.graph.scopes",
            "Importer": "penstock.graph.system_nodes",
            "Pipeline": "penstock.graph.pipeline",
            "PipelineInputs": "penstock.graph.pipeline",
            "Resolver": "penstock.graph.system_nodes",
            "RuntimeParameter": "penstock.graph.runtime_parameter",
            "components": "penstock.dsl.components:",
            "experimental": "penstock.dsl.experimental:",
            "io": "penstock.dsl.io:",
            "placeholders": "penstock.dsl.placeholders:",
            "standard_annotations": "penstock.dsl.standard_annotations:",
        },
    )
