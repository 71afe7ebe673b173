# SPDX-License-Identifier: Apache-2.0
"""Placeholders: values that are known only when a node runs, written down while the pipeline is built.

A placeholder is built with operators and methods (``channel.future()[0].value``); the compiler makes an expression of
it (``penstock.ir.expression``), which every runner can evaluate. A field of a message may have any name, so what
placeholders are made of stands under names of its own, in ``__parts__``.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from penstock.errors import ParameterError, PipelineError
from penstock.graph.placeholder_refusals import NotKnownYet
from penstock.graph.placeholder_types import type_of
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.ir.expression import ChannelIR, ExpressionIR, Operation, spelled
from penstock.messages.either import is_message

if TYPE_CHECKING:
    from penstock.graph.channel import Channel


class ProtoSerializationFormat(enum.Enum):
    """How ``serialize`` writes a message."""

    TEXT_FORMAT = "text_format"
    JSON = "json"
    BINARY = "binary"


class ListSerializationFormat(enum.Enum):
    """How ``serialize_list`` writes a list."""

    JSON = "json"
    COMMA_SEPARATED_STR = "comma_separated"


@dataclass(frozen=True, slots=True)
class Parts:
    """What a placeholder is made of.

    Attributes:
        op: Operation, as ``penstock.ir.expression.ExpressionIR`` defines it.
        args: What it is done to.
        value: A constant that belongs to the operation.
        channel: Channel that it reads.
    """

    op: Operation
    args: tuple[Placeholder, ...] = ()
    value: Any = None
    channel: Channel | None = None


class Placeholder(NotKnownYet):
    """A value that is known only when a node runs.

    Items (``[0]``, ``['key']``) and fields of messages (``.num_steps``) are placeholders too.

    Args:
        op: Operation, as ``penstock.ir.expression.ExpressionIR`` defines it.
        args: What it is done to.
        value: A constant that belongs to the operation.
        channel: Channel that it reads.
    """

    __slots__ = ("__parts__",)
    __parts__: Parts

    def __init__(
        self, op: Operation, *args: Placeholder, value: Any = None, channel: Channel | None = None
    ) -> None:
        object.__setattr__(self, "__parts__", Parts(op, args, value, channel))
        type_of(self)  # refuses what cannot be done to these arguments, as far as that is known by now

    # ------------------------------------------------------------------------------------------------- comparisons

    def __eq__(self, other: object) -> Predicate:  # type: ignore[override]  # a comparison is a predicate
        return Predicate("eq", self, as_placeholder(other, "a comparison"))

    def __ne__(self, other: object) -> Predicate:  # type: ignore[override]  # a comparison is a predicate
        return Predicate("not", Predicate("eq", self, as_placeholder(other, "a comparison")))

    def __lt__(self, other: object) -> Predicate:
        return Predicate("lt", self, as_placeholder(other, "a comparison"))

    def __gt__(self, other: object) -> Predicate:
        return Predicate("gt", self, as_placeholder(other, "a comparison"))

    def __le__(self, other: object) -> Predicate:
        return Predicate("not", Predicate("gt", self, as_placeholder(other, "a comparison")))

    def __ge__(self, other: object) -> Predicate:
        return Predicate("not", Predicate("lt", self, as_placeholder(other, "a comparison")))

    def __hash__(self) -> int:
        return id(self)

    # ------------------------------------------------------------------------------------- texts, items and fields

    def __add__(self, right: object) -> Placeholder:
        return _concatenated(self, right)

    def __radd__(self, left: object) -> Placeholder:
        return _concatenated(left, self)

    def __getitem__(self, key: int | str) -> Placeholder:
        if isinstance(key, bool) or not isinstance(key, (int, str)):
            raise ParameterError(
                f"an item of {self!r} has no such key",
                expected="a number or text",
                got=f"{key!r} ({type(key).__name__})",
            )
        return Placeholder("item", self, value=key)

    if not TYPE_CHECKING:  # a type checker that saw this would take every attribute for a field

        def __getattr__(self, name: str) -> Placeholder:
            if name.startswith("_"):
                raise AttributeError(name)
            return Placeholder("field", self, value=name)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise PipelineError(
            f"{self!r} cannot be changed",
            got=f".{name} = …",
            hint="placeholders are values: make another one",
        )

    def b64encode(self, url_safe: bool = True) -> Placeholder:
        """Returns the text or bytes in base64, with ``-`` and ``_`` for ``+`` and ``/`` where ``url_safe``."""
        return Placeholder("base64", self, value=bool(url_safe))

    def serialize(self, serialization_format: ProtoSerializationFormat) -> Placeholder:
        """Returns the message as text; in the binary form as bytes, which ``b64encode`` makes text of."""
        return Placeholder("serialized", self, value=_form(serialization_format, ProtoSerializationFormat))

    def serialize_list(self, serialization_format: ListSerializationFormat) -> Placeholder:
        """Returns the list of numbers and texts as text: JSON, or with commas between and quotes around texts."""
        return Placeholder(
            "serialized_list", self, value=_form(serialization_format, ListSerializationFormat)
        )

    def __repr__(self) -> str:
        return spelled(shown(self))

    def __copy__(self) -> Placeholder:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Placeholder:
        return self


class ArtifactPlaceholder(Placeholder):
    """The artifacts of a channel, of an own input or of an own output; or, with ``[i]``, one of them.

    Without an index the first one is meant.
    """

    __slots__ = ()

    def __getitem__(self, index: int | str) -> ArtifactPlaceholder:
        if self.__parts__.op == "item":
            raise ParameterError(
                f"{self!r} is one artifact already", got=f"[{index!r}]", hint="leave one index out"
            )
        if isinstance(index, bool) or not isinstance(index, int):
            raise ParameterError(
                f"artifacts of {self!r} are counted", expected="a number such as [0]", got=f"[{index!r}]"
            )
        return ArtifactPlaceholder("item", self, value=index)

    @property
    def uri(self) -> Placeholder:
        """URI of the artifact."""
        return Placeholder("uri", self._one())

    def split_uri(self, split: str) -> Placeholder:
        """Returns the URI of one split of the artifact."""
        return Placeholder("split_uri", self._one(), value=_name(split, "a split"))

    @property
    def value(self) -> Placeholder:
        """Value in the file of the value artifact."""
        return Placeholder("content", self._one())

    def property(self, key: str) -> Placeholder:
        """Returns the artifact's declared property of that name."""
        return Placeholder("property", self._one(), value=_name(key, "a property"))

    def custom_property(self, key: str) -> Placeholder:
        """Returns the artifact's custom property of that name."""
        return Placeholder("custom_property", self._one(), value=_name(key, "a custom property"))

    def _one(self) -> ArtifactPlaceholder:
        return self if self.__parts__.op == "item" else self[0]

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            if name.startswith("_"):
                raise AttributeError(name)
            raise ParameterError(
                f"{self!r} has no attribute {name!r}",
                expected=".uri, .split_uri('…'), .value, .property('…') or .custom_property('…')",
                hint=f"for what a component has recorded: .custom_property({name!r})",
            )


