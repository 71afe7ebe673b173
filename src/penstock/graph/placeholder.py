# SPDX-License-Identifier: Apache-2.0
"""Placeholders: values that are known only when a node runs, written down while the pipeline is built.

A placeholder is built with operators and methods (``channel.future()[0].value``); the compiler makes an expression of
it (``penstock.ir.expression``), which every runner can evaluate.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from penstock.errors import PipelineError
from penstock.ir.expression import Operation

if TYPE_CHECKING:
    from penstock.graph.channel import Channel


class Placeholder:
    """A value that is known only when a node runs.

    Args:
        op: Operation, as ``penstock.ir.expression.ExpressionIR`` defines it.
        args: What it is done to.
        value: A constant that belongs to the operation.
        channel: Channel that it reads.
    """

    def __init__(
        self, op: Operation, *args: Placeholder, value: Any = None, channel: Channel | None = None
    ) -> None:
        self.op: Operation = op
        self.args = args
        self.value = value
        self.channel = channel

    def walk(self) -> Iterator[Placeholder]:
        """Yields this placeholder and all those in it."""
        yield self
        for arg in self.args:
            yield from arg.walk()

    def channels(self) -> tuple[Channel, ...]:
        """Returns the channels that it reads, in order, each once."""
        found = {id(p.channel): p.channel for p in self.walk() if p.channel is not None}
        return tuple(found.values())

    def __eq__(self, other: object) -> Predicate:  # type: ignore[override]  # a comparison is a predicate
        return Predicate("eq", self, as_placeholder(other))

    def __ne__(self, other: object) -> Predicate:  # type: ignore[override]  # a comparison is a predicate
        return Predicate("not", Predicate("eq", self, as_placeholder(other)))

    def __lt__(self, other: object) -> Predicate:
        return Predicate("lt", self, as_placeholder(other))

    def __gt__(self, other: object) -> Predicate:
        return Predicate("gt", self, as_placeholder(other))

    def __le__(self, other: object) -> Predicate:
        return Predicate("not", Predicate("gt", self, as_placeholder(other)))

    def __ge__(self, other: object) -> Predicate:
        return Predicate("not", Predicate("lt", self, as_placeholder(other)))

    def __hash__(self) -> int:
        return id(self)

    def __bool__(self) -> NoReturn:
        raise PipelineError(
            "a placeholder has no truth value while the pipeline is built",
            hint="`with Cond(predicate):` decides when the pipeline runs; join predicates with logical_and, logical_or "
            "and logical_not",
        )

    def __getitem__(self, key: int | str) -> Placeholder:
        return Placeholder("item", self, value=key)

    @property
    def uri(self) -> Placeholder:
        """URI of the artifact."""
        return Placeholder("uri", _single(self))

    @property
    def value_of_artifact(self) -> Placeholder:
        """Value in the file of the value artifact."""
        return Placeholder("content", _single(self))

    def property(self, key: str) -> Placeholder:
        """Returns the artifact's declared property of that name."""
        return Placeholder("property", _single(self), value=key)

    def custom_property(self, key: str) -> Placeholder:
        """Returns the artifact's custom property of that name."""
        return Placeholder("custom_property", _single(self), value=key)

    def __repr__(self) -> str:
        inner = [repr(item) for item in (self.value, self.channel) if item is not None]
        return f"{self.op}({', '.join([*inner, *map(repr, self.args)])})"


class Predicate(Placeholder):
    """A placeholder that is true or false, for ``Cond``."""


def _single(placeholder: Placeholder) -> Placeholder:
    """Takes a list of artifacts for its first one, as TFX does."""
    if placeholder.op in ("channel", "input", "output"):
        return Placeholder("item", placeholder, value=0)
    return placeholder


def as_placeholder(value: object) -> Placeholder:
    """Returns a placeholder as it is, and anything else as a constant."""
    return value if isinstance(value, Placeholder) else Placeholder("constant", value=value)


def placeholders_in(value: object) -> Iterator[Placeholder]:
    """Yields the placeholders in a value: the value itself, or the items of lists and mappings, however deep."""
    if isinstance(value, Placeholder):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from placeholders_in(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from placeholders_in(item)
