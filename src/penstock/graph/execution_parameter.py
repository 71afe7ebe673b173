# SPDX-License-Identifier: Apache-2.0
"""One parameter of a specification in TFX's way, and the form in which its value reaches ``Do``."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from typing import Any

from penstock.errors import ParameterError, PenstockError, PipelineError
from penstock.graph.placeholder import placeholders_in
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.messages.codec import conform
from penstock.messages.message import Message
from penstock.messages.protobuf import is_protobuf_type
from penstock.messages.protobuf_json import proto_from, proto_to_json

_SCALARS = (bool, int, float, str)


class ExecutionParameter:
    """One parameter of a specification.

    Args:
        type: ``int``, ``float``, ``str``, ``bool``, ``list``, ``dict``, a message or protobuf class, what JSON
            can hold such as ``List[str]``, a tuple of classes, or ``Any``.
        optional: Whether it may be left out.
        use_proto: Whether a message reaches ``Do`` as the message itself; otherwise as JSON text, as in TFX.

    Raises:
        PipelineError: The type is missing or no type, or ``use_proto`` is given for a number or text.
    """

    def __init__(self, type: Any = None, optional: bool = False, use_proto: bool = False) -> None:
        if type is None or isinstance(type, (str, int, float)):
            raise PipelineError(
                "ExecutionParameter needs a type",
                expected="type=, such as str, int, List[str] or trainer_pb2.TrainArgs",
                got=repr(type),
            )
        if use_proto and type in _SCALARS:
            raise PipelineError(
                f"ExecutionParameter(type={type.__name__}) has use_proto, which is for messages",
                hint="leave it out",
            )
        self.type = type
        self.optional = optional
        self.use_proto = use_proto

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ExecutionParameter):
            return NotImplemented
        same = (self.optional, self.use_proto) == (other.optional, other.use_proto)
        return same and bool(self.type == other.type)

    def __hash__(self) -> int:
        return hash((str(self.type), self.optional, self.use_proto))

    def __repr__(self) -> str:
        return f"ExecutionParameter(type={self.type_text}, optional={self.optional})"

    @property
    def type_text(self) -> str:
        """The type, for a reader."""
        if isinstance(self.type, tuple):
            return " or ".join(getattr(item, "__name__", str(item)) for item in self.type)
        is_plain = isinstance(self.type, type) and not typing.get_args(self.type)
        return self.type.__name__ if is_plain else str(self.type)

    @property
    def is_message(self) -> bool:
        """Whether the values are messages or protobufs."""
        is_class = isinstance(self.type, type) and not typing.get_args(self.type)
        return is_class and (issubclass(self.type, Message) or is_protobuf_type(self.type))

    @property
    def hint(self) -> Any:
        """Type of the value in the form in which it reaches ``Do``."""
        if self.is_message:
            return self.type if self.use_proto else str
        return self.type if self.type in _SCALARS else Any

    def accept(self, name: str, value: Any, component: str) -> Any:
        """Returns a value in the form in which it reaches ``Do``; placeholders and runtime parameters as they are.

        Raises:
            ParameterError: It is of another type.
        """
        if isinstance(value, RuntimeParameter):
            return self._checked_runtime_parameter(name, value, component)
        if next(placeholders_in(value), None) is not None:
            return value
        try:
            return self._accepted(name, value)
        except PenstockError as error:
            raise error.with_component(component) from None

    def _checked_runtime_parameter(
        self, name: str, value: RuntimeParameter, component: str
    ) -> RuntimeParameter:
        if self.hint in _SCALARS and not _fits(value.ptype, self.hint):
            raise ParameterError(
                f"parameter {name!r} is given a runtime parameter of another type",
                component=component,
                input=name,
                expected=f"ptype={self.hint.__name__}",
                got=repr(value),
            )
        return value

    def _accepted(self, name: str, value: Any) -> Any:
        if self.is_message:
            return self._message(name, value)
        if self.type is Any or self.type in _SCALARS:
            return conform(self.type, value, path=name)
        if isinstance(self.type, (type, tuple)) and not typing.get_args(self.type):
            if not isinstance(value, self.type):
                raise ParameterError(
                    f"parameter {name!r} has the wrong type",
                    input=name,
                    expected=self.type_text,
                    got=f"{value!r:.80} ({type(value).__name__})",
                )
            return value
        conform(self.type, value, path=name)
        return value

    def _message(self, name: str, value: Any) -> Any:
        if not isinstance(value, (str, Mapping, self.type)) and not is_protobuf_type(type(value)):
            raise ParameterError(
                f"parameter {name!r} has the wrong type",
                input=name,
                expected=f"a {self.type.__name__}, or its fields as a dictionary or JSON text",
                got=f"{value!r:.80} ({type(value).__name__})",
            )
        message = proto_from(self.type, value, name)
        if self.use_proto:
            return message
        return value if isinstance(value, str) else proto_to_json(message)


def _fits(given: type, wanted: type) -> bool:
    return given is wanted or (given is int and wanted is float)
