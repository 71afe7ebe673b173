# SPDX-License-Identifier: Apache-2.0
"""TFX's ``types``: what a component author subclasses, and the standard artifact types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.lazy import lazy_names

if TYPE_CHECKING:
    from penstock.artifacts.artifact import Artifact as Artifact
    from penstock.artifacts.artifact import Property as Property
    from penstock.artifacts.artifact import PropertyType as PropertyType
    from penstock.artifacts.standard import SplitArtifact as SplitArtifact
    from penstock.artifacts.standard import ValueArtifact as ValueArtifact
    from penstock.components.function_component.component import (
        BaseFunctionalComponent as BaseFunctionalComponent,
    )
    from penstock.components.function_component.component import (
        BaseFunctionalComponentFactory as BaseFunctionalComponentFactory,
    )
    from penstock.graph.channel import Channel as Channel
    from penstock.graph.component import BaseComponent as BaseComponent
    from penstock.graph.component_spec import ComponentSpec as ComponentSpec
    from penstock.graph.node import BaseNode as BaseNode
    from penstock.types import standard_artifacts as standard_artifacts

    BaseChannel = Channel
    BaseBeamComponent = BaseComponent
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        {
            "Artifact": "penstock.artifacts.artifact",
            "BaseBeamComponent": "penstock.graph.component:BaseComponent",
            "BaseChannel": "penstock.graph.channel:Channel",
            "BaseComponent": "penstock.graph.component",
            "BaseFunctionalComponent": "penstock.components.function_component.component",
            "BaseFunctionalComponentFactory": "penstock.components.function_component.component",
            "BaseNode": "penstock.graph.node",
            "Channel": "penstock.graph.channel",
            "ComponentSpec": "penstock.graph.component_spec",
            "Property": "penstock.artifacts.artifact",
            "PropertyType": "penstock.artifacts.artifact",
            "SplitArtifact": "penstock.artifacts.standard",
            "ValueArtifact": "penstock.artifacts.standard",
            "standard_artifacts": "penstock.types.standard_artifacts:",
        },
    )
