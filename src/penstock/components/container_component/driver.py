# SPDX-License-Identifier: Apache-2.0
"""Driver of container components."""

from __future__ import annotations

from typing import Any

from penstock.components.container_component.running import container_of_component, options_of_component
from penstock.graph.component import BaseComponent
from penstock.graph.container import ContainerPlan, container_document
from penstock.ir.container import CONTAINER
from penstock.runtime.roles import Driver, DriverContext, Run


class ContainerDriver(Driver[Any, Any, ContainerPlan]):
    """Always runs, unless the cache holds what the same image, command line and options have made of the same inputs.

    Args:
        component: The component.
    """

    def __init__(self, component: type[BaseComponent]) -> None:
        self._component = component

    @classmethod
    def for_component(cls, component: type[BaseComponent]) -> ContainerDriver:
        """Returns the driver of a component."""
        return cls(component)

    def decide(self, inputs: Any, parameters: Any, context: DriverContext) -> Run[ContainerPlan]:  # noqa: ARG002  nothing in them decides
        """Returns ``Run``; image, command and options are part of the cache key, where the checkout lies is not."""
        container = container_document(container_of_component(self._component))
        options = options_of_component(self._component).decisive()
        return Run(
            ContainerPlan(context.pipeline_root),
            cache_parts={CONTAINER: container[CONTAINER], "options": options or None},
        )
