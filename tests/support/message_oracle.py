# SPDX-License-Identifier: Apache-2.0
"""What protobuf itself makes of our messages: fields in words, real protobuf classes of the same shape, and values.

The protobuf classes are built at run time from our declarations, so that protobuf's own JSON is the judge of ours.
"""

from __future__ import annotations

import importlib
import math
import pkgutil
from collections.abc import Iterator
from typing import Any

from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, message_factory, wrappers_pb2
from hypothesis import strategies as st

import penstock.messages
from penstock.messages import fields, kinds
from penstock.messages.message import AnyField, Message
from penstock.messages.packed import AnyMessage
from penstock.messages.wrappers import Wrapper

_WORDS = {
    id(kind): name.lower() for name, kind in vars(kinds).items() if isinstance(kind, kinds.ScalarKind)
}  # STRING -> string
_Proto = descriptor_pb2.FieldDescriptorProto


def all_messages() -> list[type[Message]]:
    """Every message class of the package."""
    for module in pkgutil.iter_modules(penstock.messages.__path__):
        importlib.import_module(f"penstock.messages.{module.name}")
    return [
        cls
        for cls in _below(Message)
        if cls.__module__.startswith("penstock.messages.") and cls is not Wrapper
    ]


def _below(cls: type[Message]) -> Iterator[type[Message]]:
    for child in cls.__subclasses__():
        yield child
        yield from _below(child)


def field_words(cls: type[Message]) -> dict[str, str]:
    """The fields of a message class, in words as short as a proto file's."""
    return {field.name: _field_word(field) for field in cls.__fields__.values()}


def _field_word(field: AnyField) -> str:
    word = _type_word(field)
    if isinstance(field, (fields.Map, fields.MessageMap)):
        return f"map<{_WORDS[id(field.key)]}, {word}>"
    if isinstance(field, (fields.Repeated, fields.RepeatedMessages)):
        return f"repeated {word}"
    if field.oneof:
        return f"oneof {field.oneof}: {word}"
    is_message = isinstance(field, (fields.Embedded, fields.Wrapped))
    return f"optional {word}" if field.has_presence and not is_message else word


def _type_word(field: Any) -> str:
    kind = getattr(field, "kind", None)
    if isinstance(kind, kinds.EnumKind):
        return str(kind.enum.__qualname__)
    if hasattr(field, "type"):
        return str(field.type.__proto_name__)
    return _WORDS[id(field.kind)]


def fill(protobuf: Any, cls: type[Message], values: dict[str, Any]) -> None:
    """Sets fields of a protobuf, by protobuf's own means, to what the constructor of our class would be given."""
    for name, value in values.items():
        field: Any = cls.__fields__[name]
        if isinstance(field, fields.MessageMap):
            for key, item in value.items():
                fill(getattr(protobuf, name)[key], field.type, item)
        elif isinstance(field, fields.RepeatedMessages):
            for item in value:
                fill(getattr(protobuf, name).add(), field.type, item)
        elif hasattr(field, "type"):
            getattr(protobuf, name).SetInParent()
            fill(getattr(protobuf, name), field.type, value)
        elif isinstance(field, fields.Map):
            getattr(protobuf, name).update(value)
        elif isinstance(field, fields.Repeated):
            getattr(protobuf, name).extend(value)
        else:
            kind: Any = field.kind
            setattr(protobuf, name, kind.enum[value] if hasattr(kind, "enum") else value)


# -------------------------------------------------------------------------------- protobuf classes of our shape


