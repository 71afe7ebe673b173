# SPDX-License-Identifier: Apache-2.0
"""Builds a component of TFX with channels of Penstock, and reads what TFX has made of the arguments. Imports TFX."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import json
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from penstock.components.tfx_guest.artifacts import type_of
from penstock.components.tfx_guest.component import TfxGuest, guest_class
from penstock.components.tfx_guest.document import GuestDocument, GuestPort, GuestProto
from penstock.errors import DependencyError, ParameterError, PenstockError, PipelineError
from penstock.graph.artifact_types import artifact_type_document
from penstock.graph.channel import Channel
from penstock.graph.placeholder import Placeholder
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.messages.codec import to_jsonable
from penstock.messages.message import Message
from penstock.messages.protobuf import is_protobuf
from penstock.runtime.user_code import user_code

_BASE_DRIVERS = ("tfx.dsl.components.base.base_driver", "tfx.components.base.base_driver")


def checked_class(component_class: Any) -> type[Any]:
    """Returns a component class of TFX.

    Raises:
        DependencyError: TFX is not installed.
        PipelineError: It is something else.
    """
    try:
        from tfx.dsl.components.base import base_component
    except ModuleNotFoundError as error:
        raise DependencyError(
            "tfx is not installed",
            got=str(error),
            hint="pip install 'penstock[tfx]' (1.16 needs Python 3.10; 1.21 needs glibc 2.39 or newer)",
        ) from error
    if not isinstance(component_class, type) or not issubclass(component_class, base_component.BaseComponent):
        ours = isinstance(component_class, type) and component_class.__module__.startswith("penstock.")
        raise PipelineError(
            "tfx_component was given something that is no component class of TFX",
            expected="a subclass of tfx.dsl.components.base.base_component.BaseComponent",
            got=f"{component_class!r:.100}",
            hint="a component of Penstock is a node as it is" if ours else None,
        )
    return component_class


def make_guest(component_class: type[Any], arguments: Mapping[str, Any]) -> TfxGuest:
    """Returns the node of a component of TFX.

    Raises:
        PenstockError: TFX refuses an argument, or one is of a kind that a guest cannot have.
    """
    name = component_class.__name__
    given: dict[int, Channel] = {}
    try:
        theirs = {key: _to_guest(key, value, given) for key, value in arguments.items()}
    except PenstockError as error:
        raise error.with_component(name) from None
    with user_code(name, what=f"{name}(…)"):
        made = component_class(**theirs)
    try:
        guest, values = _described(made)
        channels = {key: _channels(key, value, given) for key, value in made.spec.inputs.items()}
        node = guest_class(guest)(channels, values)
    except PenstockError as error:
        raise error.with_component(name) from None
    return node.with_id(made.id)


# --------------------------------------------------------------------------------------------------- into TFX's objects


def _to_guest(key: str, value: Any, given: dict[int, Channel]) -> Any:
    if isinstance(value, Channel):
        return _channel(key, value, given)
    if isinstance(value, (list, tuple)) and value and all(isinstance(item, Channel) for item in value):
        from tfx.types import channel_utils

        return channel_utils.union([_channel(key, item, given) for item in value])
    if isinstance(value, (Placeholder, RuntimeParameter)):
        raise ParameterError(
            f"argument {key!r} is known only when the pipeline runs",
            input=key,
            got=repr(value),
            hint="a component of TFX takes values and channels here; make it an argument of create_pipeline",
        )
    return _proto(value) if isinstance(value, Message) else value


def _channel(key: str, channel: Channel, given: dict[int, Channel]) -> Any:
    from tfx.types import Channel as GuestChannel
    from tfx.types import artifact, standard_artifacts

    ours = channel.type
    theirs = next(
        (
            cls
            for cls in (*vars(standard_artifacts).values(), *_subclasses(artifact.Artifact))
            if isinstance(cls, type) and getattr(cls, "TYPE_NAME", None) == ours.TYPE_NAME
        ),
        None,
    )
    if theirs is None:
        raise PipelineError(
            f"TFX has no artifact type {ours.TYPE_NAME!r}, which input {key!r} would be of",
            expected="a standard type, or one that a package for TFX defines",
            got=repr(channel),
        )
    made = GuestChannel(type=theirs)
    given[id(made)] = channel
    return made


def _subclasses(cls: type[Any]) -> list[type[Any]]:
    return [found for sub in cls.__subclasses__() for found in [sub, *_subclasses(sub)]]


def _proto(message: Message) -> Any:
    """Returns TFX's protobuf of a message."""
    import tfx.proto
    from google.protobuf import json_format

    name = type(message).__name__
    for module in pkgutil.iter_modules(tfx.proto.__path__):
        if module.name.endswith("_pb2"):
            found = getattr(importlib.import_module(f"tfx.proto.{module.name}"), name, None)
            if found is not None:
                return json_format.ParseDict(to_jsonable(message), found())
    raise ParameterError(f"TFX has no protobuf {name}", got=repr(message))


