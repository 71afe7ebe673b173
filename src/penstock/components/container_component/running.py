# SPDX-License-Identifier: Apache-2.0
"""What a component runs in a container: found on its class, filled in with what its node works on."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from penstock.components.container_component.options import ContainerOptions
from penstock.errors import PipelineError, ResolutionError
from penstock.graph.component import BaseComponent
from penstock.graph.container import ContainerPlan, check_image, container_from
from penstock.ir.container import CONTAINER, ContainerIR
from penstock.ir.expression import ExpressionIR, spelled
from penstock.messages.codec import from_jsonable
from penstock.runtime.binding import artifacts_of
from penstock.runtime.evaluation import Facts, absent, evaluate
from penstock.runtime.roles import Work


@dataclass(frozen=True, slots=True)
class CommandLine:
    """What is run in which image.

    Attributes:
        image: The image.
        command: What takes the place of its entry point; empty for the image's own.
        args: Arguments that follow.
    """

    image: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()


def container_of_component(component: type[BaseComponent]) -> ContainerIR:
    """Returns the container of a component class.

    Raises:
        PipelineError: It has none.
    """
    document: Any = getattr(component, "DOCUMENT", None)
    if not isinstance(document, Mapping) or CONTAINER not in document:
        raise PipelineError(f"{component.__name__} declares no container", component=component.__name__)
    return container_from(document)


def options_of_component(component: type[BaseComponent]) -> ContainerOptions:
    """Returns how the container of a component is to be run; the engine's own ways where nothing is said."""
    document: Mapping[str, Any] = getattr(component, "DOCUMENT", {})
    options: ContainerOptions = from_jsonable(ContainerOptions, document.get("options", {}), path="options")
    return options


def command_line(container: ContainerIR, work: Work[Any, Any, Any, ContainerPlan]) -> CommandLine:
    """Returns what is run, with the values of its placeholders.

    Raises:
        ResolutionError: One of them has no value.
        ParameterError: The image's name turns out to be none.
    """
    facts = facts_of(work)
    return CommandLine(
        image=check_image(_text("image", container.image, facts)),
        command=tuple(_text(f"command[{i}]", e, facts) for i, e in enumerate(container.command)),
        args=tuple(_text(f"args[{i}]", e, facts) for i, e in enumerate(container.args)),
    )


def facts_of(work: Work[Any, Any, Any, ContainerPlan]) -> Facts:
    """Returns what the expressions of a container may read."""
    context = work.context
    return Facts(
        node_id=context.node_id,
        run={
            "run_id": context.run_id,
            "pipeline_name": context.pipeline,
            "pipeline_root": work.plan.pipeline_root,
            "node_id": context.node_id,
            "execution_id": context.execution_id,
            "temp_dir": context.temp_dir,
            "frontend_url": "",
        },
        exec_properties=fields_of(work.parameters),
        inputs=artifacts_of(work.inputs),
        outputs=artifacts_of(work.outputs),
    )


def fields_of(values: Any) -> dict[str, Any]:
    """Returns the fields of a dataclass by name."""
    return {field.name: getattr(values, field.name) for field in dataclasses.fields(values)}


def _text(what: str, expression: ExpressionIR, facts: Facts) -> str:
    value = evaluate(expression, facts)
    if value is None:
        missing = absent(expression, facts) or spelled(expression)
        raise ResolutionError(
            f"{what} of the container has no value",
            expected=spelled(expression),
            got=f"{missing} is not there",
        )
    if not isinstance(value, (str, int, float)):
        raise ResolutionError(
            f"{what} of the container is no text", expected=spelled(expression), got=f"{value!r:.120}"
        )
    return str(value)
