# SPDX-License-Identifier: Apache-2.0
"""Declaration of container components."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from penstock.components.container_component.declaration import declared_by, interface_document
from penstock.components.container_component.options import ContainerOptions, Pull
from penstock.errors import ParameterError, PenstockError, PipelineError, did_you_mean
from penstock.graph.component import BaseComponent
from penstock.graph.container import (
    CONTAINER_ROLES,
    ContainerPlan,
    ContainerResult,
    container_document,
    make_container,
)
from penstock.ir.container import CONTAINER
from penstock.messages.codec import conform, to_jsonable

ComponentT = TypeVar("ComponentT", bound="ContainerComponent")

TYPE_PREFIX = "penstock.components.container_component"


class ContainerComponent(BaseComponent):
    """Base of what ``create_container_component`` makes; called with channels and values, it gives a node."""

    Plan = ContainerPlan
    Result = ContainerResult
    DRIVER = CONTAINER_ROLES["DRIVER"]
    EXECUTOR = CONTAINER_ROLES["EXECUTOR"]
    PUBLISHER = CONTAINER_ROLES["PUBLISHER"]
    DOCUMENT: ClassVar[Mapping[str, Any]] = {}
    """The declaration, as plain data, without the options of a single node."""

    def __init__(self, **given: Any) -> None:
        signature, name = self.signature(), type(self).__name__
        known = {**signature.inputs, **signature.parameters}
        for key in given:
            if key not in known:
                raise PipelineError(
                    f"{name} has no argument {key!r}", component=name, hint=did_you_mean(key, known)
                )
        self._container_options = ContainerOptions()
        super().__init__(
            inputs={key: given[key] for key in signature.inputs if key in given},
            parameters={key: given[key] for key in signature.parameters if key in given},
        )

    def with_container_options(
        self: ComponentT,
        *,
        network: str | None = None,
        environment: Mapping[str, str] | None = None,
        user: str | None = None,
        volumes: Sequence[str] = (),
        pull: Pull | None = None,
        run_args: Sequence[str] = (),
    ) -> ComponentT:
        """Says how docker or podman runs the container on this machine, and returns the node.

        Other runners, which have settings of their own, do not read it.

        Args:
            network: Network that it joins, such as ``none`` or ``host``.
            environment: Environment variables.
            user: User that it runs as; by default the one who runs the pipeline.
            volumes: Further folders, as ``--volume`` takes them (``/data:/data:ro``).
            pull: When to fetch the image: ``missing``, ``always`` or ``never``.
            run_args: Further arguments of ``docker run`` or ``podman run``.

        Raises:
            ParameterError: One of them has the wrong type.
        """
        given = {
            "network": network,
            "environment": {} if environment is None else environment,
            "user": user,
            "volumes": volumes,
            "pull": pull,
            "run_args": run_args,
        }
        try:
            self._container_options = conform(ContainerOptions, given, path="with_container_options")
        except PenstockError as error:
            raise error.with_component(self.id) from None
        return self

    @property
    def declaration(self) -> Any:
        """The declaration and this node's options, as plain data."""
        options: dict[str, Any] = to_jsonable(self._container_options)
        asked = self.options.resources
        if asked is not None:
            options.update(cpus=asked.cpus, memory_gib=asked.memory_gib, accelerators=asked.accelerators)
        return {**self.DOCUMENT, "options": options}

    @classmethod
    def declared(cls, document: Any) -> type[BaseComponent]:
        """Returns the component class of a declaration.

        Raises:
            PipelineError: It is none.
        """
        if not isinstance(document, Mapping) or CONTAINER not in document:
            raise PipelineError("this declares no container component", got=f"{document!r:.120}")
        return _component(document)


def create_container_component(
    name: str,
    image: Any,
    command: Sequence[Any],
    inputs: Mapping[str, Any] | None = None,
    outputs: Mapping[str, Any] | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> type[ContainerComponent]:
    """Makes a component of a program in a container image.

    ::

        train = create_container_component(
            name="Train",
            image="registry/trainer:1",
            command=["python", "/train.py", "--data", ph.input("data").uri, "--model", ph.output("model").uri,
                     "--steps", ph.exec_property("steps")],
            inputs={"data": Examples},
            outputs={"model": Model},
            parameters={"steps": int},
        )
        trained = train(data=example_gen.outputs["examples"], steps=100)

    Args:
        name: Name of the component, and id of its nodes unless they are given another.
        image: Name of the image.
        command: The command line, which takes the place of the image's entry point: texts and placeholders (``ph.…``,
            or ``InputValuePlaceholder`` and its like). No shell takes it apart.
        inputs: Artifact types by key.
        outputs: Artifact types by key. An output of a value type (``Integer`` …) is a file, any other a folder.
        parameters: Types by name: ``int``, ``float``, ``str``, ``bool``, ``list``, ``dict`` or a message class.

    Raises:
        ParameterError: A name, a type, the image or the command is not usable, or a placeholder names something that
            the component has not.
    """
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", name):
        raise ParameterError(
            "the name of a container component is not usable",
            expected="letters, digits, '_', '-' and '.', starting with a letter or '_'",
            got=repr(name),
        )
    try:
        interface = interface_document(inputs, outputs, parameters)
        signature = declared_by(name, interface).signature()
        container = make_container(signature, image, command)
    except PenstockError as error:
        raise error.with_component(name) from None
    return _component({"name": name, **interface, **container_document(container)})


def _component(document: Mapping[str, Any]) -> type[ContainerComponent]:
    name = str(document["name"])
    declared = declared_by(name, document)
    members = {
        "Inputs": declared.inputs,
        "Outputs": declared.outputs,
        "Parameters": declared.parameters,
        "DOCUMENT": document,
        "TYPE_NAME": f"{TYPE_PREFIX}.{name}",
        "__module__": ContainerComponent.__module__,
        "__qualname__": ContainerComponent.__qualname__,
        "__doc__": f"{name}: a container component.",
    }
    return type(name, (ContainerComponent,), members)