class Predicate(Placeholder):
    """A placeholder that is true or false, for ``Cond``."""

    __slots__ = ()

    def __add__(self, right: object) -> NoReturn:
        raise ParameterError(f"{self!r} is true or false, not text", got="+")

    __radd__ = __add__

    def __getitem__(self, key: object) -> NoReturn:
        raise ParameterError(f"{self!r} is true or false and has no items", got=f"[{key!r}]")

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            if name.startswith("_"):
                raise AttributeError(name)
            raise ParameterError(f"{self!r} is true or false and has no attribute {name!r}")


class ListPlaceholder(Placeholder):
    """A list of values and placeholders; ``+`` with another list appends that."""

    __slots__ = ()

    def __add__(self, right: object) -> Placeholder:
        return ListPlaceholder("list", *self.__parts__.args, *_list_parts(right))

    def __radd__(self, left: object) -> Placeholder:
        return ListPlaceholder("list", *_list_parts(left), *self.__parts__.args)


class DictPlaceholder(Placeholder):
    """A mapping of values and placeholders, without those that turn out to be ``None``."""

    __slots__ = ()

    def __add__(self, right: object) -> NoReturn:
        raise ParameterError(
            f"{self!r} is a mapping, not text", got="+", hint="put all entries in one make_dict"
        )

    __radd__ = __add__


