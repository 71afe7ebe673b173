# SPDX-License-Identifier: Apache-2.0
"""Declaration of components that TFX, or a package written for it, has made."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import GenericAlias
from typing import Any, ClassVar

from penstock.artifacts.artifact import Artifact
from penstock.components.tfx_guest.document import GuestDocument
from penstock.errors import PipelineError
from penstock.graph.artifact_types import artifact_type_from
from penstock.graph.channel import Channel
from penstock.graph.component import BaseComponent
from penstock.graph.signature import user_code
from penstock.messages.codec import from_jsonable, to_jsonable

_HERE = "penstock.components.tfx_guest"
_USER_CODE = ("module_file", "preprocessing_fn", "run_fn", "stats_options_updater_fn", "tuner_fn")
"""Parameters of TFX's components that name the user's code, by file or by dotted path."""


@dataclass(frozen=True, slots=True)
class GuestArtifact:
    """What a guest has set on an output artifact.

    Attributes:
        properties: Its declared properties.
        custom_properties: Its custom properties.
        uri: Where it lies, if the guest has made several artifacts of one.
    """

    properties: Mapping[str, Any] = field(default_factory=dict)
    custom_properties: Mapping[str, Any] = field(default_factory=dict)
    uri: str | None = None


@dataclass(frozen=True, slots=True)
class GuestResult:
    """What a guest's executor has made.

    Attributes:
        outputs: The artifacts by output key.
        properties: Execution properties that its driver has set or changed.
    """

    outputs: Mapping[str, tuple[GuestArtifact, ...]] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)


class TfxGuest(BaseComponent):
    """A component of TFX as a node; ``tfx_component`` makes such classes.

    Args:
        channels: Its inputs, by key.
        parameters: Its execution properties, as TFX's specification has parsed them.
    """

    Result = GuestResult
    DRIVER = f"{_HERE}.driver:GuestDriver"
    EXECUTOR = f"{_HERE}.executor:GuestExecutor"
    PUBLISHER = f"{_HERE}.publisher:GuestPublisher"
    GUEST: ClassVar[GuestDocument]

    def __init__(self, channels: Mapping[str, Sequence[Channel]], parameters: Mapping[str, Any]) -> None:
        super().__init__(inputs=channels, parameters=parameters)
        self.declaration = to_jsonable(self.GUEST)

    @classmethod
    def declared(cls, document: Any) -> type[BaseComponent]:
        """Returns the component class of a guest.

        Raises:
            PipelineError: The document describes none.
        """
        if not isinstance(document, Mapping) or "executor_class" not in document:
            raise PipelineError("this declares no component of TFX", got=f"{document!r:.120}")
        return guest_class(from_jsonable(GuestDocument, document, path="declaration"))


def guest_class(guest: GuestDocument) -> type[TfxGuest]:
    """Returns the component class that stands for a guest."""
    members = {
        "GUEST": guest,
        "TYPE_NAME": guest.type_name,
        # Its worker is forked from a process that has TFX loaded, whose import takes ten seconds and more.
        "REQUIRES": ("tfx", guest.executor_class.partition(":")[0]),
        "Inputs": _declaration(
            f"{guest.name}Inputs",
            {
                key: (_several(artifact_type_from(port.type)), port.optional)
                for key, port in guest.inputs.items()
            },
        ),
        "Outputs": _declaration(
            f"{guest.name}Outputs",
            {key: (artifact_type_from(port.type), False) for key, port in guest.outputs.items()},
        ),
        "Parameters": _parameters(f"{guest.name}Parameters", guest.parameters),
        "__module__": TfxGuest.__module__,
        "__qualname__": TfxGuest.__qualname__,
        "__doc__": f"{guest.name}, a component of TFX.",
    }
    return type(guest.name, (TfxGuest,), members)


def _several(artifact_type: type[Artifact]) -> Any:
    """Returns the annotation of an input of several artifacts of a type that is known only here."""
    return GenericAlias(Sequence, (artifact_type,))


def _declaration(name: str, hints: Mapping[str, tuple[Any, bool]]) -> type:
    fields = [
        (key, hint, dataclasses.field(default=None)) if optional else (key, hint)
        for key, (hint, optional) in sorted(hints.items(), key=lambda item: item[1][1])
    ]
    return dataclasses.make_dataclass(name, fields, frozen=True, kw_only=True)


def _parameters(name: str, parameters: Sequence[str]) -> type:
    fields = [
        (key, Any, user_code() if key in _USER_CODE else dataclasses.field(default=None))
        for key in parameters
    ]
    return dataclasses.make_dataclass(name, fields, frozen=True, kw_only=True)


def tfx_component(component_class: type) -> Callable[..., TfxGuest]:
    """Makes nodes of a component class that was written for TFX, its executor and its driver as they are.

    ::

        from tfx.v1.components import StatisticsGen       # of the installed TFX
        from penstock.guests import tfx_component

        statistics_gen = tfx_component(StatisticsGen)(examples=example_gen.outputs["examples"])

    What it reads must be as it expects it: Examples as TFRecord (``Pipeline(examples_format="tfrecord")``).

    Args:
        component_class: A subclass of TFX's ``BaseComponent``: of TFX itself, of a package written for it, or your own.

    Returns:
        A function that takes the arguments of the class, with channels of this pipeline, and returns a node.

    Raises:
        DependencyError: TFX is not installed.
        PipelineError: It is no component class of TFX.
    """
    from penstock.components.tfx_guest.building import checked_class, make_guest

    checked = checked_class(component_class)

    def make(**arguments: Any) -> TfxGuest:
        return make_guest(checked, arguments)

    make.__name__ = checked.__name__
    make.__doc__ = checked.__doc__
    return make
