# SPDX-License-Identifier: Apache-2.0
"""A component node on its way: resolved, decided, not yet executed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from penstock.graph.component import BaseComponent
from penstock.ir.model import NodeIR
from penstock.runtime.cache import cache_key
from penstock.runtime.items import Item
from penstock.runtime.outputs import Artifacts
from penstock.runtime.roles import Run


@dataclass(frozen=True, slots=True)
class Driven:
    """A node whose driver has said that it runs.

    Attributes:
        node: The node.
        component: Its component.
        inputs: Its input artifacts, by key.
        values: Values of its parameters, plain JSON.
        decision: What its driver decided.
        parts: What its cache key is made of.
        requires: Modules that its worker is forked with.
        item: Which item of the loops around it this is.
        beam_pipeline_args: Its Beam arguments.
    """

    node: NodeIR
    component: type[BaseComponent]
    inputs: Artifacts
    values: Mapping[str, Any]
    decision: Run[Any]
    parts: Mapping[str, Any]
    requires: tuple[str, ...]
    item: Item = ()
    beam_pipeline_args: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The cache key."""
        return cache_key(self.parts)
