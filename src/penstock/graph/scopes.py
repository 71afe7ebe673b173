# SPDX-License-Identifier: Apache-2.0
"""Scopes: conditions and loops around nodes, opened with ``with`` while the pipeline is built.

A node belongs to the scopes that are open when it is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, runtime_checkable

from penstock.errors import PipelineError
from penstock.graph.channel import Channel, LoopChannel, OutputChannels
from penstock.graph.placeholder import Placeholder, Predicate, channels_in
from penstock.graph.placeholder_places import check_place

if TYPE_CHECKING:
    from penstock.graph.node import BaseNode

_open: ContextVar[Scope | None] = ContextVar("penstock_open_scope", default=None)


class Scope:
    """A condition or a loop; the one that is open when it is opened is its parent."""

    def __init__(self) -> None:
        self.parent: Scope | None = None
        self._entered = False

    def open(self) -> None:
        """Makes this the innermost open scope."""
        if self._entered:
            raise PipelineError(
                f"a {type(self).__name__} is used twice",
                hint=f"make another one: `with {type(self).__name__}(…):`",
            )
        self._entered = True
        self.parent = _open.get()
        _open.set(self)

    def close(self) -> None:
        """Makes the scope around it the innermost open one again."""
        _open.set(self.parent)

    @property
    def chain(self) -> tuple[Scope, ...]:
        """This scope and those around it, the outermost first."""
        return (*(self.parent.chain if self.parent is not None else ()), self)

    def channels(self) -> tuple[Channel, ...]:
        """Returns the channels that say what the scope does."""
        raise NotImplementedError(f"{type(self).__name__}.channels")


def open_scope() -> Scope | None:
    """Returns the innermost scope that is open."""
    return _open.get()


class Cond(Scope):
    """Nodes made in its block run only where a predicate is true; otherwise they are skipped.

    ::

        with Cond(evaluator.outputs["blessing"].future()[0].custom_property("blessed") == 1):
            pusher = Pusher(...)

    Args:
        predicate: A comparison of placeholders, or several joined with ``logical_and``, ``logical_or``,
            ``logical_not``.

    Raises:
        PipelineError: It is no predicate, or reads no channel.
    """

    def __init__(self, predicate: Predicate) -> None:
        super().__init__()
        if not isinstance(predicate, Predicate):
            raise PipelineError(
                "Cond needs a predicate",
                expected="a comparison, such as channel.future()[0].value > 0.8",
                got=f"{predicate!r} ({type(predicate).__name__})",
                hint="compare it with something: `… == 1`" if isinstance(predicate, Placeholder) else None,
            )
        check_place(predicate, "a predicate")
        self.predicate = predicate

    def channels(self) -> tuple[Channel, ...]:
        """Returns the channels that the predicate reads."""
        return channels_in(self.predicate)

    def __enter__(self) -> Cond:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


@runtime_checkable
class Loopable(Protocol):
    """What ``ForEach`` can go over besides a channel: the choice of a resolver, in groups of artifacts.

    One with a method ``loop_variable(channels)`` makes the block's variable from the channels of a group by key.
    """

    def loop_channels(self) -> Mapping[str, Channel]:
        """Returns the resolver's outputs, by the keys that the artifacts of each group have."""
        ...


class ForEach(Scope):
    """Nodes made in its block run once for each artifact of a channel, or for each group of artifacts.

    ::

        with ForEach(example_gen.outputs["examples"]) as examples:
            trainer = Trainer(examples=examples, ...)

    In the block, a channel of another node of the block stands for what that node has made of the same item. Outside,
    it stands for what it has made of all items, in their order.

    Args:
        loopable: A channel, each of whose artifacts is an item; or what a resolver function returns in groups
            (``sliding_window`` and others): the block's variable is then a mapping of channels.

    Raises:
        PipelineError: It is neither.
    """

    def __init__(self, loopable: Channel | Loopable) -> None:
        super().__init__()
        # All outputs of a node answer to every name.
        strange = isinstance(loopable, (Placeholder, OutputChannels))
        if strange or not isinstance(loopable, (Channel, Loopable)):
            raise PipelineError(
                "ForEach needs something to go over",
                expected="a channel such as example_gen.outputs['examples'], or groups from a resolver function",
                got="all outputs of a node"
                if isinstance(loopable, OutputChannels)
                else f"{loopable!r} ({type(loopable).__name__})",
                hint="join channels of one type with union([…])"
                if isinstance(loopable, (list, tuple))
                else None,
            )
        self.loopable = loopable

    @property
    def groups(self) -> bool:
        """Whether an item is a group of artifacts."""
        return not isinstance(self.loopable, Channel)

    def channels(self) -> tuple[Channel, ...]:
        """Returns the channels that the loop goes over."""
        if isinstance(self.loopable, Channel):
            return (self.loopable,)
        return tuple(self.loopable.loop_channels().values())

    def __iter__(self) -> NoReturn:
        raise PipelineError(
            "a ForEach is gone over when the pipeline runs, not while it is built",
            hint="write `with ForEach(…) as item:`",
        )

    def __enter__(self) -> Any:
        self.open()
        if isinstance(self.loopable, Channel):
            return LoopChannel(self.loopable.type, self)
        channels = {
            key: LoopChannel(channel.type, self, key)
            for key, channel in self.loopable.loop_channels().items()
        }
        variable = getattr(self.loopable, "loop_variable", None)
        return channels if variable is None else variable(channels)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def channels_around(node: BaseNode) -> tuple[Channel, ...]:
    """Returns the channels that say what the scopes do in which a node was made."""
    chain = node.scope.chain if node.scope is not None else ()
    return tuple(channel for scope in chain for channel in scope.channels())