class ProtobufMirror:
    """Real protobuf classes with the fields of ours."""

    def __init__(self) -> None:
        self._pool = descriptor_pool.DescriptorPool()
        for module in (any_pb2, wrappers_pb2):
            self._pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
        self._names: dict[type[Message], str] = {}
        self._enums: dict[type, str] = {}

    def of(self, cls: type[Message]) -> Any:
        """The protobuf class of one of our message classes."""
        descriptor = self._pool.FindMessageTypeByName(self._message(cls))
        if hasattr(message_factory, "GetMessageClass"):
            return message_factory.GetMessageClass(descriptor)
        return message_factory.MessageFactory(self._pool).GetPrototype(descriptor)  # protobuf 3.20

    def make(self, cls: type[Message], values: dict[str, Any]) -> Any:
        """A protobuf of one of our message classes, filled by protobuf's own means."""
        message = self.of(cls)()
        fill(message, cls, values)
        return message

    def _message(self, cls: type[Message]) -> str:
        if issubclass(cls, (Wrapper, AnyMessage)):
            return cls.__proto_name__
        if cls not in self._names:
            file = self._file(cls)
            message = file.message_type.add(name=cls.__name__)
            for number, field in enumerate(cls.__fields__.values(), start=1):
                self._field(file, message, field, number)
            self._add_optional_groups(message)
            self._pool.AddSerializedFile(file.SerializeToString())
            self._names[cls] = f"{file.package}.{cls.__name__}"
        return self._names[cls]

    def _file(self, cls: type) -> descriptor_pb2.FileDescriptorProto:
        package = f"mirror.{cls.__module__.replace('.', '_')}.at_{cls.__qualname__.replace('.', '_')}"
        return descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")

    def _field(self, file: Any, message: Any, field: Any, number: int) -> None:
        added = message.field.add(name=field.name, number=number, label=_Proto.LABEL_OPTIONAL)
        if isinstance(field, (fields.Map, fields.MessageMap)):
            entry = message.nested_type.add(name=f"{field.json_name[0].upper()}{field.json_name[1:]}Entry")
            entry.options.map_entry = True
            self._type(
                file, entry.field.add(name="key", number=1, label=_Proto.LABEL_OPTIONAL), kind=field.key
            )
            value = entry.field.add(name="value", number=2, label=_Proto.LABEL_OPTIONAL)
            self._type(file, value, kind=field.kind)
            added.label = _Proto.LABEL_REPEATED
            added.type = _Proto.TYPE_MESSAGE
            added.type_name = f".{file.package}.{message.name}.{entry.name}"
            return
        if isinstance(field, (fields.Repeated, fields.RepeatedMessages)):
            added.label = _Proto.LABEL_REPEATED
        elif field.oneof:
            groups = [group.name for group in message.oneof_decl]
            if field.oneof not in groups:
                message.oneof_decl.add(name=field.oneof)
                groups.append(field.oneof)
            added.oneof_index = groups.index(field.oneof)
        elif field.has_presence and hasattr(field, "kind"):
            added.proto3_optional = True
        self._type(file, added, kind=getattr(field, "kind", None), message_type=getattr(field, "type", None))

    def _type(self, file: Any, added: Any, *, kind: Any, message_type: Any = None) -> None:
        if isinstance(kind, kinds.MessageKind):
            message_type = kind.type
        if message_type is not None:
            added.type = _Proto.TYPE_MESSAGE
            added.type_name = f".{self._message(message_type)}"
            self._depend(file, self._pool.FindMessageTypeByName(added.type_name[1:]).file.name)
        elif isinstance(kind, kinds.EnumKind):
            added.type = _Proto.TYPE_ENUM
            added.type_name = f".{self._enum(kind.enum)}"
            self._depend(file, self._pool.FindEnumTypeByName(added.type_name[1:]).file.name)
        else:
            added.type = getattr(_Proto, f"TYPE_{_WORDS[id(kind)].upper()}")

    def _depend(self, file: Any, name: str) -> None:
        if name not in file.dependency:
            file.dependency.append(name)

    def _enum(self, enum: Any) -> str:
        if enum not in self._enums:
            file = self._file(enum)
            added = file.enum_type.add(name=enum.__name__)
            for name, number in enum.items():
                added.value.add(name=name, number=number)
            self._pool.AddSerializedFile(file.SerializeToString())
            self._enums[enum] = f"{file.package}.{enum.__name__}"
        return self._enums[enum]

    def _add_optional_groups(self, message: Any) -> None:
        """Gives each ``optional`` field its group, which protobuf wants after all others."""
        for added in message.field:
            if added.proto3_optional:
                added.oneof_index = len(message.oneof_decl)
                message.oneof_decl.add(name=f"_{added.name}")


# --------------------------------------------------------------------------------------------------------------- values

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "string": _TEXT,
    "bytes": st.binary(max_size=8),
    "bool": st.booleans(),
    "int32": st.integers(-(2**31), 2**31 - 1),
    "uint32": st.integers(0, 2**32 - 1),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "uint64": st.integers(0, 2**64 - 1),
    # protobuf writes the largest 32-bit float as 3.4028235e+38 and then refuses to read it.
    "float": st.floats(-(2.0**127), 2.0**127, width=32) | st.sampled_from([math.inf, -math.inf]),
    "double": st.floats(allow_nan=False),
}


def values_of(cls: type[Message]) -> st.SearchStrategy[dict[str, Any]]:
    """Constructor arguments of a message class."""
    optional = {field.name: _field_values(field) for field in cls.__fields__.values()}
    return st.fixed_dictionaries({}, optional=optional).map(lambda drawn: _one_per_group(cls, drawn))


def _one_per_group(cls: type[Message], drawn: dict[str, Any]) -> dict[str, Any]:
    taken: set[str] = set()
    kept = {}
    for name, value in drawn.items():
        group = cls.__fields__[name].oneof
        if group is None or group not in taken:
            kept[name] = value
            taken.update([group] if group else [])
    return kept


def _field_values(field: Any) -> st.SearchStrategy[Any]:
    single = _kind_values(getattr(field, "kind", None), getattr(field, "type", None))
    if isinstance(field, (fields.Map, fields.MessageMap)):
        return st.dictionaries(_kind_values(field.key, None), single, max_size=2)
    if isinstance(field, (fields.Repeated, fields.RepeatedMessages)):
        return st.lists(single, max_size=2)
    return single


def _kind_values(kind: Any, message_type: Any) -> st.SearchStrategy[Any]:
    if isinstance(kind, kinds.MessageKind):
        message_type = kind.type
    if message_type is not None:
        return st.deferred(lambda: values_of(message_type))
    if isinstance(kind, kinds.EnumKind):
        return st.sampled_from(kind.enum.keys())
    return _SCALARS[_WORDS[id(kind)]]
