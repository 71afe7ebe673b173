# SPDX-License-Identifier: Apache-2.0
"""Containers as executors: how image and command are checked and compiled, and what their roles hand on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from penstock.errors import ParameterError, PenstockError
from penstock.graph.command_placeholders import command_argument
from penstock.graph.placeholder import Placeholder
from penstock.graph.placeholder_kinds import named
from penstock.graph.placeholder_places import check_place
from penstock.graph.signature import Signature
from penstock.ir.container import CONTAINER, ContainerIR
from penstock.ir.expression import ExpressionIR
from penstock.messages.codec import from_jsonable, to_jsonable

CONTAINER_ROLES = {
    "DRIVER": "penstock.components.container_component.driver:ContainerDriver",
    "EXECUTOR": "penstock.components.container_component.executor:ContainerExecutor",
    "PUBLISHER": "penstock.components.container_component.publisher:ContainerPublisher",
}
"""Import paths of the roles of every component that is a container."""


@dataclass(frozen=True, slots=True)
class ContainerPlan:
    """What a container component's driver hands on.

    Attributes:
        pipeline_root: Root folder (URI) of the pipeline's artifacts.
    """

    pipeline_root: str


@dataclass(frozen=True, slots=True)
class ContainerResult:
    """How a container has run.

    Attributes:
        engine: Name of the engine that ran it.
        image: The image.
        image_id: Id of the image, by which its content is known; empty where the engine did not say.
        values: The values that it wrote, by output key, for a reader.
    """

    engine: str
    image: str
    image_id: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


def make_container(
    signature: Signature, image: object, command: object = (), args: object = ()
) -> ContainerIR:
    """Returns a container of a component.

    Raises:
        ParameterError: The image is none, the command is no list, or a placeholder may not stand there or reads what
            the component has not.
    """
    return ContainerIR(
        image=_image(image, signature),
        command=_arguments("command", command, signature),
        args=_arguments("args", args, signature),
    )


def container_document(container: ContainerIR) -> dict[str, Any]:
    """Returns the part of a component's declaration that says in which container it runs."""
    return {CONTAINER: to_jsonable(container)}


def container_from(document: Mapping[str, Any]) -> ContainerIR:
    """Returns the container of a declaration."""
    container: ContainerIR = from_jsonable(ContainerIR, document[CONTAINER], path=CONTAINER)
    return container


def check_image(image: object) -> str:
    """Returns the name of an image.

    Raises:
        ParameterError: It cannot be one.
    """
    if (
        not isinstance(image, str)
        or not image
        or image.startswith("-")
        or any(char.isspace() for char in image)
    ):
        raise ParameterError(
            "this is no container image", expected="a name, such as 'python:3.11'", got=repr(image)
        )
    return image


def _image(image: object, signature: Signature) -> ExpressionIR:
    if isinstance(image, Placeholder):
        return _compiled("image", image, signature)
    return ExpressionIR("constant", value=check_image(image))


def _arguments(what: str, given: object, signature: Signature) -> tuple[ExpressionIR, ...]:
    if given is None:
        return ()
    if not isinstance(given, (list, tuple)):
        raise ParameterError(
            f"the {what} of a container is no list",
            expected="a list of texts and placeholders",
            got=f"{given!r:.80} ({type(given).__name__})",
            hint="no shell takes it apart: ['sh', '-c', '…'] runs one",
        )
    return tuple(
        _compiled(f"{what}[{index}]", _argument(f"{what}[{index}]", value, signature), signature)
        for index, value in enumerate(given)
    )


def _argument(what: str, value: object, signature: Signature) -> Placeholder:
    if isinstance(value, str) and "{{" in value and any(name in value for name in _TEMPLATED):
        raise ParameterError(
            f"{what} is a Jinja template, which is not filled in",
            got=f"{value!r:.80}",
            hint="use placeholders: ph.input('…').uri, ph.output('…').uri, ph.exec_property('…')",
        )
    try:
        return command_argument(value, signature)
    except PenstockError as error:
        error.input = error.input or what
        raise


_TEMPLATED: Sequence[str] = ("input_dict", "output_dict", "exec_properties")


def _compiled(what: str, placeholder: Placeholder, signature: Signature) -> ExpressionIR:
    try:
        known = check_place(placeholder, "a container's command", signature)
    except PenstockError as error:
        error.input = error.input or what
        raise
    if known not in (None, str, int, float, bool):
        raise ParameterError(
            f"{placeholder!r} in the command of a container is no text",
            input=what,
            expected="text or a number",
            got=named(known),
            hint="serialize_list(…), serialize(…), join(…) and b64encode() make text of other things",
        )
    return own_expression(placeholder)


def own_expression(placeholder: Placeholder) -> ExpressionIR:
    """Returns the expression of a placeholder that reads nothing but what its own component has."""
    parts = placeholder.__parts__
    return ExpressionIR(parts.op, tuple(map(own_expression, parts.args)), to_jsonable(parts.value))