# ----------------------------------------------------------------------------------------------- out of TFX's component


def _channels(key: str, value: Any, given: Mapping[int, Channel]) -> list[Channel]:
    parts = getattr(value, "channels", None) or [value]
    try:
        return [given[id(part)] for part in parts]
    except KeyError:
        raise PipelineError(
            f"input {key!r} comes from a component of TFX itself",
            expected="a channel of a node of this pipeline",
            got=repr(value),
            hint="make a node of that component too: tfx_component(ItsClass)(…)",
        ) from None


def _described(made: Any) -> tuple[GuestDocument, dict[str, Any]]:
    import tfx

    spec = made.spec
    executor = getattr(made.executor_spec, "executor_class", None)
    if executor is None:
        raise PipelineError(
            "this component of TFX is run by something else than a Python executor",
            expected="ExecutorClassSpec or BeamExecutorSpec",
            got=type(made.executor_spec).__name__,
            hint="for a container: penstock.dsl.experimental.create_container_component",
        )
    driver = made.driver_class if made.driver_class.__module__ not in _BASE_DRIVERS else None
    values, protos = _values(spec)
    inputs = {key: _port(value.type, spec.is_allow_empty_input(key)) for key, value in spec.inputs.items()}
    guest = GuestDocument(
        name=type(made).__name__,
        type_name=f"{type(made).__module__}.{type(made).__qualname__}",
        executor_class=_path(executor),
        driver_class=_path(driver) if driver is not None else "",
        inputs=inputs,
        outputs={key: _port(channel.type, optional=False) for key, channel in made.outputs.items()},
        parameters=tuple(values),
        protos=protos,
        code=f"tfx {tfx.__version__} {_digest(executor, driver)}",
    )
    return guest, values


def _port(guest_type: Any, optional: bool) -> GuestPort:
    return GuestPort(
        artifact_type_document(type_of(guest_type), guest_type.TYPE_NAME), _path(guest_type), optional
    )


def _values(spec: Any) -> tuple[dict[str, Any], dict[str, GuestProto]]:
    values: dict[str, Any] = {}
    protos: dict[str, GuestProto] = {}
    for name, value in spec.exec_properties.items():
        plain = _resolved(name, value)
        if is_protobuf(plain):
            from google.protobuf import json_format

            data = json_format.MessageToDict(plain, preserving_proto_field_name=True)
            protos[name] = GuestProto(_path(type(plain)), json.dumps(data, sort_keys=True))
        else:
            values[name] = plain
    return values, protos


def _resolved(name: str, value: Any) -> Any:
    """Returns the value of an execution property that TFX has put a placeholder around, as it does with protobufs."""
    if not hasattr(value, "encode") or isinstance(value, str):
        return value
    from tfx.dsl.compiler import placeholder_utils

    try:
        return placeholder_utils.resolve_placeholder_expression(
            value.encode(), placeholder_utils.ResolutionContext()
        )
    except Exception as error:  # whatever it needs, there is no run of TFX's here
        raise ParameterError(
            f"argument {name!r} is a placeholder of TFX, which only TFX's own runners resolve",
            got=f"{type(error).__name__}: {error}"[:200],
        ) from error


def _path(cls: Any) -> str:
    if cls.__module__ == "__main__" or "<locals>" in cls.__qualname__:
        raise PipelineError(
            f"{cls.__qualname__} is defined where another process cannot find it",
            got=cls.__module__,
            hint="move the class to the top level of a module of its own",
        )
    return f"{cls.__module__}:{cls.__qualname__}"


def _digest(*classes: Any) -> str:
    digest = hashlib.sha256()
    for cls in classes:
        file = inspect.getsourcefile(cls) if cls is not None else None
        if file is not None:
            digest.update(Path(file).read_bytes())
    return digest.hexdigest()
