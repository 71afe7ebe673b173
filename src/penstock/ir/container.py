# SPDX-License-Identifier: Apache-2.0
"""The container that a node runs in, as the IR holds it, for every scheduler to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from penstock.ir.expression import ExpressionIR
from penstock.ir.model import NodeIR
from penstock.messages.codec import from_jsonable

CONTAINER = "container"
"""Key of the container in ``NodeIR.declaration``."""


@dataclass(frozen=True, slots=True)
class ContainerIR:
    """A container: its image and what it runs, as expressions of the node's own inputs, outputs and parameters.

    Attributes:
        image: The image.
        command: What takes the place of the image's entry point; where it is empty, the image's own runs.
        args: Arguments that follow.
    """

    image: ExpressionIR
    command: tuple[ExpressionIR, ...] = ()
    args: tuple[ExpressionIR, ...] = ()


def container_of(node: NodeIR) -> ContainerIR | None:
    """Returns the container that a node runs in; ``None`` where it is Python code that runs."""
    document = node.declaration
    if not isinstance(document, Mapping) or CONTAINER not in document:
        return None
    container: ContainerIR = from_jsonable(ContainerIR, document[CONTAINER], path=f"{node.id}.{CONTAINER}")
    return container