def as_placeholder(value: object, where: str = "a placeholder") -> Placeholder:
    """Returns a placeholder as it is, a runtime parameter as one, and a plain value as a constant.

    Raises:
        ParameterError: It is neither ``None``, a truth value, a number, text, a runtime parameter nor a placeholder.
    """
    if isinstance(value, Placeholder):
        return value
    if isinstance(value, RuntimeParameter):
        return Placeholder("runtime_parameter", value=value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return Placeholder("constant", value=value)
    hint = (
        "make_list and make_dict make placeholders of lists and mappings"
        if isinstance(value, (list, dict))
        else None
    )
    if hasattr(value, "future"):
        hint = "a channel stands for artifacts: channel.future()[0].value"
    raise ParameterError(
        f"{where} takes no {type(value).__name__}",
        expected="a placeholder, a runtime parameter, a number, text, True, False or None",
        got=f"{value!r:.80}",
        hint="make_proto(…) makes a placeholder of a message" if is_message(value) else hint,
    )


def walk(placeholder: Placeholder) -> Iterator[Placeholder]:
    """Yields a placeholder and all those in it."""
    yield placeholder
    for arg in placeholder.__parts__.args:
        yield from walk(arg)


def channels_in(placeholder: Placeholder) -> tuple[Channel, ...]:
    """Returns the channels that a placeholder reads, in order, each once."""
    read = [inner.__parts__.channel for inner in walk(placeholder)]
    return tuple({id(channel): channel for channel in read if channel is not None}.values())


def placeholders_in(value: object) -> Iterator[Placeholder]:
    """Yields the placeholders in a value: the value itself, or the items of lists and mappings, however deep."""
    if isinstance(value, Placeholder):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from placeholders_in(key)
            yield from placeholders_in(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from placeholders_in(item)


def known_later(value: object) -> bool:
    """Whether a value is, or holds somewhere in its lists and mappings, a placeholder or a runtime parameter."""
    if isinstance(value, Mapping):
        return any(known_later(part) for item in value.items() for part in item)
    if isinstance(value, (list, tuple)):
        return any(map(known_later, value))
    return isinstance(value, (Placeholder, RuntimeParameter))


def shown(placeholder: Placeholder) -> ExpressionIR:
    """Returns a placeholder as an expression that is good for being read: ids of nodes are not final yet."""
    parts = placeholder.__parts__
    value, channel = parts.value, parts.channel
    if isinstance(value, RuntimeParameter):
        value = value.name
    if parts.op == "message":
        value = value["type"].rpartition(":")[2]
    read = None
    if channel is not None:
        producer = channel.producer.id if channel.producer is not None else type(channel).__name__
        read = ChannelIR(channel.type_name, producer=producer, output=channel.output_key)
    return ExpressionIR(parts.op, tuple(map(shown, parts.args)), value, read)


def _concatenated(left: object, right: object) -> Placeholder:
    parts: list[Placeholder] = []
    for side, other in ((left, right), (right, left)):
        if isinstance(side, Placeholder):
            parts += side.__parts__.args if side.__parts__.op == "concat" else (side,)
        elif isinstance(side, str):
            parts.append(Placeholder("constant", value=side))
        else:
            raise ParameterError(
                f"{other!r} can be put together only with text and placeholders",
                expected="text",
                got=f"{side!r:.80} ({type(side).__name__})",
                hint="for a number: str(…)" if isinstance(side, (int, float)) else "or ph.join([...])",
            )
    return Placeholder("concat", *parts)


def _list_parts(value: object) -> Sequence[Placeholder]:
    if isinstance(value, ListPlaceholder):
        return value.__parts__.args
    if isinstance(value, (list, tuple)):
        return [as_placeholder(item, "a list") for item in value]
    raise ParameterError("a list can be put together only with a list", got=f"{value!r:.80}")


def _form(given: object, forms: type[enum.Enum]) -> str:
    if isinstance(given, forms):
        return str(given.value)
    raise ParameterError(
        "this is no form to serialize in",
        expected=" or ".join(f"{forms.__name__}.{form.name}" for form in forms),
        got=repr(given),
    )


def _name(value: object, what: str) -> str:
    if isinstance(value, str) and value:
        return value
    raise ParameterError(f"the name of {what} is not text", got=f"{value!r} ({type(value).__name__})")
